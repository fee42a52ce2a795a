package timeline

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// evenly is 1 an hour in quarter-hours, and 3 from the instant peak on for an
// hour.
func evenly(from, to, peak time.Time) []Portion {
	var portions []Portion
	for start := from.Unix(); start < to.Unix(); start += QuarterHour {
		p := Portion{Start: start, End: start + QuarterHour, Amount: 0.25, Covered: 15 * time.Minute}
		if start >= peak.Unix() && start < peak.Unix()+3600 {
			p.Amount = 0.75
		}
		portions = append(portions, p)
	}
	return portions
}

func TestByHourOfDayWhereTheClocksChange(t *testing.T) {
	tests := []struct {
		name    string
		zone    string
		day     string // its first instant
		peak    string // one hour of 3 in place of 1
		unit    Unit
		hour    int
		mean    float64
		length  time.Duration
		days    int32
		status  Status
		total   time.Duration
		unknown bool
	}{
		{name: "skipped in spring", zone: "Europe/London", day: "2024-03-31T00:00:00Z", peak: "2024-03-31T05:00:00Z", unit: Day,
			hour: 1, unknown: true, status: Empty, total: 23 * time.Hour},
		{name: "an ordinary hour of that day", zone: "Europe/London", day: "2024-03-31T00:00:00Z", peak: "2024-03-31T05:00:00Z", unit: Day,
			hour: 6, mean: 3, length: time.Hour, days: 1, status: Full, total: 23 * time.Hour},
		{name: "twice in autumn", zone: "Europe/London", day: "2024-10-26T23:00:00Z", peak: "2024-10-27T01:00:00Z", unit: Day,
			hour: 1, mean: 2, length: 2 * time.Hour, days: 1, status: Full, total: 25 * time.Hour},
		{name: "a week with the hour skipped once", zone: "Europe/London", day: "2024-03-25T00:00:00Z", peak: "2024-03-25T01:00:00Z", unit: Week,
			hour: 1, mean: 8.0 / 6, length: 6 * time.Hour, days: 6, status: Full, total: 7*24*time.Hour - time.Hour},
		{name: "a week with the hour twice", zone: "Europe/London", day: "2024-10-20T23:00:00Z", peak: "2024-10-27T01:00:00Z", unit: Week,
			hour: 1, mean: 10.0 / 8, length: 8 * time.Hour, days: 7, status: Full, total: 7*24*time.Hour + time.Hour},
		{name: "half an hour back", zone: "Australia/Lord_Howe", day: "2024-04-07T00:00:00+11:00", peak: "2024-04-07T01:00:00+11:00", unit: Day,
			hour: 1, mean: 3.5 / 1.5, length: 90 * time.Minute, days: 1, status: Full, total: 24*time.Hour + 30*time.Minute},
		{name: "half an hour forward", zone: "Australia/Lord_Howe", day: "2024-10-06T00:00:00+10:30", peak: "2024-10-06T06:00:00+11:00", unit: Day,
			hour: 2, mean: 1, length: 30 * time.Minute, days: 1, status: Full, total: 23*time.Hour + 30*time.Minute},
		{name: "off the full hour", zone: "Asia/Kathmandu", day: "2024-06-01T00:00:00+05:45", peak: "2024-06-01T07:00:00+05:45", unit: Day,
			hour: 7, mean: 3, length: time.Hour, days: 1, status: Full, total: 24 * time.Hour},
		{name: "a day that begins at one", zone: "America/Sao_Paulo", day: "2018-11-04T01:00:00-02:00", peak: "2018-11-04T05:00:00-02:00", unit: Day,
			hour: 0, unknown: true, status: Empty, total: 23 * time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := instant(t, tt.day).In(zone(t, tt.zone))
			columns := Spans(start, tt.unit.Next(start), tt.unit)
			hours := Resample(evenly(start, columns[0].End, instant(t, tt.peak)), start, columns[0].End, Hour, time.Minute)
			sums := ByHourOfDay(hours, columns)
			if len(sums) != 1 {
				t.Fatalf("%d columns", len(sums))
			}
			h := sums[0][tt.hour]
			mean, ok := h.Mean()
			if ok == tt.unknown || math.Abs(mean-tt.mean) > 1e-9 || h.Length != tt.length || h.Days != tt.days || h.Status != tt.status {
				t.Errorf("%d:00: mean %f, %+v", tt.hour, mean, h)
			}
			total := time.Duration(0)
			for _, h := range sums[0] {
				total += h.Covered
			}
			if total != tt.total {
				t.Errorf("%s covered in all, want %s", total, tt.total)
			}
		})
	}
}

func TestByHourOfDayHowWellItIsKnown(t *testing.T) {
	start := time.Date(2024, 6, 3, 0, 0, 0, 0, time.UTC) // a Monday
	hours := Spans(start, start.AddDate(0, 0, 7), Hour)
	set := func(day, hour int, s Status, covered time.Duration) {
		b := &hours[day*24+hour]
		b.Status, b.Covered, b.Amount = s, covered, covered.Hours()
		if s == Estimated {
			b.Estimated = covered
		}
	}
	for day := range 7 {
		set(day, 3, Full, time.Hour)
		set(day, 4, Full, time.Hour)
		set(day, 5, Full, time.Hour)
	}
	set(2, 4, Empty, 0)
	set(3, 5, Estimated, 30*time.Minute)
	set(4, 5, Empty, 0)
	set(5, 6, Partial, 15*time.Minute)
	sums := ByHourOfDay(hours, Spans(start, start.AddDate(0, 0, 7), Week))[0]
	for _, want := range []struct {
		hour    int
		status  Status
		days    int32
		covered time.Duration
	}{{2, Empty, 0, 0}, {3, Full, 7, 7 * time.Hour}, {4, Partial, 6, 6 * time.Hour}, {5, Estimated, 6, 5*time.Hour + 30*time.Minute}, {6, Partial, 1, 15 * time.Minute}} {
		if h := sums[want.hour]; h.Status != want.status || h.Days != want.days || h.Covered != want.covered {
			t.Errorf("%d:00: %+v, want %+v", want.hour, h, want)
		}
	}
}

// Whatever the zone and the columns, every hour in them is added up once.
func TestByHourOfDayKeepsTheTotal(t *testing.T) {
	names := []string{"Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "America/St_Johns", "Pacific/Apia", "UTC"}
	rapid.Check(t, func(r *rapid.T) {
		z := zone(t, rapid.SampledFrom(names).Draw(r, "zone"))
		from := time.Unix(rapid.Int64Range(1_100_000_000, 2_000_000_000).Draw(r, "from"), 0).In(z)
		unit := rapid.SampledFrom([]Unit{Day, Week, Month}).Draw(r, "unit")
		columns := Spans(unit.Start(from), unit.Back(from, -rapid.IntRange(0, 9).Draw(r, "columns")), unit)
		// Hours beyond the columns on both sides belong to none.
		hours := Spans(Hour.Back(from, 30), from.AddDate(0, 0, 90), Hour)
		want, covered := 0.0, time.Duration(0)
		for i := range hours {
			b := &hours[i]
			b.Amount, b.Status = rapid.Float64Range(-1, 5).Draw(r, "amount"), Status(rapid.IntRange(0, 3).Draw(r, "status"))
			if b.Status == Empty {
				continue
			}
			b.Covered = b.Length()
			if n := len(columns); n > 0 && !b.Start.Before(columns[0].Start) && b.Start.Before(columns[n-1].End) {
				want, covered = want+b.Amount, covered+b.Covered
			}
		}
		got, known := 0.0, time.Duration(0)
		for _, column := range ByHourOfDay(hours, columns) {
			for _, h := range column {
				got, known = got+h.Amount, known+h.Covered
				if h.Days < 0 || h.Days > 31 || (h.Days == 0) != (h.Status == Empty) || h.Covered > h.Length {
					r.Fatalf("%+v", h)
				}
			}
		}
		if math.Abs(got-want) > 1e-6 || known != covered {
			r.Fatalf("%f in %s, want %f in %s", got, known, want, covered)
		}
	})
}

func BenchmarkByHourOfDayTenYears(b *testing.B) {
	from := time.Date(2014, 1, 1, 0, 0, 0, 0, zone(b, "Europe/London"))
	to := from.AddDate(10, 0, 0)
	hours := Spans(from, to, Hour)
	for i := range hours {
		hours[i].Amount, hours[i].Covered, hours[i].Status = 1, time.Hour, Full
	}
	for _, u := range []Unit{Day, Week} {
		columns := Spans(from, to, u)
		b.Run(u.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ByHourOfDay(hours, columns)
			}
		})
	}
}
