package refresh

import "vitals/internal/health"

// ErrOtherPerson is the error of data that belongs to somebody else than the
// history in the store. It keeps two people's histories apart, and wraps
// health.ErrSignInNeeded.
var ErrOtherPerson error = otherPerson{}

type otherPerson struct{}

func (otherPerson) Error() string {
	return "the history here belongs to another Google account than the one signed in"
}

// Hint says what can be done about it.
func (otherPerson) Hint() string {
	return "sign in with the account it belongs to, or set VITALS_DATA_DIR to keep a second history"
}

func (otherPerson) Unwrap() error { return health.ErrSignInNeeded }
