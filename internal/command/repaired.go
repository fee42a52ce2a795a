package command

import (
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
