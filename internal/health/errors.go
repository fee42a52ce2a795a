package health

import "errors"

// What can keep a source of health data from answering at all. Sources wrap
// these, so that whoever asks knows whether to go on asking.
var (
	// ErrSignInNeeded means that there is no grant, or that it is dead.
	ErrSignInNeeded = errors.New("sign-in needed")

	// ErrUnreachable means that nobody answered, or that the service is
	// overloaded and kept saying so: asking for something else is no use now.
	ErrUnreachable = errors.New("service not reachable")
)
