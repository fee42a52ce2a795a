package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"vitals/bench/onscreen"
	"vitals/fitbit/fake"
	energyfake "vitals/internal/energy/fake"
	"vitals/internal/health"
)

// binary is the program, built once for all tests.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "vitals-test-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "vitals")
		if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "building: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// box is a home of its own.
type box struct {
	t   *testing.T
	dir string
	env []string
}

func newBox(t *testing.T) *box {
	t.Helper()
	dir := t.TempDir()
	return &box{t, dir, []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + dir, "LANG=C.UTF-8", "TZ=Europe/London"}}
}

// google serves a made-up person and configures the box for it, with a meter;
// signed in or not.
func (b *box) google(signedIn bool) (server *fake.Server, stop func()) {
	b.t.Helper()
	now := time.Now()
	person := fake.Ann(now)
	person.Profile.MemberSince = health.DateOf(now.AddDate(0, 0, -10)) // a few requests, at Google's pace
	server = fake.New(person, time.Now)
	base, stop, err := server.Listen()
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(stop)
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		b.t.Fatal(err)
	}
	meter := filepath.Join(b.dir, "meter.db")
	if err := energyfake.WriteMeter(context.Background(), meter, now, zone); err != nil {
		b.t.Fatal(err)
	}
	grant := ""
	if signedIn {
		grant = server.SignIn(fake.Scopes()...)
	}
	text := fake.Configuration(base, grant) + "[energy]\ndatabase = " + meter + "\n"
	if err := os.WriteFile(filepath.Join(b.dir, "config.ini"), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return server, stop
}

// display adds a line to the section [display] of the configuration.
func (b *box) display(line string) {
	b.t.Helper()
	config := filepath.Join(b.dir, "config.ini")
	text, err := os.ReadFile(config)
	if err == nil {
		err = os.WriteFile(config, append(text, "[display]\n"+line+"\n"...), 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// terminal is vitals on a terminal.
type terminal struct {
	*onscreen.Program
	t *testing.T
}

func (b *box) start(width, height int, args ...string) terminal {
	b.t.Helper()
	return b.through(width, height, binary, args...)
}

func (p terminal) wait(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		if _, err := p.WaitFor(text, 20*time.Second); err != nil {
			p.t.Fatal(err)
		}
	}
}

// waitSent waits until the program has sent a sequence.
func (p terminal) waitSent(sequence string) {
	p.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(p.Raw(), sequence); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("%q was not sent", sequence)
		}
	}
}

func (p terminal) press(keys string) {
	p.t.Helper()
	if err := p.Type(keys); err != nil {
		p.t.Fatal(err)
	}
}

func (p terminal) expectExit(code int) {
	p.t.Helper()
	if got, err := p.Wait(10 * time.Second); err != nil || got != code {
		p.t.Errorf("exit code %d, %v; want %d", got, err, code)
	}
}

func TestDashboardOnATerminal(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	p := b.start(80, 24, "demo")
	p.wait("Ann E.", "BMI", " kg", "by hour", "24 h:")
	for _, r := range []struct{ key, title string }{
		{"2", "7 days:"}, {"3", "30 days:"}, {"4", "12 months:"}, {"5", "all:"}, {"1", "24 h:"},
		{"d", "by day"}, {"w", "by week"}, {"m", "by month"}, {"y", "by year"}, {"h", "by hour"},
		{"s", "Energy · calories"}, {"s", "house and calories"}, {"?", "any key goes back"}, {" ", "Energy"},
	} {
		p.press(r.key)
		p.wait(r.title)
	}
	p.press("q")
	p.expectExit(0)
	if left, err := os.ReadDir(b.dir); err != nil || len(left) > 0 {
		t.Errorf("the demo left %v behind, %v", left, err)
	}
}

// weight is what the body pane shows first.
var weight = regexp.MustCompile(`[0-9]+\.[0-9] kg`)

func TestSignInOnATerminalAndStartingAgainOffline(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	_, stop := b.google(false)
	p := b.start(80, 24)
	p.wait("Not signed in", "kWh")
	p.press("a")
	p.wait("Copy the whole address", "http://127.0.0.1")
	// At 80 columns the terminal wraps the one line that was printed.
	screen := strings.ReplaceAll(p.Screen(), "\n", "")
	begin := strings.Index(screen, "http://127.0.0.1")
	address, _, _ := strings.Cut(screen[begin:], " ")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if err := p.Paste(resp.Header.Get("Location")); err != nil {
		t.Fatal(err)
	}
	p.wait("Connected as Ann E.")
	p.press("\r")
	p.wait("BMI", "Aria 2")
	p.Settle(4 * time.Second) // everything has come
	online := p.Screen()
	p.press("q")
	p.expectExit(0)
	if left := p.Screen(); strings.Contains(left, "ctrl+n") {
		t.Errorf("the guide stays on the screen:\n%s", left)
	}

	stop() // unplugged
	p = b.start(80, 24)
	p.wait("BMI", "kWh")
	p.wait("Ann E.", weight.FindString(online), "Google ")
	p.press("q")
	p.expectExit(0)
}

func TestNewDataAppearsWhileItIsOpen(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.google(false)
	p := b.start(100, 30)
	p.wait("kWh", "now ")
	other := exec.Command(binary, "report") // another vitals does no harm meanwhile
	other.Dir, other.Env = b.dir, b.env
	if out, err := other.CombinedOutput(); err != nil {
		t.Errorf("another vitals: %v\n%s", err, out)
	}
	if err := energyfake.AddReading(context.Background(), filepath.Join(b.dir, "meter.db"), time.Now(), 2345); err != nil {
		t.Fatal(err)
	}
	p.wait("now 2,345 W")
	p.press("\x03")
	p.expectExit(130)
}

func TestLooksAsConfigured(t *testing.T) {
	for _, c := range []struct {
		name, display, lang string
		coloured            bool
	}{
		{"as usual", "", "C.UTF-8", true}, {"mono", "theme = mono", "C.UTF-8", false}, {"no UTF-8", "", "C", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			b.google(true)
			b.display(c.display)
			b.env = append(b.env, "LANG="+c.lang)
			p := b.start(80, 24)
			p.wait("? help", "Ann E.", "kWh")
			if got := p.Coloured(); got != c.coloured {
				t.Errorf("coloured: %v\n%s", got, p.Screen())
			}
			if ascii := !strings.ContainsFunc(p.Screen(), func(r rune) bool { return r > unicode.MaxASCII }); ascii != (c.lang == "C") {
				t.Errorf("nothing but ASCII: %v\n%s", ascii, p.Screen())
			}
			p.press("q")
			p.expectExit(0)
		})
	}
}

// Hours older than those of the first sync are fetched when somebody looks, told,
// and shown; without a network that is told, and the screen stays.
func TestHoursOfAnOldWindowAreFetchedWhenItIsOpened(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	server, stop := b.google(true)
	person := fake.Ann(time.Now())
	person.Profile.MemberSince = health.DateOf(time.Now().AddDate(-2, 0, 0))
	server.Become(person)
	p := b.start(100, 30)
	p.wait("Ann E.", "kWh")
	p.press("s")
	p.wait("Energy · calories", "today")
	old := time.Now().AddDate(0, 0, -500)
	look := func(day time.Time, texts ...string) {
		t.Helper()
		p.press("/" + day.Format(time.DateOnly) + "\r")
		p.wait(append([]string{day.Format("range: 2 Jan 00:00")}, texts...)...)
	}
	look(old, "fetching calories by the hour from ", " h covered")
	asked := func() int { return len(server.Requests("total-calories/dataPoints:rollUp")) }
	before := asked()
	stop()
	look(old.AddDate(0, 0, -40), "no data in this window")
	if _, err := p.WaitFor("could not reach", time.Minute); err != nil { // it is tried several times before
		t.Fatal(err)
	}
	look(old, " h covered")
	if got := asked(); got != before {
		t.Errorf("hours that are there were asked for again: %d requests, then %d", before, got)
	}
	p.press("q")
	p.expectExit(0)
}

func TestWithoutRefreshNothingIsFetched(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	server, _ := b.google(true)
	b.display("refresh = off")
	p := b.start(80, 24)
	p.wait("? help", "Energy")
	p.press("s")
	p.wait("calories")
	if asked := len(server.Requests("/")); asked != 0 {
		t.Errorf("asked %d times", asked)
	}
	p.press("r") // but a key does
	p.wait("Ann E.")
	p.press("q")
	p.expectExit(0)
}

func TestTheTerminalIsGivenBack(t *testing.T) {
	for name, end := range map[string]func(terminal) error{
		"hang-up":     func(p terminal) error { return p.HangUp() },
		"SIGHUP":      func(p terminal) error { return p.Signal(syscall.SIGHUP) },
		"SIGTERM":     func(p terminal) error { return p.Signal(syscall.SIGTERM) },
		"interrupted": func(p terminal) error { return p.Type("\x03") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			p := b.start(80, 24, "demo")
			p.wait("kWh")
			if err := end(p); err != nil {
				t.Fatal(err)
			}
			if code, err := p.Wait(10 * time.Second); err != nil || code != 130 {
				t.Errorf("exit code %d, %v", code, err)
			}
			if left, err := os.ReadDir(b.dir); err != nil || len(left) > 0 {
				t.Errorf("the demo left %v behind, %v", left, err)
			}
			if shown := p.Screen(); name != "hang-up" && strings.Contains(shown, "kWh") {
				t.Errorf("the screen still shows\n%s", shown)
			}
		})
	}
}

func TestATerminalWithoutASize(t *testing.T) {
	t.Parallel()
	p := newBox(t).start(0, 0, "demo")
	p.wait("Ann E.", "kWh", "? help")
	p.press("q")
	p.expectExit(0)
}
