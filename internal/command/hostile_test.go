package command

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"vitals/fitbit/fake"
	"vitals/internal/health"
)

// forged is a line that nobody but vitals may write.
const forged = "vitals: error: FORGED"

// hostile is a text that takes over a terminal which prints it: sequences to
// clear the screen, name the window, fill the clipboard, make a link, draw; C1
// controls as characters and as bytes; marks of direction, what cannot be seen, a
// heap of accents; and a line that looks like one of ours.
var hostile = "Evil\x1b[2J\x1b[8m\x1b]0;pwned\x07\x1b]52;c;eA==\x1b\\\x1b]8;;http:x\x1b\\\x1bP1$r\x1b\\\x1bc\u009b31m\u0090q\u009c\u0085\x9b1m\x90\x9d" +
	"\u202egnp\u2066\u2069\u200f\u061c\u200b\u200d\u2060\ufeff\u00ad\U000e0041\u034f\u3164Z" + strings.Repeat("\u0335\u0489", 40) +
	"\u2028\u2029\a\b\b\x7f\t\v\f\r\n" + forged + "\r"

// inPath is the same as a name of a file, which some systems do not take.
var inPath = strings.ToValidUTF8(strings.ReplaceAll(strings.ReplaceAll(hostile, "/", ""), strings.Repeat("\u0335\u0489", 40), strings.Repeat("\u0335", 8)), "")

// fault is what is wrong with printed text, "" for nothing: a control character
// other than the end of a line, one that is not seen or turns the direction, a
// heap of marks, a broken character, a line of somebody else's, a line without end.
func fault(text string) string {
	marks := 0
	for i, r := range text {
		if marks++; !unicode.Is(unicode.M, r) {
			marks = 0
		}
		bad := r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point)
		if bad || marks > 4 {
			return fmt.Sprintf("%U in %q", r, text[max(0, i-60):min(len(text), i+20)])
		}
	}
	if !utf8.ValidString(text) {
		return "broken UTF-8"
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, forged) {
			return "a forged line"
		}
		if utf8.RuneCountInString(line) > 20_000 {
			return fmt.Sprintf("a line of %d bytes: %.100q", len(line), line)
		}
	}
	return ""
}

func TestFaultIsStrict(t *testing.T) {
	for _, r := range hostile {
		if unicode.IsControl(r) && r != '\n' && fault("a"+string(r)+"b") == "" {
			t.Errorf("%U is let through", r)
		}
	}
	for _, bad := range []string{"\x9b", "\u202e", "\u200b", "\ufeff", "\u3164", "e\u0301\u0301\u0301\u0301\u0301", "a\n" + forged + "\n", strings.Repeat("a", 30_000)} {
		if fault(bad) == "" {
			t.Errorf("%.20q is let through", bad)
		}
	}
	if found := fault("Zoë 東京 \U0001f600 – ±\n  next\n"); found != "" {
		t.Error(found)
	}
}

// longest is how many characters a text has that is longer than any: a megabyte,
// or what there is time for.
func longest() int {
	if long() {
		return 1 << 20
	}
	return 1 << 15
}

// some is a list as long as there is time for it.
func some[T any](few int, all ...T) []T {
	if long() {
		return all
	}
	return all[:few]
}

// looks are all commands that print what was planted, without arguments of
// their own.
var looks = []string{
	"report", "report --json", "report --line", "auth status", "auth status --json", "doctor", "doctor --json", "sync", "sync --json", "auth --print-url",
	"export weight --by raw", "export weight --by raw --format json", "export weight --by raw --format text", "export weight --by raw --format svg", "export fat --by month --format svg",
	"export electricity --format svg", "export electricity --by raw --format svg", "export fat --by month --format json", "likeness", "likeness --compare -7d",
	"export electricity", "export electricity --format json", "export electricity --by raw --format json", "export electricity --format text",
	"energy detect", "energy detect --json",
}

// scan runs a command and looks for hostile text in what it prints.
func (b *box) scan(t *testing.T, change func(*Environment), args ...string) result {
	t.Helper()
	in, out := b.file("stdin", ""), b.file("stdout", "")
	defer in.Close()
	defer out.Close()
	var stderr bytes.Buffer
	env := b.environment(in, out, &stderr, args...)
	env.Patience = 2 * time.Second
	if change != nil {
		change(&env)
	}
	code := Run(context.Background(), env)
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	for name, printed := range map[string]string{"standard output": string(text), "standard error": stderr.String()} {
		if found := fault(printed); found != "" {
			t.Errorf("vitals %.60q: %s has %s", args, name, found)
		}
	}
	if len(args) > 0 && args[len(args)-1] == "--json" && code == 0 {
		var value any
		if err := json.Unmarshal(text, &value); err != nil {
			t.Errorf("vitals %.60q: %v", args, err)
		}
	}
	return result{code, string(text), stderr.String()}
}

func (b *box) scanAll(t *testing.T, change func(*Environment)) {
	t.Helper()
	for _, look := range looks {
		b.scan(t, change, strings.Fields(look)...)
	}
}

// hostilePerson has hostile text wherever the account has text.
func hostilePerson() fake.Person {
	p := fake.Ann(moment)
	p.Profile = health.Profile{Name: hostile, Age: 41, MemberSince: health.Date{Year: 2026, Month: time.October, Day: 1}}
	p.Identity.FitbitUserID = hostile
	for i := range p.Devices {
		p.Devices[i].Name, p.Devices[i].Type, p.Devices[i].Battery = hostile, hostile, hostile
	}
	for i := range p.Weighings {
		p.Weighings[i].Source.Name = "=cmd|' /C calc'!A0" + hostile
	}
	for i := range p.BodyFats {
		p.BodyFats[i].Source.Name = hostile
	}
	return p
}

// hostileMeter is a database whose names of tables and columns are hostile; its
// values come every minute.
func (b *box) hostileMeter(t *testing.T, name string) string {
	t.Helper()
	quoted := func(text string) string {
		return `"` + strings.ReplaceAll(strings.ToValidUTF8(text, ""), `"`, `""`) + `"`
	}
	const inject = `x"; DROP TABLE meter; --`
	var script strings.Builder
	for k, table := range []string{hostile + " power", inject + " watts"} {
		fmt.Fprintf(&script, "CREATE TABLE %s (%s TEXT, %s REAL, %s TEXT);\n", quoted(table), quoted("time "+hostile), quoted(fmt.Sprint("watts ", k, hostile, inject)), quoted("meter"+hostile))
		fmt.Fprintf(&script, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < 400) INSERT INTO %s SELECT datetime('2026-11-20', i || ' minutes'), 200 + i %% 37, '%s' FROM n;\n",
			quoted(table), strings.ReplaceAll(strings.ToValidUTF8(hostile, ""), "'", "''"))
	}
	return b.meter(name, script.String())
}

func TestHostileAccount(t *testing.T) {
	b := newBox(t)
	b.google.Become(hostilePerson())
	b.signIn("[energy]\ndatabase = " + b.hostileMeter(t, "meter.db") + "\n")
	if r := b.scan(t, nil, "sync"); r.code != 0 {
		t.Fatalf("exit code %d: %s", r.code, r.stderr)
	}
	b.scanAll(t, nil)
	if r := b.run("report"); !strings.Contains(r.stdout, "Evil") { // or nothing was planted
		t.Errorf("no trace of it in %s", r.stdout)
	}
	for line := range strings.Lines(b.run("export", "weight", "--by", "raw").stdout) {
		for cell := range strings.SplitSeq(line, ",") {
			if strings.HasPrefix(strings.Trim(cell, `"`), "=") {
				t.Fatalf("a formula: %s", line)
			}
		}
	}
}

func TestHostileSignIn(t *testing.T) {
	b := newBox(t)
	p := hostilePerson()
	b.google.Become(p)
	b.configure("")
	address := strings.TrimSpace(b.run("auth", "--print-url").stdout)
	in, out := b.file("stdin", browse(t, address)), b.file("stdout", "")
	var stderr bytes.Buffer
	if code := Run(t.Context(), b.environment(in, out, &stderr, "auth", "--paste-stdin")); code != 0 || fault(stderr.String()) != "" || !strings.Contains(stderr.String(), "Evil") {
		t.Errorf("exit code %d: %q", code, stderr.String())
	}
	for _, pasted := range []string{hostile, "http://127.0.0.1:8765/?state=x&code=" + hostile, "https://evil.example/" + hostile, "http://127.0.0.1:8765/?error=" + hostile, strings.Repeat("x\x1b", 40_000)} {
		b.run("auth", "--print-url")
		in, stderr := b.file("stdin", pasted), bytes.Buffer{}
		if code := Run(t.Context(), b.environment(in, out, &stderr, "auth", "--paste-stdin")); code == 0 || fault(stderr.String()) != "" {
			t.Errorf("%.40q: exit code %d: %s, %.200q", pasted, code, fault(stderr.String()), stderr.String())
		}
	}
}

func TestHostileServer(t *testing.T) {
	text, err := json.Marshal(strings.ToValidUTF8(hostile, ""))
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range some(2, 403, 200, 302, 400, 401, 404, 410) {
		for name, body := range map[string]string{
			"raw": hostile, "html": "<html>" + hostile,
			"error":  fmt.Sprintf(`{"error":{"code":%d,"status":%s,"message":%s,"details":[{"reason":%s,"metadata":{"maxDurationDays":%s,"consumer":%s}}]}}`, status, text, text, text, text, text),
			"token":  fmt.Sprintf(`{"error":%s,"error_description":%s,"error_uri":%s}`, text, text, text),
			"answer": fmt.Sprintf(`{"access_token":"x","expires_in":3600,"scope":%s,"nextPageToken":%s,"timeZone":%s,"healthUserId":%s}`, text, text, text, text),
		} {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json; charset=\x9b"+strings.ToValidUTF8("\u202e", ""))
				w.Header().Set("Location", "http://evil.example/\u202e")
				w.Header().Set("Date", "\u202e\u009b31m")
				if name != "token" && name != "answer" && strings.Contains(r.URL.Path, "token") {
					fmt.Fprint(w, `{"access_token":"x","expires_in":3600}`)
					return
				}
				w.WriteHeader(status)
				fmt.Fprint(w, body)
			}))
			b := newBox(t)
			b.write("config.ini", fake.Configuration(server.URL, "1//kept"))
			for _, look := range some(2, "sync", "doctor", "sync --json", "report", "auth status") {
				b.scan(t, nil, strings.Fields(look)...)
			}
			server.Close()
		}
	}
}

// Whatever stands in the history, as in one that somebody else sent: every column
// of text is hostile.
func TestHostileHistory(t *testing.T) {
	b := newBox(t)
	meter := b.blog("blog.db", moment.AddDate(0, 0, -2), moment, steady(300))
	b.signIn("[energy]\ndatabase = " + meter + "\n")
	b.run("sync").expect(t, 0)
	b.run("report").expect(t, 0)
	conn, err := sqlite.OpenConn(b.path(".local", "share", "vitals", "vitals.db"), sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	var columns [][2]string
	err = sqlitex.ExecuteTransient(conn, "SELECT t.name, c.name FROM pragma_table_list t, pragma_table_info(t.name) c WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND c.type = 'TEXT' AND c.name NOT IN ('type', 'key', 'series')",
		&sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
			columns = append(columns, [2]string{stmt.ColumnText(0), stmt.ColumnText(1)})
			return nil
		}})
	if err != nil || len(columns) < 10 {
		t.Fatal(columns, err)
	}
	for _, c := range columns {
		if err := sqlitex.ExecuteTransient(conn, fmt.Sprintf("UPDATE %q SET %q = ?1", c[0], c[1]), &sqlitex.ExecOptions{Args: []any{hostile}}); err != nil {
			t.Fatal(c, err)
		}
	}
	// A type of data that nobody knows, and a text of a megabyte.
	for _, kind := range []string{hostile, strings.Repeat("long ", longest()/5)} {
		if err := sqlitex.ExecuteTransient(conn, "INSERT INTO fetch (type, error) VALUES (?1, ?1)", &sqlitex.ExecOptions{Args: []any{kind}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	b.scanAll(t, nil)
	if r := b.run("report"); !strings.Contains(r.stdout, "Evil") || !strings.Contains(r.stdout, " kg on ") {
		t.Errorf("no trace of it, or no unit, in %s", r.stdout)
	}
}

func TestHostileConfiguration(t *testing.T) {
	oneLine := strings.NewReplacer("\n", "", "\r", "").Replace(hostile)
	for name, text := range map[string]string{
		"series": "[energy]\nseries = " + oneLine, "table": "[energy]\ntable = " + oneLine, "time": "[energy]\ntime = " + oneLine,
		"value": "[energy]\nvalue = " + oneLine, "where": "[energy]\nwhere = " + oneLine + " = " + oneLine, "kind": "[energy]\nkind = " + oneLine,
		"database": "[energy]\ndatabase = /nowhere/" + oneLine, "long": "[energy]\ndatabase = /nowhere/" + strings.Repeat("x", longest()),
		"clock": "[energy]\nclock_zone = " + oneLine, "zone": "[display]\ntime_zone = " + oneLine, "units": "[display]\nunits = " + oneLine,
		"currency": "[tariff]\nprice_per_kwh = 1\ncurrency = " + oneLine, "section": "[" + oneLine + "]", "tariff": "[tariff " + oneLine + "]",
		"key": "[energy]\n" + oneLine + " = 1", "syntax": oneLine, "secrets": "[secrets]\ncommand = " + oneLine, "dsn": "[push]\ndsn = " + oneLine,
		"client": "[fitbit]\nclient_id = " + oneLine + "\nclient_secret = x\nrefresh_token = 1//x", "redirect": "[fitbit]\nredirect_url = http://127.0.0.1/" + oneLine,
		"token":  "[fitbit]\nclient_id = x.apps.googleusercontent.com\nclient_secret = x\nrefresh_token = 1//x\ntoken_url = http://127.0.0.1:1/" + oneLine,
		"scopes": "[fitbit]\nclient_id = x.apps.googleusercontent.com\nclient_secret = x\nrefresh_token = 1//x\ngranted_scopes = " + oneLine + "\ntoken_url = http://127.0.0.1:1/",
	} {
		b := newBox(t)
		database := ""
		if strings.HasPrefix(text, "[energy]") && !strings.Contains(text, "database") {
			database = "database = " + b.hostileMeter(t, "meter.db") + "\n"
		}
		b.write("config.ini", text+"\n"+database)
		for _, look := range some(2, "report", "doctor", "energy detect", "export electricity", "auth status", "auth --print-url", "sync") {
			b.scan(t, nil, strings.Fields(look)...)
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// Where a path is hostile: of the configuration, the folders, the meter, archives.
func TestHostilePaths(t *testing.T) {
	b := newBox(t)
	b.home = filepath.Join(b.home, inPath)
	if err := os.Mkdir(b.home, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(b.home) // where relative ones begin
	b.hostileMeter(t, inPath)
	b.write("weights.csv", "date,weight kg\n2026-03-02,71.4\nx,y\n")
	oneLine := strings.NewReplacer("\n", "", "\r", "").Replace(inPath)
	b.signIn("[energy]\ndatabase = ~/" + oneLine + "\n")
	b.scan(t, nil, "sync")
	b.scanAll(t, nil)
	for _, args := range [][]string{
		{"import", b.path("weights.csv")}, {"import", b.path("no " + inPath)}, {"import", b.home}, {"energy", "detect", b.path(inPath)}, {"energy", "detect", b.path(inPath, "x")},
		{"energy", "detect", b.home}, {"export", "weight", "--out", b.path(inPath, "x.csv")}, {"export", "weight", "--out", b.home}, {"export", "weight", "--out", b.path("config.ini")},
		{"report", "--config", b.path("no " + inPath)}, {"report", "--config", b.home}, {"export", "electricity", "--db", b.path(inPath)},
	} {
		b.scan(t, nil, args...)
	}
	for _, name := range []string{"VITALS_CONFIG", "VITALS_DATA_DIR", "VITALS_STATE_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "TERM", "LANG", "LC_ALL", "TZ", "COLORTERM", "VITALS_PUSH_DSN", "STY", "COLUMNS"} {
		for _, value := range some(1, inPath, b.path(inPath), b.path("config.ini"), strings.Repeat("x", 100_000)) {
			change := func(e *Environment) {
				old := e.Getenv
				e.Getenv = func(asked string) string {
					if asked == name {
						return value
					}
					return old(asked)
				}
			}
			for _, look := range some(1, "doctor", "report", "auth status") {
				b.scan(t, change, strings.Fields(look)...)
			}
		}
	}
	for state, text := range map[string]string{"view.json": `{"units":"` + hostile + `"}`, "sign-in.json": `{"AuthURL":"https://x/` + strings.NewReplacer("\n", "", "\r", "").Replace(hostile) + `"}`} {
		if err := os.WriteFile(b.path(".local", "state", "vitals", state), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.scan(t, nil, "auth", "--print-url")
	b.scan(t, nil, "report")
}

// What was planted in the file of a sign-in under way is no address to go to.
func TestAnAddressPlantedInTheStateIsNotPrinted(t *testing.T) {
	b := newBox(t)
	b.configure("")
	address := b.run("auth", "--print-url").stdout
	path := b.path(".local", "state", "vitals", attemptFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, planted := range []string{"https://evil.example/auth", b.base + fake.AuthPath + `\u001b]0;x\u0007`} {
		changed := strings.Replace(string(text), b.base+fake.AuthPath, planted, 1)
		if changed == string(text) {
			t.Fatal("nothing was planted")
		}
		if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		s := b.session()
		if _, err := (&signIn{session: s}).pending(t.Context()); err == nil {
			t.Errorf("%s is taken up", planted)
		}
	}
	if r := b.scan(t, nil, "auth", "--print-url"); !strings.HasPrefix(r.stdout, b.base) || r.stdout == address {
		t.Errorf("got %s", r.stdout)
	}
}

func TestHostileArguments(t *testing.T) {
	b := newBox(t)
	b.configure("[energy]\ndatabase = " + b.hostileMeter(t, "meter.db") + "\n")
	for _, value := range []string{hostile, "--" + hostile, "-" + hostile, strings.Repeat("long\x1b", longest()/5)} {
		for _, args := range [][]string{
			{value}, {"report", value}, {"export", value}, {"export", "weight", "--by", value}, {"export", "weight", "--from", value}, {"export", "weight", "--to", value},
			{"export", "weight", "--tz", value}, {"export", "weight", "--format", value}, {"export", "weight", "--out", value + "/x/y"}, {"export", "electricity", "--series", value},
			{"export", "electricity", "--db", value}, {"import", value}, {"import", "--units", value, "x"}, {"import", "--dates", value, "x"}, {"energy", value},
			{"energy", "detect", value}, {"auth", value}, {"auth", "--client", value}, {"report", "--config", value}, {"sync", "--full=" + value}, {"help", value},
			{"export", "weight", "--from", "2026-01-01" + value, "--to", value},
		} {
			if r := b.scan(t, nil, args...); r.code == 0 && args[0] != "help" && args[0] != "report" {
				t.Errorf("%.60q: exit code 0", args)
			}
		}
	}
}

// hostileArchive is files by name, some of them good.
func hostileFiles() map[string]string {
	csv := "date,weight kg,source\n2026-03-02,71.4,Good\n2026-03-03,71.5,\"" + hostile + "\"\n"
	return map[string]string{
		"weights.csv": csv, hostile + ".csv": csv, hostile + "/x.json": `{"errors":[{"message":` + `"` + "\u202e\u009b1m\u001b" + `"}]}`, hostile + ".exe": "x", "Takeout/" + hostile + "/steps-2026-01-01.json": "[{",
		"people.csv":  "Id,Date,WeightKg\n" + strings.ReplaceAll(hostile, "\n", "") + ",5/2/2016 11:59:59 PM,52\n2,5/2/2016 11:59:59 PM,52\n",
		"Profile.csv": "id,full_name,display_name,timezone,member_since\n1ABCDE,\"" + hostile + "\",\"" + hostile + "\",\"" + hostile + "\",2014-03-02\n",
		"height.csv":  "timestamp,height millimeters,data source\n" + hostile + ",1700,\"" + hostile + "\"\n",
		"weight.csv":  "timestamp,weight grams,data source\n2026-07-25T10:12:44Z,64900,\"" + hostile + "\"\n2026-07-26T10:12:44Z,64900,\"@SUM(1)" + hostile + "\"\n",
	}
}

func TestHostileArchives(t *testing.T) {
	b := newBox(t)
	b.configure("")
	var zipped, tarred bytes.Buffer
	z, gz := zip.NewWriter(&zipped), gzip.NewWriter(&tarred)
	gz.Name = "bad\u0090\u009b"
	tr := tar.NewWriter(gz)
	for name, content := range hostileFiles() {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(content))
		}
		if err == nil && tr.WriteHeader(&tar.Header{Name: strings.ToValidUTF8(name, ""), Typeflag: tar.TypeReg, Size: int64(len(content)), Mode: 0o600}) == nil {
			_, err = tr.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []interface{ Close() error }{z, tr, gz} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	b.write("export.zip", zipped.String())
	b.write("cut.zip", zipped.String()[:zipped.Len()-300])
	b.write("export.tgz", tarred.String())
	b.write("one.csv", hostileFiles()["people.csv"])
	for _, args := range []string{"export.zip", "cut.zip", "export.tgz", "export.zip export.tgz one.csv", "one.csv", "export.zip --json", "export.tgz --person 7"} {
		words := []string{"import"}
		for word := range strings.FieldsSeq(args) {
			if strings.Contains(word, ".") {
				word = b.path(word)
			}
			words = append(words, word)
		}
		r := b.scan(t, nil, words...)
		if strings.HasPrefix(args, "export") && !strings.Contains(r.stdout, "Evil") {
			t.Errorf("%s: no trace of it in %s%s", args, r.stdout, r.stderr)
		}
	}
	b.scanAll(t, nil)
	r := b.run("export", "weight", "--by", "raw")
	if !strings.Contains(r.stdout, "'@SUM(1)") || !strings.Contains(r.stdout, "Good") {
		t.Errorf("got %s", r.stdout)
	}
	// What was exported so comes back as it was.
	other := newBox(t)
	other.configure("")
	other.write("again.csv", r.stdout)
	other.run("import", other.path("again.csv"))
	if again := other.run("export", "weight", "--by", "raw").stdout; again != r.stdout {
		t.Errorf("from %s to %s", r.stdout, again)
	}
}
