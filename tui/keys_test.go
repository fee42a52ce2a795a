package tui

import (
	"strings"
	"testing"

	"vitals/internal/view"
)

// Every key is in the help, and none is without an effect that is seen.
func TestEveryKeyDoesSomethingAndIsInTheHelp(t *testing.T) {
	energyInFull := []string{"enter", "left"}
	tests := []struct {
		key, shown string // in the help, if not as the key
		before     []string
	}{
		{key: "1", before: []string{"2"}}, {key: "2"}, {key: "3"}, {key: "4"}, {key: "5"},
		{key: "h", before: []string{"2"}}, {key: "d", before: []string{"4"}}, {key: "w"}, {key: "m"}, {key: "y"},
		{key: "left", shown: "←"}, {key: "right", shown: "→", before: []string{"left"}},
		{key: "t", before: []string{"left"}}, {key: "g"}, {key: "G", before: []string{"g"}}, {key: "/"},
		{key: "s"}, {key: "c"}, {key: "v"}, {key: "u"}, {key: "i"}, {key: "e"}, {key: "r"}, {key: "a"}, {key: "?"}, {key: "x"},
		{key: "tab"}, {key: "shift+tab"}, {key: "j"}, {key: "k"}, {key: "up", shown: "↑"}, {key: "down", shown: "↓"},
		{key: "enter"}, {key: "esc", before: energyInFull},
		{key: "left", shown: "←", before: energyInFull}, {key: "right", shown: "→", before: energyInFull},
		{key: "home", before: energyInFull}, {key: "end", before: energyInFull},
		{key: "[", before: energyInFull}, {key: "]", before: append(energyInFull, "[")},
		{key: "q"}, {key: "ctrl+c"}, {key: "ctrl+z"}, {key: "ctrl+l"},
	}
	var help []string
	for _, s := range newKeyMap().sections() {
		for _, k := range s.keys {
			help = append(help, strings.FieldsFunc(k.Help().Key+" "+k.Help().Desc, func(r rune) bool { return strings.ContainsRune(" ()", r) })...)
		}
	}
	for _, tt := range tests {
		if tt.shown == "" {
			tt.shown = tt.key
		}
		found := false
		for _, word := range help {
			found = found || word == tt.shown
		}
		if !found {
			t.Errorf("the help lacks %s", tt.shown)
		}
		if tt.key == "ctrl+z" || tt.key == "ctrl+l" { // seen on a real terminal only
			continue
		}
		p := ann(t)
		d := Dependencies{History: p, Account: &account{}, Meter: &meters{}, Export: (&files{}).write, Remembered: Remembered{Reach: view.LastDay}}
		drive(t, d, 100, 30, func(r *driver) {
			r.keys(tt.before...)
			before := r.frame()
			r.keys(tt.key)
			if r.frame() == before && !r.quit && r.m.focus == energyPane {
				t.Errorf("%s after %v does nothing:\n%s", tt.key, tt.before, before)
			}
		})
	}
}
