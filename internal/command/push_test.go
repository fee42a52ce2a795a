package command

import (
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vitals/internal/config"
	"vitals/internal/health"
	"vitals/internal/postgres"
	"vitals/internal/postgres/trial"
)

// asked is the answer of a database, NULL as "".
func asked(t *testing.T, address, sql string) [][]string {
	t.Helper()
	at, err := postgres.ParseAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := at.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var rows [][]string
	err = conn.Each(t.Context(), func(cells []postgres.Cell) error {
		var row []string
		for _, c := range cells {
			row = append(row, string(c))
		}
		rows = append(rows, row)
		return nil
	}, sql)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// What a website reads is what the command exports, to the last decimal.
func TestPushedFiguresAreTheExported(t *testing.T) {
	address := trial.Database(t)
	b := newBox(t)
	meter := b.blog("blog.db", moment.AddDate(0, 0, -40), moment.Add(time.Minute), func(at time.Time) int { return 200 + at.Hour()*at.Minute() })
	b.signIn("[energy]\ndatabase = " + meter + "\n[tariff]\ncurrency = GBP\nprice_per_kwh = 0.245\nstanding_charge = 0.53\n[push]\ndsn = " + address + "\n")
	b.run("sync").expect(t, 0)
	if r := b.run("push"); r.code != 0 || r.stdout != "" || r.stderr != "" {
		t.Errorf("exit code %d: %q %q", r.code, r.stdout, r.stderr)
	}
	for _, e := range []struct {
		export, columns, table string
		fields                 []int // of the export, in the order of the columns
	}{
		{"electricity --by hour", "starts, ends, kwh, covered_s, estimated_s, mean_w, status", "vitals_electricity_hour", []int{1, 2, 4, 5, 6, 7, 8}},
		{"electricity", "starts, ends, kwh, covered_s, estimated_s, mean_w, status, cost, civil_date", "vitals_electricity_day", []int{1, 2, 4, 5, 6, 7, 8, 9, 0}},
		{"calories", "civil_date, starts, ends, calories_kcal, calories_covered_s, calories_status", "vitals_energy_day", []int{0, 1, 2, 4, 6, 7}},
		{"active-calories", "civil_date, active_calories_kcal, active_calories_covered_s, active_calories_status", "vitals_energy_day", []int{0, 4, 6, 7}},
		{"steps", "civil_date, steps, steps_covered_s, steps_status", "vitals_energy_day", []int{0, 4, 6, 7}},
		{"weight --by raw", "time, civil_date, weight_kg, trend_kg, source, excluded", "vitals_weigh_in", []int{0, 1, 2, 4, 5, 6}},
		{"bmi --by raw", "time, bmi", "vitals_weigh_in", []int{0, 2}},
	} {
		rows, err := csv.NewReader(strings.NewReader(b.run(append([]string{"export"}, strings.Fields(e.export)...)...).stdout)).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Fatalf("%s: %d rows, %v", e.export, len(rows), err)
		}
		var want [][]string
		for _, r := range rows[1:] {
			var row []string
			for _, f := range e.fields {
				row = append(row, plainly(r[f]))
			}
			want = append(want, row)
		}
		got := asked(t, address, "SELECT "+e.columns+" FROM "+e.table+" ORDER BY 1, 2")
		for _, row := range got {
			for i := range row {
				row[i] = plainly(row[i])
			}
		}
		got = slices.DeleteFunc(got, func(row []string) bool { // days that only the others have
			return e.table == "vitals_energy_day" && row[len(row)-1] == "empty" && (row[0] < want[0][0] || row[0] > want[len(want)-1][0])
		})
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: there are\n%.300q\nnot\n%.300q", e.export, got, want)
		}
	}
	if got := asked(t, address, "SELECT count(*) FROM vitals_weigh_in WHERE fat_percent > 0"); got[0][0] == "0" {
		t.Error("no weigh-in has a body fat")
	}
	profile := b.run("report", "--json").object(t)["profile"].(map[string]any)
	got := asked(t, address, "SELECT name, age, height_m, member_since, health_user_id, fitbit_user_id, person_id FROM vitals_person")
	want := fmt.Sprint([]any{profile["name"], profile["age"], profile["height_m"], profile["member_since"], profile["health_user_id"], profile["fitbit_user_id"], profile["health_user_id"]})
	if len(got) != 1 || fmt.Sprint(got[0]) != want {
		t.Errorf("the person is %q, not %q", got, want)
	}

	object := b.run("push", "--json").object(t)
	if keys := fmt.Sprint(slices.Sorted(maps.Keys(object))); keys != "[schema seconds tables]" || object["schema"] != 1.0 {
		t.Errorf("of schema %v there are %s", object["schema"], keys)
	}
	tables := object["tables"].([]any)
	for _, each := range tables {
		table := each.(map[string]any)
		if table["written"] != 0.0 || table["removed"] != 0.0 {
			t.Errorf("once more: %v", table)
		}
		if keys := fmt.Sprint(slices.Sorted(maps.Keys(table))); keys != "[removed table unchanged written]" {
			t.Errorf("a table has %s", keys)
		}
	}
	if len(tables) != 6 {
		t.Errorf("%d tables", len(tables))
	}
}

// plainly is a cell without what CSV and PostgreSQL write differently.
func plainly(cell string) string {
	if at, err := time.Parse(time.RFC3339, cell); err == nil {
		return at.UTC().Format(time.RFC3339)
	}
	if at, err := time.Parse("2006-01-02 15:04:05.999999-07", cell); err == nil {
		return at.UTC().Truncate(time.Second).Format(time.RFC3339)
	}
	if v, err := strconv.ParseFloat(cell, 64); err == nil {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return cell
}

func TestWhereNothingCanBePushedTo(t *testing.T) {
	b := newBox(t)
	b.configure("")
	b.run("push").expect(t, exitUsage, "there is no database to push to", "set dsn under [push]")
	if _, err := os.Stat(b.path(".local")); err == nil {
		t.Error("wrong usage left a history")
	}
	for _, args := range [][]string{{"push", "postgres://ann:hunter2@db.example/site"}, {"push", "host=db password=hunter2"}, {"push", "db.example", "hunter2"}, {"push", "--dsn", "postgres://ann:hunter2@db.example/site"}} {
		r := b.run(args...)
		if r.code != exitUsage || strings.Contains(r.stderr, "hunter2") || strings.Contains(r.stderr, "db.example") {
			t.Errorf("vitals %s: exit code %d: %s", args, r.code, r.stderr)
		}
	}
	b.configure("[push]\ndsn = postgres://ann:hunter2@db.example:port/site\n")
	b.run("push").expect(t, exitUsage, "the address of the PostgreSQL database cannot be read", "write it like")
	b.configure("[push]\ndsn = postgres://ann:hunter2@127.0.0.1:1/site\n")
	if r := b.run("push"); strings.Contains(r.stderr, "hunter2") {
		t.Error(r.stderr)
	} else {
		r.expect(t, exitFailed, "no PostgreSQL answers for the database site on 127.0.0.1:1", "see whether the server runs")
	}
}

// A meter that cannot be read is told, and what is kept of it goes there.
func TestAPushWithoutTheMeter(t *testing.T) {
	address := trial.Database(t)
	b := newBox(t)
	b.configure("[energy]\ndatabase = " + b.blog("blog.db", moment.Add(-5*time.Hour), moment, steady(600)) + "\n[push]\ndsn = " + address + "\n")
	b.run("push").expect(t, 0)
	if err := os.Remove(b.path("blog.db")); err != nil {
		t.Fatal(err)
	}
	trial.Run(t, address, "TRUNCATE vitals_electricity_hour")
	b.run("push").expect(t, exitPartly, "blog.db")
	if got := asked(t, address, "SELECT count(*) FROM vitals_electricity_hour"); got[0][0] != "6" {
		t.Errorf("%s hours", got)
	}
}

func TestTheNameOfAHistory(t *testing.T) {
	b := newBox(t)
	b.configure("")
	s := b.session()
	name, err := s.historyName(t.Context())
	if again, _ := s.historyName(t.Context()); err != nil || again != name || !madeUp.MatchString(name) {
		t.Errorf("it is %q, then %q, %v", name, again, err)
	}
	if err := os.WriteFile(s.nameFile(), []byte("../../x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if other, err := s.historyName(t.Context()); err != nil || other == name || !madeUp.MatchString(other) {
		t.Errorf("a name that is none became %q, %v", other, err)
	}
	if err = os.Remove(s.nameFile()); err == nil {
		err = os.Mkdir(s.nameFile(), 0o700) // nothing can be kept there
	}
	if err != nil {
		t.Fatal(err)
	}
	if name, err := s.historyName(t.Context()); err == nil || health.Hint(err) == "" {
		t.Errorf("of nobody: %q, %v", name, err)
	}
	if _, _, err := s.store.SaveIdentity(t.Context(), health.Identity{HealthUserID: "100"}); err != nil {
		t.Fatal(err)
	}
	name, err = s.historyName(t.Context())
	if again, _ := s.historyName(t.Context()); err != nil || again != name || !madeUp.MatchString(name) {
		t.Errorf("by the account it is %q, then %q, %v", name, again, err)
	}
}

func TestTheNameOfAMeter(t *testing.T) {
	at := config.Energy{Database: "/srv/meter.db", Series: "house"}
	better := at
	better.MaxKW, better.TimeFormat = 10, "local"
	if meterName("a", at) != meterName("a", better) {
		t.Error("what is read in another way is another meter")
	}
	garage, moved := at, at
	garage.Series, moved.Database = "garage", "/srv/old.db"
	names := []string{meterName("a", at), meterName("b", at), meterName("a", garage), meterName("a", moved)}
	slices.Sort(names)
	if len(slices.Compact(names)) != 4 {
		t.Errorf("meters with one name: %q", names)
	}
	one := meterName("a", config.Energy{Database: "postgres://ann:hunter2@db.example/site"})
	if other := meterName("a", config.Energy{Database: "postgres://ann:other@db.example:5432/site"}); one != other {
		t.Error("another password makes another meter")
	}
}

func TestDoctorAndTheWebsite(t *testing.T) {
	address := trial.Database(t)
	p := newPatient(t)
	p.configure("[push]\ndsn = " + address + "\n")
	found, _ := p.examine()
	expectChecks(t, found, expected{"website", statusWarn, "nothing was pushed to it from here yet", "run vitals push"})
	p.run("push").expect(t, 0)
	found, _ = p.examine()
	expectChecks(t, found, expected{"website", statusOK, "schema public, last pushed 2026-11-22 13:37", ""})
	trial.Run(t, address, "DROP TABLE vitals_format", "CREATE TABLE vitals_format (format int)", "INSERT INTO vitals_format VALUES (2)")
	found, _ = p.examine()
	expectChecks(t, found, expected{"website", statusFail, "of a newer vitals (format 2", "install the newer version"})
}
