package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A command runs only from a file that this user owns, and that nobody else but
// root can change or put another one in the place of. It holds for root and for
// others; what takes a second user is tried by root alone.
func TestCommandsRunOnlyFromAFileOfOnesOwn(t *testing.T) {
	const nobody = 65534
	root := os.Geteuid() == 0
	mode := func(name string, mode fs.FileMode) func(dir string) error {
		return func(dir string) error { return os.Chmod(filepath.Join(dir, name), mode) }
	}
	give := func(name string) func(dir string) error {
		return func(dir string) error { return os.Lchown(filepath.Join(dir, name), nobody, nobody) }
	}
	// home/config.ini is a link to dots/deep/../vitals.ini
	for name, test := range map[string]struct {
		change  func(dir string) error
		refused string // where and why, "" when it may run
		roots   bool   // only root can try
	}{
		"as it should be":           {nil, "", false},
		"others may read":           {mode("dots/vitals.ini", 0o644), "", false},
		"the group may write":       {mode("dots/vitals.ini", 0o620), "dots/vitals.ini: others may write to it (mode 0620)", false},
		"others may write":          {mode("dots/vitals.ini", 0o602), "dots/vitals.ini: others may write to it (mode 0602)", false},
		"the folder, by the group":  {mode("dots", 0o770), "dots: others may write to it (mode 0770)", false},
		"the folder, by others":     {mode("dots", 0o707), "dots: others may write to it (mode 0707)", false},
		"a folder on the way":       {mode("dots/deep", 0o777), "dots/deep: others may write to it (mode 0777)", false},
		"a folder above":            {mode(".", 0o777), ": others may write to it (mode 0777)", false},
		"the folder of the link":    {mode("home", 0o777), "home: others may write to it (mode 0777)", false},
		"like /tmp":                 {mode("home", 0o777|fs.ModeSticky), "", false},
		"somebody else's":           {give("dots/vitals.ini"), "dots/vitals.ini: it belongs to another user", true},
		"in somebody else's folder": {give("dots"), "dots: it belongs to another user", true},
		"by somebody else's link":   {give("home/config.ini"), "home/config.ini: it belongs to another user", true},
	} {
		t.Run(name, func(t *testing.T) {
			if test.roots && !root {
				return
			}
			dir := t.TempDir()
			for _, sub := range []string{"dots", "dots/deep", "home"} {
				if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			file, link := filepath.Join(dir, "dots", "vitals.ini"), filepath.Join(dir, "home", "config.ini")
			err := os.WriteFile(file, []byte(command(`sh -c 'echo ran >ran; echo client_secret = s'`)), 0o600)
			if err == nil {
				err = os.Symlink("../dots/deep/../vitals.ini", link)
			}
			if err == nil && test.change != nil {
				err = test.change(dir)
			}
			if err != nil {
				t.Fatal(err)
			}
			f, err := vault(link).Fitbit(t.Context())
			_, notRun := os.Stat(filepath.Join(dir, "dots", "ran"))
			switch {
			case test.refused == "":
				if err != nil || notRun != nil || f.ClientSecret != "s" {
					t.Errorf("got %v", err)
				}
			case err == nil || !strings.Contains(err.Error(), test.refused) || notRun == nil:
				t.Errorf("got %v, want %q", err, test.refused)
			}
		})
	}
}

// The file is looked at as it was opened.
func TestAFileThatIsExchangedIsRefused(t *testing.T) {
	path := save(t, command("true"))
	file, err := read(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := onlyOurs(path, file.info, os.Geteuid()); err != nil {
		t.Errorf("as it was: %v", err)
	}
	if err := onlyOurs(path, file.info, os.Geteuid()+1); err == nil {
		t.Error("another user takes it")
	}
	if err := WritePrivate(path, command("false")); err != nil {
		t.Fatal(err)
	}
	if err := onlyOurs(path, file.info, os.Geteuid()); err == nil || !strings.Contains(err.Error(), "replaced while it was read") {
		t.Errorf("exchanged: got %v", err)
	}
	loop := filepath.Join(filepath.Dir(path), "loop")
	if err := os.Symlink("loop", loop); err != nil {
		t.Fatal(err)
	}
	if err := onlyOurs(loop, file.info, os.Geteuid()); err == nil {
		t.Error("a link to itself is taken")
	}
}

func TestCommandsDoNotRunFromWhereSomebodyHappensToBe(t *testing.T) {
	v, _ := outside(t, command(`sh -c 'echo ran >ran; echo client_secret = s'`), "")
	v.Place.Origin = "./config.ini"
	_, err := v.Fitbit(t.Context())
	if err == nil || !strings.Contains(err.Error(), "config.ini line 4: this file was only found in the current folder") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(v.Place.Path), "ran")); err == nil {
		t.Error("it ran")
	}
	for _, origin := range []string{"--config", "VITALS_CONFIG", "XDG_CONFIG_HOME", "default"} {
		v := vault(v.Place.Path)
		v.Place.Origin = origin
		expectSecrets(t, v, "s", "")
	}
}
