package view

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitals/internal/timeline"
)

func london(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// local reads "2006-01-02 15:04" in London.
func local(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, london(t))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestWindowsEndWithTheRunningBucket(t *testing.T) {
	now := local(t, "2026-11-22 13:37")
	data := Extent{First: local(t, "2014-03-02 10:20"), Last: now}
	tests := []struct {
		name     string
		window   Window
		from, to string
		buckets  int
	}{
		{"24 hours", NewWindow(LastDay), "2026-11-21 14:00", "2026-11-22 14:00", 24},
		{"7 days", NewWindow(LastWeek), "2026-11-16 00:00", "2026-11-23 00:00", 7},
		{"30 days", NewWindow(LastMonth), "2026-10-24 00:00", "2026-11-23 00:00", 30},
		{"90 days", NewWindow(LastQuarter), "2026-08-25 00:00", "2026-11-23 00:00", 90},
		{"12 months", NewWindow(LastYear), "2025-12-01 00:00", "2026-12-01 00:00", 12},
		{"all", NewWindow(All), "2014-03-01 00:00", "2026-12-01 00:00", 153},
		{"7 days by hour", by(NewWindow(LastWeek), timeline.Hour), "2026-11-16 00:00", "2026-11-22 14:00", 6*24 + 14},
		{"24 hours by day", by(NewWindow(LastDay), timeline.Day), "2026-11-21 00:00", "2026-11-23 00:00", 2},
		{"30 days by week", by(NewWindow(LastMonth), timeline.Week), "2026-10-19 00:00", "2026-11-23 00:00", 5},
		{"all by hour", by(NewWindow(All), timeline.Hour), "2014-03-02 10:00", "2026-11-22 14:00", 0},
	}
	for _, tt := range tests {
		from, to := tt.window.Bounds(now, data)
		if !from.Equal(local(t, tt.from)) || !to.Equal(local(t, tt.to)) {
			t.Errorf("%s: %s to %s, want %s to %s", tt.name, from, to, tt.from, tt.to)
		}
		if n := len(timeline.Spans(from, to, tt.window.Unit)); tt.buckets > 0 && n != tt.buckets {
			t.Errorf("%s: %d buckets, want %d", tt.name, n, tt.buckets)
		}
	}
}

func by(w Window, u timeline.Unit) Window {
	w.Unit = u
	return w
}

func TestWidenedWindows(t *testing.T) {
	now := local(t, "2026-11-22 13:37")
	data := Extent{First: local(t, "2014-03-02 10:20"), Last: now}
	march := TypedWindow(local(t, "2024-03-01 00:00"), local(t, "2024-04-01 00:00"))
	for _, tt := range []struct {
		name   string
		window Window
		want   bool
	}{
		{"24 hours by hour", NewWindow(LastDay), false},
		{"24 hours by day", by(NewWindow(LastDay), timeline.Day), true},
		{"7 days by hour", by(NewWindow(LastWeek), timeline.Hour), false},
		{"30 days by week", by(NewWindow(LastMonth), timeline.Week), true},
		{"12 months by day", by(NewWindow(LastYear), timeline.Day), false},
		{"all by year", by(NewWindow(All), timeline.Year), false},
		{"March by day", march, false},
		{"March by week", by(march, timeline.Week), true},
	} {
		if got := tt.window.Widened(now, data); got != tt.want {
			t.Errorf("%s widened: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestWindowsMove(t *testing.T) {
	now := local(t, "2026-11-22 13:37")
	data := Extent{First: local(t, "2026-11-01 10:20"), Last: local(t, "2026-11-22 13:35")}
	march := TypedWindow(local(t, "2024-03-01 00:00"), local(t, "2024-04-01 00:00"))
	old := Extent{First: local(t, "2023-01-01 00:00"), Last: local(t, "2024-12-31 12:00")}
	tests := []struct {
		name     string
		got      Window
		from, to string // "" for one that follows now
	}{
		{"the day before", NewWindow(LastDay).Earlier(now, data), "2026-11-20 14:00", "2026-11-21 14:00"},
		{"two days before", NewWindow(LastDay).Earlier(now, data).Earlier(now, data), "2026-11-19 14:00", "2026-11-20 14:00"},
		{"and on again", NewWindow(LastDay).Earlier(now, data).Earlier(now, data).Later(now, data), "2026-11-20 14:00", "2026-11-21 14:00"},
		{"back to now", NewWindow(LastDay).Earlier(now, data).Later(now, data), "", ""},
		{"no later than now", NewWindow(LastDay).Later(now, data), "", ""},
		{"the week before, by hour", by(NewWindow(LastWeek), timeline.Hour).Earlier(now, data), "2026-11-09 00:00", "2026-11-16 00:00"},
		{"not before the data", NewWindow(LastMonth).Earlier(now, data), "", ""},
		{"nowhere without data", NewWindow(LastDay).Earlier(now, Extent{}), "", ""},
		{"all there is", NewWindow(All).Earlier(now, data), "", ""},
		{"the oldest day", NewWindow(LastDay).Oldest(now, data), "2026-11-01 10:00", "2026-11-02 10:00"},
		{"the newest data is now's", NewWindow(LastDay).NewestData(now, data), "", ""},
		{"the newest data of an old meter", NewWindow(LastDay).NewestData(now, old), "2024-12-30 12:00", "2024-12-31 12:00"},
		{"a typed month moves by the month", march.Earlier(now, old), "2024-02-01 00:00", "2024-03-01 00:00"},
		{"over the clock change", march.Later(now, old), "2024-04-01 00:00", "2024-05-01 00:00"},
		{"back to now from a typed range", march.Newest(), "", ""},
	}
	for _, tt := range tests {
		if tt.from == "" {
			if !tt.got.FollowsNow() {
				t.Errorf("%s: %s to %s, want one that follows now", tt.name, tt.got.From, tt.got.To)
			}
			continue
		}
		from, to := tt.got.Bounds(now, data)
		if !from.Equal(local(t, tt.from)) || !to.Equal(local(t, tt.to)) || tt.got.FollowsNow() {
			t.Errorf("%s: %s to %s, want %s to %s", tt.name, from, to, tt.from, tt.to)
		}
	}
}

// Wherever one goes, a window has a beginning before its end, on whole buckets.
func TestWindowsStaySound(t *testing.T) {
	zone := london(t)
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(1.4e9, 1.9e9).Draw(t, "now"), 0).In(zone)
		data := Extent{First: now.Add(-time.Duration(rapid.Int64Range(0, 9e4).Draw(t, "hours")) * time.Hour), Last: now}
		w := NewWindow(Reach(rapid.IntRange(int(LastDay), int(All)).Draw(t, "reach")))
		if rapid.Bool().Draw(t, "typed") {
			from := now.Add(-time.Duration(rapid.Int64Range(1, 1e8).Draw(t, "from")) * time.Second)
			w = TypedWindow(from, from.Add(time.Duration(rapid.Int64Range(1, 1e8).Draw(t, "long"))*time.Second))
		}
		for range 20 {
			w.Unit = timeline.Unit(rapid.IntRange(int(timeline.Hour), int(timeline.Year)).Draw(t, "unit"))
			move := rapid.SampledFrom([]func(Window) Window{
				func(w Window) Window { return w.Earlier(now, data) },
				func(w Window) Window { return w.Later(now, data) },
				func(w Window) Window { return w.Oldest(now, data) },
				func(w Window) Window { return w.NewestData(now, data) },
				Window.Newest,
			}).Draw(t, "move")
			w = move(w)
			from, to := w.Bounds(now, data)
			if !from.Before(to) || !w.Unit.Start(from).Equal(from) || !w.Unit.Start(to).Equal(to) {
				t.Fatalf("window %+v is %s to %s", w, from, to)
			}
		}
	})
}

func TestParseRange(t *testing.T) {
	now := local(t, "2026-11-22 13:37")
	tests := []struct {
		text     string
		from, to string // "" for an error
	}{
		{"2024-03-01 2024-04-01", "2024-03-01 00:00", "2024-04-01 00:00"},
		{"2024-03-01 – 2024-04-01", "2024-03-01 00:00", "2024-04-01 00:00"},
		{"2024-03-01 to 2024-04-01", "2024-03-01 00:00", "2024-04-01 00:00"},
		{"2024-03-01..2024-04-01", "2024-03-01 00:00", "2024-04-01 00:00"},
		{"2024-10-26T00:00 2024-10-27T12:30", "2024-10-26 00:00", "2024-10-27 12:30"},
		{" 2024-03 ", "2024-03-01 00:00", "2024-04-01 00:00"},
		{"2024", "2024-01-01 00:00", "2025-01-01 00:00"},
		{"2024-03-31", "2024-03-31 00:00", "2024-04-01 00:00"},
		{"-7d", "2026-11-15 00:00", "2026-11-22 13:37"},
		{"-7d -1d", "2026-11-15 00:00", "2026-11-21 00:00"},
		{"Last Year", "2025-01-01 00:00", "2026-01-01 00:00"},
		{"last month", "2026-10-01 00:00", "2026-11-01 00:00"},
		{"last week", "2026-11-09 00:00", "2026-11-16 00:00"},
		{"this week", "2026-11-16 00:00", "2026-11-23 00:00"},
		{"this month", "2026-11-01 00:00", "2026-12-01 00:00"},
		{"this year", "2026-01-01 00:00", "2027-01-01 00:00"},
		{"2024-W13", "2024-03-25 00:00", "2024-04-01 00:00"},
		{"2021-w01", "2021-01-04 00:00", "2021-01-11 00:00"},
		{"2020-w53", "2020-12-28 00:00", "2021-01-04 00:00"},
		{"2021-w53", "", ""},
		{"2024-w00", "", ""},
		{"2024-w5", "", ""},
		{"2024-w05x", "", ""},
		{"yesterday", "2026-11-21 00:00", "2026-11-22 00:00"},
		{"today", "2026-11-22 00:00", "2026-11-23 00:00"},
		{"", "", ""},
		{"2024-04-01 2024-03-01", "", ""},
		{"2024-03-01 2024-03-01", "", ""},
		{"1 2 3", "", ""},
		{"2024-13", "", ""},
		{"2027-01-01T00:00", "", ""},
		{"next year", "", ""},
	}
	for _, tt := range tests {
		from, to, err := ParseRange(tt.text, now)
		switch {
		case tt.from == "":
			if err == nil {
				t.Errorf("%q passed as %s to %s", tt.text, from, to)
			}
		case err != nil || !from.Equal(local(t, tt.from)) || !to.Equal(local(t, tt.to)):
			t.Errorf("%q: %s to %s, %v; want %s to %s", tt.text, from, to, err, tt.from, tt.to)
		}
	}
}

func FuzzParseRange(f *testing.F) {
	f.Add("2024-03-01 – 2024-04-01")
	for _, seed := range []string{"-7d..", "2024-W13", "last week", "2024", "0001-01-01 9999-12-31", "2024-03-31T01:30 to 2024-10-27T01:30", "2024-02-30", "..", "today – today"} {
		f.Add(seed)
	}
	now := local(f, "2026-11-22 13:37")
	f.Fuzz(func(t *testing.T, text string) {
		if from, to, err := ParseRange(text, now); err == nil && (!from.Before(to) || to.Sub(from) > longestRange+366*24*time.Hour) {
			t.Errorf("%q is a range from %s to %s", text, from, to)
		}
	})
}
