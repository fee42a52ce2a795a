package refresh

import (
	"errors"
	"slices"

	"vitals/internal/health"
)

// ErrOtherPerson is the error of data that belongs to somebody else than the
// history in the store. It keeps two people's histories apart, and wraps
// health.ErrSignInNeeded.
var ErrOtherPerson error = otherPerson{
	sentence: "the history here belongs to another Google account than the one signed in",
	hint:     "sign in with the account it belongs to, or set VITALS_DATA_DIR to keep a second history",
	cause:    health.ErrSignInNeeded,
}

// ErrUnknownPerson is the ErrOtherPerson of a history that was begun with
// another sign-in, before the account had told whose it is: it may be the same
// person's, but nothing proves it.
var ErrUnknownPerson error = otherPerson{
	sentence: "the history here was begun with another sign-in, and nothing tells whose it is",
	hint:     "move vitals.db away to fetch it anew, or set VITALS_DATA_DIR to keep a second history",
	cause:    ErrOtherPerson,
}

type otherPerson struct {
	sentence, hint string
	cause          error
}

func (e otherPerson) Error() string { return e.sentence }

// Hint says what can be done about it.
func (e otherPerson) Hint() string { return e.hint }

func (e otherPerson) Unwrap() error { return e.cause }

// ofAccount returns what the errors of all types come to, nil when they differ,
// say no more than what they say of one type, or some type works.
func (r *run) ofAccount() error {
	var whole error
	for _, result := range r.results {
		var of interface{ OfAccount() error }
		if !errors.As(result.Err, &of) || of.OfAccount() == nil || whole != nil && whole.Error() != of.OfAccount().Error() {
			return nil
		}
		whole = of.OfAccount()
	}
	for _, t := range r.Types() {
		asked := slices.ContainsFunc(r.results, func(result Result) bool { return result.Type == t })
		if !asked && r.fetches[t].Error == "" {
			return nil
		}
	}
	return whole
}
