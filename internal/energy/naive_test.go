package energy

import (
	"fmt"
	"reflect"
	"testing"
	"time"
)

// clockChanges are days on which the clocks change, in zones that do it in
// their own way: by half an hour, at midnight, or never.
var clockChanges = []struct{ zone, day string }{
	{"Europe/London", "2024-03-31"}, {"Europe/London", "2024-10-27"},
	{"America/New_York", "2025-03-09"}, {"America/New_York", "2025-11-02"},
	{"Australia/Lord_Howe", "2025-04-06"}, {"Australia/Lord_Howe", "2025-10-05"},
	{"America/Havana", "2025-03-09"}, {"America/Havana", "2025-11-02"},
	{"Africa/Cairo", "2024-04-26"}, {"Africa/Cairo", "2024-10-31"},
	{"America/Santiago", "2025-09-07"}, {"America/St_Johns", "2025-11-02"},
	{"Asia/Kathmandu", "2025-01-15"}, {"Pacific/Auckland", "2025-04-06"},
}

// Local text, read in the order of its rows, gives the energy of the instants
// it was written at, through hours that come twice or not at all.
func TestLocalTextThroughClockChanges(t *testing.T) {
	oneGoroutine(t)
	for _, change := range clockChanges {
		zone := zone(t, change.zone)
		day, err := time.ParseInLocation(time.DateOnly, change.day, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []time.Duration{2 * time.Minute, 5 * time.Minute, 30 * time.Minute, time.Hour} {
			for _, order := range []string{"in order", "swapped in pairs"} {
				if order != "in order" && step > 2*time.Minute {
					continue // nothing in the rows tells the passes apart
				}
				var local, epoch [][]any
				var offsets []int
				for i, at := 0, day.Add(-15*time.Hour); at.Before(day.Add(30 * time.Hour)); i, at = i+1, at.Add(step) {
					watts := 100 + i*37%900
					local = append(local, []any{at.In(zone).Format("2006-01-02 15:04:05.000000"), watts, nil})
					_, offset := at.In(zone).Zone()
					offsets = append(offsets, offset)
					epoch = append(epoch, []any{at.Unix(), watts})
				}
				if order != "in order" {
					for i := 1; i < len(local); i += 2 {
						if offsets[i-1] == offsets[i] {
							local[i-1], local[i] = local[i], local[i-1]
						}
					}
				}
				name := fmt.Sprint(change.zone, " ", change.day, " ", step, " ", order)
				got := rollUp(t, meterFor(database(t, layouts[BlogReadings].create, local...), Mapping{}, zone), nil)
				want := rollUp(t, meterFor(database(t, layouts[Generic].create, epoch...), Mapping{}, zone), nil)
				if !reflect.DeepEqual(got.Portions, want.Portions) {
					t.Errorf("%s: the energy is not the same", name)
				}
			}
		}
	}
}

// The steps of a slow logger tell in which of two passes a stamp lies, also when
// it is some seconds early.
func TestSlowLoggersInARepeatedHour(t *testing.T) {
	for _, c := range []struct {
		zone, day string
		step      time.Duration
	}{{"Europe/London", "2024-10-27", time.Hour}, {"Australia/Lord_Howe", "2025-04-06", 30 * time.Minute}, {"Australia/Lord_Howe", "2025-04-06", time.Hour}} {
		zone := zone(t, c.zone)
		day, err := time.ParseInLocation(time.DateOnly, c.day, zone)
		if err != nil {
			t.Fatal(err)
		}
		for begin := time.Duration(0); begin < c.step; begin += 10 * time.Minute {
			var local, epoch [][]any
			for i, at := 0, day.Add(-24*time.Hour+begin); at.Before(day.Add(48 * time.Hour)); i, at = i+1, at.Add(c.step) {
				early := at.Add(-time.Duration(i*7%40) * time.Second)
				local = append(local, []any{early.In(zone).Format(time.DateTime), 100 + i*37%900, nil})
				epoch = append(epoch, []any{early.Unix(), 100 + i*37%900})
			}
			got := rollUp(t, meterFor(database(t, layouts[BlogReadings].create, local...), Mapping{}, zone), nil)
			want := rollUp(t, meterFor(database(t, layouts[Generic].create, epoch...), Mapping{}, zone), nil)
			if !reflect.DeepEqual(got.Portions, want.Portions) {
				t.Errorf("%s every %v from %v: the energy is not the same", c.zone, c.step, begin)
			}
		}
	}
}

// A row between two usual ones, as after a restart, is of the first pass.
func TestARestartInARepeatedHour(t *testing.T) {
	london := zone(t, "Europe/London")
	var local, epoch [][]any
	begin := time.Date(2024, 10, 25, 0, 0, 0, 0, time.UTC)
	for i := range 96 {
		at := begin.Add(time.Duration(i) * time.Hour)
		stamps := []time.Time{at}
		if at.Equal(time.Date(2024, 10, 27, 0, 0, 0, 0, time.UTC)) { // 01:00, the first time
			stamps = append(stamps, at.Add(25*time.Minute))
		}
		for _, at := range stamps {
			local = append(local, []any{at.In(london).Format(time.DateTime), 100 + i*37%900, nil})
			epoch = append(epoch, []any{at.Unix(), 100 + i*37%900})
		}
	}
	got := rollUp(t, meterFor(database(t, layouts[BlogReadings].create, local...), Mapping{}, london), nil)
	want := rollUp(t, meterFor(database(t, layouts[Generic].create, epoch...), Mapping{}, london), nil)
	if !reflect.DeepEqual(got.Portions, want.Portions) {
		t.Error("the energy is not the same")
	}
}

// A clock that stays on winter time all year is a zone of its own.
func TestFixedClock(t *testing.T) {
	var rows [][]any
	at := time.Date(2024, 10, 26, 0, 0, 0, 0, time.UTC)
	for i := range 3 * 144 {
		rows = append(rows, []any{at.Add(time.Duration(10*i) * time.Minute).In(zone(t, "Etc/GMT-1")).Format(time.DateTime), 600, nil})
	}
	path := database(t, layouts[BlogReadings].create, rows...)
	r := rollUp(t, meterFor(path, Mapping{ClockZone: zone(t, "Etc/GMT-1")}, zone(t, "Europe/Paris")), nil)
	if len(r.Portions) != 3*96 || r.Portions[0].Start != at.Unix() {
		t.Errorf("%d portions from %d", len(r.Portions), r.Portions[0].Start)
	}
}

func TestSettleClock(t *testing.T) {
	oneGoroutine(t)
	const plain = "CREATE TABLE readings (created TIMESTAMP, power_W REAL)"
	spring, autumn, neither := "2024-03-30", "2024-10-26", "2024-06-30"
	for _, test := range []struct {
		name, create string
		zone, clock  string // of the house, of the logger
		day          string
		step         time.Duration
		now          string
		format       TimeFormat
		sure         bool
	}{
		{name: "by the default", create: "CREATE TABLE readings (created TIMESTAMP DEFAULT CURRENT_TIMESTAMP, power_W REAL)",
			zone: "Europe/London", clock: "UTC", day: neither, format: FormatUTC, sure: true},
		{name: "by datetime('now')", create: "CREATE TABLE readings (created TEXT DEFAULT (datetime('now')), power_W REAL)",
			zone: "Europe/London", clock: "UTC", day: neither, format: FormatUTC, sure: true},
		{name: "by 'localtime'", create: "CREATE TABLE readings (created TEXT DEFAULT (datetime('now', 'localtime')), power_W REAL)",
			zone: "Europe/London", clock: "Europe/London", day: neither, format: FormatLocal, sure: true},
		{name: "an hour doubled", zone: "Europe/London", clock: "Europe/London", day: autumn, format: FormatLocal, sure: true},
		{name: "an hour doubled every half-hour", zone: "Europe/Paris", clock: "Europe/Paris", day: autumn, step: 30 * time.Minute, format: FormatLocal, sure: true},
		{name: "no hour doubled", zone: "Europe/London", clock: "UTC", day: autumn, format: FormatUTC, sure: true},
		{name: "no hour doubled, but one kept", create: "CREATE TABLE readings (created TEXT PRIMARY KEY, power_W REAL)",
			zone: "Europe/London", clock: "UTC", day: autumn, format: FormatLocal},
		{name: "an hour missing", zone: "America/New_York", clock: "America/New_York", day: "2025-03-08", format: FormatLocal, sure: true},
		{name: "an hour missing of hours", zone: "Europe/London", clock: "Europe/London", day: spring, step: time.Hour, format: FormatLocal, sure: true},
		{name: "no hour missing", zone: "Europe/Berlin", clock: "UTC", day: spring, format: FormatUTC, sure: true},
		{name: "half an hour missing", zone: "Australia/Lord_Howe", clock: "Australia/Lord_Howe", day: "2025-10-04", format: FormatLocal, sure: true},
		{name: "no change", zone: "Europe/London", clock: "Europe/London", day: neither, format: FormatLocal},
		{name: "UTC would be the future", zone: "Europe/Berlin", clock: "Europe/Berlin", day: neither, now: "2024-07-03T00:00:00+02:00", format: FormatLocal, sure: true},
		{name: "local would be the future", zone: "America/New_York", clock: "UTC", day: neither, now: "2024-07-03T00:00:00Z", format: FormatUTC, sure: true},
		{name: "an hour ago", zone: "Europe/Berlin", clock: "Europe/Berlin", day: neither, now: "2024-07-03T02:00:00+02:00", format: FormatLocal},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.create == "" {
				test.create = plain
			}
			if test.step == 0 {
				test.step = 10 * time.Minute
			}
			clock := zone(t, test.clock)
			start, err := time.ParseInLocation(time.DateOnly, test.day, clock)
			if err != nil {
				t.Fatal(err)
			}
			kept := map[string]bool{}
			var rows [][]any
			for at := start; at.Before(start.Add(72 * time.Hour)); at = at.Add(test.step) {
				text := at.In(clock).Format(time.DateTime)
				if !kept[text] || test.create == plain {
					rows = append(rows, []any{text, 600 + len(rows)%5})
				}
				kept[text] = true
			}
			now := testNow
			if test.now != "" {
				now = instant(t, test.now)
			}
			found, err := Detect(t.Context(), database(t, test.create, rows...), Mapping{}, zone(t, test.zone), now, nil)
			if err != nil {
				t.Fatal(err)
			}
			s := found.Series[0]
			if s.TimeFormat != test.format || (s.Confidence == Likely) != test.sure {
				t.Errorf("the format is %s, %s", s.TimeFormat, s.Confidence)
			}
		})
	}
}

// Where the zone of the house is not that of the clock, both days count.
func TestClockZoneIsNotTheDisplayZone(t *testing.T) {
	path := database(t, layouts[BlogReadings].create, []any{"2024-07-01 00:00:00", 600, nil}, []any{"2024-07-01 01:00:00", 600, nil})
	for clock, want := range map[string]string{"": "2024-07-01T04:00:00Z", "Asia/Tokyo": "2024-06-30T15:00:00Z"} {
		mapping := Mapping{Nominal: time.Hour}
		if clock != "" {
			mapping.ClockZone = zone(t, clock)
		}
		r := rollUp(t, meterFor(path, mapping, zone(t, "America/New_York")), nil)
		if got := r.Portions[0].Start; got != instant(t, want).Unix() {
			t.Errorf("clock %q: it begins at %v", clock, time.Unix(got, 0).UTC())
		}
	}
}
