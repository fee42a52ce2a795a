package config

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"
)

// unkept is a refresh token that came in place of another and is in memory alone,
// as the store command did not take it.
type unkept struct {
	was, is Secret // the one that the command prints, and what it was spent for
	err     error
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
// share the Vault, until it is kept or the command prints another. The store
// command is not asked again before there is a newer one, or KeepAgain: it may
// ask for a passphrase.
func (v *Vault) RenewGrant(ctx context.Context, renew func(Fitbit) (*Grant, error)) error {
	spend := func(f Fitbit) (*Grant, error) {
		if err := v.roomForGrant(); err != nil {
			return nil, err
		}
		return renew(f)
	}
	return v.keepGrant(ctx, spend, func(ctx context.Context, file *opened, was, are held, settings []Setting) error {
		if file.Secrets.Command == "" {
			return v.keep(ctx, file, was, are, settings)
		}
		if v.newer(was) != are { // else it was handed over before, or is the same
			err := v.store(context.WithoutCancel(ctx), file, are)
			v.noteUnkept(was, are, err)
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
	err := v.underLock(ctx, "", func(file *opened, now held, unknown error) error {
		if unknown != nil {
			return unknown
		}
		are := v.newer(now) // the same, where somebody else has signed in since
		return v.keep(ctx, file, now, are, []Setting{{"refresh_token", string(are.refreshToken)}})
	})
	if err != nil {
		return &NotKept{err}
	}
	return nil
}

// newer is what holds where the command prints this.
func (v *Vault) newer(printed held) held {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.unkept != nil && v.unkept.was == printed.refreshToken {
		printed.refreshToken = v.unkept.is
	}
	return printed
}

// noteUnkept keeps why the store command did not take a token; nil: it did.
func (v *Vault) noteUnkept(was, are held, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if saving := v.Saving; saving != nil && (v.unkept != nil) != (err != nil) {
		if err != nil {
			saving.Lock() // until it is kept, or the program has ended
		} else {
			defer saving.Unlock()
		}
	}
	v.unkept = nil
	if err != nil {
		v.unkept = &unkept{was.refreshToken, are.refreshToken, err}
	}
}
