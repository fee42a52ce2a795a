package command

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"vitals/internal/health"
)

// archive writes a zip of files into the box.
func (b *box) archive(name string, files map[string]string) string {
	b.t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, path := range slices.Sorted(maps.Keys(files)) {
		w, err := z.Create(path)
		if err == nil {
			_, err = w.Write([]byte(files[path]))
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		b.t.Fatal(err)
	}
	b.write(name, out.String())
	return b.path(name)
}

const archivedWeight = `[{"logId":1553697241000,"weight":189.3,"bmi":27.41,"fat":22.767000198364258,"date":"03/27/19","time":"14:34:01","source":"Aria"}]`

func archivedProfile(id, zone string) string {
	return "id,full_name,date_of_birth,timezone,member_since,height,weight_unit\r\n" + id + ",Sam Example,1985-01-28," + zone + ",2014-01-06,170.2,en_US\r\n"
}

func archivedDay(value string) string {
	rows := make([]string, 1440)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"dateTime":"03/27/19 %02d:%02d:00","value":%q}`, i/60, i%60, value)
	}
	return "[" + strings.Join(rows, ",") + "]"
}

func TestImport(t *testing.T) {
	b := newBox(t)
	path := b.archive("takeout-20260824T115650Z-1-001.zip", map[string]string{
		"Takeout/Fitbit/Global Export Data/weight-2019-03-18.json":     archivedWeight,
		"Takeout/Fitbit/Global Export Data/calories-2019-03-18.json":   archivedDay("1.5"),
		"Takeout/Fitbit/Global Export Data/heart_rate-2019-03-18.json": "[]",
		"Takeout/Fitbit/Your Profile/Profile.csv":                      archivedProfile("1ABCDE", "Australia/Melbourne"),
	})
	first := b.run("import", path)
	first.expect(t, exitDone)
	for _, line := range []string{
		"Takeout/Fitbit/Global Export Data/weight-2019-03-18.json: 1 weigh-in, 1 with body fat; 2 new\n",
		"Takeout/Fitbit/Global Export Data/calories-2019-03-18.json: 1440 minutes\n",
		"left alone: 1 file (nothing that vitals shows): heart_rate 1\n",
		"weight           1 weigh-in: 1 new, 0 changed\n",
		"calories         1 day: 1 new, 0 changed\n",
		"calories         24 hours: 24 new, 0 changed\n",
	} {
		if !strings.Contains(first.stdout, line) {
			t.Errorf("it does not print %q but\n%s", line, first.stdout)
		}
	}
	if strings.Contains(first.stdout, "Sam") || strings.Contains(first.stdout, "1985") {
		t.Errorf("it prints a name or a birth date:\n%s", first.stdout)
	}
	again := b.run("import", "--json", path)
	again.expect(t, exitDone)
	if o := again.object(t); o["schema"] != 1.0 || o["new"] != 0.0 || o["changed"] != 0.0 || len(o["files"].([]any)) != 3 {
		t.Errorf("the second time: %s", again.stdout)
	}

	// The zone of the archive is that of the history now, and its height its height.
	weights := b.run("export", "weight", "--by", "raw")
	weights.expect(t, exitDone)
	if rows := weights.rows(t); len(rows) != 1 || rows[0]["time"] != "2019-03-27T14:34:01+11:00" || rows[0]["value"] != "85.865036" {
		t.Errorf("%s", weights.stdout)
	}
	bmi := b.run("export", "bmi", "--by", "raw")
	if rows := bmi.rows(t); len(rows) != 1 || !strings.HasPrefix(rows[0]["value"], "29.64") {
		t.Errorf("%s", bmi.stdout)
	}
	calories := b.run("export", "calories")
	if rows := calories.rows(t); len(rows) != 1 || rows[0]["label"] != "2019-03-27" || !strings.HasPrefix(rows[0]["value"], "2160") || rows[0]["status"] != "full" {
		t.Errorf("%s", calories.stdout)
	}
}

// What vitals exports, vitals imports, into another history too.
func TestImportOfOwnExport(t *testing.T) {
	b := newBox(t)
	b.write("weights.csv", "Date,Time,Weight (kg),Body Fat (%)\n2019-03-02,07:12,71.4,27.3\n2019-03-03,,71.5,\n")
	b.run("import", b.path("weights.csv")).expect(t, exitDone, "times without a zone are read as those of this machine, Europe/London")
	for _, series := range []string{"weight", "fat"} {
		b.run("export", series, "--by", "raw", "--out", b.path(series+"-export.csv")).expect(t, exitDone)
	}
	other := newBox(t)
	other.run("import", b.path("weight-export.csv"), b.path("fat-export.csv")).expect(t, exitDone, "times without a zone")
	if got := other.run("export", "weight", "--by", "raw").stdout; got != b.read("weight-export.csv") || strings.Count(got, "\n") != 3 {
		t.Errorf("got\n%s\nwant\n%s", got, b.read("weight-export.csv"))
	}
	if got := other.run("export", "fat", "--by", "raw").stdout; got != b.read("fat-export.csv") || strings.Count(got, "\n") != 2 {
		t.Errorf("got\n%s\nwant\n%s", got, b.read("fat-export.csv"))
	}
}

func TestImportThatGoesWrong(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		args  []string
		code  int
		says  []string
	}{
		"no path":         {nil, nil, exitUsage, []string{"import takes the path"}},
		"not there":       {nil, []string{"none.zip"}, exitUsage, []string{"none.zip: no such file"}},
		"one not there":   {map[string]string{"w.csv": "date,weight kg\n2019-03-02,71.4\n"}, []string{"w.csv", "none.zip"}, exitUsage, []string{"none.zip: no such file"}},
		"unit":            {nil, []string{"--units", "oz", "x"}, exitUsage, []string{`"oz" is not a unit of weight`, "kg, lb or st"}},
		"order":           {nil, []string{"--dates", "ymd", "x"}, exitUsage, []string{`"ymd" is not an order of dates`}},
		"no unit":         {map[string]string{"w.csv": "date,weight\n2019-03-02,71.4\n"}, []string{"w.csv"}, exitUsage, []string{"w.csv: its weights have no unit", "import it again with --units kg, lb or st"}},
		"either way":      {map[string]string{"w.csv": "date,weight kg\n2/3/2019,71.4\n"}, []string{"w.csv"}, exitUsage, []string{"day first or month first", "--dates dmy or mdy"}},
		"one of two":      {map[string]string{"w.csv": "date,weight\n2019-03-02,71.4\n", "v.csv": "date,weight kg\n2019-03-02,71.4\n"}, []string{"w.csv", "v.csv"}, exitPartly, []string{"w.csv: its weights have no unit"}},
		"nothing for us":  {map[string]string{"w.csv": "a,b\n1,2\n"}, []string{"w.csv"}, exitFailed, []string{"w.csv: no dates with weights"}},
		"an empty folder": {map[string]string{"sub/photo.jpg": "x"}, []string{"sub"}, exitFailed, []string{"nothing there is of a kind"}},
		"broken":          {map[string]string{"weight-2019-03-18.json": `[{"logId":`}, []string{"weight-2019-03-18.json"}, exitFailed, []string{"weight-2019-03-18.json: it is cut short"}},
		"escape codes":    {map[string]string{"\x1b[31mw\u202e.csv": "a,b\n1,2\n"}, []string{"\x1b[31mw\u202e.csv"}, exitFailed, []string{"no dates with weights"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBox(t)
			b.write("config.ini", "[energy]\n[display]\ntime_zone = Europe/London\n")
			for path, text := range c.files {
				if dir, _, ok := strings.Cut(path, "/"); ok {
					if err := os.MkdirAll(b.path(dir), 0o755); err != nil {
						t.Fatal(err)
					}
				}
				b.write(path, text)
			}
			args := []string{"import"}
			for _, arg := range c.args {
				if strings.Contains(arg, ".") || arg == "sub" {
					arg = b.path(arg)
				}
				args = append(args, arg)
			}
			r := b.run(args...)
			r.expect(t, c.code, c.says...)
			if strings.ContainsAny(r.stdout+r.stderr, "\x1b\u202e") {
				t.Errorf("it prints what a terminal obeys: %q", r.stdout+r.stderr)
			}
			if c.code == exitUsage && len(c.files) == 0 {
				if _, err := os.Stat(b.path(".local", "share", "vitals", "vitals.db")); err == nil {
					t.Error("a history was made")
				}
			}
		})
	}
}

// Readings of two people never end up in one history.
func TestImportOfSomebodyElse(t *testing.T) {
	b := newBox(t)
	zipOf := func(name, id string) string {
		return b.archive(name, map[string]string{"Your Profile/Profile.csv": archivedProfile(id, "Europe/London"), "weight-2019-03-18.json": archivedWeight})
	}
	ann, sam := zipOf("ann.zip", "1ABCDE"), zipOf("sam.zip", "2SAM")
	b.run("import", ann, sam).expect(t, exitUsage, "these archives belong to two people, Fitbit users 1ABCDE and 2SAM", "VITALS_DATA_DIR")
	b.run("import", sam).expect(t, exitDone)
	b.run("import", ann).expect(t, exitUsage, "this archive belongs to Fitbit user 1ABCDE, and the history here to 2SAM")
	b.signIn("")
	b.run("sync").expect(t, exitSignIn, "belongs to another Google account")

	b = newBox(t)
	b.run("import", zipOf("ann.zip", "1ABCDE")).expect(t, exitDone)
	b.signIn("")
	b.run("sync").expect(t, exitDone)
	b.run("import", zipOf("sam.zip", "2SAM")).expect(t, exitUsage, "this archive belongs to Fitbit user 2SAM")
}

// What the account told of a day stays, whichever comes first.
func TestImportLeavesTheAccountsTotals(t *testing.T) {
	day := health.Date{Year: 2019, Month: time.March, Day: 27}
	b := newBox(t)
	b.write("config.ini", "[energy]\n[display]\ntime_zone = Europe/London\n")
	s := b.session()
	if _, _, err := s.store.SaveDayTotals(t.Context(), health.TypeCalories, []health.DayTotal{{Date: day, Amount: 2000, AsOf: moment}}); err != nil {
		t.Fatal(err)
	}
	path := b.archive("x.zip", map[string]string{"calories-2019-03-18.json": archivedDay("1.5")})
	r := b.run("import", path)
	r.expect(t, exitDone)
	if !strings.Contains(r.stdout, "1 day: 0 new, 0 changed") {
		t.Errorf("%s", r.stdout)
	}
	got, err := s.store.DayTotals(t.Context(), health.TypeCalories, health.Date{}, health.Date{})
	if err != nil || len(got) != 1 || got[0].Amount != 2000 {
		t.Errorf("%+v, %v", got, err)
	}
}

// Clocks on the wall are those of the archive's zone, wherever its days are looked
// at; where it names none, of the configuration's.
func TestImportInTheZoneOfTheArchive(t *testing.T) {
	for zone, want := range map[string]string{"Europe/London": "2019-03-27T14:34:01Z", "": "2019-03-27T14:34:01-04:00"} {
		b := newBox(t)
		b.write("config.ini", "[energy]\n[display]\ntime_zone = America/New_York\n")
		b.run("import", b.archive("x.zip", map[string]string{"weight-2019-03-18.json": archivedWeight, "Profile.csv": archivedProfile("1ABCDE", zone)})).expect(t, exitDone)
		if rows := b.run("export", "weight", "--by", "raw").rows(t); len(rows) != 1 || rows[0]["time"] != want {
			t.Errorf("%q: %v", zone, rows)
		}
	}
}

// The shared samples of several makers give what their notes say.
func TestImportSharedSamples(t *testing.T) {
	for _, c := range []struct {
		folder string
		args   []string
		code   int
		lines  []string
	}{
		{"fitabase-2016", nil, exitUsage, nil},
		{"fitabase-2016", []string{"--person", "6962181067"}, exitDone, []string{"weight           30 weigh-ins: 30 new", "calories         62 days: 31 new", "steps            62 days: 31 new", "calories         732 hours: 732 new"}},
		{"ihealth-samples", nil, exitDone, []string{"weight           2 weigh-ins: 2 new", "body-fat         1 reading: 1 new", "steps            3 days: 3 new"}},
		{"fitbit-web-api-samples", nil, exitPartly, []string{"weight           5 weigh-ins: 5 new", "body-fat         1 reading: 1 new", "calories         1 day: 1 new", "steps            12 days: 12 new"}},
	} {
		b := newBox(t)
		b.write("config.ini", "[energy]\n[display]\ntime_zone = Europe/London\n")
		args := append([]string{"import", shared(t, "health", c.folder)}, c.args...)
		r := b.run(args...)
		if r.code != c.code {
			t.Errorf("%s: exit code %d: %s", c.folder, r.code, r.stderr)
		}
		for _, line := range c.lines {
			if !strings.Contains(r.stdout, line) {
				t.Errorf("%s: no line %q in\n%s", c.folder, line, r.stdout)
			}
		}
		if again := b.run(append(args, "--json")...); c.code != exitUsage && (again.object(t)["new"] != 0.0 || again.object(t)["changed"] != 0.0) {
			t.Errorf("%s: the second time %s", c.folder, again.stdout)
		}
	}
}

// What does not count is told, and stays on record.
func TestImportTellsWhatDoesNotCount(t *testing.T) {
	b := newBox(t)
	b.write("config.ini", "[energy]\n[display]\ntime_zone = Europe/London\n")
	b.write("diary.csv", "Date,Time,Weight (kg),Fat (%)\n2019-03-27,14:34,85.86,\n2019-03-28,07:12,7000,0.26\n")
	path := b.archive("x.zip", map[string]string{"weight-2019-03-18.json": archivedWeight})
	b.run("import", path, b.path("diary.csv")).expect(t, exitDone, "1 weigh-in told by other files or the account, too", "1 weigh-in held back: no person's weight", "1 body fat reading held back: no person's body fat")
	rows := b.run("export", "weight", "--by", "raw").rows(t)
	if len(rows) != 2 || rows[0]["source"] != "Aria" || rows[0]["excluded"] != "" || rows[1]["value"] != "7000.000000" || rows[1]["excluded"] != "held back" {
		t.Errorf("%v", rows)
	}
}

// Whoever imported sees the data on the next start, not the choices of the first.
func TestWhoImportedIsNoNewcomer(t *testing.T) {
	for name, text := range map[string]string{
		"weights": "Date,Weight (kg)\n2019-03-27,85.8\n",
		"days":    "Id,ActivityDay,Calories\n7,3/27/2019,1921\n",
	} {
		b := newBox(t)
		first := func() bool {
			is, err := b.session().firstStart(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return is
		}
		if !first() {
			t.Errorf("%s: nothing is there, and it is not the first start", name)
		}
		b.write("x.csv", text)
		b.run("import", b.path("x.csv")).expect(t, exitDone, "times without a zone")
		if first() {
			t.Errorf("%s: the first start after an import", name)
		}
	}
}
