package command

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	weighIns     = "date,weight_kg,fat\n2024-01-01,71.4,27\n2024-01-02,71.2,27.1\n"
	moreWeighIns = "date,weight_kg,fat\n2024-01-03,71.1,27\n"
)

func (b *box) imported(name, text string) {
	b.t.Helper()
	b.write(name, text)
	b.run("import", b.path(name)).expect(b.t, exitDone, "times without a zone")
}

func TestBackupAndRestore(t *testing.T) {
	b := newBox(t)
	b.imported("w.csv", weighIns)
	weights := func() string {
		r := b.run("export", "weight", "--by", "raw")
		r.expect(t, exitDone)
		return r.stdout
	}
	before := weights()
	r := b.run("backup", "mine.db") // from the folder it is started in
	r.expect(t, exitDone, "settings and sign-in are not in it")
	for _, line := range []string{"written          " + b.path("mine.db") + ", ", "weight           2 readings, 2024-01-01 to 2024-01-02\n", "body-fat         2 readings, 2024-01-01 to 2024-01-02\n"} {
		if !strings.Contains(r.stdout, line) {
			t.Errorf("no %q in %s", line, r.stdout)
		}
	}
	b.imported("more.csv", moreWeighIns)
	after := weights()

	r = b.run("backup", b.path("more.db"), "--json")
	r.expect(t, exitDone)
	o := r.object(t)
	if o["schema"] != 1.0 || o["file"] != b.path("more.db") || o["rows"].(map[string]any)["reading"] != 6.0 || o["rows"].(map[string]any)["days_of_quarter_hours"] != 0.0 || o["bytes"].(float64) < 4096 {
		t.Errorf("%v", o)
	}
	if kinds := o["kinds"].([]any); len(kinds) != 2 || kinds[0].(map[string]any)["last"] != "2024-01-03" {
		t.Errorf("%v", kinds)
	}

	r = b.run("restore", "mine.db")
	r.expect(t, exitDone)
	kept := filepath.Join(b.home, ".local/share/vitals", "vitals.db.before-restore-2026-11-22T13-37-00Z")
	for _, line := range []string{"restored         " + b.path("mine.db"), "old one kept     " + kept + "\n", "weight           2 readings, 2024-01-01 to 2024-01-02\n"} {
		if !strings.Contains(r.stdout, line) {
			t.Errorf("no %q in %s", line, r.stdout)
		}
	}
	if got := weights(); got != before {
		t.Errorf("restored are %s", got)
	}
	r = b.run("restore", kept, "--json")
	r.expect(t, exitDone)
	if o := r.object(t); o["schema"] != 1.0 || o["kept"] != kept+"-2" || o["from_format"] != o["format"] {
		t.Errorf("%v", o)
	}
	if got := weights(); got != after {
		t.Errorf("brought back are %s", got)
	}
	// The fourth drops the first, and says so.
	if o := r.object(t); len(o["dropped"].([]any)) != 0 {
		t.Errorf("%v", o)
	}
	b.run("restore", "mine.db").expect(t, exitDone)
	if r = b.run("restore", "mine.db"); !strings.Contains(r.stdout, "kept no more     "+kept+"\n") {
		t.Error(r.stdout)
	}
}

// What the owner made in the history is in a backup, and not in what is restored.
func TestRestoreTellsWhatItLeavesOut(t *testing.T) {
	b := newBox(t)
	b.imported("w.csv", weighIns)
	b.meter(".local/share/vitals/vitals.db", "CREATE VIEW weights AS SELECT value FROM reading")
	b.run("backup", "mine.db").expect(t, exitDone, "not in it")
	if r := b.run("restore", "mine.db"); r.code != exitDone || !strings.Contains(r.stdout, "left out         view weights, which vitals did not make\n") {
		t.Errorf("%+v", r)
	}
	if o := b.run("restore", "mine.db", "--json").object(t); fmt.Sprint(o["left_out"]) != "[view weights]" {
		t.Errorf("%v", o)
	}
}

// Where no file can be made, the message is about that place, not the history.
func TestABackupToWhereNoFileCanBe(t *testing.T) {
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("there is no /proc")
	}
	b := newBox(t)
	b.imported("w.csv", weighIns)
	r := b.run("backup", "/proc/x.db")
	r.expect(t, exitFailed, "/proc", "take another folder; nothing was changed")
	if strings.Contains(r.stderr, "vitals.db") {
		t.Error(r.stderr)
	}
}

// A backup that may not be read is not said to be one that cannot be written.
func TestRestoreOfWhatMayNotBeRead(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	b := newBox(t)
	b.imported("w.csv", weighIns)
	b.run("backup", "mine.db").expect(t, exitDone, "not in it")
	chmod(t, b.path("mine.db"), 0o000)
	b.run("restore", "mine.db").expect(t, exitFailed, b.path("mine.db")+" cannot be read: there is no permission", "see whose it is: ls -l "+b.path("mine.db"))
}

// A backup is for when all else is broken: it asks for no configuration.
func TestBackupWithoutAConfiguration(t *testing.T) {
	b := newBox(t)
	b.imported("w.csv", weighIns)
	b.write("config.ini", "[energy]\nnonsense = 1\n")
	b.run("backup", "mine.db").expect(t, exitDone, "not in it")
	b.run("restore", "mine.db").expect(t, exitDone)
	if err := os.RemoveAll(b.path(".local")); err != nil {
		t.Fatal(err)
	}
	r := b.run("restore", "mine.db", "--json")
	r.expect(t, exitDone)
	if o := r.object(t); o["kept"] != nil {
		t.Errorf("%v", o)
	}
}

func TestBackupsThatAreRefused(t *testing.T) {
	b := newBox(t)
	b.run("backup", "mine.db").expect(t, exitFailed, "there is nothing in ", "hint: vitals sync or vitals import")
	b.run("restore", "mine.db").expect(t, exitFailed, "there is no file "+b.path("mine.db"), "the history is as it was")
	if _, err := os.Stat(b.path("mine.db")); err == nil {
		t.Error("a backup of nothing was made")
	}
	b.imported("w.csv", weighIns)
	history := filepath.Join(b.home, ".local/share/vitals/vitals.db")
	text := b.read(".local/share/vitals/vitals.db")
	if err := os.Symlink(filepath.Dir(history), b.path("linked")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"backup"}, exitUsage, "backup takes the name of one file"},
		{[]string{"backup", "a", "b"}, exitUsage, "backup takes the name of one file"},
		{[]string{"backup", ""}, exitUsage, "backup takes the name of one file"},
		{[]string{"backup", "-"}, exitUsage, "a file, not a stream"},
		{[]string{"backup", "-x.db"}, exitUsage, "unknown shorthand flag"},
		{[]string{"backup", "w.csv"}, exitUsage, "no backup of vitals"},
		{[]string{"backup", history}, exitUsage, "the history itself"},
		{[]string{"backup", "gone/x.db"}, exitUsage, "there is no folder " + b.path("gone")},
		{[]string{"backup", "."}, exitUsage, "is a folder"},
		{[]string{"backup", "/dev/null"}, exitUsage, "is no file"},
		{[]string{"backup", history + ".lock"}, exitUsage, "a name for what vitals keeps for itself"},
		{[]string{"backup", "config.ini.lock"}, exitUsage, "a name for what vitals keeps for itself"},
		{[]string{"backup", "import.unfinished"}, exitUsage, "a name for what vitals keeps for itself"},
		{[]string{"backup", history + ".repaired"}, exitUsage, "a name for what vitals keeps for itself"},
		{[]string{"backup", history + ".damaged"}, exitUsage, "a name for what vitals keeps for itself"},
		{[]string{"backup", history + ".damaged-2026-11-20"}, exitUsage, "a name for what vitals keeps for itself"},
		{[]string{"backup", history + ".format-3"}, exitUsage, "a name for what vitals keeps for itself"},
		{[]string{"backup", "linked/vitals.db.repaired"}, exitUsage, "a name for what vitals keeps for itself"},
		{[]string{"backup", "gone\x1b[31m\x1b]0;title\x07/x"}, exitUsage, "there is no folder " + b.path("gone")},
		{[]string{"restore"}, exitUsage, "restore takes the name of one file"},
		{[]string{"restore", "-"}, exitUsage, "a file, not a stream"},
		{[]string{"restore", history}, exitFailed, "the history itself"},
		{[]string{"restore", "w.csv"}, exitFailed, "not a history of vitals"},
		{[]string{"restore", "\x1b[31mx"}, exitFailed, "there is no file " + b.path("x")},
	} {
		r := b.run(c.args...)
		r.expect(t, c.code, c.says, "vitals: hint: ")
		if strings.ContainsAny(r.stderr, "\x1b\x07") || r.stdout != "" {
			t.Errorf("%q: %q, %q", c.args, r.stderr, r.stdout)
		}
	}
	if b.read(".local/share/vitals/vitals.db") != text || b.read("w.csv") != weighIns {
		t.Error("something was touched")
	}
	b.run("backup", history+".bak").expect(t, exitDone, "not in it")
	b.run("backup", "--", "-x.db").expect(t, exitDone, "not in it")
	b.run("restore", "./-x.db").expect(t, exitDone)
}

func TestRestoreBesideAnotherVitals(t *testing.T) {
	b := newBox(t)
	b.imported("w.csv", weighIns)
	b.run("backup", "mine.db").expect(t, exitDone, "not in it")
	s := b.session()
	b.run("restore", "mine.db").expect(t, exitFailed, "another vitals has ", "nothing was changed")
	b.run("backup", "mine.db").expect(t, exitDone, "not in it")
	lock := s.fetchLock()
	if err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	b.run("restore", "mine.db").expect(t, exitFailed, "another vitals is fetching, and nothing was changed")
	b.run("backup", "mine.db").expect(t, exitDone, "not in it")
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
}

func TestBackupInterrupted(t *testing.T) {
	b := newBox(t)
	b.imported("w.csv", weighIns)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	in, out := b.file("stdin", ""), b.file("stdout", "")
	var stderr bytes.Buffer
	if code := Run(ctx, b.environment(in, out, &stderr, "backup", "mine.db")); code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
	if found, err := filepath.Glob(b.path("*mine*")); len(found) > 0 || err != nil {
		t.Errorf("left are %v, %v", found, err)
	}
}
