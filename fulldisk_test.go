package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tracer is the path of strace, which makes calls of the system fail.
func tracer(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	if out, err := exec.Command(path, "-f", "-o", "/dev/null", "true").CombinedOutput(); err != nil {
		t.Skipf("strace may not trace here: %s", out)
	}
	return path
}

// traced is a command under strace.
func traced(cmd *exec.Cmd, strace string, options ...string) *exec.Cmd {
	args := slices.Concat([]string{strace, "-f", "--seccomp-bpf"}, options, []string{cmd.Path}, cmd.Args[1:])
	cmd.Path, cmd.Args = strace, args
	return cmd
}

// calls are those of the system that a work makes to save something, and up to
// how often: SQLite's, which nothing else here uses, or our own.
type calls map[string]int

var (
	ofSQLite = calls{"pwrite64": 120, "fsync": 40, "ftruncate": 3, "open": 14}
	ofFiles  = calls{"fsync": 3, "renameat": 2, "write": 3, "fchmod": 1}
)

// fail makes calls fail as on a full or broken disk: one, or all from then on.
// Vitals says so and ends, or lost nothing; the next start on a good disk has all
// that was saved, and comes to the same end.
func (c calm) fail(t *testing.T, random *rand.Rand) {
	strace := tracer(t)
	rounds := 16
	if !long() {
		rounds = 1
	}
	names := make([]string, 0, len(c.faults))
	for name := range c.faults {
		names = append(names, name)
	}
	slices.Sort(names)
	told := 0
	for round := range rounds {
		call := names[round%len(names)]
		if !long() {
			call = names[random.IntN(len(names))]
		}
		fault := fmt.Sprintf("inject=%s:error=%s:when=%d%s", call, []string{"ENOSPC", "EIO"}[random.IntN(2)],
			1+random.IntN(c.faults[call]), []string{"", "+"}[random.IntN(2)])
		tr := c.trial(t)
		code, _, stderr := tr.ended(traced(c.begin(tr), strace, "-o", "/dev/null", "-e", fault))
		for _, bad := range []string{"panic", "goroutine", "fatal error", "bug in vitals", "SIG"} {
			if strings.Contains(stderr, bad) {
				t.Errorf("%s: it says %s", fault, stderr)
			}
		}
		switch {
		case code == 0:
			if got := tr.exports(c.exports...); c.complete && got != c.want {
				t.Errorf("%s: exit code 0, and missing:\n%s", fault, firstDifference(got, c.want))
			}
			if got := tr.configuration(); got != c.after {
				t.Errorf("%s: exit code 0, and config.ini says\n%s", fault, got)
			}
		case code != 1 && code != 5:
			t.Errorf("%s: exit code %d: %s", fault, code, stderr)
		case !strings.Contains(stderr, "vitals: error: ") || !strings.Contains(stderr, "vitals: hint: "):
			t.Errorf("%s: exit code %d, and it says %q", fault, code, stderr)
		default:
			told++
		}
		if got := tr.configuration(); got != c.before && got != c.after {
			t.Errorf("%s: config.ini is neither the old nor the new one:\n%s", fault, got)
		}
		tr.startsAgain(nil)
		c.goOn(tr)
		if got := tr.exports(c.exports...); got != c.want {
			t.Errorf("%s: it ends otherwise:\n%s", fault, firstDifference(got, c.want))
		}
		if t.Failed() {
			t.Logf("exit code %d: %s", code, stderr)
			return
		}
	}
	t.Logf("%d of %d faults were told", told, rounds)
}

// TestSavedMeansOnTheDisk: what a transaction saved, and config.ini with its
// name, are on the disk before it is told that they are saved.
func TestSavedMeansOnTheDisk(t *testing.T) {
	t.Parallel()
	strace := tracer(t)
	w := newWorld(t)
	for _, tt := range []struct {
		name  string
		begin func(*trial) *exec.Cmd
		saved string // what the last write goes to
	}{
		{"import", func(tr *trial) *exec.Cmd { return tr.command("import", tr.archive) }, "vitals.db-wal"},
		{"export", func(tr *trial) *exec.Cmd { return tr.command("export", "weight", "--out", "out.csv") }, "out.csv"},
		{"sign-out", func(tr *trial) *exec.Cmd { return tr.command("auth", "logout") }, "config.ini"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tr := w.trial(t, "")
			tr.signIn("")
			log := filepath.Join(t.TempDir(), "calls")
			code, _, stderr := tr.ended(traced(tt.begin(tr), strace, "-y", "-o", log, "-e", "trace=pwrite64,write,fsync,renameat"))
			if code != 0 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			text, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			dirty, named, synced := map[string]bool{}, false, 0
			for line := range strings.Lines(string(text)) {
				_, call, _ := strings.Cut(strings.TrimSpace(line), " ")
				name, _, _ := strings.Cut(strings.TrimSpace(call), "(")
				_, path, _ := strings.Cut(call, "<")
				path, _, _ = strings.Cut(path, ">")
				switch {
				case name == "renameat":
					if !strings.Contains(call, tt.saved) {
						continue
					}
					named = true
					for path := range dirty {
						if strings.Contains(path, "."+tt.saved) {
							t.Errorf("%s has its name before its content", path)
						}
					}
				case name == "fsync":
					if dirty[path] {
						synced++
					}
					delete(dirty, path)
					if named && path == tr.dir {
						named = false
					}
				case strings.HasSuffix(path, "-wal"), strings.Contains(path, "."+tt.saved):
					dirty[path] = true
				case name == "write" && strings.Contains(call, "pipe:") && len(dirty) > 0:
					t.Errorf("told before it is on the disk: %s, %v", call, dirty)
				}
			}
			if named || len(dirty) > 0 || synced == 0 {
				t.Errorf("%d times it went to the disk; in the end not the name (%v) of %s, or the content of %v", synced, named, tt.saved, dirty)
			}
		})
	}
}
