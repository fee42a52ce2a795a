package store

import (
	"testing"

	"zombiezen.com/go/sqlite"
)

func TestLogIsSafe(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"3.51.3": true, "3.51.10": true, "3.52.1": true, "3.53.0": true, "3.100.0": true, "4.0.0": true, "3.50.7": true, "3.44.6": true,
		"3.51.2": false, "3.51.0": false, "3.50.6": false, "3.44.5": false, "3.45.9": false, "3.49.9": false, "3.7.0": false, "3.52.0": false, "2.99.9": false,
		"": false, "3": false, "x": false,
	} {
		if got := logIsSafe(version); got != want {
			t.Errorf("%q: %t", version, got)
		}
	}
}

// A library that may damage a file by its log leaves it, also that of a file that
// has one, but not while others use it.
func TestAnOlderSQLiteKeepsARollbackJournal(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := openFile(t, path)
	saveDay(t, s, 0, 7)
	logged := func() bool {
		_, logged, err := headerOf(path)
		if err != nil {
			t.Error(err)
		}
		return logged
	}
	raw(t, path, func(conn *sqlite.Conn) error {
		if err := keepJournal(conn, "3.51.2"); sqlite.ErrCode(err).ToPrimary() != sqlite.ResultBusy {
			t.Errorf("beside a log in use: %v", err)
		}
		return nil
	})
	closeStore(t, s)
	for _, c := range []struct {
		version string
		logged  bool
	}{{"3.51.2", false}, {"3.51.3", true}, {"3.51.2", false}} {
		raw(t, path, func(conn *sqlite.Conn) error { return keepJournal(conn, c.version) })
		if logged() != c.logged {
			t.Errorf("%s: a log: %t", c.version, logged())
		}
	}
	s = openFile(t, path)
	defer closeStore(t, s)
	if got := days(t, s); len(got) != 1 || !logged() {
		t.Errorf("%v, a log: %t", got, logged())
	}
}
