package tui

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"vitals/internal/view"
)

// several is the news of a database that holds n series.
func several(n int) News {
	news := News{Meter: true, Problem: "home.db holds several series", Hint: "choose one in the energy pane"}
	for i := range n {
		name := fmt.Sprintf("sensor.energy_%d", i+1)
		news.Candidates = append(news.Candidates, Candidate{Name: name,
			Understood: name + ": energy in kWh by the hour, 2019-03-02 to 2026-11-22, import (likely)"})
	}
	return news
}

// asking drives a screen that asks which series is the house's.
func asking(t *testing.T, n int, test func(r *driver, m *meters)) {
	t.Helper()
	m := &meters{}
	drive(t, Dependencies{History: nothing(t), Account: &account{}, Meter: m, Remembered: Remembered{Reach: view.LastDay}}, 80, 24, func(r *driver) {
		r.send(several(n))
		test(r, m)
	})
}

func TestChoosingASeriesByItsNumber(t *testing.T) {
	asking(t, 3, func(r *driver, m *meters) {
		refreshed := 0
		r.m.Refresh = func() { refreshed++ }
		r.expect("vitals is not sure which series is your house's electricity", " 1  sensor.energy_1: energy")
		r.keys("9") // there is no such number
		r.send(News{Meter: true, Doing: "reading the meter: 1,000 rows"})
		r.expect(" 3  sensor.energy_3")
		r.keys("3")
		if !slices.Equal(m.chosen, []string{"sensor.energy_3"}) || refreshed != 1 {
			t.Errorf("chosen %q, refreshed %d times", m.chosen, refreshed)
		}
		r.expect("saved: series = sensor.energy_3")
		r.expectNot("vitals is not sure", "sensor.energy_1")
		r.keys("2")
		if len(m.chosen) != 1 || r.m.Remember().Reach != view.LastWeek {
			t.Error("the number keys still choose")
		}
	})
}

func TestTheListOfSeriesIsNoTrap(t *testing.T) {
	asking(t, 3, func(r *driver, m *meters) {
		r.keys("tab", "2", "tab", "4", "shift+tab", "shift+tab") // in the other panes a number is a reach
		r.keys("s")
		r.expect("calories")
		r.keys("1", "s", "s")
		r.expect("vitals is not sure")
		r.keys("?", "esc", "esc", "n")
		r.expect("Name a meter database")
		r.keys("esc")
		r.expect("vitals is not sure")
		if m.chosen != nil {
			t.Errorf("chosen %q by the way", m.chosen)
		}
		r.send(News{Meter: true})
		r.expectNot("vitals is not sure")
		r.keys("q")
		if !r.quit {
			t.Error("q does not quit")
		}
	})
}

func TestChoosingBeyondNine(t *testing.T) {
	asking(t, 12, func(r *driver, m *meters) {
		r.keys("enter")
		r.expect("12  sensor.energy_12", "Energy")
		r.expectNot("Profile")
		r.keys("up", "j", "down", "k")
		for range 20 {
			r.keys("down")
		}
		r.keys("enter")
		if !slices.Equal(m.chosen, []string{"sensor.energy_12"}) {
			t.Errorf("chosen %q", m.chosen)
		}
		r.expect("Profile", "saved: series = sensor.energy_12")
	})
}

func TestAChoiceThatCannotBeSaved(t *testing.T) {
	asking(t, 2, func(r *driver, m *meters) {
		m.refused = errors.New("config.ini cannot be written")
		r.keys("1")
		r.expect("config.ini cannot be written", "vitals is not sure")
		m.refused = nil
		r.keys("1")
		r.expect("saved: series")
	})
}

func TestNamingADatabaseOfSeveralSeries(t *testing.T) {
	for _, keys := range [][]string{{"2"}, {"down", "down", "enter"}, {"enter", "down", "enter"}} {
		m := &meters{several: several(3).Candidates}
		drive(t, Dependencies{History: nothing(t), Account: &account{}, Meter: m}, 80, 24, func(r *driver) {
			r.keys("enter")
			r.typed("home.db")
			r.keys("enter")
			r.expect("It holds several series.")
			r.keys(keys...)
			if !slices.Equal(m.saved, []string{"home.db sensor.energy_2"}) {
				t.Errorf("%q saved %q", keys, m.saved)
			}
		})
	}
}
