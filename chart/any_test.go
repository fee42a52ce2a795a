package chart

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"vitals/internal/timeline"
)

// checkPicture draws and wants an answer soon, of the very size, in ASCII if
// that was asked for, and the same with colours as without.
func checkPicture(t rapid.TB, look *Look, d func() drawing, w, h int) {
	t.Helper()
	pictures := make(chan string, 2)
	go func() {
		plain := look.ASCII
		*look = Look{ASCII: plain}
		pictures <- d().Draw(w, h)
		*look = colours()
		look.ASCII = plain
		pictures <- d().Draw(w, h)
	}()
	var got [2]string
	for i := range got {
		select {
		case got[i] = <-pictures:
		case <-time.After(5 * time.Second):
			t.Fatalf("no picture of %d x %d after 5 s", w, h)
		}
	}
	if stripped := ansi.Strip(got[1]); stripped != got[0] {
		t.Fatalf("with colours:\n%s\nwithout:\n%s", stripped, got[0])
	}
	if h <= 0 {
		if got[0] != "" {
			t.Fatalf("%d x %d: %q", w, h, got[0])
		}
		return
	}
	lines := strings.Split(got[0], "\n")
	if len(lines) != h {
		t.Fatalf("%d x %d has %d lines", w, h, len(lines))
	}
	for _, line := range lines {
		if n := ansi.StringWidth(line); n != max(w, 0) {
			t.Fatalf("%d x %d has a line of %d: %q", w, h, n, line)
		}
		for _, r := range line {
			if look.ASCII && (r < ' ' || r > '~') {
				t.Fatalf("%q is not ASCII", r)
			}
		}
	}
}

var oddValues = []float64{
	0, 1, -1, 0.001, math.NaN(), math.Inf(1), math.Inf(-1), 1e308, -1e308, 1e299, -1e299,
	5e-324, 1e-300, math.Copysign(0, -1), 72.4, 1e15, 1e15 + 1, math.MaxFloat64,
}

func anyValue() *rapid.Generator[float64] {
	return rapid.OneOf(rapid.Float64Range(-100, 100), rapid.Float64(), rapid.SampledFrom(oddValues))
}

func anyZone(t testing.TB) *rapid.Generator[*time.Location] {
	return rapid.SampledFrom([]*time.Location{
		zone(t, "Europe/London"), zone(t, "America/St_Johns"), zone(t, "Australia/Lord_Howe"),
		zone(t, "America/Sao_Paulo"), zone(t, "Pacific/Apia"), time.UTC,
	})
}

func TestAnyBars(t *testing.T) {
	zones := anyZone(t)
	rapid.Check(t, func(t *rapid.T) {
		from := time.Unix(rapid.Int64Range(0, 2_000_000_000).Draw(t, "from"), 0).In(zones.Draw(t, "zone"))
		u := timeline.Unit(rapid.IntRange(0, 4).Draw(t, "unit"))
		values := rapid.SliceOfN(anyValue(), 0, 120).Draw(t, "values")
		buckets := timeline.Spans(from, u.Back(from, -len(values)), u)
		for i := range buckets {
			buckets[i].Amount = values[i]
			buckets[i].Status = timeline.Status(rapid.IntRange(0, 3).Draw(t, "status"))
		}
		look := Look{ASCII: rapid.Bool().Draw(t, "ASCII")}
		b := Bars{
			Buckets: buckets, Unit: u, NoTimeAxis: rapid.Bool().Draw(t, "no time axis"),
			LabelWidth: rapid.IntRange(-1, 9).Draw(t, "label width"),
			Offset:     rapid.IntRange(-5, 130).Draw(t, "offset"), Cursor: rapid.IntRange(-2, 130).Draw(t, "cursor"),
		}
		if n := rapid.IntRange(0, len(buckets)).Draw(t, "compared"); n > 0 {
			b.Compare = append(slices.Clone(buckets[n-1:]), buckets[:n-1]...)
		}
		w, h := rapid.IntRange(-1, 130).Draw(t, "w"), rapid.IntRange(-1, 40).Draw(t, "h")
		checkPicture(t, &look, func() drawing { b.Look = look; return b }, w, h)
		if first, end := b.Visible(w, h); first < 0 || end < first || end > len(buckets) || end-first > max(w, 0) {
			t.Fatalf("visible %d to %d of %d in %d columns", first, end, len(buckets), w)
		}
		b.Summary(func(float64) string { return "" })
	})
}

func TestAnyLines(t *testing.T) {
	zones := anyZone(t)
	rapid.Check(t, func(t *rapid.T) {
		from := time.Unix(rapid.Int64Range(-60_000_000_000, 60_000_000_000).Draw(t, "from"), 0).In(zones.Draw(t, "zone"))
		seconds := rapid.OneOf(rapid.Int64Range(-10, 40_000_000), rapid.Int64Range(0, 200_000_000_000)).Draw(t, "seconds")
		point := rapid.Custom(func(t *rapid.T) Point {
			at := from.Unix() + rapid.Int64Range(-seconds/4-9, seconds+seconds/4+9).Draw(t, "at")
			return Point{time.Unix(at, 0), anyValue().Draw(t, "value"), rapid.Bool().Draw(t, "hollow")}
		})
		if seconds < 0 {
			point = rapid.Just(Point{from, 1, false})
		}
		look := Look{ASCII: rapid.Bool().Draw(t, "ASCII")}
		l := Lines{
			From: from, To: time.Unix(from.Unix()+seconds, 0),
			Readings: rapid.SliceOfN(point, 0, 40).Draw(t, "readings"),
			Trend:    rapid.SliceOfN(point, 0, 40).Draw(t, "trend"),
			Rule:     anyValue().Draw(t, "rule"), Cursor: rapid.IntRange(-2, 41).Draw(t, "cursor"),
		}
		w, h := rapid.IntRange(-1, 130).Draw(t, "w"), rapid.IntRange(-1, 40).Draw(t, "h")
		checkPicture(t, &look, func() drawing { l.Look = look; return l }, w, h)
		l.Summary(func(float64) string { return "" })
	})
}

// anyHours puts values into the hours of the day of columns, as far as they go.
func anyHours(values []float64) [][24]timeline.HourOfDay {
	hours := make([][24]timeline.HourOfDay, (len(values)+23)/24)
	for i, v := range values {
		hours[i/24][i%24] = timeline.HourOfDay{Amount: v, Covered: time.Duration(i%5) * time.Minute, Days: 1, Status: timeline.Partial}
	}
	return hours
}

func TestAnyHeat(t *testing.T) {
	zones := anyZone(t)
	rapid.Check(t, func(t *rapid.T) {
		from := time.Unix(rapid.Int64Range(0, 2_000_000_000).Draw(t, "from"), 0).In(zones.Draw(t, "zone"))
		u := timeline.Unit(rapid.IntRange(0, 4).Draw(t, "unit"))
		values := rapid.SliceOfN(anyValue(), 0, 400).Draw(t, "values")
		columns := timeline.Spans(from, u.Back(from, -rapid.IntRange(0, 40).Draw(t, "columns")), u)
		look := Look{ASCII: rapid.Bool().Draw(t, "ASCII")}
		m := Heat{
			Columns: columns, Hours: anyHours(values), Unit: u, NoTimeAxis: rapid.Bool().Draw(t, "no time axis"),
			Offset: rapid.IntRange(-5, 50).Draw(t, "offset"),
			Cursor: rapid.IntRange(-2, 50).Draw(t, "cursor"), CursorHour: rapid.IntRange(-2, 30).Draw(t, "hour"),
		}
		w, h := rapid.IntRange(-1, 130).Draw(t, "w"), rapid.IntRange(-1, 120).Draw(t, "h")
		checkPicture(t, &look, func() drawing { m.Look = look; return m }, w, h)
		if first, end := m.Visible(w, h); first < 0 || end < first || end > len(columns) || end-first > max(w, 0) {
			t.Fatalf("visible %d to %d of %d in %d columns", first, end, len(columns), w)
		}
		if n := m.Height(w, h); n < 0 || n > max(h, 0) || n == 0 && w > 0 && h > 0 {
			t.Fatalf("fills %d of %d rows", n, h)
		}
		room := rapid.IntRange(-1, 90).Draw(t, "room")
		if legend := m.Legend(w, h, room, "kWh"); ansi.StringWidth(legend) > max(room, 0) {
			t.Fatalf("%q in %d cells", legend, room)
		}
		m.Summary(func(float64) string { return "" })
	})
}

// Every size up to a large terminal, with values of all kinds.
func TestEverySize(t *testing.T) {
	buckets := full(append(oddValues, oddValues...)...)
	for i := range buckets {
		buckets[i].Status = timeline.Status(i % 4)
	}
	from := buckets[0].Start
	lines := Lines{From: from, To: from.AddDate(0, 0, 40), Readings: daily(from, oddValues...), Trend: daily(from, oddValues...), Rule: 1, Cursor: 3}
	check := func(w, h int) {
		look := Look{ASCII: (w+h)%2 == 0}
		checkPicture(t, &look, func() drawing {
			return Bars{Look: look, Buckets: buckets, Cursor: 20}
		}, w, h)
		checkPicture(t, &look, func() drawing { l := lines; l.Look = look; return l }, w, h)
		checkPicture(t, &look, func() drawing {
			return Heat{Look: look, Columns: buckets, Unit: timeline.Day, Hours: anyHours(append(oddValues, oddValues...)), Cursor: 1, CursorHour: 13}
		}, w, h)
	}
	for w := -1; w <= 24; w++ {
		for h := -1; h <= 8; h++ {
			check(w, h)
		}
	}
	check(80, 24)
	check(120, 27)
	check(300, 100)
}

// valuesOf reads the values that a fuzzer made up.
func valuesOf(data []byte) []float64 {
	var values []float64
	for ; len(data) >= 8; data = data[8:] {
		values = append(values, math.Float64frombits(binary.LittleEndian.Uint64(data)))
	}
	return values
}

func addSeeds(f *testing.F) {
	var odd []byte
	for _, v := range oddValues {
		odd = binary.LittleEndian.AppendUint64(odd, math.Float64bits(v))
	}
	f.Add(80, 24, int64(1_700_000_000), uint8(0), odd)
	f.Add(0, 0, int64(0), uint8(3), []byte{})
	f.Add(12, 4, int64(-1), uint8(7), odd[:8])
}

// fuzzedBuckets are buckets with the values that a fuzzer made up.
func fuzzedBuckets(from int64, options uint8, data []byte) ([]timeline.Bucket, timeline.Unit) {
	u := timeline.Unit(options % 5)
	start := time.Unix(from%4_000_000_000, 0).UTC()
	values := valuesOf(data)
	buckets := timeline.Spans(start, u.Back(start, -len(values)), u)
	for i := range buckets {
		buckets[i].Amount, buckets[i].Status = values[i], timeline.Status((int(options)+i)%4)
	}
	return buckets, u
}

func FuzzBars(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, w, h int, from int64, options uint8, data []byte) {
		w, h = w%301, h%101 // no terminal is larger
		buckets, u := fuzzedBuckets(from, options, data)
		look := Look{ASCII: options >= 128}
		checkPicture(t, &look, func() drawing {
			return Bars{Look: look, Buckets: buckets, Unit: u, Cursor: int(options % 16), Offset: int(options % 7)}
		}, w, h)
	})
}

func FuzzLines(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, w, h int, from int64, options uint8, data []byte) {
		w, h = w%301, h%101 // no terminal is larger
		start := time.Unix(from%4_000_000_000, 0).UTC()
		var points []Point
		for i, v := range valuesOf(data) {
			points = append(points, Point{start.Add(time.Duration(i*i%97) * time.Hour), v, i%5 == 4})
		}
		look := Look{ASCII: options >= 128}
		l := Lines{From: start, To: start.Add(time.Duration(options) * time.Hour), Readings: points, Trend: points, Cursor: int(options % 16)}
		if len(points) > 0 {
			l.Rule = points[0].Value
		}
		checkPicture(t, &look, func() drawing { l.Look = look; return l }, w, h)
	})
}

func FuzzHeat(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, w, h int, from int64, options uint8, data []byte) {
		w, h = w%301, h%101 // no terminal is larger
		u := timeline.Unit(options % 5)
		start := time.Unix(from%4_000_000_000, 0).UTC()
		hours := anyHours(valuesOf(data))
		look := Look{ASCII: options >= 128}
		m := Heat{Columns: timeline.Spans(start, u.Back(start, -len(hours)-int(options%3)), u), Hours: hours, Unit: u,
			Cursor: int(options % 4), CursorHour: int(options % 24), Offset: int(options % 7)}
		checkPicture(t, &look, func() drawing { m.Look = look; return m }, w, h)
		m.Legend(w, h, w, "kWh")
		m.Summary(func(float64) string { return "" })
	})
}
