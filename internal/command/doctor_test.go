package command

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/gofrs/flock"

	"vitals/fitbit/fake"
	"vitals/internal/config"
)

// doctorNames are the names that scripts may rely on, in order.
var doctorNames = []string{"program", "terminal", "size", "colours", "locale", "multiplexer", "clipboard", "config", "git",
	"time-zone", "units", "data-dir", "state-dir", "disk", "locks", "history", "meter", "grant", "api", "sign-in", "clock"}

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
		env := p.environment(in, out, &stderr, args...)
		env.Getenv = func(name string) string { return p.variables[name] }
		env.Now = func() time.Time { return p.now.Add(p.clockOff) }
		env.Patience = p.wait
		if p.noHome {
			env.Home = ""
		}
		code := Run(context.Background(), env)
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

// What is wrong with one part is told, and the others are looked at all the same.
func TestDoctorAndAWrongConfiguration(t *testing.T) {
	mine := func(p *patientBox, more string) { p.signIn(more) }
	for name, c := range map[string]struct {
		make func(t *testing.T, p *patientBox)
		want []expected
	}{
		"loose": {func(t *testing.T, p *patientBox) {
			mine(p, "")
			chmod(t, p.path("config.ini"), 0o644)
		}, []expected{{"config", statusFail, "others on this machine may open it; it is this file: found in this folder", "chmod 600 "}, {"grant", statusWarn, "not checked", "configuration"}}},
		"an unknown key": {func(_ *testing.T, p *patientBox) { mine(p, "[display]\nunitz = kg\n") },
			[]expected{{"config", statusFail, "the nearest is units", "correct the name"}, {"api", statusWarn, "not checked", ""}, {"clock", statusWarn, "not checked", ""}, {"meter", statusWarn, "not checked", ""}, {"history", statusOK, "nothing is stored", ""}}},
		"a wrong value": {func(_ *testing.T, p *patientBox) { mine(p, "[display]\ntime_zone = Mars\n") },
			[]expected{{"config", statusFail, "line", "correct the line"}, {"time-zone", statusWarn, "not checked", ""}, {"units", statusWarn, "not checked", ""}}},
		"a folder": {func(t *testing.T, p *patientBox) {
			if err := os.MkdirAll(p.path(".config", "vitals", "config.ini"), 0o700); err != nil {
				t.Fatal(err)
			}
		}, []expected{{"config", statusFail, "cannot be read", "check the path"}}},
		"none where it is named": {func(_ *testing.T, p *patientBox) { p.variables["VITALS_CONFIG"] = p.path("other.ini") },
			[]expected{{"config", statusWarn, "(named by VITALS_CONFIG)", "name one that is there"}}},
		"by XDG": {func(_ *testing.T, p *patientBox) { p.variables["XDG_CONFIG_HOME"] = p.path("etc") },
			[]expected{{"config", statusOK, "etc/vitals/config.ini (by XDG_CONFIG_HOME)", ""}}},
		"old names": {func(_ *testing.T, p *patientBox) {
			p.write("config.ini", "[Login Parameters]\nC_KEY = 22ABCD\nC_SECRET = hunter2\nU_SECRET = hunter2hunter2\n")
		}, []expected{{"config", statusOK, "old names of [Login Parameters]", ""}, {"grant", statusFail, "old Fitbit key", "create a Google client"}, {"api", statusWarn, "not asked", "put grant right"}}},
		"secrets elsewhere": {func(_ *testing.T, p *patientBox) {
			p.configure("[secrets]\ncommand = pass show hunter2\n")
		}, []expected{{"config", statusFail, "not supported yet", "keep them in [fitbit]"}}},
		"somewhere to push to": {func(_ *testing.T, p *patientBox) {
			p.configure("[push]\ndsn = postgres://ann:hunter2@db.example/site\n")
		}, []expected{{"config", statusWarn, "not supported yet", "empty dsn"}}},
		"a work tree": {func(t *testing.T, p *patientBox) {
			mine(p, "")
			if err := os.Mkdir(p.path(".git"), 0o700); err != nil {
				t.Fatal(err)
			}
		}, []expected{{"git", statusWarn, "lies in the git work tree", "add the line /config.ini to "}, {"config", statusOK, "", ""}}},
		"its own choices": {func(_ *testing.T, p *patientBox) { p.configure("[display]\ntime_zone = Asia/Tokyo\nunits = st\n") },
			[]expected{{"time-zone", statusOK, "Asia/Tokyo (time_zone under [display])", ""}, {"units", statusOK, "st (units under [display])", ""}}},
		"UTC by nobody's choice": {func(_ *testing.T, p *patientBox) { p.variables["TZ"] = "Etc/UTC" },
			[]expected{{"time-zone", statusWarn, "UTC (this machine's, by TZ)", "set time_zone under [display]"}}},
		"a locked one": {func(t *testing.T, p *patientBox) {
			mine(p, "")
			unlock, err := config.Lock(t.Context(), p.path("config.ini"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(unlock)
		}, []expected{{"locks", statusWarn, "config.ini.lock is held", "fuser -v "}, {"grant", statusWarn, "nothing was fetched", "vitals sync"}}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPatient(t)
			c.make(t, p)
			found, _ := p.examine()
			expectChecks(t, found, c.want...)
		})
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func TestDoctorAndFolders(t *testing.T) {
	for name, c := range map[string]struct {
		make func(t *testing.T, p *patientBox)
		want []expected
	}{
		"a file in the way": {func(_ *testing.T, p *patientBox) { p.write(".local", "") },
			[]expected{{"data-dir", statusFail, "not a directory", "put that right"}, {"state-dir", statusFail, "not a directory", ""}}},
		"a file in its place": {func(_ *testing.T, p *patientBox) {
			p.write("state", "")
			p.variables["VITALS_STATE_DIR"] = p.path("state")
		}, []expected{{"state-dir", statusFail, "(by VITALS_STATE_DIR) is not a folder", "move it away"}}},
		"open to all": {func(t *testing.T, p *patientBox) {
			p.variables["VITALS_DATA_DIR"] = p.path("data")
			if err := os.Mkdir(p.path("data"), 0o700); err != nil {
				t.Fatal(err)
			}
			chmod(t, p.path("data"), 0o777)
		}, []expected{{"data-dir", statusWarn, "mode 0777", "chmod 700 "}}},
		"a relative one": {func(_ *testing.T, p *patientBox) { p.variables["VITALS_DATA_DIR"] = "no-such-folder-here" },
			[]expected{{"data-dir", statusWarn, "another folder wherever", "VITALS_DATA_DIR"}}},
		"somebody fetches": {func(t *testing.T, p *patientBox) {
			p.variables["VITALS_DATA_DIR"] = p.home
			lock := flock.New(p.path("sync.lock"))
			if got, err := lock.TryLock(); !got || err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { lock.Unlock() })
		}, []expected{{"locks", statusWarn, "sync.lock is held", "let it finish"}}},
		"somebody fetched": {func(_ *testing.T, p *patientBox) {
			p.variables["VITALS_DATA_DIR"] = p.home
			p.write("sync.lock", "")
		}, []expected{{"locks", statusOK, "nobody", ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPatient(t)
			c.make(t, p)
			found, _ := p.examine()
			expectChecks(t, found, c.want...)
		})
	}
}

func TestDoctorAndTheDisk(t *testing.T) {
	for _, c := range []struct {
		free  uint64
		known bool
		want  expected
	}{
		{0, false, expected{"disk", statusOK, "not known", ""}},
		{0, true, expected{"disk", statusFail, "0 bytes free", "free some space"}},
		{42_000_000, true, expected{"disk", statusWarn, "42 MB free", "free some space"}},
		{1_234_000_000, true, expected{"disk", statusOK, "1.2 GB free", ""}},
		{1 << 63, true, expected{"disk", statusOK, "TB free", ""}},
	} {
		expectChecks(t, map[string]check{"disk": diskCheck(c.free, c.known)}, c.want)
	}
}

// The history of a box that was in use, and what may have come over it.
func TestDoctorAndTheHistory(t *testing.T) {
	head := func(text []byte) []byte { return append(bytes.Repeat([]byte{0xff}, 4096), text[4096:]...) }
	for name, c := range map[string]struct {
		damage func([]byte) []byte
		want   expected
	}{
		"a page lost": {func(text []byte) []byte {
			for i := range 64 {
				text[len(text)/4096/2*4096+i] ^= 0xff
			}
			return text
		}, expected{"history", statusFail, "is damaged", "bring back a copy"}},
		"cut short":     {func(text []byte) []byte { return text[:len(text)/2] }, expected{"history", statusFail, "is damaged", "bring back a copy"}},
		"no database":   {func([]byte) []byte { return []byte("time,weight\n") }, expected{"history", statusFail, "is not a history", "move it away"}},
		"no head":       {head, expected{"history", statusFail, "is not a history", "move it away"}},
		"of the future": {func(text []byte) []byte { text[63] = 99; return text }, expected{"history", statusFail, "newer vitals (format 99", "install the newer version"}},
		"of the past":   {func(text []byte) []byte { text[63] = 2; return text }, expected{"history", statusOK, "format 2, which the next start brings up to", ""}},
		"empty":         {func([]byte) []byte { return nil }, expected{"history", statusOK, "nothing is stored yet", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPatient(t)
			p.signIn("")
			p.run("sync").expect(t, 0)
			path := p.path(".local", "share", "vitals", "vitals.db")
			text, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, c.damage(text), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			found, _ := p.examine()
			expectChecks(t, found, c.want, expected{"config", statusOK, "", ""}, expected{"api", statusOK, "", ""})
			if g := found["grant"]; g.Status != statusOK && name != "empty" || !strings.Contains(g.Detail, "signed in") && name != "empty" {
				t.Errorf("grant: %+v", g)
			}
		})
	}
	t.Run("open to others", func(t *testing.T) {
		p := newPatient(t)
		p.signIn("")
		p.run("sync").expect(t, 0)
		chmod(t, p.path(".local", "share", "vitals", "vitals.db"), 0o644)
		found, _ := p.examine()
		expectChecks(t, found, expected{"history", statusWarn, "others on this machine may open it, by its mode 0644", "chmod 600 "})
	})
	t.Run("in use", func(t *testing.T) {
		p := newPatient(t)
		p.signIn("")
		p.run("sync").expect(t, 0)
		p.session()
		if _, err := os.Stat(p.path(".local", "share", "vitals", "vitals.db-wal")); err != nil {
			t.Fatal(err)
		}
		found, _ := p.examine()
		expectChecks(t, found, expected{"history", statusOK, "no damage found", ""})
	})
}

func TestDoctorAndTheMeter(t *testing.T) {
	for name, c := range map[string]struct {
		make func(t *testing.T, p *patientBox) string
		want expected
	}{
		"gone":        {func(_ *testing.T, p *patientBox) string { return p.path("none.db") }, expected{"meter", statusFail, "there is no file", "check the path"}},
		"no database": {func(_ *testing.T, p *patientBox) string { p.write("meter.db", "watts"); return p.path("meter.db") }, expected{"meter", statusFail, "is not a SQLite database", "name the file"}},
		"an address": {func(*testing.T, *patientBox) string { return "postgres://ann:hunter2@db.example/meter" },
			expected{"meter", statusFail, "not supported yet", "name a SQLite file"}},
		"damaged": {func(t *testing.T, p *patientBox) string {
			path := p.blog("meter.db", moment.Add(-14*24*time.Hour), moment, steady(400))
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i := range 64 {
				text[len(text)/4096/2*4096+i] ^= 0xff
			}
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}, expected{"meter", statusFail, "is damaged", ".recover"}},
		"silent": {func(_ *testing.T, p *patientBox) string {
			return p.blog("meter.db", moment.Add(-48*time.Hour), moment.Add(-26*time.Hour), steady(400))
		}, expected{"meter", statusWarn, "nothing came since 2026-11-21 11:32", "see whether the logger runs"}},
		"ahead": {func(_ *testing.T, p *patientBox) string {
			return p.blog("meter.db", moment.Add(-48*time.Hour), moment.Add(3*time.Hour), steady(400))
		}, expected{"meter", statusWarn, "times to come", "set clock_zone"}},
		"not begun": {func(_ *testing.T, p *patientBox) string {
			return p.meter("meter.db", "CREATE TABLE readings (r_datetime TIMESTAMP, r_watts INT, r_temp INT);")
		}, expected{"meter", statusWarn, "no reading yet", "see whether the logger runs"}},
		"two of them": {func(_ *testing.T, p *patientBox) string {
			return p.meter("meter.db", `CREATE TABLE a (time INTEGER, watts REAL); CREATE TABLE b (time INTEGER, watts REAL);
				WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99) INSERT INTO a SELECT 1795000000 + 60 * i, 400 FROM n;
				INSERT INTO b SELECT * FROM a;`)
		}, expected{"meter", statusWarn, "holds several series", "set series in [energy]"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPatient(t)
			p.configure("[energy]\ndatabase = " + c.make(t, p) + "\n")
			found, _ := p.examine()
			expectChecks(t, found, c.want)
			onlyThese(t, found, "meter", "grant")
		})
	}
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
	}, time.Millisecond, time.Second)
	if len(found) != 3 || found[0].Name != "history" || found[0].Status != statusWarn || found[0].Next == "" || found[2].Name != "clock" || !left {
		t.Errorf("%+v, %v", found, left)
	}
}

func TestDoctorAndTheNetwork(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<html><body>Welcome on board</body></html>")
	}))
	defer page.Close()
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer busy.Close()
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, c := range map[string]struct {
		base          string
		status, other status // signed in, and not
		says, next    string
	}{
		"down":         {closed.URL, statusFail, statusWarn, "connection refused", "check the connection"},
		"a login page": {page.URL, statusFail, statusWarn, "is not Google (HTTP 200)", "a proxy, or a network that wants a login"},
		"overloaded":   {busy.URL, statusWarn, statusWarn, "overloaded or broken (HTTP 503)", "try again later"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, signedIn := range []bool{true, false} {
				p := newPatient(t)
				want := c.status
				if grant := p.google.SignIn(fake.Scopes()...); signedIn {
					p.write("config.ini", fake.Configuration(c.base, grant))
				} else {
					want = c.other
					p.write("config.ini", fake.Configuration(c.base, ""))
				}
				found, _ := p.examine()
				host := strings.TrimPrefix(c.base, "http://")
				expectChecks(t, found, expected{"api", want, c.says, c.next}, expected{"sign-in", want, c.says, c.next},
					expected{"api", want, host, ""}, expected{"sign-in", want, host, ""},
					expected{"clock", statusWarn, "not checked", "once a server of Google's answers"})
				onlyThese(t, found, "api", "sign-in", "clock", "grant")
			}
		})
	}
}

func TestDoctorAndTheClock(t *testing.T) {
	p := newPatient(t)
	p.configure("")
	for off, want := range map[time.Duration]expected{
		-time.Second:      {"clock", statusOK, "", ""},
		20 * time.Second:  {"clock", statusOK, "s ahead of", ""},
		-40 * time.Second: {"clock", statusWarn, "s behind", "timedatectl"},
		4 * time.Minute:   {"clock", statusWarn, "ahead of", "timedatectl"},
		8 * time.Minute:   {"clock", statusFail, "ahead of", "timedatectl"},
		-time.Hour:        {"clock", statusFail, "behind", "timedatectl"},
	} {
		p.clockOff = off
		found, _ := p.examine()
		expectChecks(t, found, want)
		onlyThese(t, found, "clock", "grant")
	}
}

func TestDoctorAndTheGrant(t *testing.T) {
	p := newPatient(t)
	p.configure("")
	p.google.Set(func(k *fake.Knobs) { k.Testing = true })
	expectGrant := func(status status, says, next string) {
		t.Helper()
		found, _ := p.examine()
		expectChecks(t, found, expected{"grant", status, says, next})
	}
	expectGrant(statusWarn, "not signed in, with client 1000....apps.googleusercontent.com", "vitals auth")
	p.pipe(browse(t, p.run("auth", "--print-url").stdout), "auth", "--paste-stdin").expect(t, 0, "Connected")
	asked := len(p.google.Requests(fake.TokenPath))
	expectGrant(statusWarn, "nothing was fetched with it yet", "vitals sync")
	for _, request := range p.google.Requests(fake.TokenPath)[asked:] {
		if request.Body != "" {
			t.Errorf("the grant was used: %+v", request)
		}
	}
	p.run("sync").expect(t, 0)
	expectGrant(statusOK, "since 2026-11-22 13:37, until 2026-11-29 13:37 (the Google project is in Testing: seven days)", "")
	p.google.Set(func(k *fake.Knobs) {
		k.Troubles = []fake.Trouble{{Path: "/steps/", Times: 99, Status: http.StatusInternalServerError}}
	})
	p.run("sync").expect(t, 5, "steps")
	p.google.Set(func(k *fake.Knobs) { k.Troubles = nil })
	expectGrant(statusWarn, "fetching steps failed last time: Google Health is overloaded", "vitals sync")
	p.run("sync").expect(t, 0)
	p.now = moment.Add(6 * 24 * time.Hour)
	expectGrant(statusWarn, "sign-in ends tomorrow; signed in since", "publish the Google project")
	p.now = moment.Add(8 * 24 * time.Hour)
	expectGrant(statusFail, "sign-in expired; it was signed in since", "run vitals auth")
	p.run("sync").expect(t, 3, "ended after seven days")
	expectGrant(statusFail, "ended after seven days", "run vitals auth")

	p = newPatient(t)
	p.signIn("granted_scopes = " + fake.Scopes()[0] + "\n")
	expectGrant(statusWarn, "access was granted without", "leave the boxes ticked")
}

// Where there is a terminal, it is described.
func TestDoctorAndTheTerminal(t *testing.T) {
	open := func(columns, rows uint16) *os.File {
		far, near, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			near.Close()
			far.Close()
		})
		if err := pty.Setsize(near, &pty.Winsize{Cols: columns, Rows: rows}); err != nil {
			t.Fatal(err)
		}
		go io.Copy(io.Discard, far)
		return near
	}
	p := newPatient(t)
	for name, c := range map[string]struct {
		columns, rows uint16
		variables     map[string]string
		configured    string
		want          []expected
	}{
		"a good one": {100, 30, map[string]string{"TERM": "xterm-256color", "LC_ALL": "en_GB.UTF-8"}, "",
			[]expected{{"terminal", statusOK, "xterm-256color", ""}, {"size", statusOK, "100x30", ""}, {"colours", statusOK, "256", ""},
				{"locale", statusOK, "UTF-8, by LC_ALL=en_GB.UTF-8", ""}, {"clipboard", statusOK, "your terminal", ""}}},
		"dumb": {80, 24, map[string]string{"TERM": "dumb"}, "",
			[]expected{{"terminal", statusOK, "dumb: vitals prints its report", ""}, {"locale", statusWarn, "none of LC_ALL, LC_CTYPE and LANG is set", "export LANG=C.UTF-8"}}},
		"nothing said": {0, 0, map[string]string{"LC_CTYPE": "C", "LANG": "C.UTF-8"}, "",
			[]expected{{"terminal", statusWarn, "TERM is not set", "export TERM="}, {"size", statusWarn, "0x0", "stty"}, {"locale", statusWarn, "LC_CTYPE=C decides", "LANG"}}},
		"too small": {19, 5, map[string]string{"TERM": "xterm", "LANG": "C.UTF-8"}, "",
			[]expected{{"size", statusWarn, "19x5; below 20x5", "enlarge"}, {"colours", statusOK, "16", ""}}},
		"small": {60, 20, map[string]string{"TERM": "linux", "LANG": "C.UTF-8", "NO_COLOR": "x"}, "",
			[]expected{{"size", statusOK, "60x20; from 80x24 on", ""}, {"colours", statusOK, "NO_COLOR", ""}, {"locale", statusOK, "the Linux console", ""}}},
		"mono and ascii": {80, 24, map[string]string{"TERM": "xterm", "ACCESSIBLE": "1"}, "[display]\ntheme = mono\nascii = true\n",
			[]expected{{"terminal", statusOK, "ACCESSIBLE", ""}, {"colours", statusOK, "theme = mono", ""}, {"locale", statusOK, "ascii = true", ""}}},
		"tmux": {80, 24, map[string]string{"TERM": "tmux-256color", "TMUX": "x", "COLORTERM": "truecolor"}, "",
			[]expected{{"multiplexer", statusOK, "tmux", ""}, {"clipboard", statusOK, "set -g set-clipboard on", ""}}},
		"a modern one": {80, 24, map[string]string{"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "",
			[]expected{{"multiplexer", statusOK, "none", ""}, {"colours", statusOK, "24 bit", ""}}},
		"screen": {80, 24, map[string]string{"TERM": "screen.xterm-256color"}, "",
			[]expected{{"multiplexer", statusOK, "screen", ""}, {"clipboard", statusOK, "screen passes", ""}}},
		"hostile": {80, 24, map[string]string{"TERM": "vt100\x1b[2J", "LANG": "C\x1b]0;x\x07.UTF-8"}, "",
			[]expected{{"terminal", statusOK, "vt100", ""}, {"locale", statusOK, "LANG=C.UTF-8", ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			p.variables = c.variables
			p.write("config.ini", "[energy]\n"+c.configured)
			near := open(c.columns, c.rows)
			x, err := (&cli{Environment: func() Environment {
				env := p.environment(near, near, io.Discard)
				env.Getenv = func(name string) string { return c.variables[name] }
				return env
			}()}).examine(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			found := map[string]check{}
			for _, c := range x.checks(t.Context()) {
				found[c.Name] = c
			}
			expectChecks(t, found, c.want...)
		})
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
