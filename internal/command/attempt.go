package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

// pending takes up the kept attempt, if it may still be finished.
func (s *signIn) pending(ctx context.Context) (fitbit.Attempt, error) {
	s.tidyUp()
	f := s.settings().Fitbit
	attempt, ok := s.kept()
	if !ok || attempt.ClientID != f.ClientID || attempt.AuthURL != endpoints(f).Auth {
		s.forgetAttempt()
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
	const patience = time.Second
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if release, err := config.Lock(patient, filepath.Join(s.stateDir, attemptFile)); err == nil {
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

// keepAddress saves the address until it has expired or the guide is left.
func (s *signIn) keepAddress(attempt fitbit.Attempt) error {
	if err := s.saveState(addressFile, attempt.URL()+"\n"); err != nil {
		return s.notKept(err)
	}
	time.AfterFunc(attempt.Expires.Sub(s.env.Now()), func() { s.drop(attempt) })
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

// drop removes what keep saved of an attempt, unless it is another's.
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
	if !s.leftAttempt() {
		return
	}
	lock := flock.New(config.LockFile(filepath.Join(s.stateDir, attemptFile)), flock.SetPermissions(0o600))
	if ok, _ := lock.TryLock(); !ok {
		return
	}
	defer lock.Unlock()
	if s.leftAttempt() {
		s.forgetAttempt()
	}
}

// leftAttempt reports whether there is a sign-in that cannot be finished any more.
func (s *session) leftAttempt() bool {
	if attempt, ok := s.kept(); ok {
		return attempt.Check(s.env.Now()) != nil
	}
	for _, name := range []string{attemptFile, addressFile} { // of no use alone
		if _, err := os.Stat(filepath.Join(s.stateDir, name)); err == nil {
			return true
		}
	}
	return false
}

// forgetAttempt removes what keep saved.
func (s *session) forgetAttempt() {
	os.Remove(filepath.Join(s.stateDir, attemptFile))
	os.Remove(filepath.Join(s.stateDir, addressFile))
}
