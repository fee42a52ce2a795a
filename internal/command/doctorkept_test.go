package command

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The doctor lists what lies beside the history, with its size and what to do with it.
func TestDoctorAndWhatLiesBeside(t *testing.T) {
	p := newPatient(t)
	if found, _ := p.examine(); found["kept"].Detail != "nothing lies beside the history" {
		t.Errorf("%+v", found["kept"])
	}
	p.imported("w.csv", weighIns)
	p.run("backup", "mine.db").expect(t, 0, "not in it")
	p.run("restore", "mine.db").expect(t, 0)
	const data = ".local/share/vitals/"
	if err := os.Mkdir(p.path(data, ".vitals.db.part-12"), 0o700); err != nil {
		t.Fatal(err)
	}
	found, _ := p.examine()
	expectChecks(t, found, expected{"kept", statusOK, "vitals.db.before-restore-2026-11-22T13-37-00Z (", ""},
		expected{"kept", statusOK, ".vitals.db.part-12 (0 bytes): left by a vitals that was killed; the next start deals with it", ""})
	p.write(data+"vitals.db.damaged-2026-11-20", strings.Repeat("x", 4096))
	p.write(data+"vitals.db.damaged-2026-11-20-wal", "xx")
	name := p.path(data, "vitals.db.damaged-2026-11-20")
	found, _ = p.examine()
	expectChecks(t, found, expected{"kept", statusWarn, "vitals.db.damaged-2026-11-20 (4.1 kB): a damaged history", "once nothing is missing: rm " + name + " " + name + "-wal"})
	p.run("report").expect(t, 0)
	if _, err := os.Stat(p.path(data, ".vitals.db.part-12")); err == nil {
		t.Error("a start leaves it there")
	}
}

// What it tells to run removes the damaged history and nothing else, wherever that is.
func TestDoctorNamesADamagedHistoryAsAShellTakesIt(t *testing.T) {
	p := newPatient(t)
	const folder = "my data; 'old' * $(x)"
	p.variables["VITALS_DATA_DIR"] = p.path(folder)
	if err := os.Mkdir(p.path(folder), 0o700); err != nil {
		t.Fatal(err)
	}
	const damaged = folder + "/vitals.db.damaged-2026-11-20"
	p.write(damaged, "x")
	found, _ := p.examine()
	_, run, _ := strings.Cut(found["kept"].Next, ": rm ")
	words, err := exec.Command("sh", "-c", "printf '%s\\n' "+run).Output()
	if want := []string{p.path(damaged), ""}; err != nil || !slices.Equal(strings.Split(string(words), "\n"), want) {
		t.Errorf("%v: %q of %q", err, words, run)
	}
}
