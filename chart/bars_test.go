package chart

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"vitals/internal/timeline"
)

// cells are the runes of a picture without colour.
func cells(picture string) [][]rune {
	var rows [][]rune
	for _, line := range strings.Split(ansi.Strip(picture), "\n") {
		rows = append(rows, []rune(line))
	}
	return rows
}

func full(amounts ...float64) []timeline.Bucket {
	buckets := hours(len(amounts))
	for i, v := range amounts {
		buckets[i].Amount = v
	}
	return buckets
}

func TestVisible(t *testing.T) {
	for _, test := range []struct {
		name               string
		n, offset, w, h    int
		wantFirst, wantEnd int
	}{
		{"all fit", 24, 0, 76, 7, 0, 24},
		{"all fit, so no offset", 24, 5, 76, 7, 0, 24},
		{"the newest", 8760, 0, 76, 7, 8760 - 72, 8760},
		{"older ones", 8760, 100, 76, 7, 8660 - 72, 8660},
		{"the oldest", 8760, 99_999, 76, 7, 0, 72},
		{"offset below zero", 8760, -3, 76, 7, 8760 - 72, 8760},
		{"no room for axes", 8760, 0, 9, 7, 8751, 8760},
		{"one row", 8760, 0, 76, 1, 8760 - 76, 8760},
		{"no width", 24, 0, 0, 7, 0, 0},
		{"no height", 24, 0, 76, -1, 0, 0},
		{"no buckets", 0, 0, 76, 7, 0, 0},
	} {
		buckets := make([]timeline.Bucket, test.n)
		for i := range buckets {
			buckets[i] = timeline.Bucket{Amount: 0.9, Status: timeline.Full}
		}
		b := Bars{Buckets: buckets, Offset: test.offset, Cursor: -1}
		if first, end := b.Visible(test.w, test.h); first != test.wantFirst || end != test.wantEnd {
			t.Errorf("%s: %d to %d, want %d to %d", test.name, first, end, test.wantFirst, test.wantEnd)
		}
	}
}

// A chart of 24 hours has the columns of the sketch: bars of two, one between.
// Wide bars have more between them.
func TestBarWidth(t *testing.T) {
	for _, test := range []struct{ n, w, width, pitch int }{
		{24, 76, 2, 3}, {25, 76, 1, 2}, {36, 76, 1, 2}, {37, 76, 1, 1}, {80, 76, 1, 1}, {18, 76, 3, 4}, {14, 76, 3, 5},
		{7, 76, 6, 10}, {1, 76, 37, 73}, {2, 21, 5, 9},
	} {
		b := Bars{Buckets: full(slices.Repeat([]float64{0.9}, test.n)...), Cursor: -1}
		if l := b.layout(test.w, 4); l.width != test.width || l.pitch != test.pitch {
			t.Errorf("%d buckets in %d columns: %d of %d, want %d of %d", test.n, test.w, l.width, l.pitch, test.width, test.pitch)
		}
		row := string(cells(b.Draw(test.w, 4))[2])
		bar := strings.Repeat("█", test.width) + strings.Repeat(" ", test.pitch-test.width)
		shown := min(test.n, 72)
		if want := "0.3┤" + strings.TrimRight(strings.Repeat(bar, shown), " "); strings.TrimRight(row, " ") != want {
			t.Errorf("%d buckets in %d columns:\n%s\nwant\n%s", test.n, test.w, row, want)
		}
	}
}

// Without colour, each kind of bucket has characters of its own, at any height.
func TestKindsDiffer(t *testing.T) {
	for _, ascii := range []bool{false, true} {
		for _, sign := range []float64{1, -1} {
			used := map[rune]string{}
			for _, status := range []timeline.Status{timeline.Full, timeline.Partial, timeline.Estimated, timeline.Empty} {
				for step := range 101 {
					buckets := full(sign, sign*float64(step)/100)
					buckets[1].Status = status
					kind := status.String()
					if step == 0 && status != timeline.Empty {
						kind = "zero"
					}
					b := Bars{Look: Look{ASCII: ascii}, Buckets: buckets, Cursor: -1}
					l := b.layout(13, 5)
					column := l.column(1) + (l.width-1)/2
					for _, row := range cells(b.Draw(13, 5))[:4] {
						r := row[column]
						if r == ' ' || r == b.Look.glyphs().line {
							continue
						}
						if other, ok := used[r]; ok && other != kind {
							t.Fatalf("%q is both %s and %s", r, other, kind)
						}
						used[r] = kind
					}
				}
			}
			if len(used) < 5 {
				t.Errorf("too few characters: %v", used)
			}
		}
	}
}

func TestNotFiniteIsNoData(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e308} {
		got := Bars{Buckets: full(1, v, 2), Cursor: -1}.Draw(30, 6)
		buckets := full(1, 0, 2)
		buckets[1].Status = timeline.Empty
		if want := (Bars{Buckets: buckets, Cursor: -1}).Draw(30, 6); got != want {
			t.Errorf("%v:\n%s\nwant\n%s", v, got, want)
		}
	}
}

// A bar reaches the row of a label exactly when it is as large as that says.
func TestBarReachesItsLabel(t *testing.T) {
	for rows := 2; rows < 30; rows++ {
		for _, high := range []float64{0.013, 0.87, 1, 3, 7.2, 99, 1234, 56789} {
			s := newBarScale(0, high, rows)
			labels := s.labels(nil)
			if len(labels) == 0 || len(labels) > max(3, rows/3) {
				t.Fatalf("%g in %d rows: labels %v", high, rows, labels)
			}
			if top := s.row * float64(rows); top < high*(1-1e-6) || top > 2*high {
				t.Errorf("%g in %d rows: axis to %g", high, rows, top)
			}
			for _, l := range labels {
				v := parseShort(t, l.text)
				if got := v / s.row; math.Abs(got-float64(rows-l.row)) > 1e-6 {
					t.Errorf("%g in %d rows: label %s at row %d, its bar is %g rows high", high, rows, l.text, l.row, got)
				}
			}
		}
	}
}

func parseShort(t *testing.T, text string) float64 {
	t.Helper()
	scale := 1.0
	if number, ok := strings.CutSuffix(text, "k"); ok {
		text, scale = number, 1000
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v * scale
}

func TestFormat(t *testing.T) {
	for _, test := range []struct {
		name   string
		format func(float64) string
		want   []string
	}{
		{"own", func(v float64) string { return strconv.FormatFloat(v, 'f', 0, 64) + " W" }, []string{"2 W", "1 W"}},
		{"too wide", func(float64) string { return "123456789" }, nil},
		{"all the same", func(float64) string { return "1" }, []string{"1"}},
		{"colours", func(float64) string { return "\x1b[31m7\x1b[m" }, []string{"7"}},
		{"line breaks", func(float64) string { return "a\nb" }, nil},
	} {
		var got []string
		for _, l := range newBarScale(0, 2, 4).labels(test.format) {
			got = append(got, l.text)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// However little is below zero, it hangs from a zero line.
func TestBelowZero(t *testing.T) {
	for _, v := range []float64{-1e-12, -0.2, -1, -50} {
		for rows := 3; rows < 12; rows++ {
			b := Bars{Buckets: full(1, v), Cursor: -1, NoTimeAxis: true}
			l, got := b.layout(20, rows), cells(b.Draw(20, rows))
			line := slices.IndexFunc(got, func(row []rune) bool { return row[19] == '─' })
			if line < 1 || line > rows-2 {
				t.Fatalf("%g in %d rows: no zero line:\n%s", v, rows, b.Draw(20, rows))
			}
			up, down := got[line-1][l.column(0)], got[line+1][l.column(1)]
			if !strings.ContainsRune("▁▂▃▄▅▆▇█", up) || !strings.ContainsRune("▀█", down) {
				t.Errorf("%g in %d rows:\n%s", v, rows, b.Draw(20, rows))
			}
		}
	}
}

func TestStackedChartsAlign(t *testing.T) {
	energy := Bars{Buckets: full(slices.Repeat([]float64{0.75, 0.2}, 12)...), Cursor: -1, NoTimeAxis: true}
	burned := Bars{Buckets: full(slices.Repeat([]float64{60, 8}, 12)...), Cursor: -1}
	width := max(energy.WidestLabel(76, 4), burned.WidestLabel(76, 5))
	if energy.WidestLabel(76, 4) == burned.WidestLabel(76, 5) {
		t.Fatal("both have labels of one width")
	}
	energy.LabelWidth, burned.LabelWidth = width, width
	upper, lower := cells(energy.Draw(76, 4)), cells(burned.Draw(76, 5))
	if len(upper) != 4 || len(lower) != 5 {
		t.Fatal(len(upper), len(lower))
	}
	for x := range 76 {
		if (upper[3][x] == ' ') != (lower[3][x] == ' ') {
			t.Fatalf("column %d differs:\n%s\n%s", x, string(upper[3]), string(lower[3]))
		}
	}
}

func TestCursor(t *testing.T) {
	b := Bars{Look: colours(), Buckets: full(1, 2, 3, 4), Cursor: 2}
	for _, test := range []struct {
		name       string
		noTimeAxis bool
		row        int
		mark       rune
	}{{"below", false, 4, '▲'}, {"above", true, 0, '▼'}} {
		b.NoTimeAxis = test.noTimeAxis
		rows := cells(b.Draw(34, 5))
		x := slices.Index(rows[test.row], test.mark)
		if bar := x - 2; bar < 0 || bar/8 != 2 {
			t.Errorf("%s: the mark is in column %d:\n%s", test.name, x, b.Draw(34, 5))
		}
	}
	b.Cursor = 4
	if got := ansi.Strip(b.Draw(34, 5)); strings.ContainsAny(got, "▲▼") {
		t.Errorf("a cursor beyond the buckets is drawn:\n%s", got)
	}
}

// Every line ends without a style, and one style is one run.
func TestFewStyleChanges(t *testing.T) {
	b := Bars{Look: colours(), Buckets: hours(24), Unit: timeline.Hour, Cursor: -1}
	for _, line := range strings.Split(b.Draw(76, 7), "\n") {
		on, off := strings.Count(line, "\x1b[")-strings.Count(line, ansi.ResetStyle), strings.Count(line, ansi.ResetStyle)
		if on != off || on > 2 {
			t.Errorf("%d styles on, %d off: %q", on, off, line)
		}
	}
}

func TestSummary(t *testing.T) {
	kWh := func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) + " kWh" }
	mixed := full(1, 2, 3, math.NaN(), 4)
	mixed[2].Status, mixed[4].Status = timeline.Estimated, timeline.Partial
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	lines := Lines{From: at, To: at.AddDate(0, 0, 9), Readings: []Point{
		{Time: at, Value: 3}, {Time: at, Value: 99, Hollow: true}, {Time: at.AddDate(0, 0, 1), Value: 1},
		{Time: at.AddDate(0, 0, 30), Value: 50},
	}}
	for _, test := range []struct {
		got, want string
	}{
		{Bars{Buckets: full(1, 2, 3)}.Summary(kWh), "lowest 1.00 kWh, highest 3.00 kWh, mean 2.00 kWh, last 3.00 kWh"},
		{Bars{Buckets: mixed, Unit: timeline.Day}.Summary(kWh), "lowest 1.00 kWh, highest 3.00 kWh, mean 2.00 kWh, last 3.00 kWh; of 5 days 1 partial, 1 estimated, 1 without data"},
		{Bars{Buckets: mixed[4:]}.Summary(kWh), "lowest 4.00 kWh, highest 4.00 kWh, mean 4.00 kWh, last 4.00 kWh; partial"},
		{Bars{Buckets: make([]timeline.Bucket, 3)}.Summary(kWh), "no data"},
		{Bars{}.Summary(kWh), "no data"},
		{lines.Summary(kWh), "lowest 1.00 kWh, highest 3.00 kWh, mean 2.00 kWh, last 1.00 kWh"},
		{Lines{}.Summary(kWh), "no data"},
	} {
		if test.got != test.want {
			t.Errorf("%s\nwant %s", test.got, test.want)
		}
	}
}

// What a bar is compared with does not hide that there is no data, or 0.
func TestComparedWithNothing(t *testing.T) {
	own := full(9, 0, 5, 9)
	own[2].Status = timeline.Empty
	before := full(1, 1, 1, 1)
	for _, w := range []int{14, 20, 30, 60} {
		rows := cells(Bars{Buckets: own, Compare: before, Cursor: -1, NoTimeAxis: true}.Draw(w, 5))
		foot := string(rows[4])
		if !strings.Contains(foot, "·") || !strings.Contains(foot, "_") {
			t.Errorf("%d columns: %q", w, foot)
		}
		if w >= 20 && strings.Count(foot, "─") == 0 {
			t.Errorf("%d columns: nothing is compared: %q", w, foot)
		}
	}
}
