package command

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Whatever happened to the history, each command does its work at once, and says
// what was repaired and how the rest comes back; the next says nothing any more.
// What a sync can fetch is there again after one.
func TestCommandsOnADamagedHistory(t *testing.T) {
	b := newBox(t)
	b.signIn("")
	b.write("old.csv", "date,weight (kg)\n2019-03-01,80.1\n2019-03-02,80.2\n2019-03-03,80.3\n")
	b.run("sync").expect(t, 0)
	b.run("import", b.path("old.csv")).expect(t, 0)
	path := b.path(".local", "share", "vitals", "vitals.db")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	export := []string{"export", "weight", "--by", "raw"}
	weights, calories := b.run(export...).stdout, b.run("export", "calories").stdout
	const page = 4096
	for name, c := range map[string]struct {
		damage func([]byte) []byte
		loses  bool
	}{
		"the first page": {func(f []byte) []byte { clear(f[:page]); return f }, false},
		"the last half":  {func(f []byte) []byte { return f[:len(f)/2] }, true},
		"most pages": {func(f []byte) []byte {
			for n := 3; n < len(f)/page; n++ {
				clear(f[n*page:][:page-n%2*(page-40)])
			}
			return f
		}, true},
	} {
		for i, command := range [][]string{{"report"}, {"report", "--json"}, export, {"export", "calories"}, {"sync"}, {"import", b.path("old.csv")}} {
			t.Run(name+", "+strings.Join(command[:min(2, len(command))], " "), func(t *testing.T) {
				b.t = t
				folder := filepath.Dir(path)
				entries, err := os.ReadDir(folder)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range entries {
					if err := os.Remove(filepath.Join(folder, e.Name())); err != nil {
						t.Fatal(err)
					}
				}
				damaged := c.damage(bytes.Clone(whole))
				if err := os.WriteFile(path, damaged, 0o600); err != nil {
					t.Fatal(err)
				}
				r := b.run(command...)
				switch r.expect(t, 0, "the history was damaged, and is repaired: ", "the damaged file is kept: "+path+".damaged-"); {
				case c.loses:
					r.expect(t, 0, "could not be read", "vitals sync --full", "vitals import")
				case slices.Equal(command, export) && r.stdout != weights:
					t.Errorf("it exports %s", r.stdout)
				}
				r = b.run(export...)
				if r.code != 0 || strings.Contains(r.stderr, "damaged") {
					t.Errorf("then it says %s, %d", r.stderr, r.code)
				}
				if i != 0 {
					return
				}
				b.run("sync").expect(t, 0)
				b.run("import", b.path("old.csv")).expect(t, 0)
				if got := b.run(export...).stdout; got != weights {
					t.Errorf("after a sync and an import: %d lines, not %d", strings.Count(got, "\n"), strings.Count(weights, "\n"))
				}
				if got := b.run("export", "calories").stdout; got != calories {
					t.Errorf("after a sync: %d days, not %d", strings.Count(got, "\n"), strings.Count(calories, "\n"))
				}
			})
		}
	}
}

// What only looks does not repair, and says who does.
func TestDoctorLeavesADamagedHistoryAlone(t *testing.T) {
	p := newPatient(t)
	p.signIn("")
	p.run("sync").expect(t, 0)
	path := p.path(".local", "share", "vitals", "vitals.db")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	clear(text[:4096])
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	p.run("doctor").expect(t, exitFailed)
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, text) {
		t.Errorf("it was changed, %v", err)
	}
	p.run("report").expect(t, 0, "is repaired")
	if c, _ := p.examine(); c["history"].Status != statusOK {
		t.Errorf("then: %+v", c["history"])
	}
}

// Damage that SQLite reads over, with less than all rows, is found by what prints
// or keeps all of them, and by the dashboard.
func TestDamageWithoutAnErrorIsFound(t *testing.T) {
	b := newBox(t)
	b.signIn("")
	b.run("sync").expect(t, 0)
	path := b.path(".local", "share", "vitals", "vitals.db")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page, innerTable, innerIndex = 4096, 5, 2
	damaged, inner := bytes.Clone(whole), 0
	for n := 1; n < len(whole)/page; n++ {
		if head := damaged[n*page:]; head[0] == innerTable || head[0] == innerIndex && head[4] > 1 {
			head[4] /= 2 // the number of the pages below it
			inner++
		}
	}
	if inner == 0 {
		t.Fatal("the history is too small")
	}
	for _, command := range [][]string{{"export", "weight"}, {"sync"}} {
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		b.run("report", "--line").expect(t, 0) // it meets none of it
		b.run(command...).expect(t, 0, "the history was damaged, and is repaired")
		b.run("export", "calories").expect(t, 0)
	}
}

// A history that lost all it held is told by the doctor, and by whatever begins it
// anew, once.
func TestAnEmptiedHistory(t *testing.T) {
	p := newPatient(t)
	if err := os.MkdirAll(p.path(".local", "share", "vitals"), 0o700); err != nil {
		t.Fatal(err)
	}
	p.write(".local/share/vitals/vitals.db", "") // of a first start that was killed
	if c, _ := p.examine(); c["history"].Status != statusOK || !strings.Contains(c["history"].Detail, "nothing is stored yet") {
		t.Errorf("%+v", c["history"])
	}
	p.imported("w.csv", weighIns)
	p.run("backup", "mine.db").expect(t, 0, "not in it")
	path := p.path(".local", "share", "vitals", "vitals.db")
	for _, command := range [][]string{{"report"}, {"report", "--json"}} {
		if err := os.Truncate(path, 0); err != nil {
			t.Fatal(err)
		}
		if c, _ := p.examine(); c["history"].Status != statusWarn || !strings.Contains(c["history"].Next, "vitals restore FILE") {
			t.Errorf("%+v", c["history"])
		}
		p.run("backup", "mine.db").expect(t, exitFailed, "nothing is left of the history in "+path, "vitals restore FILE")
		p.run(command...).expect(t, 0, "nothing is left of the history: ", "vitals sync --full")
		if r := p.run("report"); strings.Contains(r.stderr, "left of the history") {
			t.Error(r.stderr)
		}
	}
	p.run("restore", "mine.db").expect(t, 0)
	if c, _ := p.examine(); c["history"].Status != statusOK {
		t.Errorf("%+v", c["history"])
	}
}
