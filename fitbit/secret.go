package fitbit

import (
	"fmt"
	"io"
)

// Secret is text that must not be seen: fmt, JSON and loggers print a
// placeholder for it. Only string(s) gives the text itself.
type Secret string

// Format prints a placeholder whatever the verb, nothing for the empty Secret.
func (s Secret) Format(f fmt.State, _ rune) {
	if s != "" {
		_, _ = io.WriteString(f, "[secret]")
	}
}

// MarshalText returns what Format prints.
func (s Secret) MarshalText() ([]byte, error) { return fmt.Append(nil, s), nil }
