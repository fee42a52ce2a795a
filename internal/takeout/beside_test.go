package takeout

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitals/internal/health"
)

// Without a body mass index, what stands beside the classic JSON tells its unit.
func TestUnitIsToldByWhatStandsBeside(t *testing.T) {
	classic := `[{"logId":1,"weight":79.9,"date":"03/27/19","time":"14:34:01","source":"Aria"},{"logId":2,"weight":79.5,"date":"03/28/19","time":"14:34:01","source":"Aria"}]`
	heavier := strings.NewReplacer("79.9", "176.1", "79.5", "175.3").Replace(classic)
	grams := "timestamp,weight grams,data source\n2019-03-27T14:34:01Z,79880,Fitbit App\n2019-03-28T14:34:01Z,79500,Fitbit App\n"
	for name, c := range map[string]struct {
		classic, beside, content, want string
	}{
		"kilograms by the profile":       {classic, "Profile.csv", profileOf("1", "Europe/London"), " 79.900 kg"},
		"pounds by the profile":          {heavier, "Profile.csv", profileOf("1", "Europe/London"), " 79.878 kg"},
		"kilograms by Google's table":    {classic, "weight.csv", grams, " 79.900 kg Aria"},
		"pounds by Google's table":       {heavier, "weight_2019-03-01.csv", grams, " 79.878 kg Aria"},
		"pounds when none is of the day": {classic, "weight.csv", strings.ReplaceAll(grams, "2019", "2021"), " 36.242 kg"},
	} {
		got := read(t, Options{}, contents{"Takeout/weight-2019-03-01.json": c.classic, c.beside: c.content}.in(t, t.TempDir()))
		if !strings.Contains(got.body(t), c.want) {
			t.Errorf("%s: no %q in\n%s", name, c.want, got.body(t))
		}
	}
}

// Of a height, too, the newer archive tells.
func TestTheNewerHeightCounts(t *testing.T) {
	dir := t.TempDir()
	of := func(tall string) contents {
		return contents{"Profile.csv": strings.Replace(profileOf("1", "Europe/London"), "170.2", tall, 1)}
	}
	newer := write(t, filepath.Join(dir, "takeout-20240701T000000Z-001.zip"), of("170.2").zip(t))
	older := write(t, filepath.Join(dir, "takeout-20230701T000000Z-001.zip"), of("180").zip(t))
	for _, paths := range [][]string{{newer, older}, {older, newer}} {
		if got := read(t, Options{}, paths...); !strings.Contains(got.body(t), " 1.702 m") || strings.Contains(got.body(t), " 1.800 m") {
			t.Errorf("kept %s", got.body(t))
		}
	}
}

// A file of hours gives days as well, which any real day replaces.
func TestHoursMakeDays(t *testing.T) {
	hours := "Id,ActivityHour,Calories\n"
	for hour := range 24 {
		hours += "7," + time.Date(2019, 3, 27, hour, 0, 0, 0, time.UTC).Format("1/2/2006 3:04:05 PM") + ",80\n"
	}
	hours += "7,3/28/2019 12:00:00 AM,70\n"
	days := "Id,ActivityDay,Calories\n7,3/27/2019,1921\n"
	for _, order := range [][]string{{"hourlyCalories.csv"}, {"dailyCalories.csv", "hourlyCalories.csv"}, {"hourlyCalories.csv", "dailyCalories.csv"}} {
		s := openStore(t)
		dir := contents{"hourlyCalories.csv": hours, "dailyCalories.csv": days}.in(t, t.TempDir())
		for _, name := range order {
			readInto(t, s, Options{}, filepath.Join(dir, name))
		}
		want := "2019-03-27 1921.0000 fitabase 0s\n2019-03-28 70.0000 fitabase 1h0m0s"
		if len(order) == 1 {
			want = "2019-03-27 1920.0000 fitabase 24h0m0s\n2019-03-28 70.0000 fitabase 1h0m0s"
		}
		equal(t, taken{Store: s}.days(t, health.TypeCalories), want)
	}
}

// Of a weigh-in that was corrected later the newer export tells, whichever is
// read first.
func TestACorrectedWeighInStays(t *testing.T) {
	entry := func(weight string) contents {
		return contents{"weight-2023-06-01.json": `[{"logId":1,"weight":` + weight + `,"bmi":25,"date":"06/27/23","time":"14:34:01","source":"Aria"}]`}
	}
	dir := t.TempDir()
	older := write(t, filepath.Join(dir, "takeout-20230701T000000Z-001.zip"), entry("176.1").zip(t))
	newer := write(t, filepath.Join(dir, "takeout-20230801T000000Z-001.zip"), entry("166.1").zip(t))
	for _, order := range [][]string{{older, newer}, {newer, older}, {newer, newer, older}, {"together"}} {
		s := openStore(t)
		for _, path := range order {
			if path == "together" {
				readInto(t, s, Options{}, older, newer)
			} else {
				readInto(t, s, Options{}, path)
			}
		}
		if body := (taken{Store: s}).body(t); !strings.Contains(body, " 75.342 kg") {
			t.Errorf("after %v: %s", order, body)
		}
	}
}
