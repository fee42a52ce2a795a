package takeout

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"vitals/internal/health"
)

// sane is a sink that checks what it is given.
type sane struct{ t *testing.T }

func (s sane) number(v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		s.t.Errorf("took %v", v)
	}
}

func (s sane) source(from health.Source) {
	if from.Via == "" || strings.ContainsFunc(from.Name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		s.t.Errorf("took %+q", from)
	}
}

func (s sane) SaveWeighings(_ context.Context, all []health.Weighing) (int, int, error) {
	for _, w := range all {
		s.number(w.KG)
		s.source(w.Source)
		if w.KG == 0 || w.At.IsZero() {
			s.t.Errorf("took %+v", w)
		}
	}
	return len(all), 0, nil
}

func (s sane) SaveBodyFats(_ context.Context, all []health.BodyFat) (int, int, error) {
	for _, f := range all {
		s.number(f.Percent)
		s.source(f.Source)
	}
	return len(all), 0, nil
}

func (s sane) SaveHeights(_ context.Context, all []health.Height) (int, int, error) {
	for _, h := range all {
		s.number(h.Metres)
	}
	return len(all), 0, nil
}

func (s sane) SaveDayTotals(_ context.Context, t health.DataType, all []health.DayTotal) (int, int, error) {
	for _, d := range all {
		s.number(d.Amount)
		if !counts(t, d.Amount) || d.Via == "" || d.AsOf.IsZero() || d.Covered < 0 {
			s.t.Errorf("took %+v", d)
		}
	}
	return len(all), 0, nil
}

func (s sane) SaveHourTotals(_ context.Context, t health.DataType, all []health.HourTotal) (int, int, error) {
	for _, h := range all {
		s.number(h.Amount)
		if !counts(t, h.Amount) || h.Via == "" || h.AsOf.IsZero() || h.Start.Second() != 0 {
			s.t.Errorf("took %+v", h)
		}
	}
	return len(all), 0, nil
}

// fuzzed reads content under a name and expects no worse than a problem.
func fuzzed(t *testing.T, name string, content []byte) {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Open(t.Context(), []string{path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	report, err := c.Read(t.Context(), Options{Zone: berlin, Now: now}, sane{t})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Files {
		if f.Failed && f.Problem == "" || strings.ContainsFunc(f.Path+f.Problem, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q: %q", f.Path, f.Problem)
		}
	}
}

func FuzzClassicJSON(f *testing.F) {
	for _, seed := range []string{entries, `[{"dateTime" : "05/18/15 00:00:00", "value" : "1770"}]`, minutesOf("2019-10-27 00:00", 3, "1.5"), `[]`, `[{"a\u00e9":"\"\\"},{}]`,
		`{"weight":[{"bmi":23.57,"date":"2012-03-05","logId":1330991999000,"source":"API","time":"23:59:59","weight":73}]}`,
		`{"activities-steps":[{"dateTime":"2014-09-04","value":"7428"}]}`,
		`{"WeightDataList":[{"DataID":"5f","FatValue":10,"MDate":1442491449,"TimeZone":"-0800","WeightValue":77.5}],"WeightUnit":0}`,
		`{"ARDataList":[{"Calories":1571,"MDate":1447698000,"Steps":21,"TimeZone":5}]}`, `{"Error":"x","ErrorCode":1001}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"weight-2019-03-18.json", "steps-2019-03-18.json", "calories-2019-03-18.json", "height-2019-03-18.json", "x.json"} {
			fuzzed(t, name, []byte(text))
		}
	})
}

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"date,weight kg\n2019-03-02,71.4\n", "Datum;Uhrzeit;Gewicht [kg];Fett\n02.03.2019;07:12;71,4;27,3\n", "timestamp,steps,data source\n2026-01-10T08:00:10Z,5,MobileTrack\n",
		"timestamp,weight grams,data source\n2026-07-25T10:12:44Z,64900,Aria\n", "Body\nDate,Weight,BMI,Fat\n\"02-01-2019\",\"70.1\",\"0\",\"0\"\n\nActivities\nDate,Calories Burned,Steps\n2019-01-02,\"2,415\",9\n",
		"Id,ActivityHour,Calories\n11,5/2/2016 12:00:00 AM,81\n", profileOf("1ABCDE", "Asia/Calcutta"), "\xff\xfed\x00a\x00t\x00e\x00", "Date,Weight (st)\n2019-03-02,11 st 3.41 lb\n",
		"time,civil_date,value,unit,trend,source,excluded\n2019-03-02T07:12:00Z,2019-03-02,71.4,kg,71.9,Aria 2,\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"x.csv", "Profile.csv", "height.csv"} {
			fuzzed(t, name, []byte(text))
		}
	})
}

func FuzzArchive(f *testing.F) {
	small := contents{"weight-2019-03-18.json": entries, "x/weights.csv": "date,weight kg\n2019-03-02,71.4\n", "UserX.csv": ""}
	packed := small.zip(f)
	for _, seed := range [][]byte{packed, packed[:len(packed)-120], gzipped(f, small.tar(f)), small.tar(f), gzipped(f, []byte(entries)), []byte("PK\x03\x04"), {0x1f, 0x8b}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content []byte) { fuzzed(t, "x.zip", content) })
}
