package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"vitals/fitbit/fake"
	energyfake "vitals/internal/energy/fake"
	"vitals/internal/health"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// hostile takes over a terminal that prints it. (The test's own terminal gives each
// combining mark a cell; heaps of them are planted in command's tests.)
var hostile = "Evil\x1b[8m\x1b]0;pwned\x07\x1b]52;c;eA==\x1b\\\x1b]8;;http:x\x1b\\\x1bP1$r\x1b\\\x1bc\u009b8m\u0090q\u009c\x9b8m\u202egnp\u2066\u200b\u200d\ufeff" +
	"\u2028\a\b\x7f\t\r\nvitals: error: FORGED"

// own are the sequences that the screen is drawn with: of CSI all but what hides
// text, the window's title, and the few of two characters.
var own = regexp.MustCompile(`\x1b\[[0-9;:?<=>]*[ !$]?[@-~]|\x1b\]2;(vitals)?(\x07|\x1b\\)|\x1b[78=>M]`)

// intruder is the first thing that nobody of ours can have written, "" for none.
func intruder(raw string) string {
	if strings.Contains(raw, "\x1b[8m") || strings.Contains(raw, "pwned\x07") {
		return "a sequence of the planted text"
	}
	marks, rest := 0, own.ReplaceAllString(raw, "")
	for i, r := range rest {
		if marks++; !unicode.Is(unicode.M, r) {
			marks = 0
		}
		control := unicode.Is(unicode.Cc, r) && !strings.ContainsRune("\n\r\b\t", r)
		if control || marks > 4 || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return fmt.Sprintf("%U in %q", r, rest[max(0, i-40):min(len(rest), i+20)])
		}
	}
	if !utf8.ValidString(rest) {
		return "broken UTF-8"
	}
	return ""
}

// Everything that comes from outside is hostile at once, and every screen of the
// real program is looked at.
func TestHostileTextOnATerminal(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{"OSC": "\x1b]52;c;x\x07", "C1": "\u009b", "byte": "\x9b", "bidi": "\u202e", "hidden": "\x1b[8m", "reset": "\x1bc", "marks": "e\u0301\u0301\u0301\u0301\u0301"} {
		if intruder("\x1b[2J"+bad) == "" {
			t.Fatal(name, "would not be noticed")
		}
	}
	b := newBox(t)
	now := time.Now()
	person := fake.Ann(now)
	person.Profile = health.Profile{Name: hostile, Age: 41, MemberSince: health.DateOf(now.AddDate(0, 0, -10))}
	for i := range person.Devices {
		person.Devices[i].Name, person.Devices[i].Battery = hostile, hostile
	}
	for i := range person.Weighings {
		person.Weighings[i].Source.Name = hostile
	}
	server := fake.New(person, time.Now)
	base, stop, err := server.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(b.dir, strings.NewReplacer("/", "", "\n", "", "\r", "").Replace(hostile))
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	good, several := filepath.Join(folder, "meter.db"), filepath.Join(b.dir, "several.db")
	if err := energyfake.WriteMeter(context.Background(), good, now, zone); err != nil {
		t.Fatal(err)
	}
	conn, err := sqlite.OpenConn(several, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		name := `"` + strings.ToValidUTF8(hostile, "") + fmt.Sprint(i) + `"`
		script := fmt.Sprintf("CREATE TABLE %s (time TEXT, watts REAL); WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < 400) INSERT INTO %s SELECT datetime('2026-11-01', i || ' minutes'), 200 + i %% 37 FROM n;", name, name)
		if err := sqlitex.ExecuteScript(conn, script, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	configure := func(meter string) {
		text := fake.Configuration(base, server.SignIn(fake.Scopes()...)) + "[energy]\ndatabase = " + meter + "\n"
		if err := os.WriteFile(filepath.Join(b.dir, "config.ini"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	end := func(p terminal) {
		t.Helper()
		p.press("q")
		p.expectExit(0)
		if found := intruder(p.Raw()); found != "" {
			t.Errorf("the terminal got %s", found)
		}
	}

	configure(good)
	b.env = append(b.env, "VITALS_STATE_DIR="+filepath.Join(folder, "state"))
	walk := func() {
		t.Helper()
		p := b.start(80, 24)
		p.wait("Evil", "Body", "kWh")
		p.press("\t\r") // the profile alone
		p.wait("Fitbit since", "esc back")
		p.press("i")
		p.wait("why: ")
		p.press("\x1b")
		p.wait("Fitbit since", "esc back")
		p.press("\t") // the body
		p.wait("Body")
		p.press("i")
		p.wait("made of")
		p.press("\x1b")
		p.wait("esc back", "lowest")
		p.press("?")
		p.wait("key goes back")
		p.press(" ")
		p.wait("esc back", "lowest")
		p.press("a")
		p.wait("Copy the whole address")
		if err := p.Paste("http://127.0.0.1:8765/?state=x&code=" + hostile); err != nil {
			t.Fatal(err)
		}
		p.wait("got ")
		p.press("\r")
		p.wait("characters")
		p.press("\x1b")
		p.wait("esc back", "lowest")
		end(p)
	}
	walk()
	// The same once more of a history that was tampered with.
	conn, err = sqlite.OpenConn(filepath.Join(b.dir, ".local", "share", "vitals", "vitals.db"), sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	for _, column := range []string{"profile SET name", "device SET name", "device SET battery", "reading SET source", "reading SET via", "fetch SET error", "roll_up SET source", "settings SET units"} {
		if err := sqlitex.ExecuteTransient(conn, "UPDATE "+column+" = ?", &sqlitex.ExecOptions{Args: []any{hostile}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	b.display("refresh = off")
	walk()

	configure(several) // of which one has to be chosen
	p := b.start(80, 24)
	p.wait("not sure which series", "Evil")
	p.press("\r")
	p.wait("chooses it")
	p.press("\x1b[B\x1b[B")
	p.wait("> ")
	end(p)

	configure(filepath.Join(folder, "none.db"))
	p = b.start(80, 24)
	p.wait("there is no file")
	end(p)
}
