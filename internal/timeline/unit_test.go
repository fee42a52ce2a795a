package timeline

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestBucketEdges(t *testing.T) {
	tests := []struct {
		name       string
		zone       string
		unit       Unit
		at         string
		start, end string
		label      string
	}{
		{"spring day of 23 hours", "Europe/London", Day, "2024-03-31T12:00:00Z", "2024-03-31T00:00:00Z", "2024-03-31T23:00:00Z", "2024-03-31"},
		{"autumn day of 25 hours", "Europe/London", Day, "2024-10-27T12:00:00Z", "2024-10-26T23:00:00Z", "2024-10-28T00:00:00Z", "2024-10-27"},
		{"repeated hour, first pass", "Europe/London", Hour, "2024-10-27T00:59:59Z", "2024-10-27T00:00:00Z", "2024-10-27T01:00:00Z", "2024-10-27 01:00 +0100"},
		{"repeated hour, second pass", "Europe/London", Hour, "2024-10-27T01:00:00Z", "2024-10-27T01:00:00Z", "2024-10-27T02:00:00Z", "2024-10-27 01:00 +0000"},
		{"half-hour change back makes a short hour", "Australia/Lord_Howe", Hour, "2025-04-05T15:10:00Z", "2025-04-05T15:00:00Z", "2025-04-05T15:30:00Z", "2025-04-06 01:30 +1030"},
		{"and a day of 24.5 hours", "Australia/Lord_Howe", Day, "2025-04-06T00:00:00Z", "2025-04-05T13:00:00Z", "2025-04-06T13:30:00Z", "2025-04-06"},
		{"half-hour change on", "Australia/Lord_Howe", Hour, "2025-10-04T15:45:00Z", "2025-10-04T15:30:00Z", "2025-10-04T16:00:00Z", "2025-10-05 02:30 +1100"},
		{"quarter-hour offset", "Asia/Kathmandu", Hour, "2025-01-01T10:00:00Z", "2025-01-01T09:15:00Z", "2025-01-01T10:15:00Z", "2025-01-01 15:00 +0545"},
		{"midnight skipped, time.Date would give the day before", "America/Havana", Day, "2025-03-09T12:00:00Z", "2025-03-09T05:00:00Z", "2025-03-10T04:00:00Z", "2025-03-09"},
		{"midnight repeated", "America/Havana", Day, "2025-11-02T12:00:00Z", "2025-11-02T04:00:00Z", "2025-11-03T05:00:00Z", "2025-11-02"},
		{"midnight skipped in Cairo", "Africa/Cairo", Day, "2024-04-26T12:00:00Z", "2024-04-25T22:00:00Z", "2024-04-26T21:00:00Z", "2024-04-26"},
		{"the date after a skipped one", "Pacific/Apia", Day, "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-29"},
		{"and the next", "Pacific/Apia", Day, "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z", "2011-12-31"},
		{"clock back over midnight", "America/St_Johns", Day, "2010-11-07T03:20:00Z", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z", "2010-11-07"},
		{"only the zone's name changes", "Europe/Lisbon", Hour, "1992-09-27T00:30:00Z", "1992-09-27T00:00:00Z", "1992-09-27T01:00:00Z", "1992-09-27 01:00 +0100"},
		{"ISO week 53", "Europe/London", Week, "2027-01-01T00:00:00Z", "2026-12-28T00:00:00Z", "2027-01-04T00:00:00Z", "2026-W53"},
		{"week of 167 hours", "Europe/London", Week, "2024-03-27T00:00:00Z", "2024-03-25T00:00:00Z", "2024-03-31T23:00:00Z", "2024-W13"},
		{"leap February", "Europe/London", Month, "2024-02-29T23:59:59Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z", "2024-02"},
		{"December ends the year", "Asia/Tokyo", Month, "2024-12-31T14:59:59Z", "2024-11-30T15:00:00Z", "2024-12-31T15:00:00Z", "2024-12"},
		{"year", "America/New_York", Year, "2025-01-01T04:59:59Z", "2024-01-01T05:00:00Z", "2025-01-01T05:00:00Z", "2024"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			at := instant(t, tt.at).In(zone(t, tt.zone))
			start, end := tt.unit.Start(at), tt.unit.Next(at)
			if !start.Equal(instant(t, tt.start)) || !end.Equal(instant(t, tt.end)) {
				t.Errorf("bucket of %s = [%s, %s), want [%s, %s)", tt.at, start.UTC(), end.UTC(), tt.start, tt.end)
			}
			if label := tt.unit.Label(at); label != tt.label {
				t.Errorf("label = %q, want %q", label, tt.label)
			}
		})
	}
}

// Zones with changes at midnight, of half an hour, of a whole day, and of name only.
var oddZones = []string{"UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
	"America/Havana", "America/St_Johns", "Pacific/Apia", "Africa/Cairo", "Africa/Casablanca", "America/Caracas",
	"Asia/Pyongyang", "Antarctica/Troll", "Europe/Dublin", "Pacific/Chatham"}

func TestBucketsTileTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z, err := time.LoadLocation(rapid.SampledFrom(oddZones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		u := Unit(rapid.IntRange(int(Hour), int(Year)).Draw(t, "unit"))
		at := time.Unix(rapid.Int64Range(1104537600, 2208988800).Draw(t, "at"), 0).In(z)
		start, end := u.Start(at), u.Next(at)
		if start.After(at) || !end.After(at) {
			t.Fatalf("%s bucket [%s, %s) does not hold %s", u, start, end, at)
		}
		if again := u.Start(start); !again.Equal(start) {
			t.Fatalf("%s bucket of its own start %s begins at %s", u, start, again)
		}
		if last := u.Start(end.Add(-1)); !last.Equal(start) {
			t.Fatalf("the end of %s bucket %s belongs to %s", u, start, last)
		}
		if next := u.Start(end); !next.Equal(end) {
			t.Fatalf("the %s bucket after %s begins at %s, not at its end %s", u, start, next, end)
		}
	})
}

func TestBack(t *testing.T) {
	london := zone(t, "Europe/London")
	at := time.Date(2024, 3, 31, 12, 34, 0, 0, london)
	if got, want := Day.Back(at, 29), time.Date(2024, 3, 2, 0, 0, 0, 0, london); !got.Equal(want) {
		t.Errorf("29 days back = %s, want %s", got, want)
	}
	if got, want := Month.Back(at, 11), time.Date(2023, 4, 1, 0, 0, 0, 0, london); !got.Equal(want) {
		t.Errorf("11 months back = %s, want %s", got, want)
	}
	if got, want := Day.Back(at, -1), time.Date(2024, 4, 1, 0, 0, 0, 0, london); !got.Equal(want) {
		t.Errorf("one day on = %s, want %s", got, want)
	}
}

func TestParseUnit(t *testing.T) {
	for u := Hour; u <= Year; u++ {
		if got, err := ParseUnit(u.String()); err != nil || got != u {
			t.Errorf("ParseUnit(%q) = %v, %v", u.String(), got, err)
		}
	}
	if _, err := ParseUnit("fortnight"); err == nil {
		t.Error("a fortnight passed as a unit")
	}
}

func TestParseTime(t *testing.T) {
	now := time.Date(2024, 10, 30, 13, 37, 0, 0, zone(t, "Europe/London"))
	havana := time.Date(2025, 3, 12, 9, 0, 0, 0, zone(t, "America/Havana"))
	tests := []struct {
		text string
		now  time.Time
		want string // "" for an error
	}{
		{"2024-03-31", now, "2024-03-31T00:00:00Z"},
		{"2024-06-01", now, "2024-05-31T23:00:00Z"},
		{"2024-10-27T01:30", now, "2024-10-27T00:30:00Z"},
		{"2024-03-31T01:30", now, "2024-03-31T01:00:00Z"},
		{"2024-03-31T14:00:05", now, "2024-03-31T13:00:05Z"},
		{"2024-03-31T14:00:00-05:00", now, "2024-03-31T19:00:00Z"},
		{"-7d", now, "2024-10-22T23:00:00Z"},
		{"-0d", now, "2024-10-30T00:00:00Z"},
		{"-3d", havana, "2025-03-09T05:00:00Z"},
		{"2024-02-30", now, ""},
		{"--7d", now, ""},
		{"7d", now, ""},
		{"-d", now, ""},
		{"yesterday", now, ""},
		{"", now, ""},
	}
	for _, tt := range tests {
		got, err := ParseTime(tt.text, tt.now)
		switch {
		case tt.want == "" && err == nil:
			t.Errorf("ParseTime(%q) = %s, want an error", tt.text, got)
		case tt.want != "" && (err != nil || !got.Equal(instant(t, tt.want))):
			t.Errorf("ParseTime(%q) = %s, %v; want %s", tt.text, got.UTC(), err, tt.want)
		case err == nil && got.Location() != tt.now.Location():
			t.Errorf("ParseTime(%q) is in zone %s", tt.text, got.Location())
		}
	}
}
