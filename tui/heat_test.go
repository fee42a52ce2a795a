package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vitals/internal/timeline"
	"vitals/internal/view"
)

func TestBarsAndHeatMap(t *testing.T) {
	onDashboard(t, func(r *driver) {
		r.expectNot("hour of day", "an hour")
		r.keys("4", "v")
		r.expect("Energy · house · hour of day by week", "12 months: Mon 1 Dec 2025 → now", "kWh an hour")
		if !r.m.Remember().Heat {
			t.Error("the heat map is not remembered")
		}
		for _, step := range []struct{ key, title, note string }{
			{"3", "hour of day by day", "30 days: Sat 24 Oct → now"}, {"w", "hour of day by week", "Mon 19 Oct → now"},
			{"h", "hour of day by day", "30 days: Sat 24 Oct → now"}, {"left", "hour of day by day", "30 days: Thu 24 Sep → Fri 23 Oct"},
			{"t", "hour of day by day", "30 days: Sat 24 Oct → now"}, {"5", "hour of day by week", "all: Mon 29 Dec 2025 → now"},
			{"d", "hour of day by day", "73 of 326 · Fri 11 Sep → now"}, {"left", "hour of day by day", "73 of 326 · Tue 30 Jun → Thu 10 Sep"},
			{"g", "hour of day by day", "73 of 326 · Thu 1 Jan →"}, {"G", "hour of day by day", "73 of 326 · Fri 11 Sep → now"},
			{"1", "hour of day by day", "Sat 21 Nov → now"}, {"s", "calories · hour of day by day", "kcal an hour"},
			{"s", "house and calories · hour of day by day", "kWh   0"},
		} {
			r.keys(step.key)
			r.expect(step.title, step.note)
		}
		r.keys("/")
		r.typed("2026-10")
		r.keys("enter")
		r.expect("hour of day by day", "Thu 1 Oct → Sat 31 Oct")
		r.keys("v")
		r.expectNot("hour of day", "an hour")
		r.expect("by day", "range: Thu 1 Oct → Sat 31 Oct")
	})
	drive(t, Dependencies{History: ann(t), Remembered: Remembered{Reach: view.LastYear, Unit: timeline.Month, Heat: true}}, 80, 24, func(r *driver) {
		r.expect("hour of day by week")
	})
	onDashboard(t, func(r *driver) { // while another pane fills the screen, it is not its key
		r.keys("tab", "enter", "v", "esc")
		r.expectNot("hour of day")
	})
}

func TestAHeatMapIsComparedWithNothing(t *testing.T) {
	onDashboard(t, func(r *driver) {
		r.keys("2", "c")
		r.expect("vs the week before")
		r.keys("v")
		r.expect("hour of day by day")
		r.expectNot("vs ", "week before")
		r.keys("c")
		r.expect("a heat map is compared with nothing: press v for bars, then c")
		r.keys("v")
		r.expect("vs the week before")
	})
}

func TestTheHourUnderTheCursor(t *testing.T) {
	onDashboard(t, func(r *driver) {
		r.keys("3", "v", "enter")
		r.expect("Sun 22 Nov 13:00–14:00  0.254 kWh  partial: 0.7 of 1 h", "12►", "▲", "◆")
		r.keys("left", "up")
		r.expect("Sat 21 Nov 12:00–13:00  0.210 kWh  full")
		r.keys("right")
		r.keys(strings.Split(strings.Repeat("k", 9), "")...)
		r.expect("Sun 22 Nov 03:00–04:00  no data")
		r.keys(strings.Split(strings.Repeat("k", 9), "")...)
		r.expect("Sun 22 Nov 00:00–01:00  0.150 kWh", "00►")
		r.keys(strings.Split(strings.Repeat("j", 30), "")...)
		r.expect("Sun 22 Nov 23:00–24:00  no data")
		r.keys("home")
		r.expect("Sat 24 Oct 23:00–24:00  0.610 kWh  full")
		r.keys("[")
		r.expect("30 days: Thu 24 Sep → Fri 23 Oct", "Fri 23 Oct 23:00–24:00")
		r.keys("]", "w")
		r.expect("week of Mon 16 Nov, 23:00–24:00  mean 0.610 kWh of 6 days ")
		r.keys("left")
		r.expect("week of Mon 9 Nov, 23:00–24:00  mean 0.610 kWh of 7 days")
		r.keys("right")
		r.keys(strings.Split(strings.Repeat("k", 10), "")...)
		r.expect("week of Mon 16 Nov, 13:00  mean 0.390 kWh of 7 days  partial: 6.7 of 7 h")
		r.keys("tab")
		r.expect("Ann E.", "Signed in")
		r.keys("esc")
		r.expectNot("►", "◆")
	})
}

// What the clocks skipped is no gap of the data, and what came twice is said so.
func TestTheHourUnderTheCursorWhereTheClocksChange(t *testing.T) {
	onDashboard(t, func(r *driver) {
		r.keys("/")
		r.typed("2026-03-29 2026-03-30")
		r.keys("enter", "d", "v", "enter")
		r.keys(strings.Split(strings.Repeat("k", 12), "")...)
		r.expect("Sun 29 Mar 01:00–02:00  no such hour: the clocks went forward")
		r.keys("j")
		r.expect("Sun 29 Mar 02:00–03:00  0.390 kWh  full")
		r.keys("esc", "/")
		r.typed("2026-10-25 2026-10-26")
		r.keys("enter", "d", "enter")
		r.keys(strings.Split(strings.Repeat("k", 12), "")...)
		r.expect("Sun 25 Oct 01:00–02:00  mean 0.210 kWh, it came twice  full")
	})
}

func TestWhyInAHeatMap(t *testing.T) {
	onDashboard(t, func(r *driver) {
		asked := func() view.Subject {
			all := r.m.History.(*past).asked
			return all[len(all)-1]
		}
		r.keys("3", "v", "enter", "left", "up", "i")
		r.expect("why: this hour")
		want := time.Date(2026, time.November, 21, 12, 0, 0, 0, london(t))
		if s := asked(); s.Window.Unit != timeline.Hour || !s.At.Equal(want) {
			t.Errorf("asked about the %s of %s", s.Window.Unit, s.At)
		}
		r.keys("esc", "w", "i")
		r.expect("why: this week")
		want = time.Date(2026, time.November, 16, 0, 0, 0, 0, london(t))
		if s := asked(); s.Window.Unit != timeline.Week || !s.At.Equal(want) {
			t.Errorf("asked about the %s of %s", s.Window.Unit, s.At)
		}
	})
}

// The newest 90 days in sight are asked for, not years for a glance.
func TestHoursOfAHeatMapAreAskedFor(t *testing.T) {
	var opened []string
	d := Dependencies{History: ann(t), Account: &account{}, Meter: &meters{}, Remembered: Remembered{Reach: view.LastYear, Unit: timeline.Month, Heat: true}}
	d.OpenHours = func(from, to time.Time) {
		opened = append(opened, from.Format("2 Jan 15:04 – ")+to.Format("2 Jan 15:04"))
	}
	drive(t, d, 80, 24, func(r *driver) {
		expect := func(want ...string) {
			t.Helper()
			if !slices.Equal(opened, want) {
				t.Errorf("opened %q, want %q", opened, want)
			}
			opened = nil
		}
		expect() // of the house
		r.keys("s")
		expect("25 Aug 00:00 – 23 Nov 00:00")
		r.keys("s") // both, of the same time
		expect()
		r.keys("3")
		expect("24 Oct 00:00 – 23 Nov 00:00")
		r.keys("5", "d")
		expect("25 Aug 00:00 – 23 Nov 00:00", "11 Sep 00:00 – 23 Nov 00:00")
		r.keys("left") // to what lies before those
		expect("30 Jun 00:00 – 11 Sep 00:00")
		r.keys("v")
		expect()
	})
	p := ann(t)
	p.burned = p.burned[:0]
	drive(t, Dependencies{History: p, Account: &account{}, Remembered: Remembered{Reach: view.LastYear, Source: view.Burned, Heat: true}}, 80, 24, func(r *driver) {
		r.m.energy.data.BurnedTotal.Known = true // the days are known
		r.m.drawn = nil
		r.expect("nothing is known by the hour in this window")
	})
}

func TestTheHourUnderTheCursorFitsNarrowScreens(t *testing.T) {
	onDashboard(t, func(r *driver) {
		r.keys("4", "v", "enter", "left")
		r.m.width, r.m.height = 50, 12
		r.m.drawn = nil
		r.expect("Mon 9 Nov 13:00  mean 0.390 kWh of 7 days")
	})
}
