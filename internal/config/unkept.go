package config

import (
	"cmp"
	"context"
	"errors"
	"os"
	"strings"
	"time"
)

// unkept is a refresh token that came in place of another and is in memory alone,
// as the store command did not take it.
type unkept struct {
	was    Secret // the one that the command prints
	is     held   // what it was spent for, and the client secret
	signIn string // when that was, as it stands in the file
	err    error
}

// standsIn reports whether it is used although the command prints nothing of the
// kind: a store command that fails may have emptied what it had, or left the
// beginning of what it was given. Where the file tells of another sign-in, or of
// none, somebody else did that.
func (u *unkept) standsIn(file *opened, printed Secret) bool {
	return u != nil && file.Secrets.Command != "" && u.signIn != "" && u.signIn == stamp(file.Fitbit.SignedInAt) &&
		strings.HasPrefix(string(u.is.refreshToken), string(printed))
}

// NotKept is the error of a refresh token that replaced the one that is kept, and
// is lost when the program ends.
//
// It goes to no file instead: whoever sets [secrets] has said that secrets are
// not to be on this disk, and a copy there would outlive the trouble. What is
// lost is a sign-in, which a minute brings back.
type NotKept struct{ err error }

func (e *NotKept) Error() string {
	return notKept + ": " + e.err.Error()
}

const notKept = "the new refresh token of this sign-in could not be kept"

// SaysNotKept reports whether a text, which may have been stored meanwhile, is
// that of a NotKept.
func SaysNotKept(text string) bool { return strings.HasPrefix(text, notKept) }

// Hint returns the next steps, in one sentence.
func (e *NotKept) Hint() string {
	first := "put that right"
	if hinted, ok := errors.AsType[interface {
		error
		Hint() string
	}](e.err); ok {
		first = hinted.Hint()
	}
	return first + "; then sign in again: vitals auth"
}

// Unwrap returns why the store command did not take it.
func (e *NotKept) Unwrap() error { return e.err }

// RenewGrant is KeepGrant for a renewal, by which the old refresh token is spent: on a
// full disk it is not.
// A new one that the store command does not take is used from memory, by all who
// share the Vault, until it is kept or the command prints another: also while the
// command prints nothing, as of this sign-in nobody else has more. The store
// command is not asked again before there is a newer one, or KeepAgain: it may
// ask for a passphrase.
func (v *Vault) RenewGrant(ctx context.Context, renew func(Fitbit) (*Grant, error)) error {
	var signIn string
	spend := func(f Fitbit) (*Grant, error) {
		if err := v.roomForGrant(); err != nil {
			return nil, err
		}
		grant, err := renew(f)
		if grant != nil {
			signIn = stamp(grant.SignedInAt)
		}
		return grant, err
	}
	return v.keepGrant(ctx, spend, func(ctx context.Context, file *opened, was, are held, settings []Setting) error {
		if file.Secrets.Command == "" {
			return v.keep(ctx, file, was, are, settings)
		}
		if v.newer(file, was) != are { // else it was handed over before, or is the same
			err := v.store(context.WithoutCancel(ctx), file, are)
			v.noteUnkept(file, was, are, signIn, err)
		}
		return v.keepBeside(file, are, settings)
	})
}

// roomForGrant fails when the disk has no room for another grant.
func (v *Vault) roomForGrant() error {
	path := resolve(v.Place.Path)
	bytes := 4096 // with a token of Google's, a file of some hundred bytes grows by less
	if info, err := os.Stat(path); err == nil {
		bytes += int(info.Size())
	}
	if err := room(path, bytes); err != nil {
		return failed(v.Place.Path, "cannot be saved, so nothing was asked of Google", err)
	}
	return nil
}

// Unkept returns a *NotKept while a refresh token is in memory alone, else nil. It
// runs nothing.
func (v *Vault) Unkept() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.unkept == nil {
		return nil
	}
	return &NotKept{v.unkept.err}
}

// KeepAgain hands a refresh token that could not be kept to the store command once
// more. It returns a *NotKept when that fails again, and nil where there is nothing
// to be kept. It does not end with ctx, as the token is lost with the program: the
// lock and the command have two minutes, and the store command its own bound.
func (v *Vault) KeepAgain(ctx context.Context) error {
	if v.Unkept() == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute)
	defer cancel()
	err := v.underLock(ctx, "refresh_token", func(file *opened, now held, unknown error) error {
		if unknown != nil {
			return unknown
		}
		are := v.newer(file, now) // the same, where somebody else has signed in or out since
		return v.keep(ctx, file, now, are, []Setting{{"refresh_token", string(are.refreshToken)}})
	})
	if err != nil && v.Unkept() != nil {
		return &NotKept{err}
	}
	return nil
}

// newer is what holds where the command prints this.
func (v *Vault) newer(file *opened, printed held) held {
	v.mu.Lock()
	defer v.mu.Unlock()
	if u := v.unkept; u.standsIn(file, printed.refreshToken) || u != nil && u.was == printed.refreshToken {
		return held{cmp.Or(printed.clientSecret, u.is.clientSecret), u.is.refreshToken}
	}
	return printed
}

// fillIn makes do with an answer that lacks what is in memory alone, and looks
// whether that is kept after all.
func (v *Vault) fillIn(file *opened, secrets printed, err error) (printed, error) {
	v.mu.Lock()
	u := v.unkept
	v.mu.Unlock()
	switch {
	case u == nil || isEnded(err):
	case err == nil && secrets.refreshToken == u.is.refreshToken:
		v.noteUnkept(file, held{}, held{}, "", nil)
	case err != nil && u.standsIn(file, ""):
		return printed{}, nil
	}
	return secrets, err
}

// noteUnkept keeps why the store command did not take a token; nil: it did.
func (v *Vault) noteUnkept(file *opened, was, are held, signIn string, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if saving := v.Saving; saving != nil && (v.unkept != nil) != (err != nil) {
		if err != nil {
			saving.Lock() // until it is kept, or the program has ended
		} else {
			defer saving.Unlock()
		}
	}
	before := v.unkept
	v.unkept = nil
	if err != nil {
		v.unkept = &unkept{was.refreshToken, are, signIn, err}
		if before.standsIn(file, was.refreshToken) { // the command may print again what it did
			v.unkept.was = before.was
		}
	}
}
