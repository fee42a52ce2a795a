package tui

import (
	"bytes"
	"io"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// output counts the writes to a terminal.
type output struct {
	mu     sync.Mutex
	writes [][]byte
	next   chan struct{} // told of each
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	o.writes = append(o.writes, bytes.Clone(p))
	o.mu.Unlock()
	o.next <- struct{}{}
	return len(p), nil
}

// A frame that came in pieces would flicker: all that a key changes is one write,
// whatever its size. Bubble Tea's own renderer keeps to that.
func TestAFrameIsOneWrite(t *testing.T) {
	out := &output{next: make(chan struct{}, 1000)}
	in, typed := io.Pipe()
	history := ann(t)
	m := New(Dependencies{History: history, Account: &account{}, Meter: &meters{}, Refresh: func() {}, Theme: "dark", Colours: colorprofile.ANSI256,
		Now: func() time.Time { return history.snapshot.AsOf }})
	p := tea.NewProgram(m, tea.WithContext(t.Context()), tea.WithoutSignalHandler(), tea.WithInput(in), tea.WithOutput(out),
		tea.WithWindowSize(120, 40), tea.WithEnvironment([]string{"TERM=xterm-256color"}), tea.WithFPS(120))
	ended := make(chan error)
	go func() {
		_, err := p.Run()
		ended <- err
	}()
	// since waits until what was written after the first n writes has a text.
	since := func(n int, text string) [][]byte {
		late := time.After(20 * time.Second)
		for {
			select {
			case <-out.next:
			case <-late:
				t.Fatalf("nothing shows %q", text)
			}
			out.mu.Lock()
			all := out.writes[n:]
			out.mu.Unlock()
			if bytes.Contains(bytes.Join(all, nil), []byte(text)) {
				return all
			}
		}
	}
	shown := len(since(0, "kWh"))
	for _, k := range []struct{ key, shows string }{{"4", "12 months"}, {"2", "7 days"}, {"5", "all: "}, {"1", "24 h: "}} {
		if _, err := io.WriteString(typed, k.key); err != nil {
			t.Fatal(err)
		}
		frame := since(shown, k.shows)
		if shown += len(frame); len(frame) != 1 {
			t.Errorf("%s is shown in %d writes: %q", k.key, len(frame), frame)
		}
	}
	p.Quit()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
