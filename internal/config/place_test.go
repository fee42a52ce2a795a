package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func environment(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func TestLocate(t *testing.T) {
	for _, test := range []struct {
		name, flag string
		env        map[string]string
		here       string // content of ./config.ini, if any
		want       Place
	}{
		{"nothing", "", nil, "", Place{"/home/ann/.config/vitals/config.ini", "default"}},
		{"XDG", "", map[string]string{"XDG_CONFIG_HOME": "/x"}, "", Place{"/x/vitals/config.ini", "XDG_CONFIG_HOME"}},
		{"relative XDG", "", map[string]string{"XDG_CONFIG_HOME": "x"}, "", Place{"/home/ann/.config/vitals/config.ini", "default"}},
		{"not ours", "", nil, "[http]\nfitbit = 1\n; [fitbit]\n", Place{"/home/ann/.config/vitals/config.ini", "default"}},
		{"display alone is not ours", "", nil, "[display]\n", Place{"/home/ann/.config/vitals/config.ini", "default"}},
		{"ours", "", map[string]string{"XDG_CONFIG_HOME": "/x"}, "; c\r\n [fitbit] \r\n", Place{"HERE/config.ini", "./config.ini"}},
		{"ours, broken", "", nil, "oops\n[energy]\n", Place{"HERE/config.ini", "./config.ini"}},
		{"ours, old", "", nil, "\ufeff[Login Parameters]\n", Place{"HERE/config.ini", "./config.ini"}},
		{"variable", "", map[string]string{"VITALS_CONFIG": "/v.ini"}, "[fitbit]", Place{"/v.ini", "VITALS_CONFIG"}},
		{"flag", "f/../f.ini", map[string]string{"VITALS_CONFIG": "/v.ini"}, "[fitbit]", Place{"HERE/f.ini", "--config"}},
	} {
		here := t.TempDir()
		if test.here != "" {
			if err := os.WriteFile(filepath.Join(here, "config.ini"), []byte(test.here), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		test.want.Path = strings.Replace(test.want.Path, "HERE", here, 1)
		got, err := Locate(test.flag, environment(test.env), here, "/home/ann")
		if err != nil || got != test.want {
			t.Errorf("%s: got %+v, %v, want %+v", test.name, got, err, test.want)
		}
	}
}

func TestDirs(t *testing.T) {
	for _, test := range []struct {
		env         map[string]string
		data, state Dir
	}{
		{nil, Dir{"/home/ann/.local/share/vitals", "default"}, Dir{"/home/ann/.local/state/vitals", "default"}},
		{map[string]string{"XDG_DATA_HOME": "/d", "XDG_STATE_HOME": "/s"}, Dir{"/d/vitals", "XDG_DATA_HOME"}, Dir{"/s/vitals", "XDG_STATE_HOME"}},
		{map[string]string{"XDG_DATA_HOME": "d", "XDG_STATE_HOME": "s"},
			Dir{"/home/ann/.local/share/vitals", "default"}, Dir{"/home/ann/.local/state/vitals", "default"}},
		{map[string]string{"XDG_DATA_HOME": "/d", "VITALS_DATA_DIR": "/v", "VITALS_STATE_DIR": "/w"},
			Dir{"/v", "VITALS_DATA_DIR"}, Dir{"/w", "VITALS_STATE_DIR"}},
	} {
		data, err1 := DataDir(environment(test.env), "/home/ann")
		state, err2 := StateDir(environment(test.env), "/home/ann")
		if data != test.data || state != test.state || err1 != nil || err2 != nil {
			t.Errorf("%v: got %s (%v) and %s (%v)", test.env, data, err1, state, err2)
		}
	}
}

func TestNoHome(t *testing.T) {
	if place, err := Locate("", noEnv, t.TempDir(), ""); err == nil {
		t.Errorf("config: got %+v", place)
	}
	if dir, err := DataDir(noEnv, ""); err == nil {
		t.Errorf("data: got %s", dir)
	}
	if dir, err := StateDir(environment(map[string]string{"XDG_STATE_HOME": "/s"}), ""); err != nil {
		t.Errorf("state: got %s, %v", dir, err)
	}
}

func TestMakeDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	for range 2 {
		if err := MakeDir(dir); err != nil {
			t.Fatal(err)
		}
	}
	for _, made := range []string{dir, filepath.Dir(dir)} {
		info, err := os.Stat(made)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: mode %v, %v", made, info.Mode(), err)
		}
	}
	if err := MakeDir("/dev/null/x"); err == nil || err.Error() != "/dev/null/x: the directory cannot be made: not a directory" {
		t.Errorf("got %v", err)
	}
}

func TestResolve(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	link := func(target, name string) {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, sub := range []string{"real", "real/deep"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	link("real/deep", "short")
	link("short/missing.ini", "one")
	link("one", "two")
	link("loop", "loop")
	link("../up.ini", "real/deep/up")
	for name, want := range map[string]string{
		"plain.ini":  "plain.ini",
		"two":        "real/deep/missing.ini",
		"short/up":   "real/up.ini",
		"none/x.ini": "none/x.ini",
		"loop":       "loop",
	} {
		if got := resolve(filepath.Join(dir, name)); got != filepath.Join(dir, want) {
			t.Errorf("%s: got %s, want %s", name, got, filepath.Join(dir, want))
		}
	}
}
