package command

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitals/fitbit/fake"
	"vitals/internal/health"
)

// moment is when the tests happen: a Sunday afternoon in London.
var moment = time.Date(2026, time.November, 22, 13, 37, 0, 0, time.UTC)

// box is a home of its own, with a made-up Google beside it.
type box struct {
	t      *testing.T
	home   string
	now    time.Time
	google *fake.Server
	base   string // of the made-up Google's addresses
	stop   func()

	outside func(*Environment) // changes what a command takes from outside; nil for nothing
}

func newBox(t *testing.T) *box {
	t.Helper()
	b := &box{t: t, home: t.TempDir(), now: moment}
	person := fake.Ann(moment)
	person.Profile.MemberSince = health.Date{Year: 2026, Month: time.September, Day: 1}
	b.google = fake.New(person, func() time.Time { return b.now })
	var err error
	if b.base, b.stop, err = b.google.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.stop)
	return b
}

// path is a file in the box.
func (b *box) path(elements ...string) string {
	return filepath.Join(append([]string{b.home}, elements...)...)
}

func (b *box) write(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(b.path(name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *box) read(name string) string {
	b.t.Helper()
	text, err := os.ReadFile(b.path(name))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

// configure writes a config.ini that points at the made-up Google, with more
// lines after it.
func (b *box) configure(more string) {
	b.write("config.ini", "; mine\n"+fake.Configuration(b.base, "")+more)
}

// signIn configures a grant as well.
func (b *box) signIn(more string) {
	b.write("config.ini", "; mine\n"+fake.Configuration(b.base, b.google.SignIn(fake.Scopes()...))+more)
}

// result is what a command came to.
type result struct {
	code           int
	stdout, stderr string
}

// run runs a command with nothing on standard input.
func (b *box) run(args ...string) result {
	b.t.Helper()
	return b.pipe("", args...)
}

func (b *box) environment(in, out *os.File, stderr io.Writer, args ...string) Environment {
	env := Environment{Args: args, Getenv: func(name string) string { return map[string]string{"TZ": "Europe/London"}[name] },
		Stdin: in, Stdout: out, Stderr: stderr, Now: func() time.Time { return b.now }, WorkingDir: b.home, Home: b.home,
		RequestsPerSecond: -1, RetryWait: time.Millisecond}
	if b.outside != nil {
		b.outside(&env)
	}
	return env
}

// session opens the parts that commands work with.
func (b *box) session() *session {
	b.t.Helper()
	return b.sessionSaying(io.Discard)
}

// sessionSaying is session with somewhere for its messages to go; the configuration may be
// named, as its commands run from no other place.
func (b *box) sessionSaying(stderr io.Writer, named ...string) *session {
	b.t.Helper()
	in, out := b.file("stdin", ""), b.file("stdout", "")
	c := &cli{Environment: b.environment(in, out, stderr)}
	if len(named) > 0 {
		c.configFlag = named[0]
	}
	s, err := c.openSession(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		s.Close()
		in.Close()
		out.Close()
	})
	return s
}

// pipe runs a command with input on standard input, which is no terminal.
func (b *box) pipe(input string, args ...string) result {
	b.t.Helper()
	in, out := b.file("stdin", input), b.file("stdout", "")
	defer in.Close()
	defer out.Close()
	var stderr bytes.Buffer
	code := Run(context.Background(), b.environment(in, out, &stderr, args...))
	text, err := os.ReadFile(out.Name())
	if err != nil {
		b.t.Fatal(err)
	}
	r := result{code, string(text), stderr.String()}
	for _, secret := range []string{fake.DesktopClient().Secret, "1//", "ya29."} {
		if strings.Contains(r.stdout+r.stderr, secret) {
			b.t.Errorf("vitals %s prints a secret: %s%s", strings.Join(args, " "), r.stdout, r.stderr)
		}
	}
	return r
}

func (b *box) file(name, content string) *os.File {
	b.t.Helper()
	f, err := os.CreateTemp(b.t.TempDir(), name)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := f.WriteString(content); err != nil {
		b.t.Fatal(err)
	}
	if _, err := f.Seek(0, 0); err != nil {
		b.t.Fatal(err)
	}
	return f
}

// expect checks the exit code and that standard error says all texts; with none
// it must say nothing.
func (r result) expect(t *testing.T, code int, texts ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d; it says: %s", r.code, code, r.stderr)
	}
	if len(texts) == 0 && r.stderr != "" {
		t.Errorf("it says: %s", r.stderr)
	}
	for _, text := range texts {
		if !strings.Contains(r.stderr, text) {
			t.Errorf("it does not say %q but: %s", text, r.stderr)
		}
	}
	for _, bad := range []string{"goroutine", "panic", "{", "<html"} {
		if strings.Contains(r.stderr, bad) {
			t.Errorf("a message with %q: %s", bad, r.stderr)
		}
	}
}

// object reads standard output as one JSON object.
func (r result) object(t *testing.T) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(r.stdout), &object); err != nil {
		t.Fatalf("%v in %s", err, r.stdout)
	}
	return object
}

// rows reads standard output as CSV with a header, without quotes.
func (r result) rows(t *testing.T) []map[string]string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	names := strings.Split(lines[0], ",")
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, value := range strings.Split(line, ",") {
			row[names[i]] = value
		}
		rows = append(rows, row)
	}
	return rows
}

// browse opens an authorize address as a browser would and returns where the
// browser is sent.
func browse(t *testing.T, address string) string {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(strings.TrimSpace(address))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusFound {
		t.Fatalf("the consent page answers %s", resp.Status)
	}
	return resp.Header.Get("Location")
}
