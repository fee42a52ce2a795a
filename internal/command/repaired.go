package command

import (
	"fmt"

	"vitals/internal/terminal"
)

// tellRepaired tells what was found broken at the start and put right, the most
// important first: on standard error, and the first of it on the screen.
func (s *session) tellRepaired(sentences ...string) {
	for _, sentence := range sentences {
		sentence = terminal.Clean(sentence)
		fmt.Fprintf(s.env.messages(), "vitals: %s\n", sentence)
		if s.repaired == "" {
			s.repaired = sentence
		}
	}
}
