package push

import (
	"strings"
	"testing"
	"unicode/utf8"

	"vitals/internal/health"
)

// elements reads an array literal as PostgreSQL does; nil stands for NULL.
func elements(t *testing.T, literal string) []*string {
	t.Helper()
	var all []*string
	for len(literal) > 0 {
		rest, null := strings.CutPrefix(literal, "NULL")
		if null {
			all = append(all, nil)
		} else if rest, null = strings.CutPrefix(literal, `"`); !null {
			t.Fatalf("%q begins with no quote", literal)
		} else {
			var text strings.Builder
			for rest != "" && rest[0] != '"' {
				if rest[0] == '\\' {
					rest = rest[1:]
				}
				text.WriteByte(rest[0])
				rest = rest[1:]
			}
			value := text.String()
			all, rest = append(all, &value), strings.TrimPrefix(rest, `"`)
		}
		literal = strings.TrimPrefix(rest, ",")
	}
	return all
}

func FuzzElements(f *testing.F) {
	for _, text := range []string{"", "NULL", `"`, `\`, `a","b`, "{}", "\x00", "\xff", "x\ny"} {
		f.Add(text, "Aria 2")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		var literal []byte
		cells := []cell{word(a), {}, word(b)}
		for _, c := range cells {
			literal = appendElement(literal, c)
		}
		if !utf8.Valid(literal) || strings.Contains(string(literal), "\x00") {
			t.Fatalf("%q is nothing that a database takes", literal)
		}
		read := elements(t, string(literal))
		if len(read) != len(cells) {
			t.Fatalf("%d elements of %q", len(read), literal)
		}
		for i, c := range cells {
			if (read[i] != nil) != c.known || c.known && *read[i] != c.text {
				t.Errorf("element %d of %q is not %q", i, literal, c.text)
			}
		}
	})
}

func TestDigestsTellRowsApart(t *testing.T) {
	digests := map[string]bool{}
	rows := [][][]cell{
		{{word("a"), word("b")}}, {{word("a,b"), {}}}, {{word("a"), {}}, {word("b"), {}}}, {{{}, word("a")}}, {{word("NULL"), word("a")}}, {{on(health.Date{}), word(`a","b`)}}, {{word("b"), word("a")}},
	}
	for _, all := range rows {
		var p part
		for _, row := range all {
			p.add(row)
		}
		digests[p.digest()] = true
	}
	if len(digests) != len(rows) {
		t.Errorf("%d digests of %d contents", len(digests), len(rows))
	}
}

func TestRowsWithoutAKeyAreLeftOut(t *testing.T) {
	c := contentOf(energyDay(), "100")
	for _, d := range []health.Date{{}, {Year: -1, Month: 3, Day: 2}, {Year: 12026, Month: 3, Day: 2}, {Year: 2026, Month: 3, Day: 2}} {
		c.add("2026-03-01", on(d))
	}
	if c.rows() != 1 {
		t.Errorf("%d rows", c.rows())
	}
}
