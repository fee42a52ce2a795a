package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	energyfake "vitals/internal/energy/fake"
)

// says is what a command printed, and its exit code.
func (b *box) says(args ...string) (code int, stdout, stderr string) {
	b.t.Helper()
	var out, problems strings.Builder
	cmd := exec.Command(binary, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = b.dir, b.env, &out, &problems
	if _, ended := errors.AsType[*exec.ExitError](cmd.Run()); !ended && !cmd.ProcessState.Success() {
		b.t.Fatalf("vitals %s did not run", strings.Join(args, " "))
	}
	return cmd.ProcessState.ExitCode(), out.String(), problems.String()
}

// unsavable are ways in which nothing can be saved in a folder.
var unsavable = map[string]func(t *testing.T, folder string, furnish func()) (space func()){
	"a disk without a free byte": func(t *testing.T, folder string, furnish func()) func() {
		mounted(t, folder, "24m")
		furnish()
		full := filepath.Join(folder, "full")
		f, err := os.Create(full)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for err == nil {
			_, err = f.Write(make([]byte, 4096))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		return func() {
			if err := os.Remove(full); err != nil {
				t.Fatal(err)
			}
		}
	},
	"a read-only disk": func(t *testing.T, folder string, furnish func()) func() {
		readOnly := func(yes bool) {
			if err := remounted(folder, "24m", yes); err != nil {
				t.Fatal(err)
			}
		}
		mounted(t, folder, "24m")
		furnish()
		for _, left := range []string{"vitals.db-wal", "vitals.db-shm"} { // as it was filled before
			if err := os.WriteFile(filepath.Join(folder, ".local", "share", "vitals", left), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		readOnly(true)
		return func() { readOnly(false) }
	},
	"a folder that may not be written in": func(t *testing.T, folder string, furnish func()) func() {
		if os.Geteuid() == 0 {
			t.Skip("root may write anywhere")
		}
		furnish()
		changed := func(of, in fs.FileMode) {
			for name, mode := range map[string]fs.FileMode{"vitals.db": of, "": in} {
				if err := os.Chmod(filepath.Join(folder, ".local", "share", "vitals", name), mode); err != nil {
					t.Fatal(err)
				}
			}
		}
		changed(0o400, 0o500)
		space := func() { changed(0o600, 0o700) }
		t.Cleanup(space)
		return space
	},
}

// TestALookWhereNothingCanBeSaved: on a full or read-only disk what is stored is
// shown by everything that only looks, with the word why nothing is saved; what
// has to save fails in words. The dashboard stays calm, asks nobody, and shows what
// others save once there is space.
func TestALookWhereNothingCanBeSaved(t *testing.T) {
	t.Parallel()
	for name, unsavable := range unsavable {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			elsewhere := t.TempDir()
			weighed := func(name, line string) string {
				path := filepath.Join(elsewhere, name)
				if err := os.WriteFile(path, []byte("date,weight_kg\n"+line+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			}
			first, second := weighed("first.csv", "2026-11-01,71.4"), weighed("second.csv", "2026-11-02,71.9")
			today := time.Now().Format(time.DateOnly) // what is newer grows with the time
			looks := []string{"export weight --by raw", "likeness", "export electricity --by month --to " + today, "auth status --json"}
			before := map[string]string{}
			var asked func() int
			space := unsavable(t, b.dir, func() {
				server, _ := b.google(true)
				b.display("height_cm = 172")
				asked = func() int { return len(server.Requests("")) }
				b.must("import", first)
				for _, line := range looks {
					before[line] = b.must(strings.Fields(line)...)
				}
			})
			for _, line := range looks {
				code, stdout, stderr := b.says(strings.Fields(line)...)
				if code != 0 || stdout != before[line] {
					t.Errorf("vitals %s: exit code %d and\n%s, not\n%s", line, code, stdout, before[line])
				}
				if strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "saves nothing") || !strings.Contains(stderr, "start it again") {
					t.Errorf("vitals %s says %q", line, stderr)
				}
			}
			if code, stdout, stderr := b.says("report", "--line"); code != 0 || !strings.Contains(stdout, "71.4 kg") || !strings.Contains(stdout, " W") {
				t.Errorf("report: exit code %d: %s%s", code, stdout, stderr)
			}
			for _, name := range []string{"out.csv", "backup.db"} {
				to := filepath.Join(elsewhere, name)
				args := map[string][]string{"out.csv": {"export", "weight", "--out", to}, "backup.db": {"backup", to}}[name]
				if code, _, stderr := b.says(args...); code != 0 {
					t.Errorf("vitals %s: exit code %d: %s", args[0], code, stderr)
				}
				if info, err := os.Stat(to); err != nil || info.Size() == 0 {
					t.Errorf("%s: %v", name, err)
				}
			}
			for _, line := range []string{"import " + second, "sync", "auth logout"} {
				code, _, stderr := b.says(strings.Fields(line)...)
				if code != 1 || !strings.Contains(stderr, "vitals: error: ") || !strings.Contains(stderr, "vitals: hint: ") {
					t.Errorf("vitals %s: exit code %d: %s", line, code, stderr)
				}
			}
			if _, stdout, stderr := b.says("doctor"); !strings.Contains(strings.Join(strings.Fields(stdout), " "), "weigh-ins of 2026-11-01") {
				t.Errorf("doctor says %s%s", stdout, stderr)
			}

			requests := asked()
			p := b.start(100, 30)
			p.wait("71.4 kg", " kWh", "press ? for more")
			p.press("3")
			p.wait("30 days:")
			p.press("q")
			p.expectExit(0) // although the view is not kept
			p = b.start(100, 30)
			p.wait("71.4 kg", " kWh", "24 h:", "press ? for more")
			p.press("r")
			p.wait("looked: nothing new")
			space()
			b.must("import", second)
			p.press("r")
			p.wait("71.9 kg", "press ? for more")
			p.press("?")
			p.wait("start it again")
			p.press("?")
			p.wait("5 all")
			p.press("q")
			p.expectExit(0)
			if err := p.Restored(); err != nil {
				t.Error(err)
			}
			b.closed()
			if n := asked(); n != requests {
				t.Errorf("Google was asked %d times", n-requests)
			}
		})
	}
}

// must runs a command that is to succeed.
func (b *box) must(args ...string) (stdout string) {
	b.t.Helper()
	code, stdout, stderr := b.says(args...)
	if code != 0 {
		b.t.Fatalf("vitals %s: exit code %d: %s", strings.Join(args, " "), code, stderr)
	}
	return stdout
}

// TestALookWhenSavingFails: also when the disk is found to be full on the way, as
// while another program has the history open, an export is whole, and says why
// nothing was saved.
func TestALookWhenSavingFails(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	meter := filepath.Join(t.TempDir(), "meter.db")
	if err := energyfake.WriteMeter(t.Context(), meter, time.Now(), time.UTC); err != nil {
		t.Fatal(err)
	}
	unsavable["a disk without a free byte"](t, b.dir, func() {
		b.must("report")
		conn, err := sqlite.OpenConn(filepath.Join(b.dir, ".local", "share", "vitals", "vitals.db"), sqlite.OpenReadWrite)
		if err == nil {
			t.Cleanup(func() { conn.Close() })
			err = sqlitex.ExecuteTransient(conn, "SELECT count(*) FROM reading", nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	args := []string{"export", "electricity", "--by", "month", "--tz", "UTC", "--to", time.Now().UTC().Format(time.DateOnly), "--db", meter}
	code, stdout, stderr := b.says(args...)
	if code != 0 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "no space is left") || !strings.Contains(stderr, "saves nothing") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if want := newBox(t).must(args...); stdout != want {
		t.Errorf("got\n%s\nwant\n%s", stdout, want)
	}
	for _, left := range []string{"reading-meter.unfinished", "vitals.db.damaged"} {
		if _, err := os.Stat(filepath.Join(b.dir, ".local", "share", "vitals", left)); err == nil {
			t.Errorf("%s is left behind", left)
		}
	}
}
