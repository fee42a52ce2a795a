package command

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"vitals/fitbit/fake"
	"vitals/internal/health"
)

// doctorNames are the names that scripts may rely on, in order.
var doctorNames = []string{"program", "terminal", "size", "colours", "locale", "multiplexer", "clipboard", "config", "git",
	"time-zone", "units", "data-dir", "state-dir", "disk", "locks", "history", "kept", "meter", "website", "grant", "api", "sign-in", "clock"}

// patientBox is a box for the doctor: what is seen of it, and how long it waits.
type patientBox struct {
	*box
	variables map[string]string
	clockOff  time.Duration
	wait      time.Duration
	noHome    bool
}

func newPatient(t *testing.T) *patientBox {
	return &patientBox{box: newBox(t), variables: map[string]string{"TZ": "Europe/London", "LANG": "C.UTF-8"}, wait: time.Minute}
}

// tree is everything in the box: names, modes and contents.
func (p *patientBox) tree() map[string]string {
	p.t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(p.home, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		found[path] = info.Mode().String()
		if info.Mode().IsRegular() {
			text, err := os.ReadFile(path)
			found[path] += string(text)
			return err
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return found
}

// secrets are texts that no output may hold.
func secrets() []string {
	return []string{fake.DesktopClient().Secret, "1//", "hunter2", "GOCSPX", fake.DesktopClient().ID}
}

// surroundings are the environment of the box, as the doctor meets it.
func (p *patientBox) surroundings(in, out *os.File, stderr io.Writer, args ...string) Environment {
	env := p.environment(in, out, stderr, args...)
	env.Getenv = func(name string) string { return p.variables[name] }
	env.Now = func() time.Time { return p.now.Add(p.clockOff) }
	env.Patience = p.wait
	if p.noHome {
		env.Home = ""
	}
	return env
}

// on returns the checks where standard input and output are these files.
func (p *patientBox) on(in, out *os.File) map[string]check {
	p.t.Helper()
	x, err := (&cli{Environment: p.surroundings(in, out, io.Discard)}).examine(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	found := map[string]check{}
	for _, c := range x.checks(p.t.Context()) {
		found[c.Name] = c
	}
	return found
}

// examine runs the doctor in both forms and returns its checks by name.
func (p *patientBox) examine() (map[string]check, result) {
	p.t.Helper()
	before := p.tree()
	run := func(args ...string) result {
		p.t.Helper()
		in, out := p.file("in", ""), p.file("out", "")
		defer in.Close()
		defer out.Close()
		var stderr bytes.Buffer
		code := Run(context.Background(), p.surroundings(in, out, &stderr, args...))
		text, err := os.ReadFile(out.Name())
		if err != nil {
			p.t.Fatal(err)
		}
		return result{code, string(text), stderr.String()}
	}
	plain, asJSON := run("doctor"), run("doctor", "--json")
	if after := p.tree(); !maps.Equal(before, after) {
		p.t.Errorf("the box was changed: there was %q, there is %q", slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(after)))
	}
	var told struct {
		Schema int
		Checks []check
	}
	decoder := json.NewDecoder(strings.NewReader(asJSON.stdout))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&told); err != nil || told.Schema != 1 {
		p.t.Fatalf("%v in %s", err, asJSON.stdout)
	}
	found, names, failed := map[string]check{}, []string{}, false
	for _, c := range told.Checks {
		found[c.Name] = c
		names = append(names, c.Name)
		failed = failed || c.Status == statusFail
		if !slices.Contains([]status{statusOK, statusWarn, statusFail}, c.Status) || c.Detail == "" || (c.Next == "") != (c.Status == statusOK) ||
			strings.ContainsAny(c.Detail+c.Next, "\n\x1b") {
			p.t.Errorf("%+v", c)
		}
	}
	if !slices.Equal(names, doctorNames) {
		p.t.Errorf("names %q", names)
	}
	for _, r := range []result{plain, asJSON} {
		if want := map[bool]int{false: exitDone, true: exitFailed}[failed]; r.code != want || r.stderr != "" {
			p.t.Errorf("exit code %d, want %d; it says %q", r.code, want, r.stderr)
		}
		for _, secret := range secrets() {
			if strings.Contains(r.stdout, secret) {
				p.t.Errorf("it prints %q: %s", secret, r.stdout)
			}
		}
	}
	return found, plain
}

// expected is what a check is to come to.
type expected struct {
	name   string
	status status
	says   string // in the detail
	next   string // in the next step
}

func expectChecks(t *testing.T, found map[string]check, all ...expected) {
	t.Helper()
	for _, e := range all {
		if c := found[e.name]; c.Status != e.status || !strings.Contains(c.Detail, e.says) || !strings.Contains(c.Next, e.next) {
			t.Errorf("%s: %s %q, next %q; want %s %q, next %q", e.name, c.Status, c.Detail, c.Next, e.status, e.says, e.next)
		}
	}
}

// onlyThese checks that no other check than those named warns or fails.
func onlyThese(t *testing.T, found map[string]check, names ...string) {
	t.Helper()
	for _, c := range found {
		if c.Status != statusOK && !slices.Contains(names, c.Name) {
			t.Errorf("%s: %s %q", c.Name, c.Status, c.Detail)
		}
	}
}

// In a box where everything works there is nothing to be said.
func TestDoctorFindsNothing(t *testing.T) {
	p := newPatient(t)
	path := p.blog("meter.db", moment.Add(-48*time.Hour), moment, steady(400))
	p.signIn("signed_in_at = 2026-11-02T09:00:00Z\ngranted_scopes = " + strings.Join(fake.Scopes(), " ") + "\n[energy]\ndatabase = " + path + "\n")
	p.run("sync").expect(t, 0)
	p.run("export", "electricity").expect(t, 0)
	found, plain := p.examine()
	onlyThese(t, found)
	expectChecks(t, found,
		expected{"program", statusOK, "SQLite 3.", ""},
		expected{"terminal", statusOK, "not a terminal", ""},
		expected{"config", statusOK, p.path("config.ini") + " (found in this folder), mode 0600", ""},
		expected{"time-zone", statusOK, "Europe/London (the account's)", ""},
		expected{"units", statusOK, "(the account's)", ""},
		expected{"data-dir", statusOK, p.path(".local", "share", "vitals") + " (the usual place), mode 0700", ""},
		expected{"history", statusOK, "vitals.db, mode 0600, ", ""},
		expected{"history", statusOK, "a write-ahead log, format ", ""},
		expected{"history", statusOK, "weigh-ins of ", ""},
		expected{"history", statusOK, "electricity to 2026-11-22 13:32, no damage found", ""},
		expected{"meter", statusOK, "stamps are taken for local time", ""},
		expected{"meter", statusOK, "newest reading 2026-11-22 13:32", ""},
		expected{"grant", statusOK, "signed in since 2026-11-02 09:00, for weight and activity and profile and settings, last used with success 2026-11-22 13:37, client 1000....apps", ""},
		expected{"api", statusOK, strings.TrimPrefix(p.base, "http://") + " answered in", ""},
		expected{"sign-in", statusOK, " answered in", ""},
		expected{"clock", statusOK, "within a second", ""})
	if !strings.HasSuffix(plain.stdout, "\n\nall is well\n") {
		t.Errorf("it says\n%s", plain.stdout)
	}
	for line := range strings.Lines(plain.stdout) {
		if strings.Count(strings.TrimSpace(line), " ") > 0 && len([]rune(strings.TrimRight(line, "\n"))) > 80 && !strings.Contains(line, p.home) {
			t.Errorf("a line of more than 80 columns: %s", line)
		}
	}
}

// Before the first start there is nothing, and that is well.
func TestDoctorInAnEmptyBox(t *testing.T) {
	p := newPatient(t)
	found, _ := p.examine()
	onlyThese(t, found)
	expectChecks(t, found,
		expected{"config", statusOK, "there is none yet", ""},
		expected{"time-zone", statusOK, "Europe/London (this machine's, by TZ)", ""},
		expected{"units", statusOK, "kg (the default)", ""},
		expected{"data-dir", statusOK, "not there yet", ""},
		expected{"history", statusOK, "nothing is stored yet", ""},
		expected{"meter", statusOK, "none", ""},
		expected{"grant", statusOK, "not set up", ""},
		expected{"api", statusOK, "not asked", ""},
		expected{"clock", statusOK, "not asked", ""})
	if len(p.google.Requests("")) > 0 {
		t.Error("somebody was asked who was never named")
	}
	p.noHome = true
	found, _ = p.examine()
	expectChecks(t, found,
		expected{"config", statusFail, "home directory: it is not known", "set HOME or XDG_CONFIG_HOME"},
		expected{"data-dir", statusFail, "not known", "XDG_DATA_HOME"},
		expected{"state-dir", statusFail, "not known", "XDG_STATE_HOME"},
		expected{"history", statusWarn, "not looked for", "data-dir"},
		expected{"locale", statusOK, "UTF-8", ""})
}

// A server that accepts connections and never answers is not waited for.
func TestDoctorIsNotHeldUp(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	p := newPatient(t)
	p.wait = 200 * time.Millisecond
	p.write("config.ini", fake.Configuration("http://"+listener.Addr().String(), p.google.SignIn(fake.Scopes()...)))
	found, _ := p.examine()
	expectChecks(t, found, expected{"api", statusFail, "no answer in time", "check the connection"},
		expected{"sign-in", statusFail, "no answer in time", "check the connection"}, expected{"clock", statusWarn, "not checked", ""})
}

// Nor is a disk that does not answer.
func TestDoctorGoesOnWithoutAnAnswer(t *testing.T) {
	stuck := make(chan struct{})
	defer close(stuck)
	found, left := sideBySide(t.Context(), []group{
		{[]string{"history"}, func(context.Context) []check { <-stuck; return nil }},
		{[]string{"api", "clock"}, func(ctx context.Context) []check { <-ctx.Done(); return []check{fine("api", ""), fine("clock", "")} }},
	}, time.Millisecond, 20*time.Millisecond)
	if len(found) != 3 || found[0].Name != "history" || found[0].Status != statusWarn || found[0].Next == "" || found[2].Name != "clock" || !left {
		t.Errorf("%+v, %v", found, left)
	}
}

// stuck is an environment whose configuration cannot be read before the test
// ends, as on a server that is gone.
func (p *patientBox) stuck(stderr io.Writer) (env Environment, reached <-chan struct{}) {
	in, out := p.file("in", ""), p.file("out", "")
	there, ended := make(chan struct{}), make(chan struct{})
	p.t.Cleanup(func() {
		close(ended)
		in.Close()
		out.Close()
	})
	env = p.surroundings(in, out, stderr, "doctor")
	variables := env.Getenv
	env.Getenv = func(name string) string {
		if name == "VITALS_PUSH_DSN" { // which is asked for while the configuration is read
			close(there)
			<-ended
		}
		return variables(name)
	}
	return env, there
}

// A configuration that cannot be reached takes nothing else along.
func TestDoctorAndAConfigurationThatDoesNotAnswer(t *testing.T) {
	p := newPatient(t)
	p.configure("")
	p.wait = 400 * time.Millisecond
	env, _ := p.stuck(io.Discard)
	x, err := (&cli{Environment: env}).examine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]check{}
	for _, c := range x.checks(t.Context()) {
		found[c.Name] = c
	}
	expectChecks(t, found,
		expected{"config", statusFail, "no answer in time from " + p.path("config.ini"), "does not answer: df"},
		expected{"api", statusWarn, "not checked", "configuration"},
		expected{"history", statusOK, "nothing is stored yet", ""})
}

func TestWhatDoesNotAnswerIsLeft(t *testing.T) {
	stuck := make(chan struct{})
	defer close(stuck)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	const want = "no answer in time from vitals.db"
	for name, look := range map[string]func() (stored, error){
		"it goes on":               func() (stored, error) { <-stuck; return stored{}, nil },
		"it notices the end of it": func() (stored, error) { return stored{}, ctx.Err() },
	} {
		if _, err := inTime(ctx, "vitals.db", begun(look)); err == nil || err.Error() != want || health.Hint(err) == "" {
			t.Errorf("%s: got %v", name, err)
		}
	}
	long := begun(func() (int, error) { return 7, io.EOF })
	for len(long) == 0 {
		runtime.Gosched()
	}
	if got, err := inTime(ctx, "", long); got != 7 || err != io.EOF {
		t.Errorf("got %v, %v", got, err)
	}
	_, left := sideBySide(ctx, []group{{[]string{"git"}, func(context.Context) []check { <-stuck; return nil }}}, time.Hour, time.Hour)
	if !left {
		t.Error("the store is closed under who may still read it")
	}
}

// A signal ends the doctor at once, whatever it is waiting for.
func TestASignalEndsTheDoctor(t *testing.T) {
	p := newPatient(t)
	p.configure("")
	p.wait = time.Hour
	var stderr strings.Builder
	env, reached := p.stuck(&stderr)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	code := make(chan int, 1)
	go func() { code <- Run(ctx, env) }()
	<-reached
	cancel()
	select {
	case got := <-code:
		if got != exitInterrupted || stderr.String() != "" {
			t.Errorf("exit code %d; it says %q", got, stderr.String())
		}
	case <-time.After(time.Minute):
		t.Fatal("it goes on")
	}
}

func TestDoctorPrints(t *testing.T) {
	checks := []check{
		fine("size", "100x30"),
		doubtful("clock", "set it: sudo timedatectl set-ntp true; see whether it is: timedatectl", "40s behind health.googleapis.com and some more words to be wrapped here"),
		broken("history", "move it away", "/a/path/that/is/longer/than/all/the/columns/there/are/in/this/narrow/terminal.db is damaged"),
	}
	for _, c := range []struct {
		checks []check
		width  int
		want   string
	}{
		{checks, 60, `ok    size     100x30
warn  clock    40s behind health.googleapis.com and some
               more words to be wrapped here
               next: set it: sudo timedatectl set-ntp true; see whether it is: timedatectl
fail  history  /a/path/that/is/longer/than/all/the/columns/there/are/in/this/narrow/terminal.db
               is damaged
               next: move it away

1 check failed, 1 warning
`},
		{checks[:2], 200, "ok    size   100x30\nwarn  clock  40s behind health.googleapis.com and some more words to be wrapped here\n" +
			"             next: set it: sudo timedatectl set-ntp true; see whether it is: timedatectl\n\n1 warning, nothing failed\n"},
		{[]check{checks[2], checks[2]}, 200, ""},
		{checks[:1], 80, "ok    size  100x30\n\nall is well\n"},
	} {
		var out strings.Builder
		if err := printChecks(&out, c.checks, c.width); err != nil {
			t.Fatal(err)
		}
		if c.want != "" && out.String() != c.want {
			t.Errorf("at %d columns\n%s", c.width, out.String())
		}
	}
	if got := verdictOn([]check{checks[2], checks[2]}); got != "2 checks failed" {
		t.Error(got)
	}
}
