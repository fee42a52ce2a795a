package terminal

import (
	"context"
	"fmt"
	"os"

	"github.com/charmbracelet/x/term"
)

// ReadSecret reads a line from a terminal without showing it. When ctx ends
// first, the terminal shows again what is typed.
func ReadSecret(ctx context.Context, terminal *os.File) (string, error) {
	before, err := term.GetState(terminal.Fd())
	if err != nil {
		return "", fmt.Errorf("reading a secret: %w", err)
	}
	type answer struct {
		text []byte
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		text, err := term.ReadPassword(terminal.Fd())
		done <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		term.Restore(terminal.Fd(), before)
		return "", ctx.Err()
	case a := <-done:
		return string(a.text), a.err
	}
}
