package report

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

func london(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func value(v float64) *float64 { return &v }

// everything is a snapshot in which all is known.
func everything(t *testing.T) view.Snapshot {
	at := func(hour, min int) time.Time { return time.Date(2026, 11, 22, hour, min, 0, 0, london(t)) }
	return view.Snapshot{
		AsOf: at(13, 39), ZoneChosen: true, Units: health.Kilograms, HeightM: 1.72,
		Person: health.Person{
			Identity: health.Identity{HealthUserID: "100", FitbitUserID: "1ABCDE"},
			Profile:  health.Profile{Name: "Ann E.", Age: 41, MemberSince: health.Date{Year: 2014, Month: time.March, Day: 2}},
			Devices:  []health.Device{{Name: "Aria 2", Type: "SCALE", Battery: "High", LastSync: at(7, 13)}, {Name: "Charge 6", Type: "TRACKER"}},
		},
		Body: &view.Body{
			Weighing: health.Weighing{At: time.Date(2026, 11, 22, 7, 12, 0, 0, time.FixedZone("", 5*3600+45*60)), KG: 71.4,
				Source: health.Source{Name: "Aria 2", Kind: health.SourceScale}},
			BMI: value(24.13466739), Fat: value(27.3), TrendKG: 71.9, Trend: &health.Composition{FatKG: 19.7725, LeanKG: 52.1275}, Rate: &health.Rate{KGPerDay: -0.31 / 7, StdErr: 0.08 / 7},
			GoalKG: value(68), GoalDates: &[2]health.Date{{Year: 2027, Month: time.January, Day: 31}, {Year: 2027, Month: time.March, Day: 21}},
		},
		Burn: &view.Burn{Today: value(0)},
		Electricity: &view.Electricity{Source: "meter.db: readings", LastReading: at(13, 38), NowW: value(412), TodayKWh: value(5.18),
			YesterdayKWh: value(9.1), YesterdayByNowKWh: value(5.6), IdleW: value(140), TodayCost: value(1.2691), Currency: "GBP"},
		Fetches: []health.Fetch{{Type: health.TypeWeight, LastSuccess: at(13, 37).UTC()}, {Type: health.TypeSteps, Error: "no \x22answer\x22"}},
	}
}

func TestJSONReport(t *testing.T) {
	var out bytes.Buffer
	if err := WriteJSON(&out, everything(t)); err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, out.Bytes()); err != nil {
		t.Fatal(err)
	}
	want := `{"schema":1,"as_of":"2026-11-22T13:39:00Z","time_zone":"Europe/London",` +
		`"profile":{"name":"Ann E.","health_user_id":"100","fitbit_user_id":"1ABCDE","age":41,"member_since":"2014-03-02","height_m":1.72,` +
		`"devices":[{"name":"Aria 2","type":"SCALE","battery":"High","last_sync":"2026-11-22T07:13:00Z"},{"name":"Charge 6","type":"TRACKER","battery":null,"last_sync":null}]},` +
		`"body":{"time":"2026-11-22T07:12:00+05:45","weight_kg":71.4,"bmi":24.134667,"bmi_class":"normal","fat_percent":27.3,"source":"Aria 2","trend_kg":71.9,` +
		`"rate_kg_per_week":-0.31,"rate_stderr_kg_per_week":0.08,"kcal_per_day":-341,"fat_trend_percent":27.5,"fat_mass_trend_kg":19.7725,"lean_mass_trend_kg":52.1275,"goal_kg":68,"goal_date":["2027-01-31","2027-03-21"]},` +
		`"burn":{"today_kcal":0,"yesterday_kcal":null},` +
		`"electricity":{"source":"meter.db: readings","last_reading":"2026-11-22T13:38:00Z","today_kwh":5.18,"yesterday_kwh":9.1,"yesterday_by_now_kwh":5.6,"now_w":412,"idle_w":140,"today_cost":1.2691,"currency":"GBP"},` +
		`"sync":[{"type":"weight","last_success":"2026-11-22T13:37:00Z","error":null},{"type":"steps","last_success":null,"error":"no \"answer\""}]}`
	if compact.String() != want {
		t.Errorf("got\n%s\nwant\n%s", compact.String(), want)
	}

	out.Reset()
	if err := WriteJSON(&out, view.Snapshot{AsOf: everything(t).AsOf}); err != nil {
		t.Fatal(err)
	}
	compact.Reset()
	json.Compact(&compact, out.Bytes())
	if want := `{"schema":1,"as_of":"2026-11-22T13:39:00Z","time_zone":"Europe/London","profile":null,"body":null,"burn":null,"electricity":null,"sync":[]}`; compact.String() != want {
		t.Errorf("of nothing: %s", compact.String())
	}
}

func TestTextReportSaysWhatIsNotKnown(t *testing.T) {
	var full, empty, line bytes.Buffer
	if err := WriteText(&full, everything(t), nil); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"Ann E., 41 years, 1.72 m", "71.4 kg on 22 Nov 2026 07:12 (Aria 2)", "24.1, normal", "27.3 %",
		"-0.31 ± 0.08 kg a week, -341 kcal a day", "between 2027-01-31 and 2027-03-21", "today 0 kcal, yesterday unknown",
		"now 412 W, idles at 140 W", "today 5.18 kWh (1.27 GBP)", "steps: no \"answer\""} {
		if !strings.Contains(full.String(), text) {
			t.Errorf("the report lacks %q:\n%s", text, full.String())
		}
	}
	if err := WriteText(&empty, view.Snapshot{AsOf: everything(t).AsOf}, nil); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"not signed in", "no weigh-in yet", "no meter"} {
		if !strings.Contains(empty.String(), text) {
			t.Errorf("the empty report lacks %q:\n%s", text, empty.String())
		}
	}
	if strings.Contains(empty.String(), "0") && !strings.Contains(empty.String(), "2026") {
		t.Errorf("a figure out of nothing:\n%s", empty.String())
	}
	if err := WriteLine(&line, everything(t)); err != nil || line.String() != "71.4 kg | 412 W | 5.18 kWh today | 0 kcal today\n" {
		t.Errorf("line %q, %v", line.String(), err)
	}
}

func TestTextReportOfWhatIsHeldBack(t *testing.T) {
	s := everything(t)
	guest := health.Judged{Weighing: health.Weighing{At: time.Date(2026, 11, 22, 23, 59, 59, 0, time.UTC), KG: 7000}, Reason: health.NotAPerson}
	s.HeldBack = &guest
	for _, without := range []bool{false, true} {
		if without {
			s.Body = nil
		}
		var text bytes.Buffer
		if err := WriteText(&text, s, nil); err != nil || !strings.Contains(text.String(), "7000.0 kg on 22 Nov 2026") ||
			strings.Contains(text.String(), "23:59") || !strings.Contains(text.String(), "no person's weight") {
			t.Errorf("without others %v:\n%s%v", without, text.String(), err)
		}
	}
}

func TestElectricityTable(t *testing.T) {
	zone := london(t)
	day := func(d int) time.Time { return time.Date(2024, 3, d, 0, 0, 0, 0, zone) }
	buckets := []timeline.Bucket{
		{Start: day(30), End: day(31), Status: timeline.Empty},
		{Start: day(31), End: day(32), Amount: 9.1, Covered: 23*time.Hour - 400*time.Millisecond, Status: timeline.Full},
	}
	dropped := []timeline.Dropped{{Reading: timeline.Reading{Time: day(31), Value: 99999}, Reason: "spike"}}
	table := Electricity(buckets, []view.Cost{{}, {Amount: 1.5, Known: true}}, timeline.Day, zone, "meter.db", dropped)
	var csv, object, text bytes.Buffer
	if err := table.WriteCSV(&csv); err != nil {
		t.Fatal(err)
	}
	want := "label,start,end,bucket_s,kwh,covered_s,estimated_s,mean_w,status,cost\n" +
		"2024-03-30,2024-03-30T00:00:00Z,2024-03-31T00:00:00Z,86400,,0,0,,empty,\n" +
		"2024-03-31,2024-03-31T00:00:00Z,2024-04-01T00:00:00+01:00,82800,9.100000,82800,0,395.654085,full,1.5000\n"
	if csv.String() != want {
		t.Errorf("CSV\n%swant\n%s", csv.String(), want)
	}
	if err := table.WriteJSON(&object); err != nil {
		t.Fatal(err)
	}
	var read struct {
		Schema  int
		Series  string
		Buckets []map[string]any
		Total   float64          `json:"total_kwh"`
		Dropped []map[string]any `json:"dropped_readings"`
	}
	if err := json.Unmarshal(object.Bytes(), &read); err != nil {
		t.Fatalf("%v in %s", err, object.String())
	}
	if read.Schema != 1 || read.Series != "electricity" || read.Total != 9.1 || read.Buckets[0]["kwh"] != nil || read.Buckets[1]["kwh"] != 9.1 ||
		read.Buckets[1]["cost"] != 1.5 || read.Dropped[0]["reason"] != "spike" || read.Dropped[0]["value"] != 99999.0 {
		t.Errorf("JSON %+v", read)
	}
	if err := table.WriteText(&text); err != nil || !strings.Contains(text.String(), "2024-03-31  ") {
		t.Errorf("text\n%s%v", text.String(), err)
	}
}

func TestCellsOfNoFiniteNumberAreAbsent(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if c := number(v, 6); c.text != "" || string(c.json()) != "null" {
			t.Errorf("%f is written as %q and %s", v, c.text, c.json())
		}
	}
	if c := number(0, 2); c.text != "0.00" || string(c.json()) != "0.00" {
		t.Errorf("0 is written as %q", c.text)
	}
	if c := word("a\"b"); string(c.json()) != `"a\"b"` {
		t.Errorf("a quote is written as %s", c.json())
	}
}

func TestBodyTables(t *testing.T) {
	zone := london(t)
	at := time.Date(2026, 11, 22, 7, 12, 0, 0, zone)
	var csv bytes.Buffer
	readings := []view.BodyReading{{At: at, Value: 71.4, Trend: value(71.9), Source: "Aria 2"}, {At: at.Add(time.Hour), Value: 90, Source: "scale, kitchen", Verdict: health.HeldBack},
		{At: at.Add(2 * time.Hour), Value: 71, Source: "Aria 2", Verdict: health.LeftOut}}
	if err := BodyReadings(view.Weight, readings, zone).WriteCSV(&csv); err != nil {
		t.Fatal(err)
	}
	want := "time,civil_date,value,unit,trend,source,excluded\n" +
		"2026-11-22T07:12:00Z,2026-11-22,71.400000,kg,71.900000,Aria 2,\n" +
		"2026-11-22T08:12:00Z,2026-11-22,90.000000,kg,,\"scale, kitchen\",held back\n" +
		"2026-11-22T09:12:00Z,2026-11-22,71.000000,kg,,Aria 2,by you\n"
	if csv.String() != want {
		t.Errorf("readings\n%swant\n%s", csv.String(), want)
	}
	csv.Reset()
	day := timeline.Day.Start(at)
	buckets := []view.BodyBucket{{Start: day, End: timeline.Day.Next(day), N: 2, Mean: 71.5, Min: 71.4, Max: 71.6, Trend: value(71.9)},
		{Start: timeline.Day.Next(day), End: timeline.Day.Back(day, -2)}}
	if err := BodyBuckets(view.BMI, buckets, timeline.Day, zone).WriteCSV(&csv); err != nil {
		t.Fatal(err)
	}
	want = "label,start,end,value,unit,n,min,max,trend\n" +
		"2026-11-22,2026-11-22T00:00:00Z,2026-11-23T00:00:00Z,71.500000,kg/m2,2,71.400000,71.600000,71.900000\n" +
		"2026-11-23,2026-11-23T00:00:00Z,2026-11-24T00:00:00Z,,kg/m2,0,,,\n"
	if csv.String() != want {
		t.Errorf("buckets\n%swant\n%s", csv.String(), want)
	}
}
