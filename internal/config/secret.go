package config

import (
	"fmt"
	"io"
	"regexp"
)

// Secret is a text that no printing shows. string(secret) reveals it.
type Secret string

const hidden = "(hidden)"

// Format writes a placeholder whatever the verb, also inside other values.
func (s Secret) Format(f fmt.State, _ rune) {
	if s != "" {
		io.WriteString(f, hidden)
	}
}

// MarshalText keeps a secret out of JSON and of structured logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte(fmt.Sprint(s)), nil }

// Either postgres://user:password@host/… or password=… in one of libpq's two
// other forms.
var passwordPattern = regexp.MustCompile(`://[^@]*:[^@]*@|(?i)password`)

// HasPassword reports whether a data source name holds a password.
func HasPassword(dsn string) bool { return passwordPattern.MatchString(dsn) }
