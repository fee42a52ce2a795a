package takeout

import (
	"strings"
	"testing"

	"vitals/internal/health"
)

const entries = `[{
  "logId" : 1553697241000, "weight" : 189.3, "bmi" : 27.41, "fat" : 22.767000198364258,
  "date" : "03/27/19", "time" : "14:34:01", "source" : "Aria"
},{
  "logId" : 1564704000000, "weight" : 188.1, "bmi" : 27.24,
  "date" : "08/01/19", "time" : "23:59:59", "source" : "API"
},{
  "logId" : 1564790400000, "weight" : 187.9, "bmi" : 27.21,
  "date" : "08/02/19", "time" : "07:00:00"
}]`

// The clock on the wall stands in the file: neither UTC nor the log's number,
// which is that clock told as if it were UTC.
func TestClassicWeighInsAreLocalPounds(t *testing.T) {
	got := readFile(t, Options{Zone: zone(t, "Australia/Melbourne")}, "weight-2019-03-18.json", entries)
	equal(t, got.body(t), `
2019-03-27T14:34:01+11:00 85.865 kg Aria/4/fitbit-archive fitbit-archive:1553697241000
2019-08-01T23:59:59+10:00 85.321 kg typed in or from an app/1/fitbit-archive fitbit-archive:1564704000000
2019-08-02T07:00:00+10:00 85.230 kg Fitbit archive/0/fitbit-archive fitbit-archive:1564790400000
2019-03-27T14:34:01+11:00 22.77 % Aria/4/fitbit-archive fitbit-archive:1553697241000`)
	f := got.only(t)
	if f.Read() != 3 || f.New != 4 || f.Problem != "" {
		t.Errorf("%+v", f)
	}
	weighings, err := got.Weighings(t.Context())
	fats, err2 := got.BodyFats(t.Context())
	if err := first(err, err2); err != nil {
		t.Fatal(err)
	}
	if fats[0].Source != weighings[0].Source || !fats[0].At.Equal(weighings[0].At) {
		t.Errorf("the fat %v is not that of the weigh-in", fats[0])
	}
}

func TestUnitOfClassicWeighIns(t *testing.T) {
	entry := func(weight, bmi string) string {
		return `[{"logId":1553697241000,"weight":` + weight + `,"bmi":` + bmi + `,"date":"03/27/19","time":"14:34:01"}]`
	}
	for name, c := range map[string]struct {
		weight, bmi string
		units       health.WeightUnit
		height      float64
		want, says  string
	}{
		"pounds by the index":         {"189.3", "27.41", "", 0, "85.865 kg", ""},
		"kilograms by the index":      {"85.9", "27.42", "", 0, "85.900 kg", ""},
		"stone by the index":          {"13.5", "27.37", "", 0, "85.729 kg", ""},
		"kilograms by the height":     {"60", "13.9", "", 2.08, "60.000 kg", ""},
		"pounds by the height":        {"60", "13.9", "", 1.40, "27.216 kg", ""},
		"pounds when nothing tells":   {"189.3", "0", "", 0, "85.865 kg", "pounds"},
		"a height that does not help": {"189.3", "5.1", "", 1.2, "85.865 kg", "pounds"},
		"the flag":                    {"189.3", "27.41", health.Kilograms, 1.77, "189.300 kg", ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Units: c.units}
			if c.height > 0 {
				o.Heights = []health.Height{{At: made, Metres: c.height}}
			}
			got := readFile(t, o, "weight-2019-03-18.json", entry(c.weight, c.bmi))
			if !strings.Contains(got.body(t), c.want) || !strings.Contains(got.only(t).Problem, c.says) || c.says == "" && got.only(t).Problem != "" {
				t.Errorf("%q, %+v", got.body(t), got.only(t))
			}
		})
	}
}

// A time that the clocks skipped stands as it was written.
func TestSkippedTimeStaysAsWritten(t *testing.T) {
	got := readFile(t, Options{Units: health.Kilograms}, "weight-2019-03-18.json", `[{"logId":1,"weight":80,"date":"03/31/19","time":"01:30:00"}]`)
	equal(t, got.body(t), "2019-03-31T01:30:00Z 80.000 kg Fitbit archive/0/fitbit-archive fitbit-archive:1")
}

// Rows that contradict each other settle nothing.
func TestUnitOfContradictingRows(t *testing.T) {
	got := readFile(t, Options{}, "weight-2019-03-18.json", `[{"logId":1,"weight":85.9,"bmi":27.42,"date":"03/27/19","time":"14:34:01"},{"logId":2,"weight":189.3,"bmi":27.41,"date":"03/28/19","time":"14:34:01"}]`)
	if !strings.Contains(got.only(t).Problem, "pounds") {
		t.Errorf("%+v", got.only(t))
	}
}

// The height of the archive settles the unit, wherever in it the file lies.
func TestHeightsAreKnownBeforeWeights(t *testing.T) {
	got := read(t, Options{}, contents{
		"a/weight-2019-03-18.json": `[{"logId":1,"weight":60,"bmi":13.9,"date":"03/27/19","time":"14:34:01"}]`,
		"b/height-2019-03-18.json": `[{"dateTime" : "05/18/15 00:00:00", "value" : "2080"}]`,
	}.in(t, t.TempDir()))
	equal(t, got.body(t), `
2019-03-27T14:34:01Z 60.000 kg Fitbit archive/0/fitbit-archive fitbit-archive:1
2015-05-18T00:00:00+01:00 2.080 m`)
}

func TestImpossibleEntriesAreToldAndAbsurdOnesKept(t *testing.T) {
	got := readFile(t, Options{Units: health.Kilograms}, "weight-2019-03-18.json", `[
{"logId":1,"weight":7000,"date":"03/27/19","time":"14:34:01"},
{"logId":2,"weight":-3,"date":"03/27/19","time":"14:35:01"},
{"logId":3,"weight":0,"date":"03/27/19","time":"14:36:01"},
{"logId":4,"weight":"NaN","date":"03/27/19","time":"14:37:01"},
{"logId":5,"weight":80,"date":"02/30/19","time":"14:38:01"},
{"logId":6,"weight":80,"date":"03/27/19","time":"24:38:01"},
{"logId":7,"weight":80,"fat":0.26,"date":"03/27/19","time":"14:39:01","source":"\u001b[31mAria\u001b[0m\u202e"},
{"logId":7,"weight":81,"date":"03/27/19","time":"14:39:01"},
{"logId":7,"weight":80,"date":"03/27/19","time":"14:39:01"},
{"weight":80}, 7, null, ["x"]]`)
	equal(t, got.body(t), `
2019-03-27T14:34:01Z 7000.000 kg Fitbit archive/0/fitbit-archive fitbit-archive:1
2019-03-27T14:39:01Z 80.000 kg [31mAria[0m/4/fitbit-archive fitbit-archive:7
2019-03-27T14:39:01Z 0.26 % [31mAria[0m/4/fitbit-archive fitbit-archive:7`)
	if f := got.only(t); f.Skipped != 6 || !strings.HasPrefix(f.Problem, "1 with the number of another") {
		t.Errorf("%+v", f)
	}
}

// Calories stand by the clock on the wall, steps by UTC.
func TestMinutesBelongToLocalDates(t *testing.T) {
	got := read(t, Options{Zone: zone(t, "Australia/Melbourne")}, contents{
		"calories-2016-01-10.json": minutesOf("2016-01-10 00:00", 2*1440, "1.5"),
		"steps-2016-01-10.json":    minutesOf("2016-01-09 13:00", 90, "10"), // from local midnight on
	}.in(t, t.TempDir()))
	equal(t, got.days(t, health.TypeCalories), "2016-01-10 2160.0000 fitbit-archive 0s\n2016-01-11 2160.0000 fitbit-archive 0s")
	equal(t, got.days(t, health.TypeSteps), "2016-01-10 900.0000 fitbit-archive 0s")
	equal(t, got.hours(t, health.TypeSteps), "2016-01-09T13:00:00Z 600.0000 fitbit-archive\n2016-01-09T14:00:00Z 300.0000 fitbit-archive")
	hours := strings.Split(strings.TrimSpace(got.hours(t, health.TypeCalories)), "\n")
	if len(hours) != 48 || hours[0] != "2016-01-09T13:00:00Z 90.0000 fitbit-archive" {
		t.Errorf("%d hours from %s on", len(hours), hours[0])
	}
}

func TestMinutesOfHalfHourZones(t *testing.T) {
	got := readFile(t, Options{Zone: zone(t, "Asia/Kolkata")}, "steps-2016-01-10.json", minutesOf("2016-01-09 18:30", 60, "1"))
	equal(t, got.days(t, health.TypeSteps), "2016-01-10 60.0000 fitbit-archive 0s")
	equal(t, got.hours(t, health.TypeSteps), "2016-01-09T18:30:00Z 60.0000 fitbit-archive")
}

func TestHourThatComesTwice(t *testing.T) {
	london := zone(t, "Europe/London")
	night := minutesOf("2019-10-27 00:00", 120, "1") // until 01:59 of summer time
	again := minutesOf("2019-10-27 01:00", 23*60, "2")
	both := strings.TrimSuffix(night, "]") + "," + strings.TrimPrefix(again, "[")
	got := readFile(t, Options{Zone: london}, "calories-2019-10-01.json", both)
	equal(t, got.days(t, health.TypeCalories), "2019-10-27 2880.0000 fitbit-archive 0s") // 120 + 2·1380
	hours := got.hours(t, health.TypeCalories)
	if !strings.HasPrefix(hours, "2019-10-26T23:00:00Z 60.0000 fitbit-archive\n2019-10-27T00:00:00Z 60.0000 fitbit-archive\n2019-10-27T01:00:00Z 120.0000") {
		t.Errorf("%s", hours)
	}
	// Where they go on in one zone, the same minutes again are a copy.
	got = readFile(t, Options{Zone: zone(t, "UTC")}, "calories-2019-10-01.json", both)
	equal(t, got.days(t, health.TypeCalories), "2019-10-27 2760.0000 fitbit-archive 0s") // 120 + 2·1320
}

// Exports overlap, files too at a change of the clocks: a minute counts once.
func TestMinutesCountOnce(t *testing.T) {
	got := read(t, Options{}, contents{
		"one/calories-2016-01-10.json":     minutesOf("2016-01-10 00:00", 1440, "1"),
		"two/calories-2016-01-10.json":     minutesOf("2016-01-10 00:00", 1440, "1"),
		"two/calories-2016-01-10 (1).json": minutesOf("2016-01-10 12:00", 1440, "1"),
	}.in(t, t.TempDir()))
	equal(t, got.days(t, health.TypeCalories), "2016-01-10 1440.0000 fitbit-archive 0s\n2016-01-11 720.0000 fitbit-archive 12h0m0s")
	if len(got.report.Notes) != 1 || !strings.HasPrefix(got.report.Notes[0], "calories: of 1 of the days some minutes") {
		t.Errorf("%q", got.report.Notes)
	}
}

func TestMinutesThatCannotBe(t *testing.T) {
	got := readFile(t, Options{}, "steps-2016-01-10.json", `[
{"dateTime":"01/10/16 00:00:00","value":"7"},
{"dateTime":"01/10/16 00:01:00","value":"-7"},
{"dateTime":"01/10/16 00:02:00","value":"229313"},
{"dateTime":"01/10/16 00:03:00","value":null},
{"dateTime":null,"value":"9"},
{"dateTime":"01/10/46 00:00:00","value":"7"},
{"dateTime":"13/10/16 00:00:00","value":"7"},
{"dateTime":"01/10/16 24:00:00","value":"7"},
{"dateTime":"01/10/16 00:04:00","value":8, "more":{"of":["it"]}}]`)
	equal(t, got.days(t, health.TypeSteps), "2016-01-10 15.0000 fitbit-archive 0s")
	if f := got.only(t); f.Skipped != 7 || f.Failed {
		t.Errorf("%+v", f)
	}
}

// A file that breaks off gives what came before.
func TestBrokenJSON(t *testing.T) {
	for name, text := range map[string]string{"cut": entries[:len(entries)-60], "wrong": strings.Replace(entries, `"logId" : 1564790400000`, `"logId" = 15647`, 1)} {
		got := readFile(t, Options{}, "weight-2019-03-18.json", text)
		if f := got.only(t); !f.Failed || f.Read() != 2 || f.Problem == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// An hour that the clocks skip is nobody's, even if the file has it.
func TestHourThatIsSkipped(t *testing.T) {
	got := readFile(t, Options{}, "calories-2019-03-31.json", minutesOf("2019-03-31 00:00", 1440, "1"))
	equal(t, got.days(t, health.TypeCalories), "2019-03-31 1440.0000 fitbit-archive 0s")
	if hours := strings.Split(strings.TrimSpace(got.hours(t, health.TypeCalories)), "\n"); len(hours) != 23 || hours[1] != "2019-03-31T01:00:00Z 60.0000 fitbit-archive" {
		t.Errorf("%d hours, %s", len(hours), hours[1])
	}
}

// What nobody can have burned is told, and kept in the record.
func TestImpossibleDaysAreTold(t *testing.T) {
	got := readFile(t, Options{}, "calories-2019-03-30.json", minutesOf("2019-03-30 00:00", 1440, "160"))
	equal(t, got.days(t, health.TypeCalories), "2019-03-30 230400.0000 fitbit-archive 0s")
	if len(got.report.Notes) != 1 || got.report.Notes[0] != "calories: 1 day left out: 230,400 kcal on 30 Mar 2019 (kept, and counted nowhere)" {
		t.Errorf("%q", got.report.Notes)
	}
	got = readFile(t, Options{}, "x.csv", "Activities\nDate,Calories Burned,Steps\n2019-03-30,\"229,313\",7\n")
	if f := got.only(t); !strings.Contains(f.Problem, "229,313 kcal on 30 Mar 2019") || f.Failed || got.days(t, health.TypeCalories) == "" {
		t.Errorf("%+v", f)
	}
}
