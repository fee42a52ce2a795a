package refresh

import (
	"testing"
	"time"

	"vitals/internal/health"
)

// What fetches is had for something to fetch alone: a command may ask somebody for
// a passphrase then.
func TestNothingIsAskedForWhileNothingIsDue(t *testing.T) {
	s := openStore(t)
	var fetches []health.Fetch
	for _, of := range health.DataTypes() {
		fetch := health.Fetch{Type: of, LastSuccess: now}
		if err := s.SaveFetch(t.Context(), fetch); err != nil {
			t.Fatal(err)
		}
		fetches = append(fetches, fetch)
	}
	had := 0
	for _, c := range []struct {
		after time.Duration
		asked bool
		had   int
		next  time.Duration
	}{
		{time.Minute, false, 0, CaloriesEvery - time.Minute},
		{time.Minute, true, 1, MeterEvery},
		{CaloriesEvery, false, 2, MeterEvery},
	} {
		at := now.Add(c.after)
		w := &Watch{Store: s, Now: func() time.Time { return at }, Syncer: func() (*Syncer, error) { had++; return nil, nil }}
		_, _, next, _, err := w.due(t.Context(), c.asked, nil)
		if err != nil || had != c.had || next != c.next {
			t.Errorf("after %s, asked %v: had %d times, next in %s, %v", c.after, c.asked, had, next, err)
		}
		if got := Due(fetches, at); got != (c.after >= CaloriesEvery) {
			t.Errorf("after %s: due %v", c.after, got)
		}
	}
	if !Due(fetches[1:], now) || !Due(nil, now) {
		t.Error("what was never fetched is not due")
	}
}
