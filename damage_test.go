package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A damaged history does not keep the dashboard from showing itself: it is
// repaired on the way, and the screen says so.
func TestTheDashboardOnADamagedHistory(t *testing.T) {
	for name, damage := range map[string]func([]byte){
		"that cannot be opened": func(f []byte) { clear(f[:4096]) },
		"that is found out later": func(f []byte) {
			for n := 2; n < len(f)/4096; n++ {
				clear(f[n*4096:][:100])
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			b.google(false)
			run := func(args ...string) (stdout, stderr string) {
				t.Helper()
				cmd := exec.Command(binary, args...)
				cmd.Dir, cmd.Env = b.dir, b.env
				var said strings.Builder
				cmd.Stderr = &said
				out, err := cmd.Output()
				if err != nil {
					t.Fatalf("%v\n%s", err, said.String())
				}
				return string(out), said.String()
			}
			before, _ := run("export", "electricity", "--to", "2026-01-01")
			path := filepath.Join(b.dir, ".local", "share", "vitals", "vitals.db")
			history, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			damage(history)
			if err := os.WriteFile(path, history, 0o600); err != nil {
				t.Fatal(err)
			}
			p := b.start(80, 24)
			p.wait("the history was damaged, and is repaired", "kWh", "now ")
			p.press("4")
			p.wait("12 months", "press ? for more") // it stays
			p.press("?")
			p.wait("the damaged file")
			p.press(" ")
			p.press("q")
			p.expectExit(0)
			if err := p.Restored(); err != nil {
				t.Error(err)
			}
			b.closed()
			if kept, err := filepath.Glob(path + ".damaged-*"); err != nil || len(kept) != 1 {
				t.Errorf("kept: %q, %v", kept, err)
			}
			if after, said := run("export", "electricity", "--to", "2026-01-01"); after != before || said != "" {
				t.Errorf("%d lines after, %d before; it says %q", strings.Count(after, "\n"), strings.Count(before, "\n"), said)
			}
		})
	}
}

// Damage that no reading meets, as a page says of fewer pages below it than there
// are, is found by the dashboard's own look.
func TestTheDashboardFindsDamageWithoutAnError(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	var weighIns strings.Builder
	weighIns.WriteString("time,weight\n")
	for day := range 3000 {
		fmt.Fprintf(&weighIns, "%s 07:00:00,70.5\n", time.Date(2015, 1, 1+day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
	}
	file := filepath.Join(b.dir, "weights.csv")
	if err := os.WriteFile(file, []byte(weighIns.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	fill := exec.Command(binary, "import", file, "--units", "kg")
	fill.Dir, fill.Env = b.dir, b.env
	if said, err := fill.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	path := filepath.Join(b.dir, ".local", "share", "vitals", "vitals.db")
	history, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const innerTable, innerIndex = 5, 2
	damaged := 0
	for n := 1; n < len(history)/4096; n++ {
		if head := history[n*4096:]; head[0] == innerTable || head[0] == innerIndex && head[4] > 1 {
			head[4] /= 2 // the number of the pages below it
			damaged++
		}
	}
	if damaged == 0 {
		t.Fatal("the history is too small")
	}
	if err := os.WriteFile(path, history, 0o600); err != nil {
		t.Fatal(err)
	}
	p := b.start(80, 24)
	p.wait("the history was damaged, and is repaired")
	p.press("q")
	p.expectExit(0)
	b.closed()
}
