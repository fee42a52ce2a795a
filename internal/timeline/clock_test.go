package timeline

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func wall(t testing.TB, text string) time.Time {
	t.Helper()
	w, err := time.Parse("2006-01-02 15:04:05", text)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestClockReadsRowsInOrder(t *testing.T) {
	tests := []struct {
		name, zone string
		rows       [][2]string // wall clock, instant
	}{
		{"autumn hour twice", "Europe/London", [][2]string{
			{"2013-10-27 00:58:03", "2013-10-26T23:58:03Z"},
			{"2013-10-27 01:00:03", "2013-10-27T00:00:03Z"},
			{"2013-10-27 01:58:03", "2013-10-27T00:58:03Z"},
			{"2013-10-27 01:00:03", "2013-10-27T01:00:03Z"},
			{"2013-10-27 01:58:03", "2013-10-27T01:58:03Z"},
			{"2013-10-27 02:00:03", "2013-10-27T02:00:03Z"},
		}},
		{"slightly out of order is not a second pass", "Europe/London", [][2]string{
			{"2013-10-27 01:10:00", "2013-10-27T00:10:00Z"},
			{"2013-10-27 01:08:00", "2013-10-27T00:08:00Z"},
			{"2013-10-27 01:12:00", "2013-10-27T00:12:00Z"},
		}},
		{"a future stamp does not spoil the next change", "Europe/London", [][2]string{
			{"2099-01-01 00:00:00", "2099-01-01T00:00:00Z"},
			{"2013-10-27 01:10:00", "2013-10-27T00:10:00Z"},
			{"2013-10-27 01:12:00", "2013-10-27T00:12:00Z"},
		}},
		{"a skipped time means the clock had not changed yet", "Europe/London", [][2]string{
			{"2014-03-30 00:58:00", "2014-03-30T00:58:00Z"},
			{"2014-03-30 01:10:00", "2014-03-30T01:10:00Z"},
			{"2014-03-30 02:20:00", "2014-03-30T01:20:00Z"},
		}},
		{"half-hour change", "Australia/Lord_Howe", [][2]string{
			{"2025-04-06 01:55:00", "2025-04-05T14:55:00Z"},
			{"2025-04-06 01:30:00", "2025-04-05T15:00:00Z"},
			{"2025-04-06 01:55:00", "2025-04-05T15:25:00Z"},
			{"2025-04-06 02:00:00", "2025-04-05T15:30:00Z"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := NewClock(zone(t, tt.zone))
			for _, row := range tt.rows {
				got := time.Unix(c.Instant(wall(t, row[0]).Unix()), 0).UTC()
				if !got.Equal(instant(t, row[1])) {
					t.Errorf("%s = %s, want %s", row[0], got, row[1])
				}
			}
		})
	}
}

func TestClockResumes(t *testing.T) {
	c := NewClock(zone(t, "Europe/London"))
	c.Resume(instant(t, "2013-10-27T01:10:00Z"))
	if got, want := c.Instant(wall(t, "2013-10-27 01:12:00").Unix()), instant(t, "2013-10-27T01:12:00Z").Unix(); got != want {
		t.Errorf("after resuming in the second pass: %s", time.Unix(got, 0).UTC())
	}
}

// A clock that is read every few minutes, in order, gives back the instants.
func TestClockInvertsLocalTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z, err := time.LoadLocation(rapid.SampledFrom(oddZones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(rapid.Int64Range(1320000000, 1900000000).Draw(t, "from"), 0).In(z)
		step := time.Duration(rapid.IntRange(1, 240).Draw(t, "step")) * time.Second
		c := NewClock(z)
		c.Resume(at.Add(-step))
		for range 2000 {
			_, offset := at.Zone()
			if got := c.Instant(at.Unix() + int64(offset)); got != at.Unix() {
				t.Fatalf("%s read as %s", at, time.Unix(got, 0).In(z))
			}
			at = at.Add(step)
		}
	})
}
