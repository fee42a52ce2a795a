package takeout

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vitals/internal/health"
)

func TestGoogleReadings(t *testing.T) {
	got := read(t, Options{Zone: zone(t, "Europe/Berlin")}, contents{
		"Takeout/Google Health/Physical Activity_GoogleData/Weight/weight.csv": "timestamp,weight grams,data source\n" +
			"2026-07-25T10:12:44Z,64900,Renpho Fitbit 3P Web API\n2026-07-26T05:00:00.123456Z,64800,Aria 2\n" +
			"2026-07-26T21:59:59Z,64700,Google Health App\n2026-07-25T10:12:44Z,64900,Fit Health Connect\n2026-07-27T05:00:00Z,NaN,Aria 2\n,,\n",
		"anders/Körper/body_fat_2026-07-01.csv": "\ufefftimestamp,body fat percentage,data source\r\n2026-07-26T05:00:00.123456Z,22.5,Aria 2\r\n",
		"anders/height.csv":                     "timestamp,height millimeters,data source\n2020-01-01T00:00:00Z,1720,Fitbit App\n",
		"anders/weight_2026-05-01.csv":          "no data",
		"anders/weight_2026-06-01.csv":          "timestamp,weight grams,data source\n",
		"anders/distance_2026-06-01.csv":        "timestamp,distance,data source\n2026-07-25T10:12:44Z,3,Fitbit App\n",
		"anders/weight_readme.txt":              "weight.csv - date,weight",
		"anders/active_minutes.csv":             "timestamp,light,moderate,very,data source\n",
	}.in(t, t.TempDir()))
	equal(t, got.body(t), `
2026-07-25T12:12:44+02:00 64.900 kg Fit Health Connect/2/google-archive
2026-07-25T12:12:44+02:00 64.900 kg Renpho Fitbit 3P Web API/3/google-archive
2026-07-26T07:00:00+02:00 64.800 kg Aria 2/4/google-archive
2026-07-26T23:59:59+02:00 64.700 kg Google Health App/3/google-archive
2026-07-26T07:00:00+02:00 22.50 % Aria 2/4/google-archive
2020-01-01T01:00:00+01:00 1.720 m`)
	if len(got.report.Files) != 5 || len(got.report.Left) != 3 {
		t.Errorf("%+v", got.report)
	}
}

// googleMinutes are n minutes from UTC midnight on, each of value.
func googleMinutes(column, date string, n int, value, source string) string {
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "timestamp,%s,data source\n", column)
	for i := range n {
		fmt.Fprintf(&out, "%s,%s,%s\n", at.Add(time.Duration(i)*time.Minute).Format(time.RFC3339), value, source)
	}
	return out.String()
}

func rowsOf(table string) string { return table[strings.IndexByte(table, '\n')+1:] }

// Several recorders count the same steps: one of them is taken each day.
func TestOneSourceADay(t *testing.T) {
	native := googleMinutes("steps", "2026-01-10", 100, "10", "Google Fitbit Air")
	phone := googleMinutes("steps", "2026-01-10", 90, "12", "MobileTrack")
	mirror := googleMinutes("steps", "2026-01-10", 1000, "9", "Apple Health Health Kit")
	later := googleMinutes("steps", "2026-01-11", 50, "9", "Phone Health Connect")
	got := readFile(t, Options{}, "steps_2026-01-01.csv", native+rowsOf(mirror)+rowsOf(phone)+rowsOf(later)+
		rowsOf(googleMinutes("steps", "2026-01-10", 1000, "9", "Zepp Health Connect")))
	equal(t, got.days(t, health.TypeSteps), "2026-01-10 1000.0000 google-archive 0s\n2026-01-11 450.0000 google-archive 0s")
	equal(t, got.hours(t, health.TypeSteps), "") // the archive's own JSON has them
}

// Google's minutes of calories may leave out those of rest: half a sum is no day.
func TestGoogleCaloriesAreTheSecondChoice(t *testing.T) {
	half := googleMinutes("calories", "2026-01-10", 956, "1.3", "Fitbit App")
	whole := googleMinutes("calories", "2026-01-11", 1440, "2", "Fitbit App")
	files := contents{"x/calories_2026-01-01.csv": half + rowsOf(whole)}
	got := read(t, Options{}, files.in(t, t.TempDir()))
	equal(t, got.days(t, health.TypeCalories), "2026-01-10 1242.8000 google-archive 15h56m0s\n2026-01-11 2880.0000 google-archive 0s")
	if hours := strings.Count(got.hours(t, health.TypeCalories), "2026-01-10"); hours != 15 || len(got.report.Notes) != 1 {
		t.Errorf("%d hours, %q", hours, got.report.Notes)
	}
	files["y/calories-2026-01-10.json"] = minutesOf("2026-01-10 00:00", 1440, "1.9")
	got = read(t, Options{}, files.in(t, t.TempDir()))
	equal(t, got.days(t, health.TypeCalories), "2026-01-10 2736.0000 fitbit-archive 0s\n2026-01-11 2880.0000 google-archive 0s")
}

func TestActiveCaloriesMissRestingMinutes(t *testing.T) {
	got := readFile(t, Options{}, "active_energy_burned_2026-01-10.csv", googleMinutes("Kilocalories", "2026-01-10", 30, "4.5", "Pixel Watch"))
	equal(t, got.days(t, health.TypeActiveCalories), "2026-01-10 135.0000 google-archive 0s")
	equal(t, got.hours(t, health.TypeActiveCalories), "2026-01-10T00:00:00Z 135.0000 google-archive")
}

// Rows with seconds are parts of their minute; the same row again is not.
func TestRowsOfOneMinute(t *testing.T) {
	got := readFile(t, Options{}, "steps_2026-01-01.csv", `timestamp,steps,data source
2026-01-10T08:00:10Z,5,MobileTrack
2026-01-10T08:00:10Z,5,MobileTrack
2026-01-10T08:00:40Z,7,MobileTrack
`)
	equal(t, got.days(t, health.TypeSteps), "2026-01-10 12.0000 google-archive 0s")
}

const profileHeader = "id,full_name,first_name,last_name,display_name_setting,display_name,username,email_address,date_of_birth,child,country,state,city,timezone,locale,member_since,about_me,start_of_week,sleep_tracking,time_display_format,gender,height,weight,stride_length_walking,stride_length_running,weight_unit,distance_unit,height_unit,water_unit,glucose_unit,swim_unit\r\n"

func profileOf(id, zone string) string {
	return profileHeader + id + `,Sam Example,Sam,Example,name,Sam E.,null,sam@example.org,1985-01-28,false,GB,null,London,` + zone +
		",en_GB,2014-01-06,\"I like\r\nruns, and \"\"tea\"\"\",MONDAY,Normal,24hour,FEMALE,170.2,79.3,70.6,88.5,en_US,METRIC,METRIC,METRIC,METRIC,METRIC\r\n"
}

func TestProfile(t *testing.T) {
	dir := contents{"Takeout/Fitbit/Your Profile/Profile.csv": profileOf("1ABCDE", "Asia/Calcutta")}.in(t, t.TempDir())
	c, err := Open(t.Context(), []string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	want := Owner{FitbitUserID: "1ABCDE", Name: "Sam E.", WeightKG: 79.3, Zone: "Asia/Calcutta", Units: health.Pounds, HeightM: 1.702, MemberSince: health.Date{Year: 2014, Month: 1, Day: 6}}
	if len(c.Owners) != 1 || c.Owners[0] != want {
		t.Errorf("%+v", c.Owners)
	}
	got := read(t, Options{}, dir)
	equal(t, got.body(t), "2014-01-06T00:00:00Z 1.702 m")
	bare := readFile(t, Options{}, "Profile.csv", strings.Replace(profileOf("1ABCDE", "Asia/Calcutta"), "170.2", "null", 1))
	if f := bare.only(t); f.Failed || f.Skipped > 0 || bare.body(t) != "" {
		t.Errorf("%+v", f)
	}
	if text := fmt.Sprintf("%+v", got.report); strings.Contains(text, "Sam") || strings.Contains(text, "1985") {
		t.Errorf("the report tells a name or a birth date: %s", text)
	}
}
