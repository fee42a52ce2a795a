package refresh

import (
	"testing"
	"time"
)

func TestProgressInWords(t *testing.T) {
	clock := now
	p := NewProgress("reading the meter", "rows", func() time.Time { return clock })
	const total = 3_400_000
	for _, step := range []struct {
		after time.Duration
		done  int64
		total int64
		want  string
	}{
		{500 * time.Millisecond, 50_000, total, ""}, // may be done in a second
		{499 * time.Millisecond, 100_000, total, ""},
		{time.Millisecond, 100_000, total, "reading the meter: 100,000 of 3,400,000 rows · 2 % · about 35 s left · 100,000/s"},
		{249 * time.Millisecond, 110_000, total, ""}, // four times a second
		{time.Millisecond, 120_000, total, "reading the meter: 120,000 of 3,400,000 rows · 3 % · about 35 s left · 96,000/s"},
		{9 * time.Second, 1_240_000, total, "reading the meter: 1,240,000 of 3,400,000 rows · 36 % · about 20 s left · 120,000/s"},
		{17 * time.Second, 3_399_000, total, "reading the meter: 3,399,000 of 3,400,000 rows · 99 % · about 1 s left · 120,000/s"},
		{time.Second, total, total, "reading the meter: 3,400,000 of 3,400,000 rows · 100 % · 120,000/s"},
		// Another part of the work counts from the beginning.
		{time.Second, 0, 1000, "reading the meter: 0 of 1,000 rows · 0 %"},
		{10 * time.Second, 10, 1000, "reading the meter: 10 of 1,000 rows · 1 % · about 17 min left · 1/s"},
		{time.Second, 1001, 1000, "reading the meter: 1,001 rows · 91/s"}, // the logger goes on
		{time.Second, 1002, 0, "reading the meter: 1,002 rows · 84/s"},
		{5 * time.Hour, 1003, 2000, "reading the meter: 1,003 of 2,000 rows · 50 % · about 5 h left"},
		{time.Second, 3805, 5000, "reading the meter: 3,805 of 5,000 rows · 76 % · about 2 h left · 0.2/s"},
	} {
		clock = clock.Add(step.after)
		got, ok := p.Words(step.done, step.total)
		if got != step.want || ok != (step.want != "") {
			t.Errorf("%d of %d: %q, want %q", step.done, step.total, got, step.want)
		}
	}
}

func TestRoughly(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Millisecond: "1 s", 8400 * time.Millisecond: "8 s", 22 * time.Second: "20 s", 54 * time.Second: "55 s",
		58 * time.Second: "1 min", 170 * time.Second: "3 min", 100 * time.Minute: "2 h",
	} {
		if got := roughly(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 3400000: "3,400,000", 12345678: "12,345,678"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestPerSecond(t *testing.T) {
	for rate, want := range map[float64]string{
		0.1: "0.1/s", 0.5: "0.5/s", 2: "2/s", 9.94: "9.9/s", 12.4: "12/s", 999: "1,000/s", 123_456: "120,000/s",
		999_999: "1 M/s", 2_149_000: "2.1 M/s", 53_000_000: "53 M/s",
	} {
		if got := perSecond(rate); got != want {
			t.Errorf("%g is %q, want %q", rate, got, want)
		}
	}
}
