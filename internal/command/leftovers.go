package command

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"vitals/internal/config"
	"vitals/internal/refresh"
	"vitals/internal/timeline"
)

// task is work of several saves. While it is under way, an empty file in the data
// directory says so, locked by the process that is at it, and gone when it ends
// in good order. One that nobody holds is of a process that was killed, or of a
// machine that lost its power.
type task string

const (
	fetching     task = "fetching"
	importing    task = "importing"
	readingMeter task = "reading-meter"
)

// cutOff says what became of a task that was cut off.
func (t task) cutOff() string {
	return map[task]string{
		fetching:     "an earlier run was ended in the middle of fetching: all that came is kept, the next sync goes on",
		importing:    "an earlier run was ended in the middle of an import: what it read is kept, import the same again",
		readingMeter: "an earlier run was ended while it read the meter: all it read is kept, the next reading goes on",
	}[t]
}

func (s *session) taskFile(t task) string { return filepath.Join(s.dataDir, string(t)+".unfinished") }

// begin notes that a task is under way, until end or until the session is
// closed. Where another process is at the same one, that one's note stands. Until it
// is locked, the note looks like one that was left: so the folder is locked meanwhile.
func (s *session) begin(t task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tasks[t] != nil || s.unsaved {
		return
	}
	among := flock.New(s.dataDir, flock.SetFlag(os.O_RDONLY))
	defer among.Close()
	patient, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, _ = among.TryLockContext(patient, 5*time.Millisecond) // without it, the note may be taken for one that was left
	lock := flock.New(s.taskFile(t), flock.SetPermissions(0o600))
	if locked, _ := lock.TryLock(); !locked || !inPlace(lock) {
		_ = lock.Unlock()
		return
	}
	if s.tasks == nil {
		s.tasks = map[task]*flock.Flock{}
	}
	s.tasks[t] = lock
}

// end takes back what begin noted.
func (s *session) end(t task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if lock := s.tasks[t]; lock != nil {
		s.unnote(lock)
		delete(s.tasks, t)
	}
}

// unnote removes a note, also for a machine that loses its power now: it would
// tell what is not true.
func (s *session) unnote(lock *flock.Flock) {
	_ = os.Remove(lock.Path())
	_ = config.SyncFolder(s.dataDir)
	_ = lock.Unlock()
}

// inPlace reports whether a locked file still has its name.
func inPlace(lock *flock.Flock) bool {
	locked, err := lock.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(lock.Path())
	return err == nil && os.SameFile(locked, named)
}

// leftovers puts right what a process left that was killed, and says what that
// was: a sentence each. What another process is at is left alone.
func (s *session) leftovers() []string {
	var said []string
	if config.RemoveUnfinished(s.place.Path) {
		said = append(said, "an earlier run was ended while it saved config.ini: what was saved before is kept")
	}
	for _, kept := range []struct{ name, what string }{{viewFile, "the view"}, {attemptFile, "a sign-in"}, {addressFile, "the address of a sign-in"}} {
		if config.RemoveUnfinished(filepath.Join(s.stateDir, kept.name)) {
			said = append(said, fmt.Sprintf("an earlier run was ended while it saved %s: what was saved before is kept", kept.what))
		}
	}
	among := flock.New(s.dataDir, flock.SetFlag(os.O_RDONLY))
	defer among.Close()
	if ok, err := among.TryLock(); !ok && err == nil { // somebody makes a note just now: the next start looks
		return said
	}
	for _, t := range []task{fetching, importing, readingMeter} {
		lock := flock.New(s.taskFile(t), flock.SetFlag(os.O_RDWR))
		if locked, _ := lock.TryLock(); locked && inPlace(lock) {
			said = append(said, t.cutOff())
			s.unnote(lock)
		}
		_ = lock.Unlock()
	}
	return said
}

// notedMeter notes that a meter is being read part by part.
type notedMeter struct {
	refresh.Meter
	session *session
}

// RollUp implements refresh.Meter.
func (m notedMeter) RollUp(ctx context.Context, bookmark []byte, progress func(done, total int64)) (timeline.RollUp, error) {
	r, err := m.Meter.RollUp(ctx, bookmark, progress)
	if err == nil && r.More {
		m.session.begin(readingMeter)
	} else {
		m.session.end(readingMeter)
	}
	return r, err
}
