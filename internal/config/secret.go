package config

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
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

// HasSecret reports whether a text that ought to hold none looks as if one was
// pasted: something of Google's, an answer with a code, an address with a
// password, or a long word of letters and digits that nobody writes by hand.
func HasSecret(text string) bool {
	count := func(word string, in func(rune) bool) (n int) {
		for _, r := range word {
			if in(r) {
				n++
			}
		}
		return n
	}
	const fewest = 3 // a time such as 2026-11-22T13:37:00Z has fewer letters
	return googlesPattern.MatchString(text) || pastedPattern.MatchString(text) || slices.ContainsFunc(strings.Fields(text), func(word string) bool {
		return tokenPattern.MatchString(word) && count(word, unicode.IsDigit) > 0 && count(word, unicode.IsLetter) >= fewest
	})
}

// HasKnownSecret reports whether a text can hold nothing but a secret: something of
// Google's, an answer with a code, a password. Unlike HasSecret, it takes no long
// name of a file for one, nor a path with signs of Google's in the middle of it.
func HasKnownSecret(text string) bool { return knownPattern.MatchString(text) }

var (
	knownPattern = regexp.MustCompile(`GOCSPX-|(^|[^A-Za-z0-9_./-])(-[A-Za-z])?(1//|4(/|%2F|%2f)0A|ya29\.[A-Za-z0-9_-]{10}|eyJ[A-Za-z0-9_-]{10})` +
		`|://[^/]*@|(?i:(\b|%26|%3f)code(=|%3d)|(secret|token|passw(or)?d)["']?\s*[=:])`)
	googlesPattern = regexp.MustCompile(`GOCSPX-|1//|ya29\.|4(/|%2F|%2f)0A`)
	pastedPattern  = regexp.MustCompile(`eyJ|://[^/]*@|(?i:code(=|%3d)|(secret|token|passw(or)?d)\s*[=:])`)
	tokenPattern   = regexp.MustCompile(`^[A-Za-z0-9_~+/.=:%-]{20,}$`)
)
