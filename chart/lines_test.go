package chart

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func daily(from time.Time, values ...float64) []Point {
	var points []Point
	for i, v := range values {
		points = append(points, Point{Time: from.AddDate(0, 0, i), Value: v})
	}
	return points
}

// column returns the runes of a column of a picture's rows above the dates.
func column(rows [][]rune, x int) string {
	var text []rune
	for _, row := range rows[:len(rows)-1] {
		text = append(text, row[x])
	}
	return strings.TrimSpace(string(text))
}

func TestTrendStopsAtGaps(t *testing.T) {
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	trend := daily(from, 70, 71, 72, math.NaN(), 74, 75, 76)
	trend[3].Time = from.AddDate(0, 0, 20)
	for i := range 3 {
		trend[4+i].Time = from.AddDate(0, 0, 30+i)
	}
	for _, look := range []Look{{}, {ASCII: true}} {
		l := Lines{Look: look, From: from, To: from.AddDate(0, 0, 40), Trend: trend, Cursor: -1}
		rows := cells(l.Draw(43, 8))
		for day := range 40 {
			in := day >= 0 && day < 2 || day >= 30 && day < 32
			// 40 columns for 40 days; the edges of a line may be in either.
			if got := column(rows, 3+day); (got != "") != in && day != 2 && day != 32 && day != 29 {
				t.Errorf("day %d: %q\n%s", day, got, l.Draw(43, 8))
			}
		}
	}
}

// A trend that begins before or ends after the picture runs to its edge.
func TestTrendRunsToTheEdges(t *testing.T) {
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	trend := []Point{{Time: from.AddDate(0, 0, -30), Value: 70}, {Time: from.AddDate(0, 0, 60), Value: 79}}
	l := Lines{From: from, To: from.AddDate(0, 0, 30), Trend: trend, Cursor: -1}
	readings, strokes := l.spots(), l.strokes()
	if low, high := l.span(readings, strokes); math.Abs(low-73) > 1e-9 || math.Abs(high-76) > 1e-9 {
		t.Errorf("fitted to %g to %g", low, high)
	}
	rows := cells(l.Draw(43, 8))
	for x := 3; x < 43; x++ {
		if column(rows, x) == "" {
			t.Errorf("column %d is empty:\n%s", x, l.Draw(43, 8))
		}
	}
	l.From, l.To = from.AddDate(0, 0, 61), from.AddDate(0, 0, 90)
	if strokes := l.strokes(); len(strokes) > 0 {
		t.Errorf("a trend that is over is drawn: %v", strokes)
	}
}

func TestLineScale(t *testing.T) {
	for rows := 3; rows < 40; rows++ {
		for _, r := range [][2]float64{{70.1, 74.3}, {71.35, 72.06}, {-3, 2}, {-9, -8.5}, {0, 1}, {27.1, 27.9}, {149, 191}, {1e6, 1e6 + 1e4}} {
			s := newLineScale(r[0], r[1], rows)
			low, high := s.limits(rows)
			// The lowest and highest dots stand for an eighth of a row more.
			if eighth := s.row * (1.0/8 + 1e-5); low-eighth > r[0] || high+eighth < r[1] {
				t.Errorf("%v in %d rows: %g to %g", r, rows, low, high)
			}
			if waste := s.row * float64(rows) / (r[1] - r[0]); waste > 2.7 {
				t.Errorf("%v in %d rows: %g times the range", r, rows, waste)
			}
			labels := s.labels(rows, nil)
			if len(labels) < 2 || len(labels) > max(3, rows/3) {
				t.Errorf("%v in %d rows: labels %v", r, rows, labels)
			}
		}
	}
}

// A reading stands in the row of the label that names its value.
func TestReadingsStandAtTheirLabels(t *testing.T) {
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for rows := 3; rows < 30; rows++ {
		s := newLineScale(70, 76, rows)
		for _, label := range s.labels(rows, nil) {
			v := parseShort(t, label.text)
			l := Lines{From: from, To: from.AddDate(0, 0, 10), Cursor: -1, Readings: daily(from, 70, 76, v)}
			got := cells(l.Draw(60, rows+1))
			x := slices.Index(got[label.row], '•')
			if v > 70 && v < 76 && x < 0 {
				t.Errorf("%d rows: %g is not in row %d:\n%s", rows, v, label.row, l.Draw(60, rows+1))
			}
		}
	}
}

// The least and the largest value are within the rows of the value axis.
func TestReadingsStayAboveTheDates(t *testing.T) {
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for rows := 3; rows < 9; rows++ {
		for low := range 12 {
			for span := range 12 {
				l := Lines{From: from, To: from.AddDate(0, 0, 10), Cursor: -1}
				l.Readings = daily(from, 60+float64(low)/4, 61+float64(low+span)/4)
				dots := 0
				for _, row := range cells(l.Draw(30, rows+1))[:rows] {
					dots += strings.Count(string(row), "•")
				}
				if dots != 2 {
					t.Fatalf("%d dots:\n%s", dots, l.Draw(30, rows+1))
				}
			}
		}
	}
}

// A reading that does not count does not stretch the scale; it points to where
// it lies.
func TestBeyondTheScale(t *testing.T) {
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for value, want := range map[float64]string{96: "△", 40: "▽", 72: "○"} {
		readings := daily(from, 70, value, 73)
		readings[1].Hollow = true
		got := Lines{From: from, To: from.AddDate(0, 0, 4), Readings: readings, Cursor: -1}.Draw(40, 9)
		if strings.Count(got, want) != 1 {
			t.Errorf("%g: no %s:\n%s", value, want, got)
		}
	}
}

func TestRule(t *testing.T) {
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		rule float64
		want bool
	}{{72, true}, {75.9, true}, {68.1, true}, {67.9, false}, {79, false}, {0, false}, {math.NaN(), false}, {math.Inf(1), false}} {
		l := Lines{From: from, To: from.AddDate(0, 0, 4), Readings: daily(from, 70, 74), Rule: test.rule, Cursor: -1}
		if got := strings.Contains(l.Draw(40, 9), "╌"); got != test.want {
			t.Errorf("a rule at %g: %v\n%s", test.rule, got, l.Draw(40, 9))
		}
	}
}

func TestReadingsAndCursor(t *testing.T) {
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	readings := daily(from, 70, 71, 72, math.NaN(), 73)
	readings[1].Hollow = true
	l := Lines{From: from, To: from.AddDate(0, 0, 10), Readings: readings, Cursor: 2}
	for _, test := range []struct {
		cursor                       int
		dots, hollow, pointed, marks int
	}{{2, 2, 1, 1, 1}, {1, 3, 1, 0, 1}, {3, 3, 1, 0, 0}, {-1, 3, 1, 0, 0}, {9, 3, 1, 0, 0}} {
		l.Cursor = test.cursor
		got := l.Draw(40, 9)
		for glyph, want := range map[string]int{"•": test.dots, "○": test.hollow, "◆": test.pointed, "▲": test.marks} {
			if n := strings.Count(got, glyph); n != want {
				t.Errorf("cursor %d: %d of %s, want %d:\n%s", test.cursor, n, glyph, want, got)
			}
		}
		if x := slices.Index(cells(got)[8], '▲'); x >= 0 && !strings.ContainsAny(column(cells(got), x), "◆○") {
			t.Errorf("the mark is not below the reading:\n%s", got)
		}
	}
}

func TestDateLabels(t *testing.T) {
	auckland, saoPaulo := zone(t, "Pacific/Auckland"), zone(t, "America/Sao_Paulo")
	for _, test := range []struct {
		from time.Time
		days int
		w    int
		want string
	}{
		{time.Date(2026, 8, 24, 0, 0, 0, 0, auckland), 90, 54, "1 Sep 1 Oct 1 Nov"},
		{time.Date(2026, 8, 18, 0, 0, 0, 0, auckland), 96, 59, "18 Aug 1 Sep 1 Oct 1 Nov"},
		{time.Date(2026, 8, 24, 0, 0, 0, 0, auckland), 90, 77, "1 Sep 15 Sep 1 Oct 15 Oct 1 Nov 15 Nov"},
		{time.Date(2018, 10, 28, 0, 0, 0, 0, saoPaulo), 30, 64, "29 Oct 5 Nov 12 Nov 19 Nov"},
		{time.Date(2018, 11, 2, 12, 0, 0, 0, saoPaulo), 4, 64, "2 Nov 3 Nov 4 Nov 5 Nov 6 Nov"},
		{time.Date(2026, 3, 1, 0, 0, 0, 0, auckland), 365, 77, "Mar Apr May Jun Jul Aug Sep Oct Nov Dec 2027 Feb"},
		{time.Date(2023, 3, 1, 0, 0, 0, 0, auckland), 1096, 77, "Apr Jul Oct 2024 Apr Jul Oct 2025 Apr Jul Oct 2026"},
		{time.Date(1990, 3, 1, 0, 0, 0, 0, auckland), 12_000, 77, "1995 2000 2005 2010 2015 2020"},
		{time.Date(2026, 3, 1, 0, 0, 0, 0, auckland), 0, 77, ""},
	} {
		to := test.from.AddDate(0, 0, test.days)
		l := Lines{From: test.from, To: to, Readings: daily(test.from, 70, 72), Cursor: -1}
		rows := cells(l.Draw(test.w, 8))
		if got := strings.Join(strings.Fields(string(rows[7])), " "); got != test.want {
			t.Errorf("%d days from %s in %d columns:\n got %s\nwant %s", test.days, test.from.Format(time.DateOnly), test.w, got, test.want)
		}
	}
}

// A date's label starts in the column of its first instant, clock changes and
// missing midnights included.
func TestDateLabelsStandAtMidnight(t *testing.T) {
	for _, name := range []string{"America/Sao_Paulo", "Europe/London", "America/St_Johns"} {
		z := zone(t, name)
		from := time.Date(2018, 11, 2, 0, 0, 0, 0, z)
		l := Lines{From: from, To: from.AddDate(0, 0, 4), Cursor: -1}
		for day := 2; day < 6; day++ {
			first := time.Date(2018, 11, day, 12, 0, 0, 0, z)
			for first.Add(-time.Minute).Day() == day {
				first = first.Add(-time.Minute)
			}
			l.Readings = append(l.Readings, Point{Time: first, Value: float64(70 + day)})
		}
		rows := cells(l.Draw(99, 8))
		for day := 2; day < 6; day++ {
			text := []rune(time.Date(2018, 11, day, 0, 0, 0, 0, time.UTC).Format("2 Jan"))
			x := strings.Index(string(rows[7]), string(text))
			if x < 0 || column(rows, x) != "•" {
				t.Errorf("%s: %q is in column %d:\n%s", name, string(text), x, l.Draw(99, 8))
			}
		}
	}
}
