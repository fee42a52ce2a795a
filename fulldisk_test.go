package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
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
	args := slices.Concat([]string{strace, "-f"}, options, []string{cmd.Path}, cmd.Args[1:])
	cmd.Path, cmd.Args = strace, args
	return cmd
}

// calls are those of the system that a work makes to save something, and up to
// how often: SQLite's, which nothing else here uses, or our own.
type calls map[string]int

var (
	ofSQLite = calls{"pwrite64": 120, "fsync": 40, "ftruncate": 3, "open": 14}
	ofFiles  = calls{"fsync": 4, "renameat": 2}
)

// fail makes calls fail as on a full or broken disk: one, or all from then on.
// Vitals says so and ends, or lost nothing; the next start on a good disk has all
// that was saved, and comes to the same end.
func (c calm) fail(t *testing.T, random *rand.Rand) {
	strace := tracer(t)
	rounds := 12
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
		code, _, stderr := tr.ended(traced(c.begin(tr), strace, "--seccomp-bpf", "-o", "/dev/null", "-e", "trace="+call, "-e", fault))
		if c.judge(tr, fault, code, stderr) {
			told++
		}
		if t.Failed() {
			t.Logf("exit code %d: %s", code, stderr)
			return
		}
	}
	t.Logf("%d of %d faults were told", told, rounds)
}

// judge checks how a work ended on a bad disk, and how it goes on on a good one. It
// reports whether the fault was told.
func (c calm) judge(tr *trial, fault string, code int, stderr string) (told bool) {
	tr.t.Helper()
	for _, bad := range []string{"panic", "goroutine", "fatal error", "bug in vitals", "SIG"} {
		if strings.Contains(stderr, bad) {
			tr.t.Errorf("%s: it says %s", fault, stderr)
		}
	}
	switch {
	case code == 0:
		if got := tr.exports(c.exports...); c.complete && got != c.want {
			tr.t.Errorf("%s: exit code 0, and missing:\n%s", fault, firstDifference(got, c.want))
		}
		if file, _ := tr.exported(); tr.configuration() != c.after || file != c.new {
			tr.t.Errorf("%s: exit code 0, and a file was not saved:\n%s\n%s", fault, tr.configuration(), file)
		}
	case code != 1 && code != 5:
		tr.t.Errorf("%s: exit code %d: %s", fault, code, stderr)
	case !strings.Contains(stderr, "vitals: error: ") || !strings.Contains(stderr, "vitals: hint: "):
		tr.t.Errorf("%s: exit code %d, and it says %q", fault, code, stderr)
	default:
		told = true
	}
	c.whole(tr)
	c.good(tr)
	tr.startsAgain(nil)
	c.end(tr, fault)
	return told
}

// TestAFullDisk does everything on a disk that has room for a part of it, then on
// the same one with more room.
func TestAFullDisk(t *testing.T) {
	if !long() {
		t.Skip("part of the long mode: VITALS_LONG=1")
	}
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	w := newWorld(t)
	for i, work := range works() {
		if work.begin == nil || work.name == "later sync" {
			continue
		}
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		t.Run(work.name, func(t *testing.T) {
			t.Parallel()
			c := work.calm(t, w)
			told := 0
			const rounds = 4
			for range rounds {
				tr := w.trial(t, "")
				mounted(t, tr.dir, "8m")
				tr.full = true
				tr.copy(c.furnished.dir)
				c.reconfigure(tr, c.furnished)
				begin := c.begin(tr) // a sign-in is prepared
				size := used(t, tr.dir) + random.Int64N([]int64{700_000, 16_384}[random.IntN(2)])
				if err := tr.resize(size); err != nil {
					t.Fatal(err)
				}
				code, _, stderr := tr.ended(begin)
				if c.judge(tr, fmt.Sprintf("a disk of %d bytes", size), code, stderr) {
					told++
				}
				if t.Failed() {
					t.Logf("exit code %d: %s", code, stderr)
					return
				}
			}
			t.Logf("%d of %d full disks were told", told, rounds)
		})
	}
}

// used is how much room the files in a folder take on a tmpfs.
func used(t *testing.T, dir string) int64 {
	t.Helper()
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		t.Fatal(err)
	}
	return int64(disk.Blocks-disk.Bfree) * int64(disk.Bsize)
}

func (tr *trial) resize(bytes int64) error {
	return remounted(tr.dir, strconv.FormatInt(bytes, 10), false)
}

// good gives a full disk room.
func (c calm) good(tr *trial) {
	tr.t.Helper()
	if !tr.full {
		return
	}
	if err := tr.resize(64 << 20); err != nil {
		tr.t.Fatal(err)
	}
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
			code, _, stderr := tr.ended(traced(tt.begin(tr), strace, "--seccomp-bpf", "-y", "-o", log, "-e", "trace=pwrite64,write,fsync,renameat"))
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
