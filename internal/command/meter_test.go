package command

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"vitals/internal/energy"
)

// meter writes an SQLite file with the script's tables and rows.
func (b *box) meter(name, script string) string {
	b.t.Helper()
	conn, err := sqlite.OpenConn(b.path(name), sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		b.t.Fatal(err)
	}
	defer conn.Close()
	if err := sqlitex.ExecuteScript(conn, script, nil); err != nil {
		b.t.Fatal(err)
	}
	return b.path(name)
}

// blog writes the blog's first layout: a reading of watts every five minutes in
// [from, to), stamped with London's wall clock.
func (b *box) blog(name string, from, to time.Time, watts func(time.Time) int) string {
	b.t.Helper()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		b.t.Fatal(err)
	}
	var script strings.Builder
	script.WriteString("CREATE TABLE readings (r_datetime TIMESTAMP, r_watts INT, r_temp INT);\n")
	for at := from; at.Before(to); at = at.Add(5 * time.Minute) {
		fmt.Fprintf(&script, "INSERT INTO readings VALUES ('%s', %d, 18.4);\n", at.In(london).Format("2006-01-02 15:04:05"), watts(at))
	}
	return b.meter(name, script.String())
}

func steady(watts int) func(time.Time) int { return func(time.Time) int { return watts } }

func kWhOf(t *testing.T, row map[string]string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(row["kwh"], 64)
	if err != nil {
		t.Fatalf("row %v: %v", row, err)
	}
	return v
}

func TestElectricityOverTheClockChange(t *testing.T) {
	b := newBox(t)
	at := func(text string) time.Time {
		at, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	path := b.blog("energymonitor.db", at("2024-10-25 23:00"), at("2024-10-28 00:00"), steady(400))
	r := b.run("export", "electricity", "--db", path, "--tz", "Europe/London")
	r.expect(t, 0)
	want := "label,start,end,bucket_s,kwh,covered_s,estimated_s,mean_w,status,cost\n" +
		"2024-10-26,2024-10-26T00:00:00+01:00,2024-10-27T00:00:00+01:00,86400,9.600000,86400,0,400.000000,full,\n" +
		"2024-10-27,2024-10-27T00:00:00+01:00,2024-10-28T00:00:00Z,90000,10.000000,90000,0,400.000000,full,\n"
	if r.stdout != want {
		t.Errorf("got\n%swant\n%s", r.stdout, want)
	}
	hours := b.run("export", "electricity", "--db", path, "--by", "hour", "--from", "2024-10-27", "--to", "2024-10-28").rows(t)
	if len(hours) != 25 || hours[1]["label"] != "2024-10-27 01:00 +0100" || hours[2]["label"] != "2024-10-27 01:00 +0000" {
		t.Errorf("%d hours, %v and %v", len(hours), hours[1], hours[2])
	}
	// An edge inside a bucket, and inside a quarter-hour, cuts it.
	cut := b.run("export", "electricity", "--db", path, "--from", "2024-10-26T10:07", "--to", "2024-10-26T11:01:30", "--by", "hour").rows(t)
	if len(cut) != 2 || cut[0]["label"] != "2024-10-26 10:00 +0100" || cut[0]["bucket_s"] != "3180" || cut[1]["bucket_s"] != "90" ||
		math.Abs(kWhOf(t, cut[0])-0.4*3180/3600) > 1e-6 || math.Abs(kWhOf(t, cut[1])-0.01) > 1e-6 {
		t.Errorf("cut %v", cut)
	}
	object := b.run("export", "electricity", "--db", path, "--format", "json", "--by", "week").object(t)
	if object["total_kwh"] != 19.6 || object["unit"] != "kWh" || len(object["dropped_readings"].([]any)) != 0 {
		t.Errorf("%v", object)
	}
	// Edges beyond what nanoseconds can count change nothing.
	far := b.run("export", "electricity", "--db", path, "--by", "raw", "--from", "1600-01-01").rows(t)
	if all := b.run("export", "electricity", "--db", path, "--by", "raw", "--to", "9999-12-31").rows(t); len(far) != len(all) || len(all) != 588 {
		t.Errorf("%d and %d raw readings, want 588", len(far), len(all))
	}
	if rows := b.run("export", "electricity", "--db", path, "--from", "2024-10-27T10:40", "--to", "2100-01-01", "--by", "year").rows(t); rows[0]["status"] == "empty" {
		t.Errorf("to a far end: %v", rows[0])
	}
	raw := b.run("export", "electricity", "--db", path, "--by", "raw", "--from", "2024-10-27T01:00", "--to", "2024-10-27T01:10").rows(t)
	if len(raw) != 2 || raw[0]["time"] != "2024-10-27T01:00:00+01:00" || raw[0]["value"] != "400" || raw[0]["unit"] != "W" {
		t.Errorf("raw %v", raw)
	}
}

func TestConfiguredMeter(t *testing.T) {
	b := newBox(t)
	from := moment.AddDate(0, 0, -3)
	b.blog("meter.db", from, moment.Add(time.Minute), steady(200))
	b.write("config.ini", "[energy]\ndatabase = ~/meter.db\n[tariff]\ncurrency = GBP\nprice_per_kwh = 0.25\nstanding_charge = 0.50\n[display]\ntime_zone = Europe/London\n")
	report := b.run("report", "--json")
	report.expect(t, 0)
	e := report.object(t)["electricity"].(map[string]any)
	today := 0.2 * (13 + 40.0/60) // the last reading holds until now
	if now := e["now_w"]; now != 200.0 || e["last_reading"] != "2026-11-22T13:37:00Z" || e["yesterday_kwh"] != 4.8 || e["idle_w"] != 200.0 {
		t.Errorf("electricity %v", e)
	}
	if got := e["today_kwh"].(float64); math.Abs(got-today) > 0.02 {
		t.Errorf("today %f kWh, want about %f", got, today)
	}
	if e["today_cost"] == nil || e["currency"] != "GBP" {
		t.Errorf("cost %v %v", e["today_cost"], e["currency"])
	}
	rows := b.run("export", "electricity", "--from", "2026-11-21", "--to", "2026-11-22").rows(t)
	if len(rows) != 1 || rows[0]["cost"] != "1.7000" {
		t.Errorf("yesterday %v", rows)
	}
	// The logger goes on.
	conn, err := sqlite.OpenConn(b.path("meter.db"), sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := sqlitex.ExecuteScript(conn, "INSERT INTO readings VALUES ('2026-11-22 13:42:00', 900, 18)", nil); err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(6 * time.Minute)
	if now := b.run("report", "--json").object(t)["electricity"].(map[string]any)["now_w"]; now != 900.0 {
		t.Errorf("after a new reading: %v W", now)
	}
	// The disk is unplugged: the figures stay, with a word.
	if err := os.Rename(b.path("meter.db"), b.path("gone.db")); err != nil {
		t.Fatal(err)
	}
	r := b.run("report", "--json")
	r.expect(t, 0, "there is no file", "vitals: hint: ")
	if r.object(t)["electricity"].(map[string]any)["yesterday_kwh"] != 4.8 {
		t.Errorf("without the disk: %s", r.stdout)
	}
}

func TestMeterDatabasesThatWillNotDo(t *testing.T) {
	b := newBox(t)
	b.write("text.db", "this is no database\n")
	b.write("empty.db", "")
	b.meter("foreign.db", "CREATE TABLE songs (title TEXT, artist TEXT); INSERT INTO songs VALUES ('a', 'b');")
	b.meter("norows.db", "CREATE TABLE readings (r_datetime TIMESTAMP, r_watts INT);")
	good := b.blog("good.db", moment.Add(-time.Hour), moment, steady(1))
	damaged, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	copy(damaged[4096:], strings.Repeat("x", 200)) // over the head of the table's page
	b.write("damaged.db", string(damaged))
	if err := os.Mkdir(b.path("folder.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"missing.db", "text.db", "empty.db", "foreign.db", "folder.db", "damaged.db"} {
		r := b.run("export", "electricity", "--db", b.path(name))
		r.expect(t, 1, "vitals: error: ", "vitals: hint: ", name)
		if n := strings.Count(r.stderr, "\n"); n != 2 {
			t.Errorf("%s: %d lines: %s", name, n, r.stderr)
		}
	}
	r := b.run("export", "electricity", "--db", b.path("norows.db"))
	if r.code != 0 && r.code != 1 || strings.Count(r.stdout, "\n") > 1 {
		t.Errorf("a table without rows: %d %s%s", r.code, r.stdout, r.stderr)
	}
	b.run("export", "electricity").expect(t, 2, "there is no meter database", "--db")
	b.run("energy", "detect", good).expect(t, 0)
	detected := b.run("energy", "detect", good, "--json").object(t)
	if detected["layout"] != "blog-readings" || detected["journal"] != "rollback" {
		t.Errorf("detected %v", detected)
	}
	series := detected["series"].([]any)[0].(map[string]any)
	if series["clock_zone"] != "Europe/London" || series["unit"] != "W" || series["interval_s"] != 300.0 || series["rows"] != 12.0 {
		t.Errorf("series %v", series)
	}
}

func TestWrongUsageTouchesNothing(t *testing.T) {
	b := newBox(t)
	tests := []struct {
		args []string
		says string
	}{
		{[]string{"frobnicate"}, `"frobnicate" is not a command`},
		{[]string{"--frobnicate"}, "unknown flag"},
		{[]string{"export"}, "export takes one series"},
		{[]string{"export", "height"}, "export takes one series"},
		{[]string{"export", "weight", "--by", "fortnight"}, "fortnight"},
		{[]string{"export", "weight", "--format", "xml"}, "xml"},
		{[]string{"export", "weight", "--from", "soon"}, "soon"},
		{[]string{"export", "weight", "--from", "2026-02-02", "--to", "2026-02-01"}, "empty"},
		{[]string{"export", "weight", "--tz", "Mars/Olympus"}, "Mars/Olympus"},
		{[]string{"export", "weight", "--db", "x.db"}, "for electricity"},
		{[]string{"export", "calories", "--by", "raw"}, "no single readings"},
		{[]string{"report", "--json", "--line"}, "--json and --line"},
		{[]string{"auth", "--print-url", "--paste-stdin"}, "--print-url and --paste-stdin"},
		{[]string{"sync", "now"}, "now"},
		{[]string{"energy", "detect", "a", "b"}, "arg"},
		{[]string{"energy", "detect"}, "no meter database"},
		{[]string{"export", "electricity"}, "no meter database"},
		{[]string{"auth", "--print-url"}, "no Google OAuth client"},
		{[]string{"completion", "bash", "x"}, "one shell"},
		{[]string{"completion", "powershell"}, "one shell"},
		{[]string{"man", "5"}, "5"},
		{[]string{"export", "weight", "--from", "1900-01-01", "--to", "2100-01-01"}, "hundred years"},
	}
	for _, tt := range tests {
		b.run(tt.args...).expect(t, 2, tt.says)
	}
	if left, err := os.ReadDir(b.home); err != nil || len(left) > 0 {
		t.Errorf("wrong usage touched %v, %v", left, err)
	}
	for _, help := range [][]string{{"--help"}, {"export", "--help"}, {"--version"}} {
		r := b.run(help...)
		r.expect(t, 0)
		if r.stdout == "" {
			t.Errorf("%v prints nothing", help)
		}
	}
}

func TestWrongConfiguration(t *testing.T) {
	tests := []struct{ text, says, hint string }{
		{"[display]\nheigth_cm = 172\n", "line 2", "height_cm"},
		{"[displey]\n", "line 1", "display"},
		{"[display]\ntime_zone = Europe/Atlantis\n", "line 2", "Europe/Atlantis"},
		{"[display\n", "line 1", ""},
		{"[energy]\nkind = water\n", "line 2", "power"},
		{"[fitbit]\ntoken_url = http://example.com/\n", "line 2", ""},
	}
	for _, tt := range tests {
		b := newBox(t)
		b.write("config.ini", tt.text)
		for _, command := range []string{"report", "sync", "export"} {
			args := []string{"--config", b.path("config.ini"), command}
			if command == "export" {
				args = append(args, "electricity")
			}
			b.run(args...).expect(t, 2, "config.ini", tt.says, tt.hint)
		}
		if _, err := os.Stat(b.path(".local")); err == nil {
			t.Error("something was made all the same")
		}
	}
	b := newBox(t)
	b.signIn("")
	if err := os.Chmod(b.path("config.ini"), 0o644); err != nil {
		t.Fatal(err)
	}
	b.run("report").expect(t, 2, "config.ini", "chmod")
}

func TestChoosingASeries(t *testing.T) {
	b := newBox(t)
	both := b.meter("both.db", "CREATE TABLE power (ts INTEGER, watts REAL, room TEXT); "+
		"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < 200) "+
		"INSERT INTO power SELECT 1795300000 + 60*(i/2), 400 + 30*(i%7) + 100*(i%2), CASE i%2 WHEN 0 THEN 'Hall' ELSE 'Cellar' END FROM n")
	b.write("config.ini", "[energy]\ndatabase = "+both+"\n")
	setup := meterSetup{b.session()}
	found, err := setup.Detect(t.Context(), both)
	if err != nil || len(found) != 2 {
		t.Fatalf("%v, %v", found, err)
	}
	hall, cellar := found[0].Name, found[1].Name
	if err := setup.Choose(t.Context(), hall); err != nil || setup.settings().Energy.Series != hall ||
		!strings.Contains(b.read("config.ini"), "series = "+hall) {
		t.Errorf("%v; config.ini is now\n%s", err, b.read("config.ini"))
	}
	if err := setup.Save(t.Context(), both, cellar); err != nil || setup.settings().Energy.Series != cellar {
		t.Errorf("%v; config.ini is now\n%s", err, b.read("config.ini"))
	}
}

// A mapping made for one database does not stand in the way of another, and is
// kept where it fits.
func TestNamingAnotherMeter(t *testing.T) {
	b := newBox(t)
	other := b.meter("other.db", "CREATE TABLE samples (at INTEGER, w REAL); INSERT INTO samples VALUES (1795350000, 400), (1795350060, 500)")
	blog := b.blog("blog.db", moment.Add(-time.Hour), moment, steady(400))
	b.write("config.ini", "[energy]\ndatabase = "+other+"\ntable = samples\ntime = at\nvalue = w\nseries = x\n")
	setup := meterSetup{b.session()}
	for _, path := range []string{other, blog} {
		if found, err := setup.Detect(t.Context(), path); err != nil || len(found) != 1 || !strings.Contains(found[0].Understood, " rows") {
			t.Errorf("%s: %q, %v", path, found, err)
		}
	}
	if err := setup.Save(t.Context(), other, ""); err != nil || !strings.Contains(b.read("config.ini"), "value = w") {
		t.Errorf("%v; config.ini is now\n%s", err, b.read("config.ini"))
	}
	if err := setup.Save(t.Context(), blog, ""); err != nil || strings.Contains(b.read("config.ini"), "value = w") {
		t.Errorf("%v; config.ini is now\n%s", err, b.read("config.ini"))
	}
	if got := b.run("report", "--json").object(t)["electricity"].(map[string]any)["now_w"]; got != 400.0 {
		t.Errorf("now %v W", got)
	}
	if got := (meterSetup{b.session()}).Complete(b.home + "/bl"); !slices.Equal(got, []string{blog}) {
		t.Errorf("offered %q", got)
	}
}

func TestOurOwnHistoryIsNoMeter(t *testing.T) {
	b := newBox(t)
	b.run("report").expect(t, 0)
	b.run("energy", "detect", b.path(".local", "share", "vitals", "vitals.db")).expect(t, 1, "is the history of vitals itself")
}

// Names from outside do not reach the screen as they are.
func TestHostileNamesOfFiles(t *testing.T) {
	b := newBox(t)
	b.write("a\x1b[2J.db", "")
	setup := meterSetup{b.session()}
	if got := setup.Complete(b.home + "/a"); len(got) != 0 {
		t.Errorf("offered %q", got)
	}
	if got := understood(energy.Series{Table: "a\x1b[2J\u202e", Time: "t", Value: "v"}, true, time.UTC); strings.ContainsAny(got, "\x1b\u202e") {
		t.Errorf("understood %q", got)
	}
}

// What the meter no longer holds is in every export alike.
func TestCutsOfPurgedHistory(t *testing.T) {
	b := newBox(t)
	path := b.blog("blog.db", moment.AddDate(0, 0, -3), moment, steady(600))
	export := func(from, to string) float64 {
		rows := b.run("export", "electricity", "--db", path, "--by", "year", "--from", from, "--to", to).rows(t)
		return kWhOf(t, rows[0])
	}
	const from, to, cut = "2026-11-20T00:00", "2026-11-21T00:00", "2026-11-20T23:59:00"
	whole := export(from, to)
	b.meter("blog.db", "DELETE FROM readings WHERE r_datetime < '2026-11-21'")
	if got := export(from, to); math.Abs(got-whole) > 1e-6 {
		t.Errorf("%f kWh after the purge, %f before", got, whole)
	}
	if got, want := export(from, cut), whole-0.6/60; math.Abs(got-want) > 1e-6 {
		t.Errorf("%f kWh up to a minute before midnight, want %f", got, want)
	}
}

// A quarter-hour that a range cuts, with data on the other side of the cut only.
func TestCutsBesideTheData(t *testing.T) {
	b := newBox(t)
	path := b.blog("blog.db", moment.Add(-2*time.Hour), moment.Add(-97*time.Minute), steady(600)) // to 12:00
	rows := b.run("export", "electricity", "--db", path, "--from", "2026-11-22T12:10", "--to", "2026-11-22T13:00").rows(t)
	if len(rows) != 1 || rows[0]["status"] != "empty" || rows[0]["kwh"] != "" {
		t.Errorf("after the last reading: %v", rows)
	}
}

func TestWhereAnExportGoes(t *testing.T) {
	b := newBox(t)
	path := b.blog("blog.db", moment.Add(-time.Hour), moment, steady(600))
	b.write("target.csv", "old")
	if err := os.Symlink("target.csv", b.path("link.csv")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(b.path("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	piped := make(chan string, 1)
	go func() {
		text, _ := os.ReadFile(b.path("pipe"))
		piped <- string(text)
	}()
	for _, out := range []string{"link.csv", "pipe"} {
		b.run("export", "electricity", "--db", path, "--out", b.path(out)).expect(t, 0)
	}
	if text := b.read("target.csv"); !strings.HasPrefix(text, "label,") {
		t.Errorf("behind the link: %q", text)
	}
	if text := <-piped; !strings.HasPrefix(text, "label,") {
		t.Errorf("through the pipe: %q", text)
	}
	b.run("export", "electricity", "--db", path, "--out", b.home).expect(t, 2, "is a folder")
	b.run("export", "electricity", "--db", path, "--out", path).expect(t, 2, "is the meter's database")
}

// A password that stands where a file is meant is shown by no command.
func TestAPasswordForADatabaseIsNotShown(t *testing.T) {
	p := newPatient(t)
	for _, database := range []string{"postgres://ann:hunter2@127.0.0.1:1/meter", "mysql://ann:hunter2@db.example/meter", "host=db user=ann password=hunter2 dbname=meter", "postgres:ann:hunter2@127.0.0.1/meter"} {
		p.write("config.ini", "[energy]\ndatabase = "+database+"\n")
		for _, args := range [][]string{{}, {"report"}, {"report", "--json"}, {"report", "--line"}, {"sync"}, {"energy", "detect"}, {"energy", "detect", database},
			{"export", "electricity"}, {"export", "electricity", "--by", "raw"}, {"export", "electricity", "--db", database}, {"auth", "status"}} {
			if r := p.run(args...); strings.Contains(r.stdout+r.stderr, "hunter2") {
				t.Errorf("vitals %s shows it: %s%s", args, r.stdout, r.stderr)
			}
		}
		found, _ := p.examine()
		if strings.HasPrefix(database, "postgres://") {
			expectChecks(t, found, expected{"meter", statusFail, "no PostgreSQL answers", "whether the server runs"})
			continue
		}
		expectChecks(t, found, expected{"meter", statusFail, "not supported yet", "name a SQLite file"})
	}
}
