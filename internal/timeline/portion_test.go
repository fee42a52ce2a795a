package timeline

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestResampleStatus(t *testing.T) {
	start := time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)
	quarter := func(n int, kwh float64, covered, estimated time.Duration) Portion {
		s := start.Unix() + int64(n)*QuarterHour
		return Portion{Start: s, End: s + QuarterHour, Amount: kwh, Covered: covered, Estimated: estimated}
	}
	const whole = 15 * time.Minute
	portions := []Portion{
		// 00:00 full
		quarter(0, 0.1, whole, 0), quarter(1, 0.1, whole, 0), quarter(2, 0.1, whole, 0), quarter(3, 0.1, whole-59*time.Second, 0),
		// 01:00 short of one whole step
		quarter(4, 0.1, whole-time.Minute, 0), quarter(5, 0.1, whole, 0), quarter(6, 0.1, whole, 0), quarter(7, 0.1, whole, 0),
		// 02:00 partly spread over a gap
		quarter(8, 0.1, whole, whole),
		// 03:00 nothing; 04:00 measured zero
		quarter(16, 0, whole, 0), quarter(17, 0, whole, 0), quarter(18, 0, whole, 0), quarter(19, 0, whole, 0),
	}
	got := Resample(portions, start, start.Add(5*time.Hour), Hour, time.Minute)
	want := []struct {
		status Status
		kwh    float64
	}{{Full, 0.4}, {Partial, 0.4}, {Estimated, 0.1}, {Empty, 0}, {Full, 0}}
	if len(got) != len(want) {
		t.Fatalf("%d buckets, want %d", len(got), len(want))
	}
	for i, w := range want {
		if got[i].Status != w.status || math.Abs(got[i].Amount-w.kwh) > 1e-12 {
			t.Errorf("%s: %s %.3f, want %s %.3f", got[i].Start, got[i].Status, got[i].Amount, w.status, w.kwh)
		}
	}
}

func TestResampleCutsAtTheEdges(t *testing.T) {
	london := zone(t, "Europe/London")
	from := time.Date(2024, 6, 1, 14, 20, 0, 0, london)
	to := time.Date(2024, 6, 2, 1, 0, 0, 0, london)
	day := Portion{Start: time.Date(2024, 6, 1, 0, 0, 0, 0, london).Unix(), Amount: 24, Covered: 24 * time.Hour}
	day.End = day.Start + 24*3600
	got := Resample([]Portion{day}, from, to, Day, time.Hour)
	if len(got) != 2 || Day.Label(got[0].Start) != "2024-06-01" || !got[0].Start.Equal(from) || !got[1].End.Equal(to) {
		t.Fatalf("buckets %+v", got)
	}
	if want := 9 + 2.0/3; math.Abs(got[0].Amount-want) > 1e-9 || got[0].Status != Full {
		t.Errorf("cut day: %f kWh %s, want %f full", got[0].Amount, got[0].Status, want)
	}
	if got[1].Status != Empty {
		t.Errorf("the day after is %s, want empty", got[1].Status)
	}
}

// Hours add up to days and months, any split of the range gives the same
// total, and the zone of display never changes it.
func TestResamplingKeepsTheTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z, err := time.LoadLocation(rapid.SampledFrom(oddZones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		var quarters QuarterHours
		at := rapid.Int64Range(1320000000, 1900000000).Draw(t, "first") * int64(time.Second)
		first, total := at, 0.0
		for range rapid.IntRange(1, 60).Draw(t, "n") {
			at += rapid.Int64Range(0, 5*3600).Draw(t, "gap") * int64(time.Second)
			end := at + rapid.Int64Range(1, 3*int64(time.Hour)).Draw(t, "long")
			kwh := rapid.Float64Range(0, 5).Draw(t, "kWh")
			quarters.Add(at, end, kwh, false)
			total += kwh
			at = end
		}
		from, to := time.Unix(0, first).Add(-time.Hour).Truncate(time.Second).In(z), time.Unix(0, at).Add(time.Hour).Truncate(time.Second).In(z)
		cut := time.Unix(rapid.Int64Range(from.Unix(), to.Unix()).Draw(t, "cut"), 0).In(z)
		for u := Hour; u <= Year; u++ {
			whole := Resample(quarters.Portions(), from, to, u, 0)
			split := append(Resample(quarters.Portions(), from, cut, u, 0), Resample(quarters.Portions(), cut, to, u, 0)...)
			for name, buckets := range map[string][]Bucket{"whole": whole, "split": split} {
				sum := 0.0
				for i, b := range buckets {
					sum += b.Amount
					if b.Covered > b.Length() || b.Estimated > b.Covered {
						t.Fatalf("%s: covered %s, estimated %s of %s", b.Start, b.Covered, b.Estimated, b.Length())
					}
					if i > 0 && !buckets[i-1].End.Equal(b.Start) {
						t.Fatalf("%s does not begin where the one before ends", b.Start)
					}
				}
				if math.Abs(sum-total) > 1e-9 {
					t.Fatalf("%s by %s: %f, want %f", name, u, sum, total)
				}
			}
		}
	})
}

func TestQuarterHours(t *testing.T) {
	at := func(text string) int64 { return instant(t, text).UnixNano() }
	var q QuarterHours
	q.CutAt(instant(t, "2024-06-01T10:05:00Z"), instant(t, "2024-06-01T10:30:00Z"))
	q.Add(at("2024-06-01T10:00:00Z"), at("2024-06-01T10:30:00Z"), 3, false)
	q.Add(at("2024-06-01T11:00:00Z"), at("2024-06-01T11:15:00Z"), 1, true)
	q.Add(at("2024-06-01T10:40:00Z"), at("2024-06-01T10:45:00Z"), 0.5, false) // late
	want := []struct {
		start, end string
		kwh        float64
		covered    time.Duration
	}{
		{"2024-06-01T10:00:00Z", "2024-06-01T10:05:00Z", 0.5, 5 * time.Minute},
		{"2024-06-01T10:05:00Z", "2024-06-01T10:15:00Z", 1, 10 * time.Minute},
		{"2024-06-01T10:15:00Z", "2024-06-01T10:30:00Z", 1.5, 15 * time.Minute},
		{"2024-06-01T10:30:00Z", "2024-06-01T10:45:00Z", 0.5, 5 * time.Minute},
		{"2024-06-01T11:00:00Z", "2024-06-01T11:15:00Z", 1, 15 * time.Minute},
	}
	got := q.Portions()
	if len(got) != len(want) {
		t.Fatalf("%d portions, want %d: %+v", len(got), len(want), got)
	}
	for i, w := range want {
		p := got[i]
		if p.Start != instant(t, w.start).Unix() || p.End != instant(t, w.end).Unix() ||
			math.Abs(p.Amount-w.kwh) > 1e-12 || p.Covered != w.covered {
			t.Errorf("portion %d = %+v, want %+v", i, p, w)
		}
	}
	if got[4].Estimated != 15*time.Minute || got[3].Estimated != 0 {
		t.Errorf("estimated: %s and %s", got[3].Estimated, got[4].Estimated)
	}
}

func BenchmarkResampleTenYearsByDay(b *testing.B) {
	from := time.Date(2014, 1, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(10, 0, 0)
	var portions []Portion
	for s := from.Unix(); s < to.Unix(); s += QuarterHour {
		portions = append(portions, Portion{Start: s, End: s + QuarterHour, Amount: 0.1, Covered: QuarterHour * time.Second})
	}
	from = from.In(zone(b, "Europe/London"))
	for b.Loop() {
		Resample(portions, from, to, Day, time.Minute)
	}
}

func BenchmarkSpansTenYearsByHour(b *testing.B) {
	from := time.Date(2014, 1, 1, 0, 0, 0, 0, zone(b, "Europe/London"))
	to := from.AddDate(10, 0, 0)
	for b.Loop() {
		Spans(from, to, Hour)
	}
}

// Spans takes a short way through the long stretches without a clock change; it
// must lead to the same buckets.
func TestSpansAreTheBucketsOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z, err := time.LoadLocation(rapid.SampledFrom(oddZones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		u := Unit(rapid.IntRange(int(Hour), int(Year)).Draw(t, "unit"))
		from := time.Unix(rapid.Int64Range(1104537600, 2208988800).Draw(t, "from"), 0).In(z)
		to := from.Add(time.Duration(rapid.Int64Range(0, 400*86400).Draw(t, "seconds")) * time.Second)
		got := Spans(from, to, u)
		n := 0
		for start := from; start.Before(to); n++ {
			end := earlier(u.Next(start), to)
			if n >= len(got) || !got[n].Start.Equal(start) || !got[n].End.Equal(end) {
				t.Fatalf("bucket %d is not %s to %s: %v", n, start, end, got[max(0, n-1):min(n+1, len(got))])
			}
			start = end
		}
		if n != len(got) {
			t.Fatalf("%d buckets, want %d", len(got), n)
		}
	})
}
