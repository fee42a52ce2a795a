package view

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

func TestStride(t *testing.T) {
	for _, c := range []struct {
		reach Reach
		unit  timeline.Unit
		n     int
		days  int
		want  Stride
	}{
		{LastDay, timeline.Hour, 24, 2, Stride{1, timeline.Day}},
		{LastDay, timeline.Week, 1, 7, Stride{1, timeline.Week}},
		{LastWeek, timeline.Day, 7, 7, Stride{1, timeline.Week}},
		{LastWeek, timeline.Week, 2, 14, Stride{1, timeline.Week}},
		{LastMonth, timeline.Day, 30, 30, Stride{4, timeline.Week}},
		{LastMonth, timeline.Month, 2, 61, Stride{1, timeline.Year}},
		{LastYear, timeline.Month, 12, 356, Stride{1, timeline.Year}},
		{LastYear, timeline.Week, 52, 360, Stride{52, timeline.Week}},
		{All, timeline.Hour, 80000, 3480, Stride{52, timeline.Week}},
		{All, timeline.Year, 10, 3480, Stride{1, timeline.Year}},
		{Typed, timeline.Hour, 24, 1, Stride{1, timeline.Day}},
		{Typed, timeline.Hour, 48, 2, Stride{1, timeline.Week}},
		{Typed, timeline.Day, 10, 10, Stride{1, timeline.Week}},
		{Typed, timeline.Month, 3, 91, Stride{3, timeline.Month}},
		{Typed, timeline.Day, 800, 800, Stride{52, timeline.Week}},
	} {
		if got := (Window{Reach: c.reach, Unit: c.unit}).Stride(c.n, c.days); got != c.want {
			t.Errorf("reach %d by %s: %v, want %v", c.reach, c.unit, got, c.want)
		}
	}
}

// mateOf is the counterpart of the bucket of unit u that holds a local time, as
// of another.
func mateOf(t *testing.T, zone *time.Location, u timeline.Unit, stride Stride, at time.Time, asOf time.Time) string {
	t.Helper()
	b := timeline.Bucket{Start: u.Start(at), End: u.Next(at)}
	m := newBack(stride, asOf.In(zone)).mate(b, u)
	if m.none() {
		return "–"
	}
	const layout = "2006-01-02 15:04 -0700"
	text := time.Unix(m.start, 0).In(zone).Format(layout) + " " + time.Unix(m.end, 0).In(zone).Format("01-02 15:04")
	if m.again != 0 {
		text += " and again"
	}
	return text
}

func TestCounterparts(t *testing.T) {
	day, week, year := Stride{1, timeline.Day}, Stride{1, timeline.Week}, Stride{1, timeline.Year}
	for _, c := range []struct {
		name, zone string
		unit       timeline.Unit
		stride     Stride
		at, asOf   string
		want       string
	}{
		{"an hour", "Europe/London", timeline.Hour, day, "2026-11-22T10:00:00Z", "2026-11-22T13:37:00Z", "2026-11-21 10:00 +0000 11-21 11:00"},
		{"the running hour", "Europe/London", timeline.Hour, day, "2026-11-22T13:00:00Z", "2026-11-22T13:37:00Z", "2026-11-21 13:00 +0000 11-21 13:37"},
		{"an hour to come", "Europe/London", timeline.Hour, day, "2026-11-22T14:00:00Z", "2026-11-22T13:37:00Z", "–"},
		{"an hour that came twice then", "Europe/London", timeline.Hour, day, "2026-10-26T01:00:00Z", "2026-11-22T13:37:00Z", "2026-10-25 01:00 +0100 10-25 01:00 and again"},
		{"an hour that came twice now, first", "Europe/London", timeline.Hour, day, "2026-10-25T00:00:00Z", "2026-11-22T13:37:00Z", "2026-10-24 01:00 +0100 10-24 02:00"},
		{"an hour that came twice now, again", "Europe/London", timeline.Hour, day, "2026-10-25T01:00:00Z", "2026-11-22T13:37:00Z", "2026-10-24 01:00 +0100 10-24 02:00"},
		{"an hour that was missing then", "Europe/London", timeline.Hour, day, "2026-03-30T00:00:00Z", "2026-11-22T13:37:00Z", "–"},
		{"the hour after one", "Europe/London", timeline.Hour, day, "2026-03-30T01:00:00Z", "2026-11-22T13:37:00Z", "2026-03-29 02:00 +0100 03-29 03:00"},
		{"half an hour missing then", "Australia/Lord_Howe", timeline.Hour, day, "2025-10-05T15:00:00Z", "2026-11-22T13:37:00Z", "–"},
		{"half an hour that came twice", "Australia/Lord_Howe", timeline.Hour, day, "2025-04-05T15:10:00Z", "2026-11-22T13:37:00Z", "2025-04-05 01:30 +1100 04-05 02:00"},
		{"today", "Europe/London", timeline.Day, week, "2026-11-22T10:00:00Z", "2026-11-22T13:37:00Z", "2026-11-15 00:00 +0000 11-15 13:37"},
		{"a day of 23 hours", "Europe/London", timeline.Day, week, "2026-03-29T10:00:00Z", "2026-11-22T13:37:00Z", "2026-03-22 00:00 +0000 03-23 00:00"},
		{"today, by the clock", "Europe/London", timeline.Day, week, "2026-03-29T10:00:00Z", "2026-03-29T10:00:00Z", "2026-03-22 00:00 +0000 03-22 11:00"},
		{"a date that was skipped", "Pacific/Apia", timeline.Day, day, "2011-12-30T12:00:00Z", "2026-11-22T13:37:00Z", "–"},
		{"midnight skipped then", "America/Havana", timeline.Day, day, "2025-03-10T12:00:00Z", "2026-11-22T13:37:00Z", "2025-03-09 01:00 -0400 03-10 00:00"},
		{"this week", "Europe/London", timeline.Week, Stride{52, timeline.Week}, "2026-11-22T10:00:00Z", "2026-11-22T13:37:00Z", "2025-11-17 00:00 +0000 11-23 13:37"},
		{"this month", "Europe/London", timeline.Month, year, "2026-11-22T10:00:00Z", "2026-11-22T13:37:00Z", "2025-11-01 00:00 +0000 11-22 13:37"},
		{"a month", "Europe/London", timeline.Month, year, "2026-02-22T10:00:00Z", "2026-11-22T13:37:00Z", "2025-02-01 00:00 +0000 03-01 00:00"},
		{"29 February", "Europe/London", timeline.Month, year, "2028-02-29T10:00:00Z", "2028-02-29T13:37:00Z", "2027-02-01 00:00 +0000 03-01 00:00"},
		{"the 31st", "Europe/London", timeline.Month, Stride{1, timeline.Month}, "2026-03-31T10:00:00Z", "2026-03-31T10:00:00Z", "2026-02-01 00:00 +0000 03-01 00:00"},
		{"this year", "Europe/London", timeline.Year, year, "2026-11-22T10:00:00Z", "2026-11-22T13:37:00Z", "2025-01-01 00:00 +0000 11-22 13:37"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		asOf, err := time.Parse(time.RFC3339, c.asOf)
		if err != nil {
			t.Fatal(err)
		}
		if got := mateOf(t, zone, c.unit, c.stride, at.In(zone), asOf); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// A counterpart lies in the past, is never longer by the clock than its bucket,
// begins at the same clock time, and from a week on at the same weekday.
func TestCounterpartsAreLikeTheirBuckets(t *testing.T) {
	zones := []string{"UTC", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana", "America/St_Johns", "Pacific/Apia", "Africa/Cairo"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		u := timeline.Unit(rapid.IntRange(int(timeline.Hour), int(timeline.Week)).Draw(t, "unit"))
		stride := Stride{rapid.IntRange(1, 60).Draw(t, "weeks"), timeline.Week}
		if u != timeline.Week && rapid.Bool().Draw(t, "by days") {
			stride = Stride{rapid.IntRange(1, 6).Draw(t, "days"), timeline.Day}
		}
		at := time.Unix(rapid.Int64Range(1300000000, 2000000000).Draw(t, "at"), 0).In(zone)
		asOf := at.Add(time.Duration(rapid.Int64Range(0, 10*86400).Draw(t, "later")) * time.Second)
		b := timeline.Bucket{Start: u.Start(at), End: u.Next(at)}
		m := newBack(stride, asOf).mate(b, u)
		if m.none() {
			return
		}
		start, end := time.Unix(m.start, 0).In(zone), time.Unix(m.end, 0).In(zone)
		if !end.Before(asOf) || end.After(b.End) {
			t.Fatalf("%s to %s for %s, as of %s", start, end, b.Start, asOf)
		}
		if got, want := health.DateOf(b.Start).Number()-health.DateOf(start).Number(), newBack(stride, asOf).days(); got != want {
			t.Fatalf("%d dates before, want %d", got, want)
		}
		if u == timeline.Hour {
			if start.Format("15:04") != b.Start.Format("15:04") || end.Sub(start) > b.Length() {
				t.Fatalf("%s to %s for %s to %s", start, end, b.Start, b.End)
			}
		}
		if stop := u.Next(start); end.After(stop) {
			t.Fatalf("%s to %s is more than a %s", start, end, u)
		}
	})
}

func TestCompare(t *testing.T) {
	v, s := newViewer(t)
	v.Preferences.Meter = "m"
	last := local(t, "2026-11-22 13:30")
	// 0.4 kW until Saturday, then 0.5 kW; the logger was out on the Thursday
	// of the week before.
	keepMeter(t, s, local(t, "2026-11-11 00:00"), timeline.Reading{Time: last, Value: 500}, func(at time.Time) float64 {
		switch {
		case at.Before(local(t, "2026-11-13 00:00")) && !at.Before(local(t, "2026-11-12 00:00")):
			return -1
		case at.Before(local(t, "2026-11-16 00:00")):
			return 400
		default:
			return 500
		}
	}, last)
	w := NewWindow(LastWeek)
	e, err := v.Energy(t.Context(), w, HouseAndBurned)
	if err == nil {
		err = v.Compare(t.Context(), w, &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	if e.Stride != (Stride{1, timeline.Week}) || len(e.HouseBefore) != 7 || e.BurnedBefore != nil {
		t.Fatalf("%+v", e)
	}
	today, thursday, tuesday := e.HouseBefore[6], e.HouseBefore[3], e.HouseBefore[1]
	if !today.End.Equal(local(t, "2026-11-15 13:30")) || !near(today.Amount, 13.5*0.4) || today.Status != timeline.Full {
		t.Errorf("last Sunday by now: %+v", today)
	}
	if thursday.Status != timeline.Empty || !thursday.Start.Equal(local(t, "2026-11-12 00:00")) || tuesday.Status != timeline.Empty {
		t.Errorf("without data: %+v, %+v", thursday, tuesday)
	}
	c := e.HouseCompared // Wednesday, Friday, Saturday and today
	if !near(c.Own, 85.5*0.5) || !near(c.Before, 85.5*0.4) || c.GapsDiffer() {
		t.Errorf("compared %+v", c)
	}
	if percent, ok := c.Change(); !ok || !near(percent, 25) {
		t.Errorf("%f %% more", percent)
	}
}

func TestCompareCalories(t *testing.T) {
	v, s := newViewer(t)
	today := health.Date{Year: 2026, Month: time.November, Day: 22}
	for day := range 20 {
		if _, _, err := s.SaveDayTotals(t.Context(), health.TypeCalories, []health.DayTotal{{Date: today.Add(-day), Amount: 2400, AsOf: local(t, "2026-11-22 12:00")}}); err != nil {
			t.Fatal(err)
		}
	}
	w := NewWindow(LastWeek)
	e, err := v.Energy(t.Context(), w, Burned)
	if err == nil {
		err = v.Compare(t.Context(), w, &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	// The day before is shared out, for want of its hours.
	if b := e.BurnedBefore[6]; !b.End.Equal(local(t, "2026-11-15 12:00")) || b.Amount != 1200 || b.Status != timeline.Estimated {
		t.Errorf("last Sunday by noon: %+v", b)
	}
	if b := e.BurnedBefore[0]; b.Amount != 2400 || b.Status != timeline.Full {
		t.Errorf("the Monday before: %+v", b)
	}
}

// What a reading is held for counts in both: of a constant load nothing changed.
func TestCompareHeldReading(t *testing.T) {
	v, s := newViewer(t)
	v.Preferences.Meter = "m"
	now := v.Now()
	r := timeline.RollUp{Source: "meter.db: readings", Step: time.Hour, Latest: timeline.Reading{Time: now.Add(-6 * time.Minute), Value: 1000}}
	for at := timeline.Day.Back(now, 10); at.Before(now); at = at.Add(15 * time.Minute) {
		covered := min(15*time.Minute, now.Sub(at))
		r.Portions = append(r.Portions, timeline.Portion{Start: at.Unix(), End: at.Unix() + timeline.QuarterHour, Amount: covered.Hours(), Covered: covered})
	}
	if err := s.SaveRollUp(t.Context(), "m", r); err != nil {
		t.Fatal(err)
	}
	for _, reach := range []Reach{LastDay, LastWeek} {
		w := NewWindow(reach)
		e, err := v.Energy(t.Context(), w, House)
		if err == nil {
			err = v.Compare(t.Context(), w, &e)
		}
		if err != nil {
			t.Fatal(err)
		}
		n := len(e.House) - 1
		if pair := CompareBuckets(e.House[n], e.HouseBefore[n]); !near(pair.Own, pair.Before) || pair.GapsDiffer() {
			t.Errorf("%d: the running bucket %+v", reach, pair)
		}
		// Of the quarter-hour from 13:30 on, nothing finer is known than its whole.
		if b := e.HouseBefore[n]; b.Status != timeline.Estimated || b.Estimated != 7*time.Minute || e.HouseBefore[n-1].Status == timeline.Estimated {
			t.Errorf("%d: the part of the old bucket %+v", reach, b)
		}
	}
	snapshot, err := v.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e := snapshot.Electricity; !near(*e.TodayKWh, *e.YesterdayByNowKWh) {
		t.Errorf("today %f, yesterday by now %f", *e.TodayKWh, *e.YesterdayByNowKWh)
	}
}

// A gap on either side is no saving.
func TestCompareTellsOfGaps(t *testing.T) {
	whole := timeline.Bucket{Start: time.Unix(0, 0), End: time.Unix(86400, 0), Amount: 24, Covered: 24 * time.Hour, Status: timeline.Full}
	half := whole
	half.Amount, half.Covered, half.Status = 12, 12*time.Hour, timeline.Partial
	for _, c := range []struct {
		own, before timeline.Bucket
		want        bool
	}{{whole, whole, false}, {half, half, false}, {half, whole, true}, {whole, half, true}} {
		if got := CompareBuckets(c.own, c.before).GapsDiffer(); got != c.want {
			t.Errorf("%s against %s: %v", c.own.Status, c.before.Status, got)
		}
	}
}
