package store

import (
	"os"
	"path/filepath"
	"testing"

	"zombiezen.com/go/sqlite"
)

// The write-ahead log is moved into the file while that stays open, and is small
// again after somebody has read for so long that it could not be.
func TestTheLogStaysSmall(t *testing.T) {
	const most = 5 << 20 // bytes
	path := newPath(t)
	s := openFile(t, path)
	defer closeStore(t, s)
	save := func(times int) int64 {
		t.Helper()
		for range times {
			if err := s.SaveRollUp(t.Context(), "house", ofDays(365)); err != nil {
				t.Fatal(err)
			}
		}
		log, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return log.Size()
	}
	const many = 30 // some 13 MB
	if size := save(many); size > most {
		t.Errorf("a log of %d bytes", size)
	}
	raw(t, path, func(conn *sqlite.Conn) error {
		if err := execute(conn, "BEGIN"); err != nil {
			return err
		}
		if _, err := number(conn, "SELECT count(*) FROM quarter_hours"); err != nil {
			return err
		}
		if size := save(many); size < most {
			t.Errorf("a log of only %d bytes beside a reader", size)
		}
		return execute(conn, "COMMIT")
	})
	save(1) // moves the log into the file
	if size := save(1); size > most {
		t.Errorf("a log of %d bytes after a reader", size)
	}
}

// A log belongs to its file, also where one of the packed days in it says nothing.
func TestALogIsKeptBesideADayThatSaysNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vitals.db")
	whole := leave(t, 20, 1000)
	if err := os.WriteFile(path, whole.file, 0o600); err != nil {
		t.Fatal(err)
	}
	rawScript(t, path, "UPDATE quarter_hours SET packed = randomblob(length(packed)) WHERE rowid = (SELECT max(rowid) FROM quarter_hours)")
	s := openFile(t, path)
	for i := range 200 {
		saveDay(t, s, 2000+i, float64(i))
	}
	var l left
	for ending, part := range l.parts() {
		*part = []byte(content(t, path+ending))
	}
	closeStore(t, s)
	want := ledger(t, path)
	damaged := l.lay(t)
	markDamaged(damaged)
	repaired(t, damaged)
	if lost, others := changes(want, ledger(t, damaged)); lost != 1 || others > 0 {
		t.Errorf("%d rows lost, %d others", lost, others)
	}
}
