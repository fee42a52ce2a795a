package command

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creack/pty"
)

// stderr runs a command to whose clock all work seems long, with its messages
// going to a terminal or into a file, and returns them.
func (b *box) stderr(onTerminal bool, args ...string) string {
	b.t.Helper()
	far, near, err := pty.Open()
	if err != nil {
		b.t.Fatal(err)
	}
	defer far.Close()
	if err := pty.Setsize(near, &pty.Winsize{Rows: 24, Cols: 120}); err != nil {
		b.t.Fatal(err)
	}
	in, out := b.file("stdin", ""), b.file("stdout", "")
	defer in.Close()
	defer out.Close()
	var plain bytes.Buffer
	e := b.environment(in, out, &plain, args...)
	if onTerminal {
		e.Stderr = near
	}
	getenv := e.Getenv
	e.Getenv = func(name string) string {
		switch name {
		case "TERM":
			return "xterm"
		case "LANG":
			return "C.UTF-8"
		}
		return getenv(name)
	}
	e.Now = ticking(b.now)
	shown := make(chan string)
	go func() {
		text, _ := io.ReadAll(far) // which ends with an error when nobody has the other end
		shown <- string(text)
	}()
	if code := Run(b.t.Context(), e); code != exitDone {
		b.t.Errorf("%q ends with %d\n%s", args, code, plain.String())
	}
	if err := near.Close(); err != nil {
		b.t.Fatal(err)
	}
	return <-shown + plain.String()
}

func TestLongWorkIsToldOnATerminalOnly(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"energy", "detect"}, "reading the meter: 400 of 400 rows · 100 % · 100/s"},
		{[]string{"report"}, "reading the meter: 400 of 400 rows · 100 % · "},
		{[]string{"export", "electricity"}, "reading the meter: 400 of 400 rows · 100 % · "},
		{[]string{"export", "electricity", "--by", "raw"}, "reading the meter: 400 of 400 rows · 100 % · 100/s"},
		{[]string{"import"}, "reading: 1 of 2 MB · 50 % · about "},
		{[]string{"sync"}, "\x1b[Kfetching steps: "},
	} {
		for _, onTerminal := range []bool{true, false} {
			b := newBox(t)
			b.signIn("[energy]\ndatabase = " + b.blog("meter.db", moment.Add(-400*5*time.Minute), moment, steady(300)) + "\n")
			if err := os.Mkdir(b.path("weights"), 0o700); err != nil {
				t.Fatal(err)
			}
			b.write("weights/weight.csv", "Date,Weight (kg),Note\n"+strings.Repeat("2026-11-01 07:00:00,71.4,"+strings.Repeat("x", 5000)+"\n", 420))
			args := slices.Clone(c.args)
			if args[0] == "import" {
				args = append(args, b.path("weights"))
			}
			got := b.stderr(onTerminal, args...)
			switch shown := strings.Contains(got, c.want); {
			case shown != onTerminal:
				t.Errorf("%q on a terminal %t shows %q, looking for %q", args, onTerminal, got, c.want)
			case onTerminal && !strings.HasSuffix(got, "\r\x1b[K"):
				t.Errorf("%q leaves its line: %q", args, got)
			}
		}
	}
}

// ticking is a clock that goes on by two seconds at each look.
func ticking(from time.Time) func() time.Time {
	var looks atomic.Int64
	return func() time.Time { return from.Add(time.Duration(looks.Add(1)) * 2 * time.Second) }
}
