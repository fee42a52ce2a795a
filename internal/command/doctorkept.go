package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"vitals/internal/config"
	"vitals/internal/store"
)

// kept says what lies beside the history, and what to do with it.
func (x *examination) kept(context.Context) check {
	const name = "kept"
	if x.noData != nil {
		return fine(name, "not looked for: there is no folder for it")
	}
	left, err := store.Beside(x.storePath())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		left = nil
	case err != nil:
		return brokenBy(name, err)
	}
	var words, removable []string
	for i, l := range left {
		words = append(words, fmt.Sprintf("%s (%s)", filepath.Base(l.Path), sized(l.Bytes)))
		if i+1 == len(left) || whatIs(left[i+1]) != whatIs(l) { // said once of several
			words[i] += ": " + whatIs(l)
		}
		if l.Kind == store.LeftDamaged {
			for _, file := range l.Files {
				removable = append(removable, config.ShellQuote(file))
			}
		}
	}
	copies, files := x.needless()
	words = append(words, copies...)
	switch {
	case len(words) == 0:
		return fine(name, "nothing lies beside the history")
	case len(removable) == 0 && len(files) > 0:
		return doubtful(name, "they are free to go: rm "+strings.Join(files, " "), "%s", strings.Join(words, "; "))
	}
	removable = append(removable, files...)
	if len(removable) > 0 {
		return doubtful(name, "once nothing is missing: rm "+strings.Join(removable, " "), "%s", strings.Join(words, "; "))
	}
	return fine(name, "%s", strings.Join(words, "; "))
}

// whatIs says what lies beside the history, and what becomes of it.
func whatIs(l store.Left) string {
	switch {
	case l.Kind == store.LeftDamaged:
		return "a damaged history, of which all that could be read was taken; nothing deletes it but you"
	case l.Kind == store.LeftReplaced:
		return "replaced by vitals restore, which brings it back, too, unless it was damaged; the last three stay, and once nothing is missing you may delete them"
	case l.Kind == store.LeftOfFormat:
		return "the history before its format was changed; an older vitals restores it, and once nothing is missing you may delete it"
	case l.Held:
		return "being made right now"
	default:
		return "left by a vitals that was killed; the next start deals with it"
	}
}
