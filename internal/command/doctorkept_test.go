package command

import (
	"os"
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
