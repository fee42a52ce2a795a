package energy

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"vitals/internal/timeline"

	"pgregory.net/rapid"
)

// june is a quarter-hour; rows of small tests count seconds from it.
var june = time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)

// samples is a plain table of epoch seconds and watts.
var samples = Mapping{Table: "samples", Time: "ts", Value: "w", TimeFormat: FormatUnix, Nominal: time.Minute, MaxGap: 5 * time.Minute}

const samplesTable = "CREATE TABLE samples (ts, w)"

type row struct {
	after float64 // seconds after june
	watts any
}

func samplesRows(rows []row) [][]any {
	values := make([][]any, len(rows))
	for i, r := range rows {
		values[i] = []any{float64(june.Unix()) + r.after, r.watts}
	}
	return values
}

// sum adds portions up as Wh and covered seconds.
func sum(portions []timeline.Portion) (wattHours, covered float64) {
	for _, p := range portions {
		wattHours += 1000 * p.Amount
		covered += p.Covered.Seconds()
	}
	return wattHours, covered
}

func TestRowsToEnergy(t *testing.T) {
	many := func(n int, watts float64) (rows []row) {
		for i := range n {
			rows = append(rows, row{float64(60 * i), watts})
		}
		return rows
	}
	year := 365 * 86400.
	for _, test := range []struct {
		name      string
		rows      []row
		wattHours float64
		covered   float64
		dropped   []string
	}{
		{name: "no rows"},
		{name: "one row holds for a step", rows: []row{{0, 600}}, wattHours: 10, covered: 60},
		{name: "a row holds until the next", rows: []row{{0, 600}, {90, 0}}, wattHours: 15, covered: 150},
		{name: "as far as the longest gap", rows: []row{{0, 600}, {300, 0}}, wattHours: 50, covered: 360},
		{name: "but not farther", rows: []row{{0, 600}, {301, 0}}, wattHours: 10, covered: 120},
		{name: "parts of a second count", rows: []row{{0, 3600}, {0.25, 0}}, wattHours: 0.25, covered: 60.25},
		{name: "NULL ends the hold", rows: []row{{0, 600}, {30, nil}, {60, 1200}}, wattHours: 25, covered: 90},
		{name: "so does text", rows: []row{{0, 600}, {30, "Null"}, {40, "unavailable"}, {60, "1200"}}, wattHours: 25, covered: 90},
		{name: "and what strconv takes for a number", rows: []row{{0, 600}, {30, "NaN"}, {60, "0x10p2"}}, wattHours: 5, covered: 30},
		{name: "and infinity", rows: []row{{0, 600}, {30, math.Inf(1)}}, wattHours: 5, covered: 30},
		{name: "NULL beyond the longest gap", rows: []row{{0, 600}, {900, nil}}, wattHours: 10, covered: 60},
		{name: "text with leading zeros", rows: []row{{0, "00600"}}, wattHours: 10, covered: 60},
		{name: "of doubles the last wins", rows: []row{{0, 60000}, {0, 600}, {60, nil}}, wattHours: 10, covered: 60},
		{name: "equal doubles count once", rows: []row{{0, 600}, {0, 600}, {60, 600}, {60, 600}}, wattHours: 20, covered: 120},
		{name: "out of order", rows: []row{{120, nil}, {0, 600}, {60, 1200}}, wattHours: 30, covered: 120},
		{name: "doubles out of order", rows: []row{{60, 0}, {0, 1}, {0, 600}, {30, 2}, {30, 600}}, wattHours: 10, covered: 120},
		{name: "zero is a value", rows: many(10, 0), wattHours: 0, covered: 600},
		{name: "before 2005", rows: []row{{0, 600}, {30 - 20*year, 5000}, {60, nil}}, wattHours: 10, covered: 60, dropped: []string{"before-2005"}},
		{name: "a clock at zero", rows: []row{{0, 600}, {-float64(june.Unix()), 5000}, {60, nil}}, wattHours: 10, covered: 60, dropped: []string{"before-2005"}},
		{name: "the future", rows: []row{{0, 600}, {30 + 20*year, 5000}, {60, nil}}, wattHours: 10, covered: 60, dropped: []string{"future"}},
		{name: "beyond all time", rows: []row{{0, 600}, {1e18, 5000}, {60, nil}}, wattHours: 10, covered: 60, dropped: []string{"future"}},
		{name: "before all time", rows: []row{{0, 600}, {-1e300, 5000}, {60, nil}}, wattHours: 10, covered: 60, dropped: []string{"before-2005"}},
		{name: "a spike", rows: []row{{0, 600}, {30, 100_001}, {60, nil}}, wattHours: 10, covered: 60, dropped: []string{"spike"}},
		{name: "the most", rows: []row{{0, 100_000}, {36, nil}}, wattHours: 1000, covered: 36},
		{name: "negative", rows: append(many(120, 600), row{7190, -40}), wattHours: 1200, covered: 7200, dropped: []string{"negative"}},
		{name: "import and export", rows: []row{{0, 600}, {60, -3000}, {120, 600}}, wattHours: 20, covered: 180},
		{name: "nothing known of a bad stamp", rows: []row{{0, 600}, {30 + 20*year, nil}, {60, nil}}, wattHours: 10, covered: 60},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := database(t, samplesTable, samplesRows(test.rows)...)
			r := rollUp(t, meterFor(path, samples, time.UTC), nil)
			wattHours, covered := sum(r.Portions)
			if math.Abs(wattHours-test.wattHours) > 1e-9 || math.Abs(covered-test.covered) > 1e-9 {
				t.Errorf("got %v Wh in %v s, want %v in %v", wattHours, covered, test.wattHours, test.covered)
			}
			var reasons []string
			for _, d := range r.Dropped {
				reasons = append(reasons, d.Reason)
			}
			if !slices.Equal(reasons, test.dropped) || r.DroppedTotal != len(test.dropped) {
				t.Errorf("dropped %v (%d), want %v", r.Dropped, r.DroppedTotal, test.dropped)
			}
		})
	}
}

func TestDroppedReadingsAreNamed(t *testing.T) {
	rows := samplesRows([]row{{0, 600}, {60, 700_000}, {120, 600}})
	rows = append(rows, []any{"yesterday", 5}, []any{nil, 6})
	path := database(t, samplesTable, rows...)
	r := rollUp(t, meterFor(path, samples, time.UTC), nil)
	want := []timeline.Dropped{
		{Reading: timeline.Reading{Time: june.Add(time.Minute), Value: 700_000}, Reason: "spike"},
		{Reading: timeline.Reading{Value: 5}, Reason: "unreadable-time"},
		{Reading: timeline.Reading{Value: 6}, Reason: "unreadable-time"},
	}
	if !reflect.DeepEqual(r.Dropped, want) {
		t.Errorf("got %v, want %v", r.Dropped, want)
	}
	if want := (timeline.Reading{Time: june.Add(2 * time.Minute), Value: 600}); r.Latest != want {
		t.Errorf("latest is %v, want %v", r.Latest, want)
	}
}

func TestManyDroppedReadings(t *testing.T) {
	var rows []row
	for i := range 1000 {
		rows = append(rows, row{float64(60 * i), 1e6 + float64(i)})
	}
	path := database(t, samplesTable, samplesRows(rows)...)
	r := rollUp(t, meterFor(path, samples, time.UTC), nil)
	if r.DroppedTotal != 1000 || len(r.Dropped) != mostDropped || r.Dropped[mostDropped-1].Value != 1e6+999 {
		t.Errorf("%d dropped, %d listed", r.DroppedTotal, len(r.Dropped))
	}
	if !r.Latest.Time.IsZero() || len(r.Portions) != 0 {
		t.Errorf("something is left: %v", r)
	}
}

func TestLastReadingEndsNow(t *testing.T) {
	path := database(t, samplesTable, samplesRows([]row{{0, 600}, {60, 600}})...)
	for after, want := range map[time.Duration]float64{
		30 * time.Second: 60, // the clock of the logger is half a minute ahead
		60 * time.Second: 60,
		90 * time.Second: 90,
		2 * time.Minute:  120,
		time.Hour:        120,
	} {
		m := NewMeter(path, samples, time.UTC, func() time.Time { return june.Add(after) })
		if _, covered := sum(rollUp(t, m, nil).Portions); covered != want {
			t.Errorf("%v after: %v s, want %v", after, covered, want)
		}
	}
}

// A stamp of tomorrow is no reading of now.
func TestTheLatestReadingIsNotOfTheFuture(t *testing.T) {
	path := database(t, samplesTable, samplesRows([]row{{0, 600}, {60, 300}, {20 * 3600, 999}})...)
	m := NewMeter(path, samples, time.UTC, func() time.Time { return june.Add(90 * time.Second) })
	if latest := rollUp(t, m, nil).Latest; latest.Value != 300 || !latest.Time.Equal(june.Add(time.Minute)) {
		t.Errorf("the latest reading is %v", latest)
	}
}

func TestNominalStep(t *testing.T) {
	detected := Mapping{Table: "samples", Time: "ts", Value: "w"}
	for _, test := range []struct {
		name      string
		steps     []float64
		mapping   Mapping
		step, gap time.Duration
	}{
		{"none", nil, detected, time.Minute, 5 * time.Minute},
		{"median", []float64{10, 10, 10, 7000, 9}, detected, 10 * time.Second, 5 * time.Minute},
		{"slow", []float64{600, 601, 600}, detected, 10 * time.Minute, 30 * time.Minute},
		{"jitter", []float64{120.008, 119.99, 120.4}, detected, 2 * time.Minute, 6 * time.Minute},
		{"fast", []float64{0.25, 0.25, 0.25}, detected, 250 * time.Millisecond, 5 * time.Minute},
		{"set", []float64{10, 10}, Mapping{Table: "samples", Nominal: 20 * time.Second, MaxGap: time.Hour}, 20 * time.Second, time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			rows, at := []row{{0, 600}}, 0.
			for i, step := range test.steps {
				at += step
				rows = append(rows, row{at, 600 + i})
			}
			path := database(t, samplesTable, samplesRows(rows)...)
			found, err := Detect(t.Context(), path, test.mapping, time.UTC, testNow, nil)
			if err != nil {
				t.Fatal(err)
			}
			if s := found.Series[0]; s.Step != test.step || s.MaxGap != test.gap {
				t.Errorf("step %v and gap %v, want %v and %v", s.Step, s.MaxGap, test.step, test.gap)
			}
		})
	}
}

// readTwice rolls up the first rows, or only begins to, adds the rest and goes on
// from the bookmark; it returns what a store would then have.
func readTwice(t *rapid.T, m *Meter, stop int, add func()) (kept timeline.RollUp, resumed bool) {
	step := func() {
		r, err := m.RollUp(context.Background(), kept.Bookmark, nil)
		if err != nil {
			t.Fatal(err)
		}
		resumed = resumed || len(kept.Bookmark) > 0 && !r.From.IsZero()
		kept = stored(kept, r)
	}
	step()
	for ; kept.More && stop > 0; stop-- {
		step()
	}
	add()
	for step(); kept.More; {
		step()
	}
	kept.From, kept.To, kept.Anew = time.Time{}, time.Time{}, false
	return kept, resumed
}

// Whatever the rows are and wherever they are split, rolling up in two steps
// gives what one step does.
func TestTwoStepsAreOne(t *testing.T) {
	mapping := Mapping{Table: "samples", Time: "ts", Value: "w"}
	zones := []string{"Europe/London", "America/New_York", "Australia/Lord_Howe"}
	resumptions, step := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		step++
		zone := zone(t, rapid.SampledFrom(zones).Draw(rt, "zone"))
		mapping := mapping
		if rapid.Bool().Draw(rt, "mapped") {
			mapping.Nominal, mapping.MaxGap = 10*time.Minute, time.Hour
		}
		switch rapid.IntRange(0, 5).Draw(rt, "kind") {
		case 0:
			mapping.Kind, mapping.Unit = Interval, WattHour
			mapping.Label = rapid.SampledFrom([]Label{LabelStart, LabelEnd}).Draw(rt, "label")
		case 1, 2:
			mapping.Kind, mapping.Unit = Counter, WattHour
			mapping.Label = rapid.SampledFrom([]Label{LabelStart, LabelInstant}).Draw(rt, "label")
			mapping.Nominal, mapping.MaxGap = 10*time.Minute, time.Hour
		}
		counted := 5000
		text := rapid.Bool().Draw(rt, "text")
		// Around the spring or the autumn change, or neither.
		at := time.Date(2024, rapid.SampledFrom([]time.Month{3, 6, 10}).Draw(rt, "month"), 25, 0, 0, 0, 0, time.UTC)
		var rows [][]any
		for range rapid.IntRange(0, 400).Draw(rt, "rows") {
			jump := rapid.SampledFrom([]int{600, 600, 600, 600, 600, 600, 600, 599, 613, 0, 1800, 9000, -500, -4000}).Draw(rt, "step")
			if jump < 0 && rapid.IntRange(0, 30).Draw(rt, "late") > 0 {
				jump = 600
			}
			at = at.Add(time.Duration(jump) * time.Second)
			var value any = rapid.IntRange(0, 3000).Draw(rt, "watts")
			if mapping.Kind == Counter {
				counted += value.(int) / 6
				value = counted
				switch rapid.IntRange(0, 40).Draw(rt, "slip") {
				case 0:
					value = 0
				case 1:
					counted = rapid.IntRange(0, 200).Draw(rt, "reset")
				case 2:
					value = counted + 1_000_000
				}
			}
			stamp := at
			switch rapid.IntRange(0, 60).Draw(rt, "defect") {
			case 0:
				value = nil
			case 1:
				value = 1e7
			case 2:
				stamp = at.AddDate(-40, 0, 0)
			case 3:
				stamp = at.AddDate(40, 0, 0)
			}
			if text {
				rows = append(rows, []any{stamp.In(zone).Format(time.DateTime), value})
			} else {
				rows = append(rows, []any{stamp.Unix(), value})
			}
		}
		if text {
			mapping.TimeFormat = FormatLocal
		} else {
			mapping.TimeFormat = FormatUnix
		}
		split := rapid.IntRange(0, len(rows)).Draw(rt, "split")
		if rapid.Bool().Draw(rt, "late split") {
			split = max(0, len(rows)-rapid.IntRange(0, 20).Draw(rt, "from the end"))
		}
		path := filepath.Join(t.TempDir(), fmt.Sprint(step))
		conn := writer(t, path)
		exec(t, conn, "PRAGMA synchronous = off")
		if rapid.Bool().Draw(rt, "log") {
			exec(t, conn, "PRAGMA journal_mode = WAL") // two readers
		}
		exec(t, conn, samplesTable)
		insert(t, conn, rows[:split]...)
		m := meterFor(path, mapping, zone)
		if rapid.Bool().Draw(rt, "blocks") {
			m.blocks = blockSizes{newest: 30, later: 50, warmUp: 40}
			if mapping.Kind == Counter { // a counter gone wild may be judged otherwise from its middle on
				m.blocks.warmUp = 1000
			}
		}
		got, resumed := readTwice(rt, m, rapid.IntRange(0, 3).Draw(rt, "stop"), func() { insert(t, conn, rows[split:]...) })
		if resumed {
			resumptions++
		}
		want, err := meterFor(path, mapping, zone).RollUp(context.Background(), nil, nil)
		if err != nil {
			rt.Fatal(err)
		}
		if difference := differ(got, want); difference != "" {
			rt.Fatalf("resumed %v: %s\n%v split %d %+v", resumed, difference, rows, split, mapping)
		}
	})
	if resumptions == 0 {
		t.Error("no bookmark was ever used")
	}
	t.Log(resumptions, "of", step, "went on from a bookmark")
}

// differ says where two roll-ups differ by more than rounding, but for their
// bookmarks.
func differ(got, want timeline.RollUp) string {
	if len(got.Portions) != len(want.Portions) {
		return fmt.Sprintf("%d portions, want %d", len(got.Portions), len(want.Portions))
	}
	for i, p := range got.Portions {
		w := want.Portions[i]
		if math.Abs(p.Amount-w.Amount) > 1e-12 {
			return fmt.Sprintf("portion %+v, want %+v", p, w)
		}
		if p.Amount = w.Amount; p != w {
			return fmt.Sprintf("portion %+v, want %+v", p, w)
		}
	}
	if math.Abs(got.Latest.Value-want.Latest.Value) < 1e-6 {
		got.Latest.Value = want.Latest.Value
	}
	byTime := func(a, b timeline.Dropped) int { // a counter's come later, when they are judged
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Reason, b.Reason))
	}
	slices.SortFunc(got.Dropped, byTime)
	slices.SortFunc(want.Dropped, byTime)
	got.Portions, got.Bookmark, got.Dropped = want.Portions, want.Bookmark, append([]timeline.Dropped{}, got.Dropped...)
	want.Dropped = append([]timeline.Dropped{}, want.Dropped...)
	if !slices.Equal(got.Dropped, want.Dropped) {
		return fmt.Sprintf("%d dropped (%d), want %d (%d)", len(got.Dropped), got.DroppedTotal, len(want.Dropped), want.DroppedTotal)
	}
	if !reflect.DeepEqual(got, want) {
		got.Portions, want.Portions, got.Bookmark, want.Bookmark = nil, nil, nil, nil
		return fmt.Sprintf("%+v, want %+v", got, want)
	}
	return ""
}
