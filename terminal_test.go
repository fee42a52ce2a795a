package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/gofrs/flock"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"vitals/bench/onscreen"
	energyfake "vitals/internal/energy/fake"
)

// through starts vitals by way of another program, with what that needs before.
func (b *box) through(width, height int, path string, args ...string) terminal {
	b.t.Helper()
	p, err := onscreen.Start(width, height, b.dir, b.env, path, args...)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(p.Kill)
	return terminal{p, b.t}
}

// However it ends, the terminal is as before, the database closed, the lock
// released, and the view remembered.
func TestEveryEndIsClean(t *testing.T) {
	hangUp := func(p terminal) error { return p.HangUp() }
	signal := func(s os.Signal) func(terminal) error { return func(p terminal) error { return p.Signal(s) } }
	keys := func(keys string) func(terminal) error { return func(p terminal) error { return p.Type(keys) } }
	nohup := []string{"sh", "-c", `trap "" HUP; exec "$0"`}
	for _, tt := range []struct {
		name    string
		through []string
		end     func(terminal) error
		code    int
	}{
		{"q", nil, keys("q"), 0},
		{"ctrl+c", nil, keys("\x03"), 130},
		{"SIGTERM", nil, signal(syscall.SIGTERM), 130},
		{"SIGINT", nil, signal(syscall.SIGINT), 130},
		{"SIGHUP", nil, signal(syscall.SIGHUP), 130},
		{"SIGHUP ignored", nohup, signal(syscall.SIGHUP), 130},
		{"hang-up", nil, hangUp, 130},
		{"hang-up, SIGHUP ignored", nohup, hangUp, 130},
		{"SIGTERM in the guide", nil, func(p terminal) error {
			p.press("a")
			p.wait("Copy the whole address")
			return p.Signal(syscall.SIGTERM)
		}, 130},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			b.google(false)
			command := append(slices.Clone(tt.through), binary)
			p := b.through(80, 24, command[0], command[1:]...)
			p.wait("kWh", "now ")
			p.press("3")
			p.wait("30 days:")
			p.press("c")
			p.wait("before")
			if err := tt.end(p); err != nil {
				t.Fatal(err)
			}
			p.expectExit(tt.code)
			if !strings.HasPrefix(tt.name, "hang-up") {
				if err := p.Restored(); err != nil {
					t.Error(err)
				}
			}
			b.closed()
			var kept struct {
				Reach   int
				Compare bool
			}
			text, err := os.ReadFile(filepath.Join(b.dir, ".local", "state", "vitals", "view.json"))
			if err == nil {
				err = json.Unmarshal(text, &kept)
			}
			if err != nil || kept.Reach != 3 || !kept.Compare {
				t.Errorf("remembered %s, %v", text, err)
			}
		})
	}
}

// closed checks that nobody has the store open or fetches, and that it is whole.
func (b *box) closed() {
	b.t.Helper()
	data := filepath.Join(b.dir, ".local", "share", "vitals")
	for _, left := range []string{"vitals.db-wal", "vitals.db-shm"} {
		if _, err := os.Stat(filepath.Join(data, left)); err == nil {
			b.t.Errorf("%s is left behind", left)
		}
	}
	lock := flock.New(filepath.Join(data, "sync.lock"))
	if free, err := lock.TryLock(); err != nil || !free {
		b.t.Errorf("the lock is held: %v", err)
	}
	lock.Unlock()
	b.whole()
}

// whole checks that the store is undamaged.
func (b *box) whole() {
	b.t.Helper()
	conn, err := sqlite.OpenConn(filepath.Join(b.dir, ".local", "share", "vitals", "vitals.db"), sqlite.OpenReadOnly)
	if err != nil {
		b.t.Fatal(err)
	}
	defer conn.Close()
	err = sqlitex.ExecuteTransient(conn, "PRAGMA quick_check", &sqlitex.ExecOptions{ResultFunc: func(row *sqlite.Stmt) error {
		if said := row.ColumnText(0); said != "ok" {
			b.t.Errorf("the store: %s", said)
		}
		return nil
	}})
	if err != nil {
		b.t.Error(err)
	}
}

// ctrl+z gives the shell its terminal; back, everything is asked and drawn anew,
// for the size that the terminal has by then.
func TestSuspendedAndBack(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.google(false)
	b.display("refresh = off")
	report := func() {
		t.Helper()
		cmd := exec.Command(binary, "report")
		cmd.Dir, cmd.Env = b.dir, b.env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	report()
	b.env = append(b.env, "PS1=shell> ")
	p := b.through(80, 24, "bash", "--norc", "--noprofile", "-i")
	p.wait("shell>")
	p.press(binary + "\r")
	p.wait("kWh", "? help")
	p.press("2")
	p.wait("7 days:")
	p.press("\x1a")
	p.wait("Stopped", "shell>")
	if shown := p.Screen(); strings.Contains(shown, "kWh") {
		t.Errorf("the screen still shows\n%s", shown)
	}
	p.press("echo $((6*7)) typed\r") // the shell has its line modes back
	p.wait("42 typed")
	if err := energyfake.AddReading(context.Background(), filepath.Join(b.dir, "meter.db"), time.Now(), 2345); err != nil {
		t.Fatal(err)
	}
	report()
	if err := p.Resize(100, 30); err != nil {
		t.Fatal(err)
	}
	p.press("fg\r")
	p.wait("now 2,345 W", "7 days:", "? help")
	p.wide(100)
	p.press("q")
	p.wait("shell>")
	p.press("exit 7\r")
	p.expectExit(7)
	if err := p.Restored(); err != nil {
		t.Error(err)
	}
}

// wide waits until the frame is as wide as the terminal.
func (p terminal) wide(width int) {
	p.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		lines := strings.Split(p.Screen(), "\n")
		edges := 0
		for _, line := range lines {
			if n := len([]rune(line)); n == width && strings.ContainsAny(line[len(line)-3:], "╮╯│") {
				edges++
			}
		}
		if edges > len(lines)/2 {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("no frame of %d columns:\n%s", width, p.Screen())
		}
	}
}

// A hundred sizes, faster than anybody drags a window, and a last one.
func TestAStormOfSizes(t *testing.T) {
	t.Parallel()
	p := newBox(t).start(80, 24, "demo")
	p.wait("kWh", "? help")
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 100 {
		width, height := 1+random.IntN(300), 1+random.IntN(100)
		if i == 50 {
			width, height = 1, 1
		}
		if err := p.Resize(width, height); err != nil {
			t.Fatal(err)
		}
		p.press([]string{"2", "5", "\r", "?", "\x1b", "s", "\t"}[i%7])
	}
	if err := p.Resize(90, 26); err != nil {
		t.Fatal(err)
	}
	p.press("\x1b[27u\x0c")
	p.wide(90)
	p.press("q")
	p.expectExit(0)
	if err := p.Restored(); err != nil {
		t.Error(err)
	}
}

// Thousands of keys that mean nothing, or something else each moment, and pieces
// of escape sequences: it goes on, and nothing is written.
func TestRubbishKeys(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.google(false)
	p := b.start(80, 24)
	p.wait("kWh", "? help")
	random := rand.New(rand.NewPCG(3, 4))
	for range 90 {
		rubbish := make([]byte, 0, 100)
		for len(rubbish) < 100 {
			c := byte(random.IntN(256))
			if c == 0x03 || c == 0x1a || c == 'a' || c == 'q' { // to go, to be suspended, the guide with its own field
				continue
			}
			rubbish = append(rubbish, c)
		}
		p.press(string(rubbish))
	}
	p.Settle(time.Second)
	p.press("\x1b\\\x07\x18\x1b[201~") // whatever sequence or paste was begun
	// Out of whatever is open, with what newer terminals send for the key: lone
	// escapes would be other keys together.
	p.press(strings.Repeat("\x1b[27u", 4))
	p.wait("? help")
	p.press("q")
	p.expectExit(0)
	if err := p.Restored(); err != nil {
		t.Error(err)
	}
	b.closed()
	found, err := filepath.Glob(filepath.Join(b.dir, "[a-z]*"))
	if err != nil || len(found) != 2 { // config.ini and meter.db
		t.Errorf("there is now %v, %v", found, err)
	}
}

// Text pasted over the dashboard, marked by the terminal or not, ends nothing and
// is told of.
func TestTextPastedOverTheDashboard(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.google(false)
	p := b.start(80, 24)
	p.wait("kWh", "? help")
	long := strings.Repeat("quite long ", 2000) + "q" // longer than one read
	marked := func(text string) string { return "\x1b[200~" + text + "\x1b[201~" }
	for i, text := range []string{
		"quit", "http://127.0.0.1:8765/?state=qq&code=4/q\r", "exquisite e\re\r", long, marked("quit"), marked(long),
	} {
		p.press(text)
		p.wait("pasted text is not taken here")
		window := [][2]string{{"2", "7 days:"}, {"1", "24 h:"}}[i%2]
		p.insist(window[0], window[1])
	}
	p.press("q")
	p.expectExit(0)
}

// insist presses a key until it has done something: right behind text it is text.
func (p terminal) insist(key, shows string) {
	p.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		p.press(key)
		if _, err := p.WaitFor(shows, time.Second/10); err == nil {
			return
		} else if time.Now().After(deadline) {
			p.t.Fatal(err)
		}
	}
}

// What asks for plain lines gets them, wherever it is asked; what asks for no
// colour or no UTF-8 too.
func TestPlainWhereItIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, how := range [][]string{{"TERM=dumb"}, {"TERM="}, {"ACCESSIBLE=1"}, {"TERM=xterm", "--plain"}} {
		for _, command := range []string{"", "demo"} {
			t.Run(fmt.Sprint(how, command), func(t *testing.T) {
				t.Parallel()
				b := newBox(t)
				b.google(true)
				args := []string{how[0], binary}
				if command != "" {
					args = append(args, command)
				}
				p := b.through(80, 24, "env", append(args, how[1:]...)...)
				p.expectExit(0)
				if raw := p.Raw(); strings.ContainsRune(raw, '\x1b') || !strings.Contains(raw, "kWh") {
					t.Errorf("it prints %q", raw)
				}
			})
		}
	}
}

func TestNoColourAndNoUTF8(t *testing.T) {
	t.Parallel()
	for _, how := range []struct {
		name, env, display string
		coloured, ascii    bool
	}{
		{"NO_COLOR=yes", "NO_COLOR=yes", "", false, false},
		{"NO_COLOR=0", "NO_COLOR=0", "", false, false},
		{"LANG=C", "LC_ALL=C", "", true, true},
		{"ascii", "LC_ALL=C.UTF-8", "ascii = true", true, true},
	} {
		for _, args := range [][]string{nil, {"demo"}, {"demo", "--signed-out"}, {"auth"}} {
			if how.display != "" && len(args) > 0 && args[0] == "demo" {
				continue // which has a configuration of its own
			}
			t.Run(fmt.Sprint(how.name, args), func(t *testing.T) {
				t.Parallel()
				b := newBox(t)
				b.google(false)
				b.display(how.display)
				b.env = append(b.env, how.env)
				p := b.start(100, 30, args...)
				if slices.Contains(args, "auth") || slices.Contains(args, "--signed-out") {
					p.wait("address", "127.0.0.1")
				} else {
					p.wait("? help", "kWh")
				}
				p.Settle(100 * time.Millisecond)
				if p.Coloured() && !how.coloured {
					t.Errorf("coloured\n%s", p.Screen())
				}
				if strange := strings.IndexFunc(p.Screen(), func(r rune) bool { return r > unicode.MaxASCII }); how.ascii && strange >= 0 {
					t.Errorf("not only ASCII: %q\n%s", p.Screen()[strange:strange+3], p.Screen())
				}
				p.press("\x03")
				p.expectExit(130)
			})
		}
	}
}
