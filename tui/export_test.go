package tui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"vitals/internal/timeline"
	"vitals/internal/view"
)

// files takes exports: names with "taken" in them are there already, and
// "forbidden" ones may not be written.
type files struct {
	wanted  []Export
	written []Export
	stopped error
}

func (f *files) write(ctx context.Context, e Export) (Exported, error) {
	f.wanted = append(f.wanted, e)
	switch {
	case f.stopped != nil:
		return Exported{}, f.stopped
	case strings.Contains(e.Name, "forbidden"):
		return Exported{}, hinted{"nothing may be written in /root", "name a file somewhere else"}
	case strings.Contains(e.Name, "taken") && !e.Replace:
		return Exported{Taken: true}, nil
	}
	f.written = append(f.written, e)
	return Exported{Where: "~/" + e.Name, Lines: 24}, nil
}

func exportingTo(t *testing.T, f *files, p *past, test func(r *driver)) {
	t.Helper()
	drive(t, Dependencies{History: p, Account: &account{}, Meter: &meters{}, Export: f.write, Remembered: Remembered{Reach: view.LastDay}}, 80, 24, test)
}

func (f *files) last(t *testing.T) Export {
	t.Helper()
	if len(f.written) == 0 {
		t.Fatal("nothing was written")
	}
	return f.written[len(f.written)-1]
}

// What is asked for is what is on screen: series, range, bucket.
func TestExportIsOfWhatIsShown(t *testing.T) {
	day := func(month time.Month, day, hour int) time.Time {
		return time.Date(2026, month, day, hour, 0, 0, 0, london(t))
	}
	tests := []struct {
		name string
		keys string
		want Export
		says string
	}{
		{"energy", "e enter", Export{Series: "electricity", From: day(11, 21, 14), To: day(11, 22, 14), Unit: timeline.Hour, Name: "electricity-by-hour-2026-11-21.csv"},
			"wrote 24 hours to ~/electricity-by-hour-2026-11-21.csv"},
		{"a week before", "2 left e enter", Export{Series: "electricity", From: day(11, 9, 0), To: day(11, 16, 0), Unit: timeline.Day, Name: "electricity-by-day-2026-11-09.csv"}, "wrote 24 days"},
		{"calories", "s e enter", Export{Series: "calories", From: day(11, 21, 14), To: day(11, 22, 14), Unit: timeline.Hour, Name: "calories-by-hour-2026-11-21.csv"}, "wrote"},
		{"both: the house", "s s e enter", Export{Series: "electricity", From: day(11, 21, 14), To: day(11, 22, 14), Unit: timeline.Hour, Name: "electricity-by-hour-2026-11-21.csv"}, "wrote"},
		{"both: tab", "s s e tab enter", Export{Series: "calories", From: day(11, 21, 14), To: day(11, 22, 14), Unit: timeline.Hour, Name: "calories-by-hour-2026-11-21.csv"}, "wrote"},
		{"both: tab twice", "s s e tab tab enter", Export{Series: "electricity", From: day(11, 21, 14), To: day(11, 22, 14), Unit: timeline.Hour, Name: "electricity-by-hour-2026-11-21.csv"}, "wrote"},
		{"heat map", "4 v e enter", Export{Series: "electricity", From: day(0, 1, 0), To: day(11, 23, 0), Unit: timeline.Hour, Name: "electricity-by-hour-2025-12-01.csv"}, "wrote"},
		{"one: tab does nothing", "e tab enter", Export{Series: "electricity", From: day(11, 21, 14), To: day(11, 22, 14), Unit: timeline.Hour, Name: "electricity-by-hour-2026-11-21.csv"}, "wrote"},
		{"weigh-ins", "tab tab e enter", Export{Series: "weight", From: day(8, 25, 0), To: day(11, 23, 0), Unit: timeline.Day, Single: true, Name: "weight-2026-08-25.csv"},
			"wrote 24 weigh-ins"},
		{"means of weights", "tab tab w e enter", Export{Series: "weight", From: day(8, 24, 0), To: day(11, 23, 0), Unit: timeline.Week, Name: "weight-by-week-2026-08-24.csv"}, "wrote 24 weeks"},
		{"Profile has the keys of Energy", "tab e enter", Export{Series: "electricity", From: day(11, 21, 14), To: day(11, 22, 14), Unit: timeline.Hour, Name: "electricity-by-hour-2026-11-21.csv"}, "wrote"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &files{}
			exportingTo(t, f, ann(t), func(r *driver) {
				r.keys(strings.Fields(tt.keys)...)
				got := f.last(t)
				if !got.From.Equal(tt.want.From) || !got.To.Equal(tt.want.To) {
					t.Errorf("from %s to %s", got.From, got.To)
				}
				got.From, got.To = tt.want.From, tt.want.To
				if got != tt.want {
					t.Errorf("got %+v\nwant %+v", got, tt.want)
				}
				r.expect(tt.says)
			})
		})
	}
}

func TestExportAsksBeforeItReplaces(t *testing.T) {
	f := &files{}
	exportingTo(t, f, ann(t), func(r *driver) {
		r.keys("e", "ctrl+u")
		r.typed("taken.csv")
		r.keys("enter")
		r.expect("there is such a file", "taken.csv")
		r.typed("2") // another name that is taken, too
		r.keys("enter")
		r.expect("there is such a file")
		if len(f.written) > 0 {
			t.Fatal("it was replaced without a word")
		}
		r.keys("enter")
		if !f.last(t).Replace || f.last(t).Name != "taken.csv2" {
			t.Errorf("wrote %+v", f.last(t))
		}
		r.keys("e", "ctrl+u")
		r.typed("forbidden.csv")
		r.keys("enter")
		r.expect("nothing may be written in /root", "forbidden.csv")
		r.keys("esc")
		r.expectNot("forbidden", "nothing may")
		r.expect("s source", "Energy")
	})
}

// A pasted name may write a file, but never over one.
func TestAPastedNameReplacesNothing(t *testing.T) {
	f := &files{}
	exportingTo(t, f, ann(t), func(r *driver) {
		r.keys("e", "ctrl+u")
		r.pastedUnmarked("taken.csv\r\r\r")
		if len(f.written) > 0 {
			t.Errorf("wrote %+v", f.written)
		}
		r.expectNot("there is such a file")
		r.expect("export electricity to: taken.csv")
		r.keys("enter", "enter")
		if !f.last(t).Replace {
			t.Errorf("wrote %+v", f.last(t))
		}
		r.keys("e", "ctrl+u")
		r.send(tea.PasteMsg{Content: "y.csv\n"})
		r.keys("enter")
		if got := strings.TrimSpace(f.last(t).Name); got != "y.csv" {
			t.Errorf("wrote %q", got)
		}
	})
}

func TestNothingToExport(t *testing.T) {
	for _, tt := range []struct {
		name, keys, says string
		past             func(testing.TB) *past
	}{
		{"no meter", "e", "nothing to export here yet", nothing},
		{"no weigh-in", "tab tab e", "no weigh-in to export yet", nothing},
		{"the profile", "tab enter e", "go to Energy or Body", ann},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &files{}
			exportingTo(t, f, tt.past(t), func(r *driver) {
				r.keys(strings.Fields(tt.keys)...)
				r.expect(tt.says)
				r.keys("enter")
				if len(f.wanted) > 0 {
					t.Errorf("asked for %+v", f.wanted)
				}
			})
		})
	}
	drive(t, Dependencies{History: ann(t), Account: &account{}, Meter: &meters{}}, 80, 24, func(r *driver) {
		r.keys("e")
		r.expect("the demo writes nothing")
	})
}

// What comes after esc is only told if there is a file all the same.
func TestAnExportThatWasGivenUp(t *testing.T) {
	f := &files{}
	exportingTo(t, f, ann(t), func(r *driver) {
		r.keys("e")
		r.clock = r.clock.Add(time.Second)
		_, cmd := r.m.Update(tea.KeyPressMsg{Code: tea.KeyEnter})
		r.expect("writing")
		r.keys("x", "enter") // not while it is being written
		r.keys("esc", "e")
		f.stopped = errors.New("context canceled")
		r.run(cmd)
		r.expectNot("canceled", "writing")
		f.stopped = nil
		r.run(cmd)
		r.expect("enter writes it") // the new wish is still open
		r.keys("esc")
		if len(f.wanted) != 2 || len(f.written) != 1 {
			t.Errorf("asked %d times, wrote %d", len(f.wanted), len(f.written))
		}
	})
}

// A name that a narrow terminal scrolled away is seen again in a wider one.
func TestANameIsSeenAgain(t *testing.T) {
	exportingTo(t, &files{}, ann(t), func(r *driver) {
		r.send(tea.WindowSizeMsg{Width: 20, Height: 5})
		r.keys("enter", "s", "e")
		r.expect("to: 026-11-21.csv")
		r.send(tea.WindowSizeMsg{Width: 80, Height: 24})
		r.expect("to: calories-by-hour-2026-11-21.csv")
	})
}
