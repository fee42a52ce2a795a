package tui

import (
	"context"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"vitals/internal/health"
	"vitals/internal/view"
)

// pastedUnmarked sends text as a terminal does that does not mark pastes: each
// letter as a key, a line end as enter, all at once; marked by a
// terminal.Keyboard.
func (r *driver) pastedUnmarked(text string) {
	if r.m.Pasted([]byte(text)) {
		r.send(tea.PasteMsg{Content: text})
		return
	}
	for _, c := range text {
		k := tea.KeyPressMsg{Code: c, Text: string(c)}
		switch c {
		case '\r':
			k = tea.KeyPressMsg{Code: tea.KeyEnter}
		case '\n':
			k = tea.KeyPressMsg{Code: 'j', Mod: tea.ModCtrl}
		}
		r.send(k)
	}
}

// Whatever text comes over the dashboard, it neither ends the program nor
// decides, writes or saves anything.
func TestPastedTextIsNoRowOfCommands(t *testing.T) {
	texts := []string{
		"quit", "aaaq", "quite a long text, quickly pasted\r", "http://127.0.0.1:8765/?state=q&code=4/0q\r",
		"equinox\r\r", "e\rq\r", "xxxxxxq", "aquarium q\r", "2024-03-01,71.4,q\r\n2024-03-02,71.3,q\r\n", strings.Repeat("q", 4000),
	}
	for _, text := range texts {
		for name, keys := range map[string][]string{"dashboard": nil, "body": {"tab", "tab", "enter"}, "help": {"?"}, "why": {"i"}} {
			f := &files{}
			exportingTo(t, f, ann(t), func(r *driver) {
				r.m.Rule = func(context.Context, []health.Weighing, health.Ruling) error {
					t.Errorf("%s, %.20q: a weigh-in was ruled on", name, text)
					return nil
				}
				r.keys(keys...)
				r.pastedUnmarked(text)
				if r.quit || len(f.wanted) > 0 {
					t.Errorf("%s, %.20q: quit %v, wrote %v", name, text, r.quit, f.wanted)
				}
			})
		}
	}
	p := nothing(t)
	for _, text := range []string{"1,2,3\r", "2024", "many\r"} {
		meter := &meters{}
		drive(t, Dependencies{History: p, Account: &account{}, Meter: meter}, 80, 24, func(r *driver) {
			r.send(several(12))
			r.pastedUnmarked(text)
			if len(meter.chosen)+len(meter.saved) > 0 {
				t.Errorf("%q chose %v", text, meter.chosen)
			}
		})
	}
	drive(t, Dependencies{History: p, Account: &account{}, Meter: &meters{}, Begin: Welcome}, 80, 24, func(r *driver) {
		r.pastedUnmarked("look")
		r.pastedUnmarked("q: what")
		if r.quit || r.m.LookAround() {
			t.Error("text pasted over the choice of the first start ended it")
		}
		r.keys("q")
		if !r.quit {
			t.Error("q does not quit")
		}
	})
}

// Keys that a slow link brings at once are keys all the same.
func TestKeysThatComeTogether(t *testing.T) {
	drive(t, Dependencies{History: ann(t), Account: &account{}, Meter: &meters{}, Remembered: Remembered{Reach: view.LastDay}}, 80, 24, func(r *driver) {
		r.pastedUnmarked("2hc")
		r.expect("7 days", "by hour")
		if !r.m.Remember().Compare {
			t.Error("c was lost")
		}
		r.pastedUnmarked("1q")
		if !r.quit {
			t.Error("q was lost")
		}
	})
}

// A key that is held down on a link that stalls comes many times at once; but no
// such row of keys decides anything, or ends the program.
func TestAKeyHeldDown(t *testing.T) {
	drive(t, Dependencies{History: ann(t), Account: &account{}, Meter: &meters{}}, 80, 24, func(r *driver) {
		for text, pasted := range map[string]bool{
			strings.Repeat("j", 40): false, strings.Repeat("1", 9): false, strings.Repeat("é", 9): false, strings.Repeat("j", 9) + "k": true,
			"qqqq": true, strings.Repeat("x", 40): true, strings.Repeat("\r", 9): true,
		} {
			if r.m.Pasted([]byte(text)) != pasted {
				t.Errorf("%q is text: %v", text, !pasted)
			}
		}
	})
	drive(t, Dependencies{History: nothing(t), Account: &account{}, Meter: &meters{}, Begin: Welcome}, 80, 24, func(r *driver) {
		if !r.m.Pasted([]byte("1111")) {
			t.Error("a row of numbers chooses")
		}
	})
}

func TestAMarkedPaste(t *testing.T) {
	drive(t, Dependencies{History: ann(t), Account: &account{}, Meter: &meters{}, Remembered: Remembered{Reach: view.LastDay}}, 80, 24, func(r *driver) {
		r.send(tea.PasteMsg{Content: "quit 2024-03"})
		r.expect(pastedHere, "24 h:")
		r.keys("/")
		r.send(tea.PasteMsg{Content: "2026-10-24\n"})
		r.expect("from – to: 2026-10-24")
		r.keys("enter")
		r.expect("range: 24 Oct 00:00")
		r.pastedUnmarked("some text that is pasted")
		r.expect(pastedHere)
		r.keys("2")
		r.expectNot(pastedHere)
		r.expect("7 days:")
	})
}

// A field takes a long text at once: letter by letter it would take seconds.
func TestALongPasteIntoAField(t *testing.T) {
	drive(t, Dependencies{History: ann(t), Account: &account{}, Meter: &meters{}}, 80, 24, func(r *driver) {
		for _, keys := range [][]string{{"/"}, {"esc", "a"}} {
			r.keys(keys...)
			if r.m.Pasted([]byte(strings.Repeat("2024-03 ", 5))) {
				t.Errorf("%v: a range typed at once is no paste", keys)
			}
			if !r.m.Pasted([]byte(strings.Repeat("2024-03 ", 50))) {
				t.Errorf("%v: 400 letters at once are keys", keys)
			}
		}
	})
}
