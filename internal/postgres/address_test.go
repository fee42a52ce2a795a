package postgres

import (
	"fmt"
	"strings"
	"testing"
)

func TestAddressesNameNoPassword(t *testing.T) {
	clear := func(t *testing.T) {
		for _, name := range []string{"PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE", "PGSERVICE"} {
			t.Setenv(name, "")
		}
	}
	tests := []struct{ text, name, identity string }{
		{"postgres://ann:hunter2@db.example/site", "site on db.example", "db.example:5432/site"},
		{"postgresql://ann:hunter%202@db.example:6543/site?sslmode=require", "site on db.example:6543", "db.example:6543/site"},
		{"host=/run/postgresql user=ann password=hunter2 dbname=site", "site on /run/postgresql", "/run/postgresql:5432/site"},
		{"postgres://ann:hunter2@[::1]/", "ann on ::1", "[::1]:5432/ann"},
	}
	for _, test := range tests {
		clear(t)
		a, err := ParseAddress(test.text)
		if err != nil {
			t.Fatal(err)
		}
		if a.String() != test.name || a.Identity() != test.identity {
			t.Errorf("%s on %s: got %s, %s", test.name, test.identity, a, a.Identity())
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if strings.Contains(fmt.Sprintf(verb, a), "hunter") {
				t.Errorf("%s shows the password", verb)
			}
		}
	}
	for _, text := range []string{"postgres://ann:hunter2@db.example:port/site", "postgres://ann:hun%ter2@db/site", "host=db password='hunter2", "hunter2"} {
		clear(t)
		if _, err := ParseAddress(text); err == nil || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "hunter") {
			t.Errorf("an address that cannot be read: %v", err)
		}
	}
}

func TestServersElsewhereEncrypt(t *testing.T) {
	tests := map[string]struct {
		mode    string
		unlocks bool // it may also be asked without
	}{
		"postgres://ann@db.example/site":                       {"", false},
		"postgres://ann@192.168.1.2/site":                      {"", false},
		"postgres://ann@db.example/site?sslmode=disable":       {"", true},
		"postgres://ann@db.example/site?sslmode=prefer":        {"", true},
		"host=db.example sslmode = disable":                    {"", true},
		"host=db.example":                                      {"disable", true},
		"postgres://ann:sslmode%3D@db.example/sslmode":         {"", false}, // it is named, and not chosen
		"postgres://ann@db.example/site?sslmode=":              {"", false},
		`host=db.example password='a sslmode=b'`:               {"", false},
		`host=db.example password=a\ sslmode=b`:                {"", false},
		`host=db.example password='a b' sslmode='prefer'`:      {"", true},
		"postgres://db.example:1,b.example:2/?sslmode=disable": {"", true},
		"postgres://ann@localhost/site":                        {"", true},
		"postgres://ann@127.0.0.1/site":                        {"", true},
		"postgres://ann@[::1]/site":                            {"", true},
		"host=/run/postgresql":                                 {"", true},
		"host=localhost,db.example":                            {"", true}, // the first of them alone
	}
	for text, test := range tests {
		t.Setenv("PGSSLMODE", test.mode)
		a, err := ParseAddress(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		unlocks := a.config.TLSConfig == nil
		for _, f := range a.config.Fallbacks {
			unlocks = unlocks || f.TLSConfig == nil
			if f.TLSConfig == nil && test.mode == "" && !local(f.Host) && !choosesMode(text) {
				t.Errorf("%s: %s is asked without encryption", text, f.Host)
			}
		}
		if unlocks != test.unlocks {
			t.Errorf("%s with PGSSLMODE=%s: without encryption %v", text, test.mode, unlocks)
		}
	}
}
