package health

import "errors"

// Hint returns what an error says should be done about it, "" when it does not.
func Hint(err error) string {
	var hinting interface{ Hint() string }
	if errors.As(err, &hinting) {
		return hinting.Hint()
	}
	return ""
}

// WithHint is an error's sentence and, where it has one, what to do about it.
func WithHint(err error) string {
	if hint := Hint(err); hint != "" {
		return err.Error() + " – " + hint
	}
	return err.Error()
}

// What can keep a source of health data from answering at all. Sources wrap
// these, so that whoever asks knows whether to go on asking.
var (
	// ErrSignInNeeded means that there is no grant, or that it is dead.
	ErrSignInNeeded = errors.New("sign-in needed")

	// ErrUnreachable means that nobody answered, or that the service asked for
	// a pause: asking for something else is no use now.
	ErrUnreachable = errors.New("service not reachable")

	// ErrOverloaded means that a question was not answered, however often it
	// was asked. Another one may be.
	ErrOverloaded = errors.New("service overloaded")
)
