package command

import "vitals/internal/terminal"

// tellRepaired tells what was found broken at the start and put right, the most
// important first: on standard error, and the first of it on the screen.
func (s *session) tellRepaired(sentences ...string) {
	for _, sentence := range sentences {
		s.env.say("%s", sentence)
		if s.repaired == "" {
			s.repaired = terminal.Brief(sentence)
		}
	}
}
