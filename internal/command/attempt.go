package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"vitals/fitbit"
	"vitals/internal/config"
)

// The files of a sign-in under way, in the state directory. They are removed
// when it ends.
const (
	attemptFile = "sign-in.json"
	addressFile = "sign-in-address"
)

func (s *signIn) use(attempt fitbit.Attempt) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.attempt = attempt
}

func (s *signIn) current() fitbit.Attempt {
	s.turn.Lock()
	defer s.turn.Unlock()
	return s.attempt
}

// errNoAttempt is the answer to a paste that no sign-in waits for.
var errNoAttempt = failure{code: exitFailed, cause: errors.New("no sign-in is under way, or it is older than ten minutes"),
	hint: "vitals auth --print-url begins one"}

// pending takes up the kept attempt, if it may still be finished. One of another
// configuration stays: whoever began it may be in the browser.
func (s *signIn) pending(ctx context.Context) (fitbit.Attempt, error) {
	s.tidyUp()
	f := s.settings().Fitbit
	attempt, ok := s.kept()
	if !ok || attempt.Check(s.env.Now()) != nil || attempt.ClientID != f.ClientID || attempt.AuthURL != endpoints(f).Auth {
		return fitbit.Attempt{}, errNoAttempt
	}
	zone, err := s.viewer().Zone(ctx)
	if err != nil {
		return fitbit.Attempt{}, err
	}
	attempt.Expires = attempt.Expires.In(zone)
	s.use(attempt)
	return attempt, nil
}

// keep saves an attempt, so that a dropped connection does not end it, and its
// address.
func (s *signIn) keep(ctx context.Context, attempt fitbit.Attempt) error {
	if release, err := s.lockAttempt(ctx); err == nil {
		defer release() // else another one is being finished, which this one replaces all the same
	}
	text, err := json.Marshal(attempt)
	if err != nil { // plain values always marshal
		panic(err)
	}
	if err := s.saveState(attemptFile, string(text)); err != nil {
		return s.notKept(err)
	}
	return s.keepAddress(attempt)
}

// lockAttempt waits for others that finish or keep a sign-in, but not for long.
func (s *session) lockAttempt(ctx context.Context) (release func(), err error) {
	const patience = time.Second
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return config.Lock(patient, filepath.Join(s.stateDir, attemptFile))
}

// keepAddress saves the address until it has expired or the guide is left.
func (s *signIn) keepAddress(attempt fitbit.Attempt) error {
	if err := s.saveState(addressFile, attempt.URL()+"\n"); err != nil {
		return s.notKept(err)
	}
	time.AfterFunc(attempt.Expires.Sub(s.env.Now()), func() { s.expire(attempt) })
	return nil
}

func (s *signIn) notKept(err error) error {
	return fmt.Errorf("keeping the sign-in in %s: %w", s.stateDir, err)
}

// errUsed is the answer to a paste for an attempt that is not the kept one any
// more.
var errUsed = failure{code: exitFailed, cause: errors.New("this link was used already, or another was asked for since"),
	hint: "ask for a new link"}

// claim keeps other programs from finishing an attempt until release is called.
// It fails when one has done so already. An attempt whose code was not exchanged
// may be tried again.
func (s *signIn) claim(ctx context.Context, attempt fitbit.Attempt) (release func(), err error) {
	release, err = config.Lock(ctx, filepath.Join(s.stateDir, attemptFile))
	if err != nil {
		return nil, err
	}
	s.turn.Lock()
	spentHere := s.spent != "" && s.spent == attempt.State
	s.turn.Unlock()
	if kept, ok := s.kept(); !spentHere && (!ok || kept.State != attempt.State) {
		release()
		return nil, errUsed
	}
	return release, nil
}

// spend notes that the code of an attempt was exchanged: it is good for no other
// program, nor after a restart.
func (s *signIn) spend(attempt fitbit.Attempt) {
	s.turn.Lock()
	s.spent = attempt.State
	s.turn.Unlock()
	s.drop(attempt)
}

// expire drops an attempt that is good no more. While somebody finishes or keeps
// another it stays, until the next start.
func (s *signIn) expire(attempt fitbit.Attempt) {
	if release, err := s.lockAttempt(context.Background()); err == nil {
		defer release()
		s.drop(attempt)
	}
}

// drop removes what keep saved of an attempt, unless it is another's. The caller
// holds the lock.
func (s *signIn) drop(attempt fitbit.Attempt) {
	if kept, ok := s.kept(); ok && kept.State == attempt.State {
		os.Remove(filepath.Join(s.stateDir, attemptFile))
	}
	s.removeAddress(attempt)
}

// kept is the saved attempt, however old it is.
func (s *session) kept() (attempt fitbit.Attempt, ok bool) {
	text, err := os.ReadFile(filepath.Join(s.stateDir, attemptFile))
	return attempt, err == nil && json.Unmarshal(text, &attempt) == nil
}

// removeAddress removes the file with the address, unless it has another
// attempt's.
func (s *signIn) removeAddress(attempt fitbit.Attempt) {
	path := filepath.Join(s.stateDir, addressFile)
	if text, err := os.ReadFile(path); err == nil && strings.TrimSpace(string(text)) == attempt.URL() {
		os.Remove(path)
	}
}

// Leave implements tui.Account.
func (s *signIn) Leave() { s.removeAddress(s.current()) }

// tidyUp removes what a sign-in left that ended without a word, once it has
// expired. It does so only while nobody finishes one or keeps another: that must
// not be taken for the old one.
func (s *session) tidyUp() {
	if !s.hasAttempt() {
		return
	}
	lock := flock.New(config.LockFile(filepath.Join(s.stateDir, attemptFile)), flock.SetPermissions(0o600))
	if ok, _ := lock.TryLock(); !ok {
		return
	}
	defer lock.Unlock()
	if attempt, ok := s.kept(); !ok || attempt.Check(s.env.Now()) != nil { // an address alone is of no use
		s.removeAttempt()
	}
}

// hasAttempt reports whether keep saved anything that is still there.
func (s *session) hasAttempt() bool {
	return slices.ContainsFunc([]string{attemptFile, addressFile}, func(name string) bool {
		_, err := os.Stat(filepath.Join(s.stateDir, name))
		return err == nil
	})
}

// forgetAttempt removes what keep saved, however good it is. What somebody finishes
// just now is spent.
func (s *session) forgetAttempt(ctx context.Context) {
	if !s.hasAttempt() {
		return
	}
	if release, err := s.lockAttempt(ctx); err == nil {
		defer release()
		s.removeAttempt()
	}
}

// removeAttempt removes what keep saved. The caller holds the lock.
func (s *session) removeAttempt() {
	os.Remove(filepath.Join(s.stateDir, attemptFile))
	os.Remove(filepath.Join(s.stateDir, addressFile))
}
