package command

import (
	"context"
	"strings"

	"vitals/internal/terminal"
)

// tellRepaired tells what was found broken at the start and put right, the most
// important first: on standard error, and on the screen, where the details stand
// with the other troubles.
func (s *session) tellRepaired(sentences ...string) {
	for _, sentence := range sentences {
		s.env.say("%s", sentence)
	}
	what, means, _ := strings.Cut(strings.Join(sentences, "; "), ": ")
	if means != "" {
		what += " – " + means
	}
	s.repaired = terminal.Brief(what)
}

// sound fails when the history is damaged, also where SQLite would read over that
// without a word: rows would be missing, and nobody would know. It reads the whole
// file, so what is asked every second does without.
func (s *session) sound(ctx context.Context) error {
	if err := s.store.Check(ctx, false); s.mendable(err) || s.unsaved {
		return err
	}
	return nil
}
