package takeout

import "testing"

// The name of a source is part of what tells weigh-ins apart: it stays what it was
// when an archive is imported again.
func TestNamesOfSourcesStay(t *testing.T) {
	for text, want := range map[string]string{
		"Aria 2":                "Aria 2",
		"my\tscale\nin the\x1b": "my scale in the",
		" Zoë's\u202e ":         "Zoë's",
	} {
		if got := printable(text, 60); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
