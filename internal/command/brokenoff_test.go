package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
	"zombiezen.com/go/sqlite"

	"vitals/fitbit/fake"
	"vitals/internal/config"
	"vitals/internal/health"
)

// within reports whether a function whose name has the text in it is running
// this.
func within(text string) bool {
	calls := make([]uintptr, 64)
	frames := runtime.CallersFrames(calls[:runtime.Callers(0, calls)])
	for {
		frame, more := frames.Next()
		if strings.Contains(frame.Function, text) {
			return true
		}
		if !more {
			return false
		}
	}
}

// screened is what a program writes to its terminal.
type screened struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (s *screened) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(p)
}

func (s *screened) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

// Wherever a panic happens, the terminal is given back, the store closed, and
// one line says so.
func TestAPanicGivesTheTerminalBack(t *testing.T) {
	for _, tt := range []struct{ name, in string }{
		{"taking in a key", "tui.(*Model).Update"},
		{"answering a question", "view.(*Viewer)"},
		{"answering a part of it beside others", "view.(*Viewer).bodyHistory"},
		{"looking for new data", "refresh.(*Watch)"},
		{"signing in", "command.(*signIn)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBox(t)
			token := b.google.SignIn(fake.Scopes()...)
			b.write("config.ini", fake.Configuration(b.base, token)+"[energy]\ndatabase = "+b.blog("blog.db", moment.AddDate(0, 0, -2), moment, steady(600))+"\n")
			far, near, err := pty.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer far.Close()
			defer near.Close()
			if err := pty.Setsize(near, &pty.Winsize{Cols: 80, Rows: 24}); err != nil {
				t.Fatal(err)
			}
			before, err := term.GetState(near.Fd())
			if err != nil {
				t.Fatal(err)
			}
			var screen screened
			read := make(chan struct{})
			go func() {
				io.Copy(&screen, far)
				close(read)
			}()
			var armed atomic.Bool
			var said bytes.Buffer
			env := b.environment(near, near, &said)
			env.Getenv = func(name string) string {
				return map[string]string{"TZ": "Europe/London", "TERM": "xterm-256color", "LANG": "C.UTF-8"}[name]
			}
			env.Now = func() time.Time {
				if armed.Load() && within(tt.in) {
					panic("the clock\x1b[31m fell\n down")
				}
				return b.now
			}
			ended := make(chan int)
			go func() { ended <- Run(context.Background(), env) }()
			for deadline := time.Now().Add(20 * time.Second); !strings.Contains(screen.String(), "kWh"); time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("nothing is shown: %q", screen.String())
				}
			}
			armed.Store(true)
			far.WriteString("2ra") // a window, new data, the sign-in
			select {
			case code := <-ended:
				if code != exitFailed {
					t.Errorf("exit code %d", code)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("it goes on")
			}
			result{exitFailed, "", said.String()}.expect(t, exitFailed,
				"vitals: error: vitals broke off: the clock fell  down, in internal/command.Test", "(brokenoff_test.go:", "vitals: hint: this is a bug in vitals")
			if n := strings.Count(said.String(), "\n"); n != 2 {
				t.Errorf("%d lines: %s", n, said.String())
			}
			if after, err := term.GetState(near.Fd()); err != nil || !reflect.DeepEqual(before, after) {
				t.Errorf("the line modes are not what they were, %v", err)
			}
			near.Close() // then everything that was written is read
			<-read
			shown := screen.String()
			for _, mode := range [][2]string{{"\x1b[?1049h", "\x1b[?1049l"}, {"\x1b[?25l", "\x1b[?25h"}, {"\x1b[?2004h", "\x1b[?2004l"}} {
				if strings.LastIndex(shown, mode[0]) > strings.LastIndex(shown, mode[1]) {
					t.Errorf("%q is left on", mode[0])
				}
			}
			for _, secret := range []string{fake.DesktopClient().Secret, token, "1//", "ya29."} {
				if strings.Contains(shown+said.String(), secret) {
					t.Errorf("%q is shown: %s", secret, said.String())
				}
			}
			if _, err := os.Stat(b.path(".local", "share", "vitals", "vitals.db-wal")); err == nil {
				t.Error("the store was not closed")
			}
			conn, err := sqlite.OpenConn(b.path(".local", "share", "vitals", "vitals.db"), sqlite.OpenReadOnly)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
		})
	}
}

// What a library was working on may be in its message.
func TestAPanicTellsNoSecret(t *testing.T) {
	for _, cause := range []any{
		"bad header Authorization: Bearer ya29.a0AfH6SNtopsecret", errors.New("parsing 1//0topsecret"),
		[]byte("GOCSPX-topsecret"), map[string]string{"refresh_token": "topsecret"}, struct{ s config.Secret }{"topsecret"},
	} {
		func() {
			defer func() {
				err := brokenOff(recover())
				if text := fmt.Sprintf("%v %+v %s", err, err, health.Hint(err)); strings.Contains(text, "topsecret") || !strings.Contains(text, "broke off: ") {
					t.Error(text)
				}
			}()
			panic(cause)
		}()
	}
}

// sketch is a model that panics where it is told to.
type sketch struct{ in string }

func (s sketch) panics(in string) {
	if s.in == in {
		panic("broken")
	}
}

func (s sketch) Init() tea.Cmd {
	s.panics("Init")
	return nil
}

func (s sketch) Update(tea.Msg) (tea.Model, tea.Cmd) {
	s.panics("Update")
	return s, func() tea.Msg {
		s.panics("a command")
		return tea.BatchMsg{nil, func() tea.Msg {
			s.panics("a command of a batch")
			return nil
		}}
	}
}

func (s sketch) View() tea.View {
	s.panics("View")
	return tea.NewView("")
}

func TestEveryPanicOfAModelIsCaught(t *testing.T) {
	for _, in := range []string{"", "Init", "Update", "View", "a command", "a command of a batch"} {
		ended := 0
		first := &firstPanic{end: func() { ended++ }}
		g := guarded{sketch{in}, first}
		g.Init()
		next, cmd := g.Update(nil)
		if next == nil {
			t.Fatalf("%s: no model", in)
		}
		if cmd != nil {
			if batch, ok := cmd().(tea.BatchMsg); ok {
				for _, cmd := range batch {
					if cmd != nil {
						cmd()
					}
				}
			}
		}
		next.View()
		if err := first.found(); (err != nil) != (in != "") || (ended > 0) != (in != "") {
			t.Errorf("%s: %v, ended %d times", in, err, ended)
		}
	}
}

// A panic before there is a program to end is kept all the same.
func TestAPanicBeforeTheProgram(t *testing.T) {
	var first firstPanic
	first.note("broken")
	if first.found() == nil {
		t.Error("it is forgotten")
	}
}

// The collector keeps to a limit of memory that is lower than what the start
// would take, and to the owner's afterwards.
func TestCollectLaterKeepsToALowerLimit(t *testing.T) {
	for limit, meanwhile := range map[int64]int64{40 << 20: 40 << 20, 1 << 40: 100 << 20} {
		func() {
			before := debug.SetMemoryLimit(limit)
			defer debug.SetMemoryLimit(before)
			collect := collectLater()
			if got := debug.SetMemoryLimit(-1); got != meanwhile {
				t.Errorf("with a limit of %d: %d", limit, got)
			}
			collect()
			if got := debug.SetMemoryLimit(-1); got != limit {
				t.Errorf("a limit of %d becomes %d", limit, got)
			}
		}()
	}
}

// A command without a screen says it in the same words.
func TestAPanicOfACommand(t *testing.T) {
	b := newBox(t)
	in, out := b.file("stdin", ""), b.file("stdout", "")
	var said bytes.Buffer
	env := b.environment(in, out, &said, "report")
	env.Now = func() time.Time { panic("no clock") }
	code := Run(context.Background(), env)
	result{code, "", said.String()}.expect(t, exitFailed, "vitals broke off: no clock, in ", "this is a bug")
}
