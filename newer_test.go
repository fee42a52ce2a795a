package main

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// everything is all files in a home and what they hold. SQLite's index of a log
// is a scratch pad of those who have the file open.
func (tr *trial) everything() map[string]string {
	tr.t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(tr.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(path, "-shm") {
			return err
		}
		text, err := os.ReadFile(path)
		files[path] = string(text)
		return err
	})
	if err != nil {
		tr.t.Fatal(err)
	}
	return files
}

// TestANewerHistoryIsLeftAlone: a history that a newer vitals wrote is refused in
// words, by every command, and not a byte of it changes.
func TestANewerHistoryIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.trial(t, "")
	made.signIn(made.withMeter())
	made.must("import", made.archive)
	for _, newer := range []string{"ended", "running", "killed"} {
		tr := w.trial(t, made.dir)
		conn, err := sqlite.OpenConn(tr.store(), sqlite.OpenReadWrite)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := sqlitex.ExecuteTransient(conn, "PRAGMA journal_mode = WAL", nil); err != nil {
			t.Fatal(err)
		}
		for _, change := range []string{"ALTER TABLE reading ADD COLUMN note TEXT", "PRAGMA user_version = 4711"} {
			if err := sqlitex.ExecuteTransient(conn, change, nil); err != nil {
				t.Fatal(err)
			}
		}
		switch newer {
		case "ended":
			conn.Close()
		case "killed": // with all in its log
			tr = w.trial(t, tr.dir)
		}
		note := filepath.Join(tr.data(), "fetching.unfinished") // and something of its own is unfinished
		if err := os.WriteFile(note, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		before := tr.everything()
		for _, line := range []string{"report", "report --json", "--plain", "export weight", "export electricity", "sync", "sync --full", "import " + tr.archive,
			"auth status", "auth logout", "auth --print-url", "energy detect", "doctor", ""} {
			code, says := 1, ""
			if args := strings.Fields(line); len(args) > 0 {
				var out, problems string
				code, out, problems = tr.run(args...)
				says = out + problems
			} else { // the dashboard
				p := tr.start(80, 24)
				p.wait("newer")
				p.expectExit(1)
				says = strings.ReplaceAll(p.Screen(), "\n", "")
			}
			if code != 1 || !strings.Contains(says, "was written by a newer vitals (format 4711") || !strings.Contains(says, "install the newer version") {
				t.Errorf("vitals %s: exit code %d: %s", line, code, says)
			}
			if after := tr.everything(); !maps.Equal(before, after) {
				t.Fatalf("vitals %s (the newer one %s): it changed something: %q, then %q", line, newer,
					slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(after)))
			}
		}
	}
}
