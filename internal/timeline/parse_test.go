package timeline

import (
	"testing"
	"time"
)

// FuzzParseTime reads what is given to --from and --to: it is an error, or an
// instant in the zone asked for that is read the same when it is written anew.
func FuzzParseTime(f *testing.F) {
	for _, text := range []string{"2024-03-31", "2024-03-31T01:30", "2024-10-27T01:30:05", "-7d", "2024-03-31T14:00:00+02:00", "-99999d", "0000-01-01", "9999-12-31T23:59:59Z", "-0d", "2011-12-30"} {
		f.Add(text, uint8(len(text)))
	}
	f.Fuzz(func(t *testing.T, text string, place uint8) {
		names := []string{"Europe/London", "Pacific/Apia", "America/St_Johns", "Africa/Monrovia", "UTC", "Asia/Kathmandu"}
		zone, err := time.LoadLocation(names[int(place)%len(names)])
		if err != nil {
			t.Fatal(err)
		}
		now := time.Date(2026, 11, 22, 13, 37, 0, 0, zone)
		got, err := ParseTime(text, now)
		if err != nil {
			if !got.IsZero() || err.Error() == "" {
				t.Errorf("%q: %v and %v", text, got, err)
			}
			return
		}
		if got.Location() != zone {
			t.Errorf("%q: in %v, not in %v", text, got.Location(), zone)
		}
		if year := got.UTC().Year(); year < 1 || year > 9998 {
			return // RFC 3339 has four digits for it
		}
		if _, offset := got.Zone(); offset%60 != 0 {
			return // nor seconds in an offset, as of long ago
		}
		if again, err := ParseTime(got.Format(time.RFC3339), now); err != nil || !again.Equal(got.Truncate(time.Second)) {
			t.Errorf("%q: %v, then %v, %v", text, got, again, err)
		}
	})
}
