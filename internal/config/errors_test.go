package config

import (
	"errors"
	"strings"
	"testing"
)

// Whatever somebody pastes, wherever: an error says where, and not what.
func TestErrorsRepeatNoSecret(t *testing.T) {
	for _, secret := range []string{
		"GOCSPX-AbCdEfGhIjKl", "1//0gAbCdEfGhIjKlMnOp", "ya29.AbCdEf", "4/0AbCdEf", "4%2F0AbCdEfGhIjKlMnOp1",
		"0123456789abcdef0123456789abcdef", "eyJhbGciOiJSUzI1NiJ9.e30", "https://ann:hunter2@a.example/", "postgres://ann:hunter2@db/x",
		"http://127.0.0.1:8765/?state=Zq&code=hunter2", "password=hunter2", "http://b.example/?access_token=hunter2",
	} {
		for _, text := range []string{
			secret, secret + "=", secret + " = x", "[" + secret + "]", "[tariff " + secret + "]", "[fitbit " + secret, "[fitbit]\n" + secret,
			"[fitbit]\n" + secret + " = x", "[fitbit]\nclient secret " + secret, "[fitbit]\nclient_secert = " + secret,
			"[fitbit]\nredirect_url = " + secret, "[fitbit]\ntoken_url = http://a.example/" + secret, "[fitbit]\napi_url = http://" + secret + "@a.example/",
			"[fitbit]\nsigned_in_at = " + secret, "[fitbit]\nclient_secret = `" + secret, "[fitbit]\nclient_secret = '" + secret + "' x",
			"[fitbit]\nclient_secret = a\nclient_secret = " + secret, "[fitbit]\n" + secret + " = a\n" + secret + " = a",
			"[display]\ntheme = " + secret, "[display]\nunits = kg " + secret, "[display]\ngoal_kg = " + secret, "[display]\nclient_secret = " + secret,
			"[display]\ntime_zone = " + secret, "[display]\nascii = " + secret, "[display]\nheight_cm = " + secret,
			"[energy]\nkind = " + secret, "[energy]\nmax_kw = " + secret, "[energy]\nwhere = " + secret + "\nunit = x",
			"[tariff]\ncurrency = " + secret, "[tariff]\nnight_hours = " + secret, "[tariff]\nprice_per_kwh = " + secret,
			"[Login Parameters]\nC_SECRT = " + secret, "[Login Parameters]\nU_SECRET " + secret, "[Login Parameters]\n" + secret + " = x",
			"[push]\n" + secret, "[push]\ndns = " + secret, "[secrets]\n" + secret, "[secrets]\ncomand = " + secret,
		} {
			_, err := Load(save(t, text), "/home/ann", noEnv)
			if err == nil {
				continue // where it may stand
			}
			e := (*Error)(nil)
			if !errors.As(err, &e) || e.Line == 0 {
				t.Errorf("%q: got %v", text, err)
				continue
			}
			shown := e.problem + e.hint
			for i := 0; i+6 <= len(secret); i++ {
				part := secret[i : i+6]
				if strings.ContainsAny(part, "0123456789ABGIJKZ") && strings.Contains(shown, part) && !strings.Contains("http://127.0.0.1:8765/ 127.0.0.1, [::1]", part) {
					t.Errorf("%q: the error shows %q: %s", text, part, shown)
					break
				}
			}
			if strings.Contains(shown, "hunter2") {
				t.Errorf("%q: the error shows a password: %s", text, shown)
			}
		}
	}
	for _, key := range []string{"redirect_url", "auth_url", "token_url", "revoke_url", "userinfo_url", "api_url"} {
		err := loadError(t, "[fitbit]\n"+key+" = http://a.example/swordfish")
		if !strings.Contains(err.Error(), key) || strings.Contains(err.Error(), "swordfish") {
			t.Errorf("%s: got %v", key, err)
		}
	}
	for _, text := range []string{"lbs", "Mars/Phobos", "2026-11-22T13:37:00Z", "24/03/2024", "America/Argentina/Buenos_Aires", "0,2450", "/home/ann/energy.db"} {
		if HasSecret(text) {
			t.Errorf("%q is taken for a secret", text)
		}
	}
}

// An argument is hidden for what it holds, not for how long it is.
func TestHasKnownSecret(t *testing.T) {
	for _, text := range []string{"GOCSPX-AbC", "-pGOCSPX-AbC", "/home/ann/GOCSPX-AbC", "1//0gAbC", "-p1//0gAbC", "--token=1//0gAbC", "ya29.AbCdEfGhIj_k", "4/0AbC", "--code=4%2F0AbC", "4%2f0AbC",
		"eyJhbGciOiJSUzI1NiJ9.e30", "/?state=x&code=4/0A", "https://ann:hunter2@a.example/", "postgres://ann:hunter2@db/x", "password=hunter2",
		"host=db passwd = x", `{"client_secret":"x"}`, "client_secret = x", "?access_token=x", "CODE=x", "state=a%26code%3dx"} {
		if !HasKnownSecret(text) {
			t.Errorf("%q is shown", text)
		}
	}
	for _, text := range []string{"", "exports/MyFitbitData-2024-11.zip", "2024-11//0123456789abcdef.csv", "a/1//x", "maya29.csv", "ya29.csv", "keyJournal2024AndMore.csv",
		"data4/0Archive2024.csv", "a/4/0Archive", "barcode=3.csv", "client_secret_123456-abc.apps.googleusercontent.com.json", "file:///home/ann/x.db", "2026-11-22T13:37:00+01:00"} {
		if HasKnownSecret(text) {
			t.Errorf("%q is hidden", text)
		}
	}
}
