package meterserver

import (
	"math"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitals/internal/postgres"
)

// Rows are numbered in the order of their keys, whatever those are.
func TestNumbersFollowKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, k := range []key{{column: column{meaning: whole}}, {column: column{meaning: real}}} {
			a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
			if k.meaning == real {
				a, b = a/8, b/8 // a double holds no more
			}
			text := func(n int64) string { return k.aligned(strconv.FormatInt(n, 10)) }
			if a < b && k.number(text(a)) > k.number(text(b)) {
				t.Fatalf("%d is numbered %d, %d %d", a, k.number(text(a)), b, k.number(text(b)))
			}
		}
		k := key{column: column{meaning: wall}}
		at := time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "seconds"), 0).UTC()
		before, ok := k.before(at.Format(time.DateTime), lateWindow)
		if at.Year() > 1 && at.Year() < 9999 && (!ok || k.number(before) > k.number(at.Format(time.DateTime))) {
			t.Fatalf("%v is after %s", before, at)
		}
	})
}

// Half a second apart, and around the hour that a clock shows twice, keys are
// aligned so that none is before where it is read from.
func TestPagesBeginBeforeTheirRows(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	k := key{column: column{meaning: wall}, twice: &twice{zone: london}}
	for text, want := range map[string]string{
		"2024-10-27 00:59:59.5": "2024-10-27 00:59:59.5", "2024-10-27 01:00:00": "2024-10-27 01:00:00", "2024-10-27 01:59:59.999999": "2024-10-27 01:00:00",
		"2024-10-27 02:00:00": "2024-10-27 02:00:00", "2024-03-31 01:30:00": "2024-03-31 01:30:00", "infinity": "infinity", "": "",
	} {
		if got := k.aligned(text); got != want {
			t.Errorf("%s begins at %s, not %s", text, got, want)
		}
	}
	k = key{column: column{meaning: real}}
	if got := k.aligned("1790000000.75"); got != "1790000000" {
		t.Errorf("a fraction begins at %s", got)
	}
}

// FuzzValue: what a server writes is taken, whatever it is.
func FuzzValue(f *testing.F) {
	for _, text := range []string{"1", "-5.5", "NaN", "1e400", "t", "2024-10-27 01:30:00.123456", "294276-12-31 00:00:00", "0044-03-15 BC", "infinity", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for m := whole; m <= instantText; m++ {
			c := column{name: "c", meaning: m}
			if v := c.value(postgres.Cell(text)); v.kind == 'r' && (math.IsNaN(v.real) || math.IsInf(v.real, 0)) {
				t.Errorf("%q is copied as %v", text, v.real)
			}
			k := key{column: c, twice: &twice{zone: time.UTC}}
			_ = k.number(k.aligned(text))
			_, _ = k.before(text, lateWindow)
		}
		_ = placeOf(postgres.Cell(text))
	})
}
