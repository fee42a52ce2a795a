package command

import (
	"io"
	"log"
	"strings"

	"vitals/internal/config"
)

// KeepPrivate keeps the memory of this process, and what libraries say of their
// work, from ending up in files and on terminals. It is for main.
//
//   - Nothing of ours logs by the standard logger, but net/http does: for
//     GODEBUG=http2debug=1 it prints every request with its access token.
//   - A core file has all that the process knew, and Go makes one of a crash with
//     GOTRACEBACK=crash. What it prints of one are numbers and addresses.
func KeepPrivate() {
	log.SetOutput(io.Discard)
	noCoreFiles()
}

// argumentsHidden writes messages without those arguments that look as if a
// secret was given where others can read it: an error of usage repeats them.
func argumentsHidden(w io.Writer, args []string) io.Writer {
	var pairs []string
	hide := func(text string) {
		if config.HasSecret(text) && !strings.HasPrefix(text, "/") && !strings.HasPrefix(text, ".") && !strings.HasPrefix(text, "~") {
			pairs = append(pairs, text, "(hidden)")
		}
	}
	for _, arg := range args {
		_, value, _ := strings.Cut(arg, "=") // of a flag
		hide(arg)
		hide(value)
	}
	return replacing{w, strings.NewReplacer(pairs...)}
}

type replacing struct {
	to    io.Writer
	texts *strings.Replacer
}

// Write implements io.Writer.
func (r replacing) Write(text []byte) (int, error) {
	if _, err := r.texts.WriteString(r.to, string(text)); err != nil {
		return 0, err
	}
	return len(text), nil
}
