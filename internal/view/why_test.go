package view

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// why asks, and returns each explanation by its figure as one text.
func why(t *testing.T, v *Viewer, s Subject) map[string]string {
	t.Helper()
	explanations, err := v.Why(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range explanations {
		all[e.Figure] = fmt.Sprintf("%s\nby %s\nfrom %s\nwithout %s\ngaps %s\nsource %s", e.Value, e.Formula,
			strings.Join(e.From, "; "), strings.Join(e.LeftOut, "; "), strings.Join(e.Gaps, "; "), e.Source)
	}
	return all
}

func wantWhy(t *testing.T, all map[string]string, figure string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(all[figure], text) {
			t.Errorf("%s lacks %q:\n%s", figure, text, all[figure])
		}
	}
}

func TestWhyBody(t *testing.T) {
	v, s := newViewer(t)
	if all := why(t, v, Subject{Topic: AboutBody}); !strings.Contains(all["weight"], "no weigh-in counts") {
		t.Errorf("out of nothing: %v", all)
	}
	aria := health.Source{Name: "Aria 2", Kind: health.SourceScale}
	archive := health.Source{Name: "Aria", Kind: health.SourceScale, Via: health.ViaFitbitArchive}
	var weighings []health.Weighing
	for day := range 20 {
		at := local(t, "2026-11-03 07:12").AddDate(0, 0, day)
		weighings = append(weighings, health.Weighing{ID: at.String(), At: at, KG: 72 - 0.05*float64(day), Source: aria})
	}
	weighings = slices.Delete(weighings, 5, 7)
	last := weighings[len(weighings)-1]
	old := health.Weighing{ID: "old", At: local(t, "2026-08-01 07:00"), KG: 75, Source: aria}
	guest := health.Weighing{ID: "guest", At: local(t, "2026-11-22 10:00"), KG: 95, Source: aria}
	slip := health.Weighing{ID: "slip", At: local(t, "2026-11-20 10:00"), KG: 70.5, Source: aria}
	copied := last
	copied.Source, copied.KG = archive, 71.03
	save(t, s.SaveWeighings, append(weighings, old, guest, slip, copied))
	if err := s.SaveRuling(t.Context(), []health.Weighing{slip}, health.RuledOut); err != nil {
		t.Fatal(err)
	}
	save(t, s.SaveBodyFats, []health.BodyFat{{ID: "f", At: last.At, Percent: 25, Source: aria}, {ID: "g", At: last.At, Percent: 0.25, Source: archive}})
	save(t, s.SaveHeights, []health.Height{{ID: "h", At: local(t, "2014-03-02 12:00"), Metres: 2}})
	v.Preferences.GoalKG, v.Preferences.Units = 68, health.Pounds

	all := why(t, v, Subject{Topic: AboutBody})
	wantWhy(t, all, "weight", "71.05 kg (156.6 lb)", "Sun 22 Nov 2026 07:12 +00:00, filed under 2026-11-22", "source Aria 2",
		"71.03 kg (156.6 lb)  Aria (imported, fitbit-archive): a copy of it", "95.00 kg", "off the trend of")
	wantWhy(t, all, "BMI", "17.76, mild thinness", "71.05 kg / (2.000 m)²", "2.00 m from 2 Mar 2014 on")
	wantWhy(t, all, "body fat", "25.0 %", "0.25 %", "no person's body fat")
	wantWhy(t, all, "trend", "2026-11-22  W 71.05 kg", "left out by you", "none for 94 days before 2026-11-03: the trend began anew")
	wantWhy(t, all, "fat and lean mass", "17.76 kg (39.2 lb) fat, 53.29 kg (117.5 lb) lean, which is 25.0 % fat")
	wantWhy(t, all, "rate", "-0.350 ± 0.000 kg a week", "through the 18 weigh-ins of the 28 dates", "no weigh-in on 10 of the 28 dates", "95.00 kg", "2026-11-03  72.00 kg")
	wantWhy(t, all, "energy balance", "-385 kcal a day", "-0.0500 kg a day × 7700")
	wantWhy(t, all, "goal", "68.00 kg (149.9 lb) between", "from 2026-11-22 on")

	wantWhy(t, why(t, v, Subject{Topic: AboutBody, Units: health.Stone}), "weight", "71.05 kg (11 st 2.6 lb)")
	wantWhy(t, why(t, v, Subject{Topic: AboutPerson, Units: health.Stone}), "unit of weights", "st", "chosen with u")
	wantWhy(t, why(t, v, Subject{Topic: AboutPerson}), "unit of weights", "lb", "units of [display]")

	readings, err := v.BodyReadings(t.Context(), Weight)
	if err != nil {
		t.Fatal(err)
	}
	find := func(id string) Subject {
		i := slices.IndexFunc(readings, func(r BodyReading) bool { return r.Weighing.ID == id })
		return Subject{Topic: AboutBody, Reading: &readings[i]}
	}
	wantWhy(t, why(t, v, find("guest")), "does it count?", "no: held back,", "kg off the trend of")
	wantWhy(t, why(t, v, find("guest")), "body fat", "none with this weigh-in")
	wantWhy(t, why(t, v, find("slip")), "does it count?", "no: left out by you")
	wantWhy(t, why(t, v, find(weighings[1].ID)), "does it count?", "yes", "moved the trend from 72.00 kg (158.7 lb) to 72.00 kg")
	wantWhy(t, why(t, v, find("old")), "does it count?", "the trend begins with it")
	if err := s.SaveRuling(t.Context(), []health.Weighing{guest}, health.RuledIn); err != nil {
		t.Fatal(err)
	}
	wantWhy(t, why(t, v, find("guest")), "does it count?", "yes, as you said", "first weigh-in of 2026-11-22, which is another")
	wantWhy(t, why(t, v, Subject{Topic: AboutBody, At: local(t, "2026-11-19 12:00"), Unit: timeline.Week}), "2026-W47",
		"the mean of", "95.00 kg (209.4 lb)  Aria 2", "70.50 kg (155.4 lb)  Aria 2: left out by you")
	gone := readings[0]
	gone.Weighing = &health.Judged{Weighing: health.Weighing{ID: "gone"}}
	wantWhy(t, why(t, v, Subject{Topic: AboutBody, Reading: &gone}), "weight", "not there any more")
}

func TestWhyTooLittleData(t *testing.T) {
	v, s := newViewer(t)
	save(t, s.SaveWeighings, []health.Weighing{{ID: "1", At: local(t, "2026-11-22 00:00"), KG: 72}})
	v.Preferences.GoalKG = 68
	all := why(t, v, Subject{Topic: AboutBody})
	wantWhy(t, all, "weight", "from Sun 22 Nov 2026 +00:00", "a source without a name")
	wantWhy(t, all, "BMI", "no height on record")
	wantWhy(t, all, "rate", "too little data: 1 of at least 10 dates")
	wantWhy(t, all, "goal", "no date: too little data")
	if _, ok := all["energy balance"]; ok {
		t.Error("an energy balance without a rate")
	}
}

func TestWhyPerson(t *testing.T) {
	v, s := newViewer(t)
	all := why(t, v, Subject{})
	wantWhy(t, all, "height", "not known")
	wantWhy(t, all, "zone of days, weeks and months", "Europe/London", "this machine")
	v.Preferences.HeightM = 1.72
	save(t, s.SaveSettings, health.Settings{TimeZone: "Asia/Kathmandu", Units: health.Stone})
	all = why(t, v, Subject{})
	wantWhy(t, all, "height", "1.72 m", "height_cm of [display]")
	wantWhy(t, all, "zone of days, weeks and months", "Asia/Kathmandu", "the account's settings")
	wantWhy(t, all, "unit of weights", "st", "the account's settings")
}

func TestWhyEnergy(t *testing.T) {
	v, s := newViewer(t)
	wantWhy(t, why(t, v, Subject{Topic: AboutEnergy}), "electricity", "no meter is read yet")
	v.Preferences.Meter = "m"
	v.Preferences.Tariffs = []Tariff{{Currency: "GBP", PricePerKWh: 0.2, StandingCharge: 0.5, NightPrice: 0.1, NightFrom: 30 * time.Minute, NightTo: 7*time.Hour + 30*time.Minute}}
	now := local(t, "2026-11-22 13:37")
	start := local(t, "2026-11-01 00:00")
	keepMeter(t, s, start, timeline.Reading{Time: now.Add(-time.Minute), Value: 412}, func(at time.Time) float64 {
		if h := at.Hour(); at.Day() == 22 && h >= 2 && h < 4 {
			return -1 // the logger was out
		}
		return 400
	}, now)
	window := NewWindow(LastDay)
	all := why(t, v, Subject{Topic: AboutEnergy, Window: window})
	wantWhy(t, all, "now", "412 W", "Sun 22 Nov 2026 13:36:00")
	if hours := strings.Count(all["today"], "2026-11-22 "); hours != 12 { // of 14 hours the logger was out in two
		t.Errorf("today is made of %d hours: %s", hours, all["today"])
	}
	wantWhy(t, all, "today", "2026-11-22 13:00 +0000  0.300000 kWh, partial", " kWh, partial", "covered", "2 h without readings between 22 Nov 02:00 and 22 Nov 04:00")
	wantWhy(t, all, "cost", "GBP", "0.2000 GBP a kWh, 0.1000 at night (00:30–07:30), 0.5000 a day")
	wantWhy(t, all, "idle load", "400 W", "median", "Sat 21 Nov  400 W")
	wantWhy(t, all, "yesterday by now", "5.446667 kWh", "until 13:37:00", "all of yesterday: 9.600000 kWh, full")
	wantWhy(t, all, "in the window", "the sum of the window's buckets, 24: ", "22 Nov 2026 02:00: empty")

	hour := why(t, v, Subject{Topic: AboutEnergy, Window: window, At: local(t, "2026-11-22 09:00")})
	wantWhy(t, hour, timeline.Hour.Label(local(t, "2026-11-22 09:00")), "0.400000 kWh, full", "1 h of 1 h covered",
		"09:45  0.100000 kWh, 15 min covered; 09:30")
	wantWhy(t, hour, "cost", "0.0800 GBP", "no standing charge")
	week := NewWindow(LastWeek)
	day := why(t, v, Subject{Topic: AboutEnergy, Window: week, At: local(t, "2026-11-21 00:00")})
	wantWhy(t, day, "2026-11-21", "9.600000 kWh, full", "0.400000 kWh, full")
	if strings.Count(day["2026-11-21"], "kWh, full") != 25 {
		t.Errorf("a day is not made of 24 hours: %s", day["2026-11-21"])
	}

	save(t, func(ctx context.Context, totals []health.DayTotal) (int, int, error) {
		return s.SaveDayTotals(ctx, health.TypeCalories, totals)
	},
		[]health.DayTotal{{Date: health.Date{Year: 2026, Month: 11, Day: 21}, Amount: 2251, AsOf: now}, {Date: health.Date{Year: 2026, Month: 11, Day: 22}, Amount: 1432, AsOf: now}})
	all = why(t, v, Subject{Topic: AboutEnergy, Window: week, Source: Burned})
	wantWhy(t, all, "burned today", "1432 kcal", "yesterday 2251 kcal", "Google Health")
	day = why(t, v, Subject{Topic: AboutEnergy, Window: week, Source: Burned, At: local(t, "2026-11-21 00:00")})
	wantWhy(t, day, "2026-11-21", "2251.0 kcal, full")
}

// Gaps are told to the quarter-hour, those beside each other as one.
func TestGaps(t *testing.T) {
	from := local(t, "2026-11-22 00:00")
	quarter := func(n int, covered, estimated time.Duration) timeline.Portion {
		start := from.Unix() + int64(n)*timeline.QuarterHour
		return timeline.Portion{Start: start, End: start + timeline.QuarterHour, Amount: 1, Covered: covered, Estimated: estimated}
	}
	const whole = 15 * time.Minute
	tests := []struct {
		name     string
		portions []timeline.Portion
		want     []string
	}{
		{"none", []timeline.Portion{quarter(0, whole, 0), quarter(1, whole, 0), quarter(2, whole, 0), quarter(3, whole, 0)}, nil},
		{"nothing at all", nil, []string{"1 h without readings between 22 Nov 00:00 and 22 Nov 01:00"}},
		{"in the middle", []timeline.Portion{quarter(0, whole, 0), quarter(1, 5*time.Minute, 0), quarter(3, whole, 0)},
			[]string{"25 min without readings between 22 Nov 00:15 and 22 Nov 00:45"}},
		{"estimated", []timeline.Portion{quarter(0, whole, 0), quarter(1, whole, 10*time.Minute), quarter(2, whole, whole), quarter(3, whole, 0)},
			[]string{"22 Nov 00:15 – 22 Nov 00:45: 25 min estimated"}},
		{"at the end", []timeline.Portion{quarter(0, whole, 0), quarter(1, whole, 0)}, []string{"30 min without readings between 22 Nov 00:30 and 22 Nov 01:00"}},
	}
	for _, tt := range tests {
		if got := gaps(tt.portions, from, from.Add(time.Hour)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestLongListsAreCut(t *testing.T) {
	var l listed
	for i := range longestList + 3 {
		l.add("%d", i)
	}
	if all := l.all(); len(all) != longestList+1 || all[longestList] != "and 3 more" {
		t.Errorf("%q", all)
	}
}

// Without a reading that can be used there is none to name, and no time of one.
func TestWhyNowWithoutAReading(t *testing.T) {
	v, s := newViewer(t)
	v.Preferences.Meter = "m"
	if err := s.SaveRollUp(t.Context(), "m", timeline.RollUp{Source: "meter.db: readings", Step: time.Minute}); err != nil {
		t.Fatal(err)
	}
	now := why(t, v, Subject{Topic: AboutEnergy, Window: NewWindow(LastDay)})["now"]
	if !strings.Contains(now, "no reading that can be used") || strings.Contains(now, "0000") {
		t.Errorf("now: %s", now)
	}
}
