package store

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"zombiezen.com/go/sqlite"
)

// damagedLeft is a history of whose pages some are damaged, and what of it is
// there after a repair that is not ended.
func damagedLeft(t *testing.T) (l left, want map[string]string) {
	l = leave(t, 3, 1000)
	clear(l.file[:pageSize])
	clear(l.file[60*pageSize:][:pageSize])
	path := l.lay(t)
	if said := repaired(t, path); len(said) == 0 {
		t.Fatal("it is not damaged")
	}
	return l, ledger(t, path)
}

// expectRepaired checks that a history is what a repair makes of l, which is kept
// under one name.
func (l left) expectRepaired(t *testing.T, path string, want map[string]string) {
	t.Helper()
	expectSound(t, path)
	if lost, others := changes(want, ledger(t, path)); lost+others > 0 {
		t.Errorf("%d rows lost, %d others", lost, others)
	}
	files := kept(t, path)
	if len(files) != 1 {
		t.Fatalf("kept: %q", files)
	}
	file, err := os.ReadFile(files[0])
	log, errLog := os.ReadFile(files[0] + "-wal")
	if err := errors.Join(err, errLog); err != nil || !bytes.Equal(file, l.file) || !bytes.Equal(log, l.log) {
		t.Errorf("the damaged file is not as it was: %v", err)
	}
	for name := range beside(t, path) {
		if !slices.Contains([]string{"vitals.db", "vitals.db.lock", filepath.Base(files[0]), filepath.Base(files[0]) + "-wal"}, name) {
			t.Errorf("%s is left", name)
		}
	}
}

// A repair that was ended anywhere is begun anew or brought to its end.
func TestARepairThatWasEnded(t *testing.T) {
	l, want := damagedLeft(t)
	done := l.lay(t)
	repaired(t, done)
	mended, err := os.ReadFile(done)
	if err != nil {
		t.Fatal(err)
	}
	today := time.Now().Format("2006-01-02")
	for name, steps := range map[string][]string{
		"while the new file is written": {"half"},
		"before anything was kept":      {"new"},
		"when the log was kept":         {"new", "keep -wal"},
		"when all was kept":             {"new", "keep -wal", "keep "},
		"when the log was gone":         {"new", "keep -wal", "keep ", "remove -wal", "remove -shm"},
		"where a file has but one name": {"new", "keep -wal", "remove -wal", "keep ", "remove "},
		"before the mark was removed":   {"new", "keep -wal", "keep ", "remove -wal", "remove -shm", "rename", "mark"},
	} {
		t.Run(name, func(t *testing.T) {
			path := l.lay(t)
			for _, step := range steps {
				var err error
				what, ending, _ := strings.Cut(step, " ")
				switch what {
				case "half":
					err = errors.Join(os.WriteFile(path+".repairing", mended[:len(mended)/2], 0o600), os.WriteFile(path+".repairing-journal", mended[:9000], 0o600))
				case "new":
					err = os.WriteFile(path+".repaired", mended, 0o600)
				case "keep":
					err = os.Link(path+ending, path+".damaged-"+today+ending)
				case "remove":
					err = os.Remove(path + ending)
				case "rename":
					err = os.Rename(path+".repaired", path)
				case "mark":
					err = os.WriteFile(path+".damaged", nil, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			repaired(t, path)
			l.expectRepaired(t, path, want)
		})
	}
}

// However often it is killed, there is always a file to begin with.
func TestARepairIsKilled(t *testing.T) {
	rounds := 2
	if os.Getenv("VITALS_LONG") == "1" {
		rounds = 30
	}
	l, want := damagedLeft(t)
	for range rounds {
		path := l.lay(t)
		killed := 0
		for ended := false; !ended; {
			cmd, _ := start(t, "only open", path)
			timer := time.AfterFunc(time.Duration(rand.IntN(60+20*killed))*time.Millisecond, func() { _ = cmd.Process.Kill() })
			ended = cmd.Wait() == nil
			timer.Stop()
			if !ended {
				killed++
			}
			if _, err := os.Stat(path); err != nil {
				t.Fatal(err)
			}
		}
		repaired(t, path)
		l.expectRepaired(t, path, want)
		t.Logf("killed %d times", killed)
	}
}

// While another process has it open nothing is repaired, and it is said why.
func TestNothingIsRepairedBesideAnother(t *testing.T) {
	path, content := filledWhole(t)
	other := openFile(t, path)
	markDamaged(path)
	s := openFile(t, path)
	if said := s.Repaired(); len(said) != 1 || !strings.Contains(said[0], "end the other vitals") || len(kept(t, path)) > 0 {
		t.Errorf("it says %q", said)
	}
	closeStore(t, s)
	copied := bytes.Clone(content)
	clear(copied[:pageSize])
	if err := os.WriteFile(path, copied, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), path)
	wantError(t, err, "cannot be repaired while another program has it open")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	closeStore(t, other)
	if said := repaired(t, path); len(said) > 0 || exists(path+".damaged") {
		t.Errorf("of a mark for nothing it says %q", said)
	}
}

// Of several that start at once one repairs, and the others wait for it.
func TestOneOfManyRepairs(t *testing.T) {
	path, content := filledWhole(t)
	want := ledger(t, path)
	clear(content[:pageSize])
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var told atomic.Int32
	for range 6 {
		all.Go(func() {
			s, err := Open(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			if len(s.Repaired()) > 0 {
				told.Add(1)
			}
			if _, err := s.Weighings(t.Context()); err != nil {
				t.Error(err)
			}
			closeStore(t, s)
		})
	}
	all.Wait()
	if told.Load() != 1 || len(kept(t, path)) != 1 {
		t.Errorf("%d repaired it, and kept %q", told.Load(), kept(t, path))
	}
	if lost, others := changes(want, ledger(t, path)); lost+others > 0 {
		t.Errorf("%d rows lost, %d others", lost, others)
	}
}

// Whoever comes upon damage leaves a mark, but for those who only look.
func TestDamageThatIsMetLeavesAMark(t *testing.T) {
	path, content := filledWhole(t)
	for n := 2; n < len(content)/pageSize; n++ {
		clear(content[n*pageSize:][:pageSize])
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	look, err := OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := look.Weighings(t.Context()); !errors.Is(err, ErrDamaged) || exists(path+".damaged") {
		t.Errorf("a look: %v", err)
	}
	closeStore(t, look)
	s := openFile(t, path)
	_, err = s.Weighings(t.Context())
	wantError(t, err, "is damaged")
	if !errors.Is(err, ErrDamaged) || mode(t, path+".damaged") != 0o600 {
		t.Error("there is no mark")
	}
	closeStore(t, s)
	if said := repaired(t, path); len(said) != 2 {
		t.Errorf("the next start says %q", said)
	}
}

// A damaged file is kept for good, and none takes the name of another.
func TestDamagedFilesAreKeptApart(t *testing.T) {
	path, content := filledWhole(t)
	for i := range 3 {
		content[70] ^= byte(8 + i)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		repaired(t, path)
		if files := kept(t, path); len(files) != i+1 {
			t.Fatalf("kept: %q", files)
		}
	}
	texts := map[string]bool{}
	for _, file := range kept(t, path) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[string(text)] = true
	}
	if len(texts) != 3 {
		t.Errorf("%d of 3 are left", len(texts))
	}
}

// pageOf is a page with rows of a table.
func pageOf(t *testing.T, path, table string) (page int) {
	raw(t, path, func(conn *sqlite.Conn) error {
		n, err := number(conn, "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' AND ncell > 2 ORDER BY pageno LIMIT 1 OFFSET 2", table)
		page = int(n)
		return err
	})
	return page
}

// What cannot be fetched any more stays, whatever of the rest is read anew: the
// next sync fetches all, and the meter is read from its first row on, but energy
// from before that row is kept.
func TestWhatIsFetchedAnew(t *testing.T) {
	path, content := filledWhole(t)
	days, totals := pageOf(t, path, "quarter_hours"), pageOf(t, path, "day_total")
	clear(content[(days-1)*pageSize:][:pageSize])
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	markDamaged(path)
	s := openFile(t, path)
	if said := fmt.Sprint(s.Repaired()); !strings.Contains(said, ": electricity may be missing (1 of ") || strings.Contains(said, "sync") {
		t.Errorf("it says %s", said)
	}
	fetches, err := s.Fetches(t.Context())
	if err != nil || fetches[len(fetches)-1].LastSuccess.IsZero() {
		t.Errorf("what did not suffer is fetched anew: %+v, %v", fetches, err)
	}
	before, err := s.Portions(t.Context(), "meter-1", time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	record, _, err := s.RollUp(t.Context(), "meter-1")
	if err != nil || record.Bookmark != nil {
		t.Fatalf("the meter goes on at %q, %v", record.Bookmark, err)
	}
	// The meter has lost its first 20 days since, and is read in two parts.
	whole := ofDays(60)
	cut, newest := 20*slotsPerDay, 40*slotsPerDay
	part := whole
	part.Anew, part.More, part.Bookmark = true, true, []byte("to be continued")
	part.From, part.Portions = time.Unix(whole.Portions[newest].Start, 0), whole.Portions[newest:]
	if err := s.SaveRollUp(t.Context(), "meter-1", part); err != nil {
		t.Fatal(err)
	}
	if record, _, err = s.RollUp(t.Context(), "meter-1"); err != nil || string(record.Bookmark) != "to be continued" {
		t.Errorf("the meter goes on at %q, %v", record.Bookmark, err)
	}
	part.Anew, part.More, part.Bookmark = false, false, []byte("row 1")
	part.From, part.To, part.Portions = time.Time{}, part.From, slices.Clone(whole.Portions[cut:newest])
	part.Portions[0].Covered /= 2 // what it lost ends within a quarter-hour
	if err := s.SaveRollUp(t.Context(), "meter-1", part); err != nil {
		t.Fatal(err)
	}
	after, err := s.Portions(t.Context(), "meter-1", time.Time{}, time.Time{})
	if err != nil || len(after) < len(before) || after[0] != before[0] || !slices.Equal(after[len(after)-(len(whole.Portions)-cut)+1:], whole.Portions[cut+1:]) {
		t.Errorf("%d of %d portions, %v", len(after), len(before), err)
	}
	// From then on all is as ever.
	whole.Anew, whole.Portions = true, whole.Portions[cut:]
	if err := s.SaveRollUp(t.Context(), "meter-1", whole); err != nil {
		t.Fatal(err)
	}
	if after, err = s.Portions(t.Context(), "meter-1", time.Time{}, time.Time{}); err != nil || len(after) != len(whole.Portions) {
		t.Errorf("%d portions are left, %v", len(after), err)
	}
	closeStore(t, s)

	path, content = filledWhole(t)
	clear(content[(totals-1)*pageSize:][:pageSize])
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	markDamaged(path)
	s = openFile(t, path)
	defer closeStore(t, s)
	if said := fmt.Sprint(s.Repaired()); !strings.Contains(said, ": calories and steps may be missing (1 of ") || !strings.Contains(said, "sync --full") {
		t.Errorf("it says %s", said)
	}
	fetches, err = s.Fetches(t.Context())
	for _, f := range fetches[4:] {
		if !f.LastSuccess.IsZero() || !f.Since.IsZero() {
			t.Errorf("%+v", f)
		}
	}
	if fetches[0].LastSuccess.IsZero() || err != nil {
		t.Errorf("whose it is: %+v, %v", fetches[0], err)
	}
	if record, _, err := s.RollUp(t.Context(), "meter-1"); err != nil || string(record.Bookmark) != "row 1" {
		t.Errorf("the meter goes on at %q, %v", record.Bookmark, err)
	}
}

// Nothing is saved to a damaged file while the mended one is to take its place.
func TestAMendedFileTakesItsPlaceFirst(t *testing.T) {
	lay := func() (path string) {
		path, mended := newPath(t), newPath(t)
		filled(t, path, 1)
		filled(t, mended, 5)
		if err := os.Rename(mended, path+mendedEnding); err != nil {
			t.Fatal(err)
		}
		return path
	}
	path := lay()
	if err := errors.Join(gone(path+lockEnding), os.Symlink(filepath.Join(t.TempDir(), "none", "lock"), path+lockEnding)); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), path)
	wantError(t, err, openingHistory)
	if err := os.Remove(path + lockEnding); err != nil {
		t.Fatal(err)
	}
	if got := numberIn(t, path); got != 5 {
		t.Errorf("without a lock, then with one: it holds %d", got)
	}

	path = lay()
	other := flock.New(path + lockEnding)
	if ok, err := other.TryRLock(); !ok {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), path)
	wantError(t, err, "another program has it open")
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if got := numberIn(t, path); got != 5 {
		t.Errorf("beside another, then alone: it holds %d", got)
	}
}

// SQLite reads over a page whose cells it does not look at without a word, but a
// start a day looks for that, and what it finds is repaired.
func TestAStartADayLooksForDamage(t *testing.T) {
	path, content := filledWhole(t)
	text := bytes.Clone(content)
	page := pageOf(t, path, "quarter_hours")
	text[(page-1)*pageSize+5] ^= 0x08 // where its cells begin, of which reading makes no use
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s := openFile(t, path)
	if _, err := s.Portions(t.Context(), "meter-1", time.Time{}, time.Time{}); err != nil || len(s.Repaired()) > 0 {
		t.Fatalf("it is met, or looked for on the same day: %v, %q", err, s.Repaired())
	}
	closeStore(t, s)
	yesterday := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(path+lockEnding, yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	if said := repaired(t, path); len(said) == 0 {
		t.Error("nothing was repaired")
	}
	if due(path) {
		t.Error("the next start looks again")
	}
}
