package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
)

// damageIndex makes the index of quarter_hours name another day, which nothing
// notices that goes by the rows.
func damageIndex(t *testing.T, path string) {
	t.Helper()
	damageIndexBytes(t, path, rootOfIndex(t, path))
}

func rootOfIndex(t *testing.T, path string) (page int64) {
	t.Helper()
	raw(t, path, func(conn *sqlite.Conn) (err error) {
		page, err = number(conn, "SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_quarter_hours_1'")
		return err
	})
	return page
}

func damageIndexBytes(t *testing.T, path string, page int64) {
	t.Helper()
	text := []byte(content(t, path))
	text[page*4096-2] ^= 0x40 // near the end of the first entry: roll-up, day, row
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A history that is damaged is refused, also where the damage would not be in
// the backup: it is to be known, and the good backup of before is kept.
func TestNoBackupOfADamagedHistory(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	filled(t, path, 7)
	to := filepath.Join(t.TempDir(), "b.db")
	if _, err := Backup(t.Context(), path, to); err != nil {
		t.Fatal(err)
	}
	good := content(t, to)
	damageIndex(t, path)
	_, err := Backup(t.Context(), path, to)
	wantError(t, err, "backing up the history: "+path+" is damaged")
	cut := newPath(t)
	filled(t, cut, 7)
	if err := os.Truncate(cut, 4096*5); err != nil {
		t.Fatal(err)
	}
	_, err = Backup(t.Context(), cut, to)
	wantError(t, err, cut+" is damaged")
	if content(t, to) != good || len(beside(t, to)) != 1 {
		t.Errorf("the backup of before was touched, or %v is left", names(beside(t, to)))
	}
}

// Damage that a backup comes upon is repaired by the next start, and so is what
// somebody who only looked was told to make a backup of.
func TestDamageThatABackupMetIsRepaired(t *testing.T) {
	t.Parallel()
	path, to := newPath(t), filepath.Join(t.TempDir(), "b.db")
	filled(t, path, 7)
	damageIndex(t, path)
	before := beside(t, path)
	look, err := OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	err = look.Check(t.Context(), true)
	wantError(t, err, "is damaged")
	if hint := err.(*Error).Hint(); !strings.Contains(hint, "vitals backup") || len(beside(t, path)) != len(before) {
		t.Errorf("%s; there are %v", hint, names(beside(t, path)))
	}
	closeStore(t, look)
	_, err = Backup(t.Context(), path, to)
	wantError(t, err, "is damaged")
	if hint := err.(*Error).Hint(); !strings.HasPrefix(hint, "the next start of vitals repairs it") {
		t.Error(hint)
	}
	if said := repaired(t, path); len(said) == 0 {
		t.Error("nothing was repaired")
	}
	if got := numberIn(t, path); got != 7 {
		t.Errorf("it holds %d", got)
	}
	if _, err := Backup(t.Context(), path, to); err != nil {
		t.Error(err)
	}
}

// Where a log cannot be opened a backup only looks. Damage that it comes upon then is
// repaired by the next start, too, and that is what it says.
func TestDamageThatABackupWithoutALogMet(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	filled(t, path, 7)
	damageIndex(t, path)
	if err := os.Symlink(filepath.Join(t.TempDir(), "none", "index"), path+indexEnding); err != nil {
		t.Fatal(err)
	}
	_, err := Backup(t.Context(), path, filepath.Join(t.TempDir(), "b.db"))
	wantError(t, err, "is damaged")
	if hint := err.(*Error).Hint(); !strings.HasPrefix(hint, "the next start of vitals repairs it") || !exists(path+markEnding) {
		t.Errorf("it says %s, or leaves no mark", hint)
	}
}

// Nor does a backup harm what is beside the file that a link leads to.
func TestABackupByALinkLeavesTheLog(t *testing.T) {
	t.Parallel()
	path := layLogAlone(t)
	link := filepath.Join(t.TempDir(), "vitals.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	log := content(t, path+logEnding)
	_, err := Backup(t.Context(), link, filepath.Join(t.TempDir(), "b.db"))
	wantError(t, err, "is damaged")
	if content(t, path+logEnding) != log {
		t.Error("the log was changed")
	}
}

// A mended file is to take the place of one whose log is gone already: a backup of
// that would have less than either, and none is written. Nor is it restored from.
func TestNoBackupOfAHistoryWhoseRepairIsNotFinished(t *testing.T) {
	t.Parallel()
	path, to := newPath(t), filepath.Join(t.TempDir(), "b.db")
	filled(t, path, 7)
	if err := os.WriteFile(path+mendedEnding, []byte(content(t, path)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Backup(t.Context(), path, to)
	wantError(t, err, "its repair is not finished")
	other, _ := twoHistories(t)
	_, err = Restore(t.Context(), other, path, at)
	wantError(t, err, "its repair is not finished")
	if exists(to) || numberIn(t, other) != 1 {
		t.Error("it was used")
	}
}
