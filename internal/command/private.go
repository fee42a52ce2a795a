package command

import (
	"path/filepath"
	"strconv"
	"strings"

	"vitals/internal/config"
	"vitals/internal/health"
)

// KeepPrivate keeps the memory of this process from ending up in a file. It is for
// main: a core file has all that the process knew, and Go makes one of a crash with
// GOTRACEBACK=crash. What it prints of one are numbers and addresses.
func KeepPrivate() { noCoreFiles() }

// unrepeated is an error without those arguments in which a secret was given
// where others can read it: an error of usage repeats them.
type unrepeated struct {
	error
	texts *strings.Replacer
}

// Error implements error.
func (u unrepeated) Error() string { return u.texts.Replace(u.error.Error()) }

func (u unrepeated) Unwrap() error { return u.error }

// Hint is what to do about it.
func (u unrepeated) Hint() string { return u.texts.Replace(health.Hint(u.error)) }

func argumentsHidden(err error, args []string) error {
	var pairs []string
	hide := func(text string) {
		if !config.HasKnownSecret(text) {
			return
		}
		quoted := strconv.Quote(text) // as cobra does
		for _, shown := range []string{text, quoted[1 : len(quoted)-1], filepath.Clean(text)} {
			pairs = append(pairs, shown, "(hidden)")
		}
	}
	for _, arg := range args {
		hide(arg)
		name, value, _ := strings.Cut(arg, "=") // of a flag
		hide(value)
		hide(strings.TrimLeft(name, "-"))
	}
	return unrepeated{err, strings.NewReplacer(pairs...)}
}
