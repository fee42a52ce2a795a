package command

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/creack/pty"
	"github.com/gofrs/flock"

	"vitals/fitbit/fake"
	"vitals/internal/config"
	"vitals/tui"
)

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
		"another program's": {func(_ *testing.T, p *patientBox) { p.write("config.ini", "[server]\nport = 80\n") },
			[]expected{{"config", statusOK, "(the usual place); the config.ini in this folder has no section of vitals'", ""}}},
		"by XDG": {func(_ *testing.T, p *patientBox) { p.variables["XDG_CONFIG_HOME"] = p.path("etc") },
			[]expected{{"config", statusOK, "etc/vitals/config.ini (by XDG_CONFIG_HOME)", ""}}},
		"old names": {func(_ *testing.T, p *patientBox) {
			p.write("config.ini", "[Login Parameters]\nC_KEY = 22ABCD\nC_SECRET = hunter2\nU_SECRET = hunter2hunter2\n")
		}, []expected{{"config", statusOK, "old names of [Login Parameters]", ""}, {"grant", statusFail, "old Fitbit key", "create a Google client"}, {"api", statusWarn, "not asked", "put grant right"}}},
		"secrets elsewhere": {func(_ *testing.T, p *patientBox) {
			p.configure("[secrets]\ncommand = pass show hunter2\n")
		}, []expected{{"config", statusFail, "a secret stands here, although [secrets] has a command", "empty the value"}}},
		"somewhere to push to": {func(_ *testing.T, p *patientBox) {
			p.configure("[push]\ndsn = postgres://ann:hunter2@127.0.0.1:1/site\n")
		}, []expected{{"config", statusOK, "", ""}, {"website", statusFail, "no PostgreSQL answers for the database site on 127.0.0.1:1", "see whether the server runs"}}},
		"nowhere to push to": {func(_ *testing.T, p *patientBox) {
			p.configure("[push]\ndsn = postgres://ann:hunter2@db:port/site\n")
		}, []expected{{"website", statusFail, "cannot be read", "write it like"}}},
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
		"a relative one": {func(t *testing.T, p *patientBox) {
			t.Chdir(p.home)
			p.variables["VITALS_DATA_DIR"] = "data"
		},
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

// Folders and files of another user.
func TestDoctorWithoutPermission(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("nothing is forbidden to root")
	}
	p := newPatient(t)
	p.signIn("")
	p.run("sync").expect(t, 0)
	data, state := p.path(".local", "share", "vitals"), p.path("state")
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	p.variables["VITALS_STATE_DIR"] = filepath.Join(state, "vitals")
	chmod(t, data, 0o500)
	chmod(t, state, 0o500)
	t.Cleanup(func() { chmod(t, data, 0o700) })
	found, _ := p.examine()
	expectChecks(t, found,
		expected{"data-dir", statusFail, "no permission to write there", "ls -ld " + data},
		expected{"state-dir", statusFail, "cannot be made: there is no permission to write in " + state, "VITALS_STATE_DIR"},
		expected{"history", statusOK, "no damage found", ""})

	chmod(t, data, 0o700)
	before := p.tree()
	chmod(t, p.path("config.ini"), 0o000)
	chmod(t, filepath.Join(data, "vitals.db"), 0o000)
	found = p.on(os.Stdin, os.Stdout)
	chmod(t, p.path("config.ini"), 0o600)
	chmod(t, filepath.Join(data, "vitals.db"), 0o600)
	expectChecks(t, found, expected{"config", statusWarn, "(the usual place), as it is not known whether " + p.path("config.ini"), "see whose it is"}, expected{"history", statusFail, "cannot be opened", "check whose they are"})
	if after := p.tree(); !maps.Equal(before, after) {
		t.Error("the box was changed")
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
	p := newPatient(t)
	p.signIn("")
	p.run("sync").expect(t, 0)
	path := p.path(".local", "share", "vitals", "vitals.db")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
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
		}, expected{"history", statusFail, "is damaged", "the next start of vitals repairs it"}},
		"cut short":     {func(text []byte) []byte { return text[:len(text)/2] }, expected{"history", statusFail, "is damaged", "the next start of vitals repairs it"}},
		"no database":   {func([]byte) []byte { return []byte("time,weight\n") }, expected{"history", statusFail, "is not a history", "move it away"}},
		"no head":       {head, expected{"history", statusFail, "is damaged", "the next start of vitals repairs it"}},
		"of the future": {func(text []byte) []byte { text[63] = 99; return text }, expected{"history", statusFail, "newer vitals (format 99", "install the newer version"}},
		"of the past":   {func(text []byte) []byte { text[63] = 2; return text }, expected{"history", statusOK, "format 2, which the next start brings up to", ""}},
		"empty":         {func([]byte) []byte { return nil }, expected{"history", statusWarn, "is empty or gone, and there was a history in it", "vitals restore FILE"}},
	} {
		t.Run(name, func(t *testing.T) {
			p.t = t
			if err := os.WriteFile(path, c.damage(slices.Clone(whole)), 0o600); err != nil {
				t.Fatal(err)
			}
			found, _ := p.examine()
			expectChecks(t, found, c.want, expected{"config", statusOK, "", ""}, expected{"api", statusOK, "", ""})
			// What the account says is known, or said not to be.
			if found["history"].Status == statusOK {
				expectChecks(t, found, expected{"time-zone", statusOK, "(the account's)", ""}, expected{"units", statusOK, "(the account's)", ""})
			} else if name != "empty" && name != "a page lost" {
				expectChecks(t, found, expected{"time-zone", statusWarn, "cannot be read", "put history right"}, expected{"units", statusWarn, "cannot be read", "put history right"})
			}
			if g := found["grant"]; g.Status != statusOK && name != "empty" || !strings.Contains(g.Detail, "signed in") && name != "empty" {
				t.Errorf("grant: %+v", g)
			}
		})
	}
	t.Run("a change that was not finished", func(t *testing.T) {
		p.t = t
		for file, text := range map[string][]byte{path: whole, path + "-journal": []byte("half of a change")} {
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		found, _ := p.examine()
		expectChecks(t, found, expected{"history", statusWarn, "another program is writing to", "the next start of vitals undoes"},
			expected{"units", statusWarn, "cannot be read", "put history right"})
		if detail := found["history"].Detail; strings.Contains(detail, "no damage") || strings.Contains(detail, "weigh-ins") {
			t.Errorf("it was looked at: %s", detail)
		}
		if err := os.Remove(path + "-journal"); err != nil {
			t.Fatal(err)
		}
	})
	p.t = t
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	chmod(t, path, 0o644)
	found, _ := p.examine()
	expectChecks(t, found, expected{"history", statusWarn, "others on this machine may open it: ", "chmod 600 "})
	chmod(t, path, 0o400)
	readOnly := expected{"history", statusFail, "there is no permission to write", "chmod 600 "}
	if os.Geteuid() == 0 { // who may write to anything
		readOnly = expected{"history", statusOK, "no damage found", ""}
	}
	found, _ = p.examine()
	expectChecks(t, found, readOnly)
	chmod(t, path, 0o600)
	p.session() // which has it open
	if _, err := os.Stat(path + "-wal"); err != nil {
		t.Fatal(err)
	}
	found, _ = p.examine()
	expectChecks(t, found, expected{"history", statusOK, "no damage found", ""})
}

func TestDoctorAndTheMeter(t *testing.T) {
	for name, c := range map[string]struct {
		make func(t *testing.T, p *patientBox) string
		want expected
	}{
		"gone":        {func(_ *testing.T, p *patientBox) string { return p.path("none.db") }, expected{"meter", statusFail, "there is no file", "check the path"}},
		"no database": {func(_ *testing.T, p *patientBox) string { p.write("meter.db", "watts"); return p.path("meter.db") }, expected{"meter", statusFail, "is not a SQLite database", "name the file"}},
		"an address": {func(*testing.T, *patientBox) string { return "mysql://ann:hunter2@db.example/meter" },
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
		-time.Hour:        {"clock", statusFail, "s behind", "timedatectl"},
		9600 * time.Hour:  {"clock", statusFail, "400 days ahead of", "timedatectl"},
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
			[]expected{{"terminal", statusOK, "xterm-256color", ""}, {"size", statusOK, "100x30", ""}, {"colours", statusOK, "256; vitals uses a few fixed ones", ""},
				{"locale", statusOK, "UTF-8, by LC_ALL=en_GB.UTF-8", ""}, {"clipboard", statusOK, "your terminal", ""}}},
		"dumb": {80, 24, map[string]string{"TERM": "dumb"}, "",
			[]expected{{"terminal", statusOK, "dumb: vitals prints its report", ""}, {"locale", statusWarn, "none of LC_ALL, LC_CTYPE and LANG is set", "export LANG=C.UTF-8"}}},
		"nothing said": {0, 0, map[string]string{"LC_CTYPE": "C", "LANG": "C.UTF-8"}, "",
			[]expected{{"terminal", statusWarn, "TERM is not set", "export TERM="}, {"size", statusWarn, "0x0", "stty"}, {"locale", statusWarn, "LC_CTYPE=C decides", "LANG"}}},
		"too small": {19, 5, map[string]string{"TERM": "xterm", "LANG": "C.UTF-8"}, "",
			[]expected{{"size", statusWarn, "19x5; below 20x5", "enlarge"}, {"colours", statusOK, "16; theme = dark or light", ""}}},
		"16 and a theme": {80, 24, map[string]string{"TERM": "xterm", "LANG": "C.UTF-8"}, "[display]\ntheme = dark\n",
			[]expected{{"colours", statusOK, "16", ""}}},
		"small": {60, 20, map[string]string{"TERM": "linux", "LANG": "C.UTF-8", "NO_COLOR": "x"}, "",
			[]expected{{"size", statusOK, "60x20; from 80x24 on", ""}, {"colours", statusOK, "NO_COLOR", ""}, {"locale", statusOK, "the Linux console", ""}}},
		"mono and ascii": {80, 24, map[string]string{"TERM": "xterm", "ACCESSIBLE": "1"}, "[display]\ntheme = mono\nascii = true\n",
			[]expected{{"terminal", statusOK, "ACCESSIBLE", ""}, {"colours", statusOK, "theme = mono", ""}, {"locale", statusOK, "ascii = true", ""}}},
		"tmux": {80, 24, map[string]string{"TERM": "tmux-256color", "TMUX": "x", "COLORTERM": "truecolor"}, "",
			[]expected{{"multiplexer", statusOK, "tmux", ""}, {"clipboard", statusOK, "set -g set-clipboard on", ""}}},
		"a modern one": {80, 24, map[string]string{"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "",
			[]expected{{"multiplexer", statusOK, "none", ""}, {"colours", statusOK, "24 bit; vitals uses a few of the 256", ""}}},
		"screen": {80, 24, map[string]string{"TERM": "screen.xterm-256color"}, "",
			[]expected{{"multiplexer", statusOK, "screen", ""}, {"clipboard", statusOK, "screen passes", ""}}},
		"hostile": {80, 24, map[string]string{"TERM": "vt100\x1b[2J", "LANG": "C\x1b]0;x\x07.UTF-8"}, "",
			[]expected{{"terminal", statusOK, "vt100", ""}, {"locale", statusOK, "LANG=C.UTF-8", ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			p.variables = c.variables
			p.write("config.ini", "[energy]\n"+c.configured)
			near := open(c.columns, c.rows)
			expectChecks(t, p.on(near, near), c.want...)
		})
	}
}

// The dashboard and the doctor agree on what is too small.
func TestTheLeastSizeIsTheDashboards(t *testing.T) {
	needs := func(width, height int) bool {
		model := tui.New(tui.Dependencies{Now: time.Now})
		model.Update(tea.WindowSizeMsg{Width: width, Height: height})
		return strings.Contains(strings.Join(strings.Fields(model.View().Content), " "), "vitals needs")
	}
	if needs(leastWidth, leastHeight) || !needs(leastWidth-1, leastHeight) || !needs(leastWidth, leastHeight-1) {
		t.Errorf("the dashboard does not begin at %dx%d", leastWidth, leastHeight)
	}
}
