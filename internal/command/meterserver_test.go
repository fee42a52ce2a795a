package command

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vitals/internal/config"
	"vitals/internal/postgres/trial"
)

// served makes a database with a reading every five minutes of the days before the
// moment of the tests, and returns its address with and without the password.
func served(t *testing.T, watts int) (address, without string) {
	t.Helper()
	address = trial.Database(t)
	trial.Run(t, address, "CREATE TABLE readings (id serial PRIMARY KEY, at timestamp, watts real)",
		fmt.Sprintf(`INSERT INTO readings (at, watts) SELECT at, %d FROM generate_series('%s'::timestamp, '%s', interval '5 minutes') AS at`,
			watts, moment.AddDate(0, 0, -3).Format(time.DateTime), moment.Format(time.DateTime)))
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := at.User.Password()
	t.Setenv("PGPASSWORD", password)
	at.User = url.User(at.User.Username())
	return address, at.String()
}

// The same readings give the same export, wherever they are.
func TestAServerIsExportedAsAFileIs(t *testing.T) {
	address, without := served(t, 400)
	b := newBox(t)
	file := b.blog("meter.db", moment.AddDate(0, 0, -3), moment.Add(time.Minute), steady(400))
	for _, args := range [][]string{{}, {"--by", "hour"}, {"--format", "json", "--by", "week"}, {"--by", "raw", "--from", "-1d"}, {"--from", "2026-11-20T10:07", "--to", "2026-11-20T11:01:30", "--by", "hour"}} {
		args = append([]string{"export", "electricity"}, args...)
		want := b.run(append(args, "--db", file)...)
		want.expect(t, 0)
		got := b.run(append(args, "--db", without)...)
		got.expect(t, 0)
		name := strings.TrimPrefix(address[strings.LastIndex(address, "/"):], "/")
		same := strings.ReplaceAll(want.stdout, "readings.r_watts in meter.db", "readings.watts in "+name+" on "+between(address, "@", "/"))
		if got.stdout != same {
			t.Errorf("vitals %s: got\n%.600s\nwant\n%.600s", args, got.stdout, same)
		}
	}
	if r := b.run("energy", "detect", without, "--json"); r.object(t)["layout"] != "generic" || strings.Contains(r.stdout, "meter-") {
		t.Errorf("detected: %s", r.stdout)
	}
	b.write("config.ini", "[energy]\ndatabase = "+address+"\n")
	r := b.run("report")
	r.expect(t, 0)
	if !strings.Contains(r.stdout, "now 400 W") {
		t.Errorf("it reports %s", r.stdout)
	}
	one, other := config.Energy{Database: address}, config.Energy{Database: without}
	if meterKey(one) != meterKey(other) || meterKey(one) == meterKey(config.Energy{Database: without + "x"}) {
		t.Error("whose database it is read as makes another roll-up of it, or another database does not")
	}
}

// What was pushed to the database of the meter is not taken for a meter.
func TestPushedFiguresAreNoMeter(t *testing.T) {
	address, without := served(t, 400)
	b := newBox(t)
	b.write("config.ini", "[energy]\ndatabase = "+address+"\n[push]\ndsn = "+address+"\n")
	for range 2 {
		b.run("push").expect(t, 0)
	}
	if rows := asked(t, address, "SELECT count(*) FROM vitals_meter"); rows[0][0] != "1" {
		t.Errorf("%s meters were pushed", rows[0][0])
	}
	r := b.run("energy", "detect", without)
	r.expect(t, 0)
	if strings.Count(r.stdout, "\n") != 1 || !strings.HasPrefix(r.stdout, "readings: ") {
		t.Errorf("detected: %s", r.stdout)
	}
	// Only a name asks for them.
	b.write("config.ini", "[energy]\ndatabase = "+address+"\ntable = vitals_electricity_hour\nvalue = kwh\n")
	if r := b.run("energy", "detect"); r.code != 0 || !strings.HasPrefix(r.stdout, "vitals_electricity_hour: ") {
		t.Errorf("%d, %s%s", r.code, r.stdout, r.stderr)
	}
}

func between(text, begin, end string) string {
	_, rest, _ := strings.Cut(text[strings.Index(text, "://")+3:], begin)
	found, _, _ := strings.Cut(rest, end)
	return found
}

func TestAPasswordInAnArgumentIsRefused(t *testing.T) {
	b := newBox(t)
	b.configure("")
	for _, args := range [][]string{{"energy", "detect", "postgres://ann:hunter2@127.0.0.1:1/meter"}, {"export", "electricity", "--db", "postgresql://db/meter?password=hunter2"},
		{"export", "electricity", "--db=host=db password=hunter2"}} {
		r := b.run(args...)
		r.expect(t, 2, "does not belong in an argument", ".pgpass")
		if strings.Contains(r.stdout+r.stderr, "hunter2") {
			t.Errorf("it says %s", r.stderr)
		}
	}
}

// A server that is away, and a copy that cannot be made, are told; what was read
// before is shown.
func TestWhatWasReadOfAServerStays(t *testing.T) {
	address, _ := served(t, 400)
	b := newBox(t)
	b.write("config.ini", "[energy]\ndatabase = "+address+"\n")
	b.run("report").expect(t, 0)
	want := b.run("export", "electricity")
	want.expect(t, 0)
	copies, err := filepath.Glob(b.path(".local/share/vitals/meter-*.db"))
	if err != nil || len(copies) != 1 {
		t.Fatalf("%v, %v", copies, err)
	}
	if err := os.Remove(copies[0]); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(copies[0], 0o700); err != nil {
		t.Fatal(err)
	}
	if r := b.run("export", "electricity"); r.code != 0 || r.stdout != want.stdout || !strings.Contains(r.stderr, "cannot be saved") {
		t.Errorf("exported with %d, %s", r.code, r.stderr)
	}
	if err := os.Remove(copies[0]); err != nil {
		t.Fatal(err)
	}
	trial.Run(t, address, "ALTER TABLE readings RENAME TO other", "ALTER TABLE other DROP COLUMN at")
	r := b.run("report")
	if r.code != 0 || !strings.Contains(r.stdout, "400 W") || !strings.Contains(r.stderr, "no table of times and numbers") {
		t.Errorf("reported with %d: %s%s", r.code, r.stdout, r.stderr)
	}
	b.run("export", "electricity").expect(t, 1, "no table of times and numbers", "set table in [energy]")
}

func TestDoctorAndAServer(t *testing.T) {
	address, _ := served(t, 400)
	p := newPatient(t)
	p.configure("[energy]\ndatabase = " + address + "\n")
	before := p.tree()
	found, _ := p.examine()
	expectChecks(t, found, expected{"meter", statusOK, "public.readings (some", ""}, expected{"meter", statusOK, "nothing is copied yet", ""})
	if !maps.Equal(before, p.tree()) {
		t.Error("the doctor changed files")
	}
	p.run("report").expect(t, 0)
	before = p.tree()
	found, _ = p.examine()
	expectChecks(t, found, expected{"meter", statusOK, "a copy of", ""}, expected{"meter", statusOK, "newest reading 2026-11-22 13:", ""}, expected{"kept", statusOK, "nothing lies", ""})
	if !maps.Equal(before, p.tree()) {
		t.Error("the doctor changed files")
	}
	copies, err := filepath.Glob(p.path(".local/share/vitals/meter-*.db"))
	if err != nil || len(copies) != 1 {
		t.Fatalf("%v, %v", copies, err)
	}
	p.write(strings.TrimPrefix(copies[0], p.home), "watts, and more of them")
	found, _ = p.examine()
	expectChecks(t, found, expected{"meter", statusOK, "its copy is damaged", ""})
	p.configure("[energy]\ndatabase = " + p.blog("meter.db", moment.Add(-2*time.Hour), moment, steady(400)) + "\n")
	found, _ = p.examine()
	expectChecks(t, found, expected{"kept", statusWarn, "a copy of a meter's rows", "rm "})
	for text, said := range map[string]expected{
		address + "nowhere":                        {"meter", statusFail, "there is no database", "createdb"},
		"postgres://ann:hunter2@127.0.0.1:1/meter": {"meter", statusFail, "no PostgreSQL answers", "listens"},
		"postgres://ann:hunter2@127.0.0.1:x/meter": {"meter", statusFail, "cannot be read", "write it like"},
	} {
		p.configure("[energy]\ndatabase = " + text + "\n")
		found, out := p.examine()
		expectChecks(t, found, said)
		if strings.Contains(fmt.Sprint(found, out), "hunter2") {
			t.Errorf("%s is shown", text)
		}
	}
}

func TestNamingAServerOnTheScreen(t *testing.T) {
	address, without := served(t, 400)
	b := newBox(t)
	b.configure("")
	setup := meterSetup{b.session()}
	if _, err := setup.Detect(t.Context(), address); err == nil || !strings.Contains(err.Error(), "does not belong on the screen") {
		t.Errorf("with a password: %v", err)
	}
	if got := setup.Complete(without); !slices.Equal(got, []string{without}) {
		t.Errorf("completed to %v", got)
	}
	found, err := setup.Detect(t.Context(), without)
	if err != nil || len(found) != 1 || found[0].Name != "readings.watts" {
		t.Fatalf("%v, %v", found, err)
	}
	if err := setup.Save(t.Context(), without, ""); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.read("config.ini"), "database = "+without+"\n") {
		t.Errorf("saved %s", b.read("config.ini"))
	}
	if err := setup.updateMeter(t.Context()); err != nil {
		t.Error(err)
	}
}
