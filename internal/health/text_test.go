package health

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"Aria 2":                               "Aria 2",
		" Zoë's \U0001f600 ":                   "Zoë's \U0001f600",
		"a\x1b[31m\x00\x7f\u009bb\r\nc\td":     "a[31mbcd",
		"gnp\u202eexe\u2066\u200b\ufeff\u2028": "gnpexe",
		"\u3164\u115f x \xff":                  "x",
		"Z" + strings.Repeat("\u0335", 50):     "Z" + strings.Repeat("\u0335", 4),
		strings.Repeat("x", 1<<20):             strings.Repeat("x", 19) + "…",
		"":                                     "",
	} {
		if got := Printable(text, 20); got != want {
			t.Errorf("%.40q: got %q, want %q", text, got, want)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("a\x1b[31m\u202e", uint8(3))
	f.Add("Z\u0335\u0335\u0335\u0335\u0335", uint8(60))
	f.Add("  x  y  ", uint8(4))
	f.Fuzz(func(t *testing.T, text string, limit uint8) {
		most := int(limit) + 1
		got := Printable(text, most)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > most || Printable(got, most) != got ||
			strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q, %d: got %q", text, most, got)
		}
	})
}
