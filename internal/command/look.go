package command

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"vitals/internal/health"
	"vitals/internal/refresh"
	"vitals/internal/store"
	"vitals/tui"
)

// openStore opens the history. Where nothing can be saved, a command that looks
// gets a look at it.
func (s *session) openStore(ctx context.Context) (*store.Store, error) {
	path := s.storePath()
	if s.glances {
		return store.Look(ctx, path)
	}
	if s.looks && !changeable(path) {
		if _, err := os.Stat(path); err == nil { // SQLite might open it, and fail later
			return s.look(ctx, nil)
		}
	}
	opened, err := store.Open(ctx, path)
	if s.looks && errors.Is(err, store.ErrUnwritable) {
		return s.look(ctx, err)
	}
	return opened, err
}

// look opens what can be looked at of a history that nothing can be saved in, and
// says so. Why is what came of opening it, nil if that was not tried.
func (s *session) look(ctx context.Context, why error) (*store.Store, error) {
	looked, err := store.Look(ctx, s.storePath())
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = cmp.Or(why, err)
		}
		return nil, err
	}
	s.unsaved = true
	what, remedy := s.unwritable(why)
	if !s.again { // or it was said already
		s.tellRepaired(what + ": vitals shows what was saved before, and saves nothing; " + remedy + ", and start it again")
	}
	return looked, nil
}

// lookInstead goes on with a look at the history after saving failed.
func (s *session) lookInstead(ctx context.Context, why error) error {
	looked, err := s.look(ctx, why)
	if err != nil {
		return err
	}
	_ = s.store.Close() // what it could not save stays where it is
	s.store = looked
	return nil
}

// unwritable says why nothing can be saved, and what to do about it.
func (s *session) unwritable(why error) (what, remedy string) {
	const least = 256 << 10 // for the log of the history and its index
	free, known := freeSpace(s.dataDir)
	switch {
	case !writable(s.dataDir), !changeable(s.storePath()):
		return "nothing may be written in " + s.shortened(s.dataDir), "see whether the disk is read-only and whose the folder is"
	case known && free < least, why == nil:
		return "no space is left in " + s.shortened(s.dataDir), "free some space"
	default:
		_, what, found := strings.Cut(why.Error(), ": ") // what was being done
		if !found {
			what = why.Error()
		}
		return what, cmp.Or(health.Hint(why), "free some space")
	}
}

// watchOthers keeps the screen up to date where nothing can be saved: with what
// other programs save, should they be able to. It looks as often as an open
// dashboard looks at a meter, and when it is asked to.
func (s *session) watchOthers(ctx context.Context, program *tea.Program, now <-chan struct{}) {
	var seen int64
	var told string
	asked, unsound := false, error(nil)
	timer := time.NewTicker(refresh.MeterEvery)
	defer timer.Stop()
	for {
		version, err := s.store.DataVersion(ctx)
		changed := err == nil && version != seen
		if changed {
			unsound = s.store.Check(ctx, false)
		}
		if ctx.Err() != nil {
			return
		}
		news := tui.News{Meter: true, Changed: changed && seen != 0}
		if err := cmp.Or(err, unsound); err != nil {
			news.Problem, news.Hint = err.Error(), health.Hint(err)
		}
		if asked || news.Changed || news.Problem != told {
			program.Send(news)
		}
		told = news.Problem
		if changed {
			seen = version
		}
		select {
		case <-now:
			asked = true
		case <-timer.C:
			asked = false
		case <-ctx.Done():
			return
		}
	}
}
