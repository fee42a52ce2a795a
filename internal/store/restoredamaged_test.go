package store

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// What a damaged history still had in its log when its program was killed is kept,
// too, and does not get into what takes its place.
func TestRestoreOverADamagedHistoryWithALog(t *testing.T) {
	t.Parallel()
	path, backup := twoHistories(t)
	live := newPath(t)
	filled(t, live, 1)
	s := openFile(t, live)
	saveDay(t, s, 1, 99)
	for _, ending := range []string{"", "-wal"} {
		if err := os.WriteFile(path+ending, []byte(content(t, live+ending)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	closeStore(t, s)
	damageIndexBytes(t, path, rootOfIndex(t, live))
	r, err := Restore(t.Context(), path, backup, at)
	if err != nil || !r.Damaged {
		t.Fatalf("%+v, %v", r, err)
	}
	if got := numberIn(t, path); got != 2 {
		t.Errorf("it holds %d", got)
	}
	s = openFile(t, r.Kept)
	defer closeStore(t, s)
	if got := days(t, s); len(got) != 2 || got[1].Amount != 99 {
		t.Errorf("kept: %v", got)
	}
}

// What is damaged is kept as it is, and gives way.
func TestRestoreOverADamagedHistory(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(t *testing.T, path string){
		"a damaged index": damageIndex,
		"cut short": func(t *testing.T, path string) {
			if err := os.Truncate(path, 4096*5); err != nil {
				t.Fatal(err)
			}
		},
		"a first page of nothing": func(t *testing.T, path string) {
			text := content(t, path)
			if err := os.WriteFile(path, []byte(strings.Repeat("\xaa", 4096)+text[4096:]), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			path, backup := twoHistories(t)
			damage(t, path)
			before := beside(t, path)
			r, err := Restore(t.Context(), path, backup, at)
			if err != nil {
				t.Fatal(err)
			}
			if !r.Damaged || content(t, r.Kept) != before[filepath.Base(path)] || mode(t, r.Kept) != 0o600 {
				t.Errorf("%+v", r)
			}
			if exists(path+"-wal") || exists(path+"-shm") || len(folders(t, path)) > 0 {
				t.Errorf("%v", names(beside(t, path)))
			}
			if got := numberIn(t, path); got != 2 || mode(t, path) != 0o600 {
				t.Errorf("it holds %d", got)
			}
		})
	}
}

func TestNoLogIsLeftBesideWhatTakesItsPlace(t *testing.T) {
	t.Parallel()
	path, backup := twoHistories(t)
	other := newPath(t)
	live := openFile(t, other)
	saveDay(t, live, 1, 99)
	before := map[string]string{"": content(t, path), "-wal": content(t, other+"-wal"), "-shm": content(t, other+"-shm"), "-journal": "a journal"}
	closeStore(t, live)
	for ending, text := range before {
		if err := os.WriteFile(path+ending, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := newScratch(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.remove()
	want := content(t, backup)
	if err := new(Restored).swap(t.Context(), s, path, backup, path+".kept"); err != nil {
		t.Fatal(err)
	}
	for _, ending := range endings {
		if content(t, path+".kept"+ending) != before[ending] || mode(t, path+".kept"+ending) != 0o600 {
			t.Errorf("%q is not kept", ending)
		}
	}
	if content(t, path) != want || exists(path+"-wal") || exists(path+"-shm") || exists(path+"-journal") {
		t.Errorf("%v", names(beside(t, path)))
	}
}

// A repair that was killed just before its end is ended first: the next start must
// not put its file in the place of what was restored.
func TestARestoreAfterARepairThatWasKilled(t *testing.T) {
	t.Parallel()
	path, backup := twoHistories(t)
	mended := newPath(t)
	filled(t, mended, 5)
	if err := os.Rename(mended, path+mendedEnding); err != nil {
		t.Fatal(err)
	}
	r, err := Restore(t.Context(), path, backup, at)
	if err != nil {
		t.Fatal(err)
	}
	if got := numberIn(t, path); got != 2 {
		t.Errorf("it holds %d", got)
	}
	if got := numberIn(t, r.Kept); got != 5 || exists(path+mendedEnding) {
		t.Errorf("what was there before holds %d", got)
	}
}

// layLogAlone makes a history of which all is in its log, as that of a program
// that was killed, five days of steps, and the file is empty.
func layLogAlone(t *testing.T) (path string) {
	t.Helper()
	path = newPath(t)
	live := newPath(t)
	s := openFile(t, live)
	for i := range 5 {
		saveDay(t, s, i, 99)
	}
	if err := makeFile(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+logEnding, []byte(content(t, live+logEnding)), 0o600); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	return path
}

// A log without its file is what the history held, and is kept like that.
func TestRestoreOverALogAlone(t *testing.T) {
	t.Parallel()
	_, backup := twoHistories(t)
	for _, what := range []string{"an empty file", "no file"} {
		t.Run(what, func(t *testing.T) {
			path := layLogAlone(t)
			if what == "no file" {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			}
			log := content(t, path+logEnding)
			r, err := Restore(t.Context(), path, backup, at)
			if err != nil || !r.Damaged || content(t, r.Kept+logEnding) != log {
				t.Fatalf("%+v, %v; there are %v", r, err, names(beside(t, path)))
			}
			if got := numberIn(t, path); got != 2 || mode(t, path) != 0o600 || mode(t, filepath.Dir(path)) != 0o700 {
				t.Errorf("%d, mode %o in %o", got, mode(t, path), mode(t, filepath.Dir(path)))
			}
			s := openFile(t, r.Kept)
			defer closeStore(t, s)
			if got := days(t, s); len(got) != 5 {
				t.Errorf("kept: %v", got)
			}
		})
	}
}

// What Open takes for a history that is damaged gives way to a backup.
func TestRestoreOverAHistoryThatDoesNotSayItIsOne(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"0", "77"} {
		path, backup := twoHistories(t)
		rawScript(t, path, "PRAGMA application_id = "+id)
		before := content(t, path)
		r, err := Restore(t.Context(), path, backup, at)
		if err != nil || !r.Damaged || content(t, r.Kept) != before {
			t.Fatalf("%+v, %v", r, err)
		}
		if got := numberIn(t, path); got != 2 {
			t.Errorf("it holds %d", got)
		}
	}
}

// A restore over a damaged history that fails leaves it as it was, with its log;
// one that is ended is gone on with by the next start, and all is kept.
func TestARestoreOverDamageThatWasEnded(t *testing.T) {
	t.Parallel()
	l, _ := damagedLeft(t)
	_, backup := twoHistories(t)
	path := l.lay(t)
	s, err := newScratch(path)
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, new(Restored).swap(t.Context(), s, path, s.file("none"), path+".kept"), restoring)
	if content(t, path) != string(l.file) || content(t, path+logEnding) != string(l.log) || exists(path+mendedEnding) {
		t.Error("it is not as it was")
	}
	if err := os.WriteFile(s.file("new"), []byte(content(t, backup)), 0o600); err != nil {
		t.Fatal(err)
	}
	wantError(t, new(Restored).swap(t.Context(), s, path, s.file("new"), path+strings.Repeat("too long", 50)), restoring)
	s.remove()
	if len(repaired(t, path)) == 0 {
		t.Error("nothing is said")
	}
	if got := numberIn(t, path); got != 2 {
		t.Errorf("it holds %d", got)
	}
	files := kept(t, path)
	if len(files) != 1 || content(t, files[0]) != string(l.file) || content(t, files[0]+logEnding) != string(l.log) {
		t.Errorf("kept: %q", files)
	}
}

// What was restored stays, by whatever name it was given, and so does what it
// replaced, however long ago that was written.
func TestNeitherABackupNorWhatItReplacedIsForgotten(t *testing.T) {
	t.Parallel()
	path, backup := twoHistories(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Dir(path), link); err != nil {
		t.Fatal(err)
	}
	var kept []string
	for i := range 3 {
		r, err := Restore(t.Context(), path, backup, at.Add(time.Duration(i)*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, r.Kept)
	}
	damageIndex(t, path)
	if err := os.Chtimes(path, at.AddDate(-1, 0, 0), at.AddDate(-1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	r, err := Restore(t.Context(), filepath.Join(link, "vitals.db"), filepath.Join(link, filepath.Base(kept[0])), at.Add(3*time.Hour))
	if err != nil || !r.Damaged {
		t.Fatalf("%+v, %v", r, err)
	}
	if !exists(r.Kept) || !exists(kept[0]) {
		t.Errorf("there are %v", names(beside(t, path)))
	}
}

// A clock that was set back makes what was replaced last look like the oldest.
func TestWhatWasReplacedLastStaysWhateverTheClockSays(t *testing.T) {
	t.Parallel()
	path, backup := twoHistories(t)
	for i := range 3 {
		if _, err := Restore(t.Context(), path, backup, at.Add(time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Restore(t.Context(), path, backup, at.AddDate(-1, 0, 0))
	if err != nil || !exists(r.Kept) || len(r.Dropped) > 0 {
		t.Errorf("%+v, %v; there are %v", r, err, names(beside(t, path)))
	}
}

// A restore over damage that was ended may leave a log of what it was to keep. That
// takes neither the name nor the place of one of the three that stay, and goes with
// what is older than those.
func TestALogAloneIsForgottenWithWhatIsOlder(t *testing.T) {
	t.Parallel()
	path, backup := twoHistories(t)
	alone := keptName(path, at) + logEnding
	if err := os.WriteFile(alone, []byte("a log"), 0o600); err != nil {
		t.Fatal(err)
	}
	var kept []string
	for i := range 4 {
		r, err := Restore(t.Context(), path, backup, at.Add(time.Duration(i)*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, r.Kept)
		if exists(r.Kept + logEnding) {
			t.Errorf("%s has a log that is not its own", r.Kept)
		}
		if there := i < 3; exists(alone) != there {
			t.Errorf("after %d restores, the log alone is there: %t", i+1, !there)
		}
	}
	for i, name := range kept {
		if exists(name) != (i > 0) {
			t.Errorf("%d is there: %t", i, exists(name))
		}
	}
}

// What a restore over damage left half done is brought to its end, and called that.
func TestARestoreThatWasEndedIsToldAsOne(t *testing.T) {
	t.Parallel()
	path, backup := twoHistories(t)
	if err := os.WriteFile(path+mendedEnding, []byte(content(t, backup)), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := strings.Join(repaired(t, path), " "); !strings.Contains(said, "a repair or a restore, which was ended in the middle, is brought to its end") {
		t.Error(said)
	}
	if got := numberIn(t, path); got != 2 {
		t.Errorf("it holds %d", got)
	}
}

// What the user put aside under a name that begins like one of those that are kept
// stays, and takes the place of none of them.
func TestWhatTheUserNamesLikeWhatWasReplacedStays(t *testing.T) {
	t.Parallel()
	path, backup := twoHistories(t)
	begin := path + keptInfix
	mine := map[string]int{
		begin + "2022.gz": 1, begin + "2023-01-01T00-00-00Z.keep-this": 1, begin + "mine": 1, begin + "mine-wal": 1, begin + "2023-01-01T00-00-00Z/notes.txt": 1,
	}
	planted(t, mine)
	if err := os.Mkdir(begin+"2024-01-01T00-00-00Z", 0o700); err != nil {
		t.Fatal(err)
	}
	var kept, dropped []string
	for i := range 4 {
		r, err := Restore(t.Context(), path, backup, at.Add(time.Duration(i)*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		kept, dropped = append(kept, r.Kept), append(dropped, r.Dropped...)
	}
	if !slices.Equal(dropped, kept[:1]) {
		t.Errorf("dropped are %q of %q", dropped, kept)
	}
	for name := range mine {
		if !exists(name) {
			t.Errorf("%s is gone", name)
		}
	}
	if !exists(begin + "2024-01-01T00-00-00Z") {
		t.Error("an empty folder is gone")
	}
}
