package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func noEnv(string) string { return "" }

func save(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.ini")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func mustLoad(t *testing.T, text string) Config {
	t.Helper()
	c, err := Load(save(t, text), "/home/ann", noEnv)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func loadError(t *testing.T, text string) *Error {
	t.Helper()
	_, err := Load(save(t, text), "/home/ann", noEnv)
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%q: got error %v, want an *Error", text, err)
	}
	if e.Hint() == "" {
		t.Errorf("%q: error without a hint: %v", text, err)
	}
	return e
}

func TestLoadAll(t *testing.T) {
	got := mustLoad(t, `
[fitbit]
client_id = 1234.apps.googleusercontent.com
client_secret = s;e#c
redirect_url = http://[::1]:9000/
refresh_token = 1//r
granted_scopes = openid  https://example.org/weight
signed_in_at = 2026-11-22T13:37:00Z
expires_at = 2026-11-29T13:37:00+01:00
auth_url = https://a.example/auth
token_url = http://localhost:1/token
revoke_url = http://127.0.0.1:1/revoke
userinfo_url = https://a.example/me
api_url = https://a.example

[energy]
database = ~/energy monitor.db
series = a = b
clock_zone = Etc/GMT-1
table = t
time = at
value = v
where = name = total
kind = counter
unit = Wh
time_format = unix_ms
label = end
nominal_seconds = 120
max_gap_seconds = 0.5
max_kw = 17.25

[tariff 2025-04-01]
price_per_kwh = 0.30

[tariff]
currency = GBP
price_per_kwh = 0.2450
night_price = 0.09
night_hours = 23:30-7:00
standing_charge = 0.6

[display]
units = st
time_zone = America/St_Johns
height_cm = 172
goal_kg = 68
theme = mono
ascii = True
refresh = off

[push]
dsn = postgres://ann@db/site

[secrets]
command = pass show vitals
store_command = pass insert -m vitals
`)
	zone := func(name string) *time.Location {
		z, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return z
	}
	if want := time.Date(2026, 11, 29, 12, 37, 0, 0, time.UTC); !got.Fitbit.ExpiresAt.Equal(want) {
		t.Errorf("expires_at: got %v, want %v", got.Fitbit.ExpiresAt, want)
	}
	got.Fitbit.ExpiresAt = time.Time{}
	want := Config{
		Fitbit: Fitbit{
			ClientID: "1234.apps.googleusercontent.com", ClientSecret: "s;e#c", RedirectURL: "http://[::1]:9000/",
			Grant: Grant{RefreshToken: "1//r", GrantedScopes: []string{"openid", "https://example.org/weight"},
				SignedInAt: time.Date(2026, 11, 22, 13, 37, 0, 0, time.UTC)},
			AuthURL: "https://a.example/auth", TokenURL: "http://localhost:1/token",
			RevokeURL: "http://127.0.0.1:1/revoke", UserinfoURL: "https://a.example/me", APIURL: "https://a.example",
		},
		Energy: Energy{
			Database: "/home/ann/energy monitor.db", Series: "a = b", ClockZone: zone("Etc/GMT-1"),
			Table: "t", Time: "at", Value: "v", Where: Where{"name", "total"}, Kind: "counter", Unit: "Wh",
			TimeFormat: "unix_ms", Label: "end", NominalStep: 2 * time.Minute, MaxGap: time.Second / 2, MaxKW: 17.25,
		},
		Tariffs: []Tariff{
			{Currency: "GBP", PricePerKWh: 0.245, StandingCharge: 0.6,
				Night: &Night{PricePerKWh: 0.09, From: 23*time.Hour + 30*time.Minute, To: 7 * time.Hour}},
			{ValidFrom: time.Date(2025, 4, 1, 0, 0, 0, 0, time.UTC), PricePerKWh: 0.3},
		},
		Display: Display{Units: "st", TimeZone: zone("America/St_Johns"), HeightMetres: 1.72, GoalKG: 68,
			Theme: "mono", ASCII: true},
		Push:    Push{DSN: "postgres://ann@db/site"},
		Secrets: Secrets{Command: "pass show vitals", StoreCommand: "pass insert -m vitals"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestNothingIsDefaults(t *testing.T) {
	missing, err := Load(filepath.Join(t.TempDir(), "none", "config.ini"), "/home/ann", noEnv)
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Fitbit:  Fitbit{RedirectURL: "http://127.0.0.1:8765/"},
		Display: Display{Theme: "auto", Refresh: true},
	}
	if !reflect.DeepEqual(missing, want) {
		t.Errorf("missing file: got %+v, want %+v", missing, want)
	}
	example, err := os.ReadFile("../../config.example.ini")
	if err != nil {
		t.Fatal(err)
	}
	if got := mustLoad(t, string(example)); !reflect.DeepEqual(got, want) {
		t.Errorf("example file: got %+v, want %+v", got, want)
	}
}

func TestExampleHasEveryKey(t *testing.T) {
	example, err := os.ReadFile("../../config.example.ini")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := parse("", string(example))
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range sectionNames() {
		for _, name := range keyNames(section) {
			there := slices.ContainsFunc(entries, func(e entry) bool { return e.section == section && e.key == name })
			if section == oldSection {
				there = strings.Contains(string(example), name)
			}
			if !there {
				t.Errorf("config.example.ini lacks %s in [%s]", name, section)
			}
		}
	}
}

func TestContractListingLoads(t *testing.T) {
	contract, err := os.ReadFile("../../../shared/cli.md")
	if err != nil {
		t.Skip("no shared folder here")
	}
	_, listing, _ := strings.Cut(string(contract), "```ini\n")
	listing, _, _ = strings.Cut(listing, "```")
	c := mustLoad(t, listing)
	if c.Energy.Database != "/home/ann/energymonitor.db" || len(c.Tariffs) != 1 || c.Tariffs[0].Night != nil {
		t.Errorf("got %+v", c)
	}
}

func TestValueRunsToTheEndOfItsLine(t *testing.T) {
	for line, want := range map[string]string{
		`client_id = a ; b # c`:          `a ; b # c`,
		`client_id = a\`:                 `a\`,
		`client_id: a:b=c`:               `a:b=c`,
		`client_id=a`:                    `a`,
		`CLIENT_ID = a`:                  `a`,
		`  client_id = a  ` + "\r":       `a`,
		`client_id = "a b"`:              `a b`,
		`client_id = 'a"b'`:              `a"b`,
		"client_id = `a`":                `a`,
		`client_id = """ "a' """`:        ` "a' `,
		`client_id = "a" or "b"`:         `"a" or "b"`,
		`client_id = %(redirect_url)s`:   `%(redirect_url)s`,
		`client_id = $HOME ${x}`:         `$HOME ${x}`,
		`client_id = a` + "\r":           `a`,
		"client_id =\t\u00fc\U0001f600 ": "\u00fc\U0001f600",
	} {
		if got := mustLoad(t, "\ufeff[fitbit]\n"+line+"\n[display]\ntheme = dark").Fitbit.ClientID; got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		text string
		line int
		want []string // parts of the sentence
	}{
		{"[fitbit]\nclinet_id = x", 2, []string{"clinet_id", "[fitbit]", "nearest is client_id"}},
		{"[fitbit]\n\nheight_cm = x", 3, []string{"height_cm", "belongs in [display]"}},
		{"[Display]", 1, []string{`"Display"`, "[display]"}},
		{"[Login Params]", 1, []string{"[Login Parameters]"}},
		{"[tarif 2024-04-01]", 1, []string{"[tariff]"}},
		{"[tariff 2024-4-1]", 1, []string{"[tariff 2024-04-01]"}},
		{"[DEFAULT]\ntheme = dark", 1, []string{`"DEFAULT"`}},
		{"; c\ntheme = dark", 2, []string{"before the first [section]"}},
		{"[display]\ntheme", 2, []string{"no ="}},
		{"[display]\n= dark", 2, []string{"no key"}},
		{"[display", 1, []string{"closing ]"}},
		{"[]", 1, []string{"missing"}},
		{"[energy]\ntable = `t\nvalue = v`", 2, []string{"quote", "not closed"}},
		{"[energy]\ntable = `t` and more", 2, []string{"table", "follows the quote"}},
		{"[energy]\ntable = a\n[display]\n[energy]\nTABLE = b", 5, []string{"TABLE", "second time"}},
		{"\xff\xfe[\x00d\x00", 1, []string{"UTF-16"}},
		{"[display]\nunits = lbs", 2, []string{"units", "[display]", `"lbs"`, "kg, lb, st"}},
		{"[display]\ntime_zone = Local", 2, []string{"Europe/London"}},
		{"[display]\ntime_zone = Mars", 2, []string{`"Mars"`}},
		{"[display]\nheight_cm = 1,72", 2, []string{"1.72"}},
		{"[display]\nheight_cm = 17.2", 2, []string{"50 to 300"}},
		{"[display]\nheight_cm = 0.2", 2, []string{"50 to 300"}},
		{"[display]\ngoal_kg = -1", 2, []string{"above 0"}},
		{"[display]\ngoal_kg = NaN", 2, []string{"above 0"}},
		{"[display]\nascii = perhaps", 2, []string{"true, false"}},
		{"[fitbit]\nredirect_url = http://example.org/", 2, []string{"https"}},
		{"[fitbit]\nredirect_url = https://example.org/?code=4/0AbCdEfGhIjKlMnOpQrStUvWxYz", 2, []string{"without ?"}},
		{"[fitbit]\ntoken_url = nonsense", 2, []string{"https"}},
		{"[fitbit]\nsigned_in_at = yesterday", 2, []string{"2026-11-22T13:37:00Z"}},
		{"[energy]\nunit = kwh", 2, []string{"kWh"}},
		{"[energy]\nwhere = name", 2, []string{"column = value"}},
		{"[energy]\nmax_gap_seconds = 1e99", 2, []string{"a year"}},
		{"[energy]\nmax_kw = Inf", 2, []string{"above 0"}},
		{"[tariff]\nprice_per_kwh = 0,2450", 2, []string{"0.2450"}},
		{"[tariff]\ncurrency = £", 2, []string{"GBP"}},
		{"[tariff]\nnight_hours = 0-7", 2, []string{"00:30-07:30"}},
		{"[tariff]\nnight_hours = 07:00-07:00", 2, []string{"different"}},
		{"[display]\n[tariff]\nnight_price = 1", 2, []string{"no price_per_kwh"}},
		{"[tariff]\nprice_per_kwh = 1\nnight_price = 1", 1, []string{"no night_hours"}},
		{"[display]\ntheme = \x1b[31m" + strings.Repeat("x", 99), 2, []string{`"\x1b[31m`, "x…"}},
	} {
		err := loadError(t, test.text)
		if err.Line != test.line || !strings.Contains(err.Error(), fmt.Sprintf("config.ini line %d: ", test.line)) {
			t.Errorf("%q: got line %d in %q, want %d", test.text, err.Line, err, test.line)
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q: got %q, want it to have %q", test.text, err, want)
			}
		}
		for _, never := range []string{"\x1b", "StUvWxYz"} {
			if strings.Contains(err.Error(), never) {
				t.Errorf("%q: error shows %q", test.text, never)
			}
		}
	}
}

func TestHeight(t *testing.T) {
	for value, want := range map[string]float64{"172": 1.72, "1.72": 1.72, "50": 0.5, "3": 3, "300": 3, "": 0} {
		if got := mustLoad(t, "[display]\nheight_cm = "+value).Display.HeightMetres; got != want {
			t.Errorf("%q: got %v m, want %v m", value, got, want)
		}
	}
}

func TestTariffs(t *testing.T) {
	free := mustLoad(t, "[tariff]\nprice_per_kwh = 0\n[tariff 2020-01-01]\ncurrency = EUR\nnight_hours = 00:30-07:30\n")
	if len(free.Tariffs) != 1 || free.Tariffs[0] != (Tariff{}) {
		t.Errorf("a price of 0 is a tariff and no price is none; got %+v", free.Tariffs)
	}
	merged := mustLoad(t, "[tariff  2024-04-01]\nprice_per_kwh = 1\n[tariff 2024-04-01]\ncurrency = EUR\n").Tariffs
	if len(merged) != 1 || merged[0].Currency != "EUR" || merged[0].PricePerKWh != 1 {
		t.Errorf("a section in two parts: got %+v", merged)
	}
}

func TestOldNames(t *testing.T) {
	old := "[Login Parameters]\nc_key = id\nC_SECRET = secret\nU_Key = access\nU_SECRET = refresh\n"
	for name, test := range map[string]struct {
		text, id      string
		secret, token Secret
		used          bool
	}{
		"alone":          {old, "id", "secret", "refresh", true},
		"empty [fitbit]": {"[fitbit]\nclient_id =\n" + old, "id", "secret", "refresh", true},
		"own token":      {"[fitbit]\nrefresh_token = mine\n" + old, "id", "secret", "mine", true},
		"same client":    {"[fitbit]\nclient_id = id\n" + old, "id", "secret", "refresh", true},
		"other client":   {"[fitbit]\nclient_id = new\n" + old, "new", "", "", false},
		"all the same":   {"[fitbit]\nclient_id = id\nclient_secret = mine\nrefresh_token = mine\n" + old, "id", "mine", "mine", false},
		"none":           {"[fitbit]\nclient_id = id\n[Login Parameters]\nU_KEY = access\n", "id", "", "", false},
	} {
		f := mustLoad(t, test.text).Fitbit
		if f.ClientID != test.id || f.ClientSecret != test.secret || f.RefreshToken != test.token || f.OldNames != test.used {
			t.Errorf("%s: got %q %q %q, old names used: %v", name, f.ClientID, string(f.ClientSecret), string(f.RefreshToken), f.OldNames)
		}
	}
}

func TestLooseModeWithASecretIsRefused(t *testing.T) {
	for text, refused := range map[string]bool{
		"[fitbit]\nclient_id = x":                          false,
		"[fitbit]\nclient_secret =":                        false,
		"[fitbit]\nclient_secret = x":                      true,
		"[fitbit]\nrefresh_token = x":                      true,
		"[Login Parameters]\nU_KEY = x":                    true,
		"[Login Parameters]\nU_SECRET = x":                 true,
		"[Login Parameters]\nC_SECRET = x":                 true,
		"[Login Parameters]\nC_KEY = x":                    false,
		"[push]\ndsn = postgres://ann@db.example:5432/x":   false,
		"[push]\ndsn = postgres://ann:pw@db.example/x":     true,
		"[push]\ndsn = postgres://db.example/?password=pw": true,
		"[push]\ndsn = host=db user=ann PASSWORD=pw":       true,
		"[energy]\ndatabase = postgres://ann:pw@db/x":      true,
		"[energy]\ndatabase = postgres://ann@db:5432/x":    false,
		"[energy]\ndatabase = /home/ann/password.db":       false,
	} {
		for _, mode := range []os.FileMode{0o600, 0o400, 0o640, 0o604, 0o620, 0o610} {
			path := save(t, text)
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			_, err := Load(path, "/home/ann", noEnv)
			if loose := mode&0o077 != 0; (err != nil) != (refused && loose) {
				t.Errorf("%q with mode %o: got %v", text, mode, err)
			}
			if e := (*Error)(nil); errors.As(err, &e) && e.Hint() != "run: chmod 600 "+path {
				t.Errorf("hint %q", e.Hint())
			}
		}
	}
}

func TestShellQuote(t *testing.T) {
	for path, want := range map[string]string{
		"/home/ann/a.ini":   "/home/ann/a.ini",
		"/home/ann b/a.ini": "'/home/ann b/a.ini'",
		"/it's":             `'/it'\''s'`,
	} {
		if got := ShellQuote(path); got != want {
			t.Errorf("%q: got %s, want %s", path, got, want)
		}
	}
}

func TestEnvironmentWinsOverFile(t *testing.T) {
	path := save(t, "[push]\ndsn = host=file")
	c, err := Load(path, "/home/ann", func(name string) string {
		return map[string]string{"VITALS_PUSH_DSN": "host=env"}[name]
	})
	if err != nil || c.Push.DSN != "host=env" {
		t.Errorf("got %q, %v", string(c.Push.DSN), err)
	}
	c, err = Load(path, "/home/ann", func(string) string { return " \n" })
	if err != nil || c.Push.DSN != "host=file" { // PostgreSQL would take blanks for its own defaults
		t.Errorf("blanks gave %q, %v", string(c.Push.DSN), err)
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	c := mustLoad(t, "[fitbit]\nclient_secret = hunter2\nrefresh_token = hunter2\n[push]\ndsn = hunter2\n")
	printed := fmt.Sprint(c, &c, c.Fitbit.Grant)
	for _, verb := range []string{"%s", "%q", "%x", "%d", "%+v", "%#v"} {
		printed += fmt.Sprintf(verb, c) + fmt.Sprintf(verb, c.Fitbit.ClientSecret)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	printed += string(text)
	for _, never := range []string{"hunter2", "68756e74657232", "[104 117"} {
		if strings.Contains(printed, never) {
			t.Errorf("secret in %s", printed)
		}
	}
	if !strings.Contains(printed, hidden) || fmt.Sprint(Secret("")) != "" {
		t.Errorf("whether there is a secret does not show in %s", printed)
	}
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	_, err := Load(dir, "/home/ann", noEnv)
	if err == nil || err.Error() != dir+": cannot be read: is a directory" {
		t.Errorf("got %v", err)
	}
}

// A pipe is refused before it is opened, which would wait for somebody to write,
// by those who read, who save and who only look whose it is.
func TestAPipeIsNotWaitedFor(t *testing.T) {
	dir := t.TempDir()
	pipe, link := filepath.Join(dir, "config.ini"), filepath.Join(dir, "link.ini")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(pipe, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, link, os.DevNull} {
		_, err := Load(path, "/home/ann", noEnv)
		var e *Error
		if !errors.As(err, &e) || err.Error() != path+": cannot be read: is not a regular file" || !strings.Contains(e.Hint(), "ls -l "+path) {
			t.Errorf("got %v", err)
		}
	}
	if err := Set(t.Context(), pipe, "energy", Setting{"database", "/x"}); err == nil {
		t.Error("a pipe was replaced")
	}
	if got, err := Locate("", noEnv, dir, "/home/ann"); err != nil || got.Origin != "default" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"[fitbit]\nclient_id = a\n", "\ufeff[tariff 2024-04-01]\r\nprice_per_kwh = 1\r\n", "[energy]\nwhere = a=b\n-=1",
		"[Login Parameters]\nC_KEY: x", "[energy]\ntable = \"\"\"x\n", "`a` = b", "\xff\xfe[", "\"\"\"\"\"\"a\"\"\"=", "[a]]\n\"=\"=\"",
		"[display]\nheight_cm = 0x1p-2\ntime_zone = ../x\n[tariff]\nnight_hours=23:00-06:00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := decode("config.ini", "/home/ann", text)
		var e *Error
		switch {
		case err == nil && d == nil:
			t.Fatal("neither a configuration nor an error")
		case err == nil:
		case !errors.As(err, &e) || e.Line < 1 || e.Line > strings.Count(text, "\n")+1 || e.Hint() == "":
			t.Fatalf("%q: error without a place: %v", text, err)
		case strings.ContainsFunc(e.Error(), func(r rune) bool { return r < ' ' || r == 0x7f }):
			t.Fatalf("%q: control characters in %q", text, e.Error())
		}
	})
}
