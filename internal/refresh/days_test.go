package refresh_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"vitals/fitbit/fake"
	"vitals/internal/health"
	"vitals/internal/refresh"
	"vitals/internal/store"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

// inZone makes the process's own zone another one for a test.
func inZone(t *testing.T, zone string) {
	t.Helper()
	before := time.Local
	t.Cleanup(func() { time.Local = before })
	time.Local = place(t, zone)
}

func place(t *testing.T, zone string) *time.Location {
	t.Helper()
	found, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func syncAll(t *testing.T, person fake.Person, s *store.Store) {
	t.Helper()
	g := newGoogle(person)
	syncer, _ := g.syncer(t, s)
	results, err := syncer.Sync(t.Context(), syncer.Types(), refresh.AllData)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
	}
}

// Half an hour before and after midnight, wherever the person lives and whatever
// the zone of this machine is, everything belongs to the date that the person's
// clocks showed.
func TestNothingIsFiledUnderTheWrongDay(t *testing.T) {
	for _, zone := range []string{"Pacific/Auckland", "America/Los_Angeles", "Europe/London", "Asia/Kathmandu"} {
		for _, machine := range []string{"UTC", "America/St_Johns", "Pacific/Kiritimati"} {
			t.Run(zone+" seen from "+machine, func(t *testing.T) {
				inZone(t, machine)
				home := place(t, zone)
				person := years(t, 60, zone)
				at := func(day, hour, minute int) time.Time {
					return time.Date(2026, time.October, day, hour, minute, 0, 0, home)
				}
				scale := health.Source{Name: "Aria 2", Kind: health.SourceScale}
				person.Weighings = []health.Weighing{{ID: "1", At: at(15, 23, 30), KG: 71, Source: scale}, {ID: "2", At: at(16, 0, 30), KG: 72, Source: scale}}
				person.BodyFats = []health.BodyFat{{ID: "3", At: at(15, 23, 30), Percent: 21, Source: scale}, {ID: "4", At: at(16, 0, 30), Percent: 22, Source: scale}}
				hour := func(start time.Time, amount float64) timeline.Portion {
					return timeline.Portion{Start: start.Unix(), End: start.Add(time.Hour).Unix(), Amount: amount, Covered: time.Hour}
				}
				for kind := range person.Totals {
					person.Totals[kind] = []timeline.Portion{hour(at(15, 23, 0), 100), hour(at(16, 0, 0), 1000)}
				}
				s := emptyStore(t)
				syncAll(t, person, s)

				fifteenth := health.Date{Year: 2026, Month: time.October, Day: 15}
				for _, kind := range []health.DataType{health.TypeCalories, health.TypeActiveCalories, health.TypeSteps} {
					days, err := s.DayTotals(t.Context(), kind, health.Date{}, health.Date{})
					if err != nil || len(days) != 2 || days[0].Date != fifteenth || days[0].Amount != 100 || days[1].Date != fifteenth.Add(1) || days[1].Amount != 1000 {
						t.Errorf("days of %s: %+v, %v", kind, days, err)
					}
					hours, err := s.HourTotals(t.Context(), kind, time.Time{}, time.Time{})
					if err != nil || len(hours) != 2 || !hours[0].Start.Equal(at(15, 23, 0)) || hours[0].Amount != 100 || !hours[1].Start.Equal(at(16, 0, 0)) {
						t.Errorf("hours of %s: %+v, %v", kind, hours, err)
					}
				}
				v := &view.Viewer{Store: s, Preferences: view.Preferences{Fallback: time.UTC}, Now: func() time.Time { return noon }}
				for series, want := range map[view.BodySeries][]float64{view.Weight: {71, 72}, view.BodyFat: {21, 22}} {
					readings, err := v.BodyReadings(t.Context(), series)
					if err != nil || len(readings) != 2 || readings[0].Date() != fifteenth || readings[1].Date() != fifteenth.Add(1) {
						t.Fatalf("%s: %+v, %v", series, readings, err)
					}
					buckets := view.InBuckets(readings, at(15, 0, 0), at(17, 0, 0), timeline.Day)
					if len(buckets) != 2 || buckets[0].Mean != want[0] || buckets[1].Mean != want[1] {
						t.Errorf("%s by day: %+v", series, buckets)
					}
				}
				burned, err := v.Totals(t.Context(), health.TypeCalories, at(15, 22, 0), at(16, 2, 0), timeline.Hour)
				if err != nil || len(burned) != 4 || burned[1].Amount != 100 || burned[1].Status != timeline.Full || burned[2].Amount != 1000 {
					t.Errorf("by the hour: %+v, %v", burned, err)
				}
			})
		}
	}
}

// On a journey each reading keeps the date and the clock of its place, also when
// the account has moved on, and none is lost or doubled.
func TestNoDayVanishesOrDoublesOnAJourney(t *testing.T) {
	inZone(t, "America/New_York")
	person := years(t, 60, "Europe/London")
	scale := health.Source{Name: "Aria 2", Kind: health.SourceScale}
	var want []string
	person.Weighings = nil
	for i, stay := range []struct{ zone, at string }{
		{"Europe/London", "2026-11-01 23:50"},
		{"Asia/Kolkata", "2026-11-02 07:00"}, // less than two hours later
		{"Asia/Kolkata", "2026-11-03 23:59"},
		{"Pacific/Auckland", "2026-11-05 00:10"},
		{"America/Los_Angeles", "2026-11-05 00:20"}, // the same date once more
		{"America/Los_Angeles", "2026-11-06 23:40"},
		{"Europe/London", "2026-11-08 06:00"},
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", stay.at, place(t, stay.zone))
		if err != nil {
			t.Fatal(err)
		}
		person.Weighings = append(person.Weighings, health.Weighing{ID: fmt.Sprint(i), At: at, KG: 70, Source: scale})
		want = append(want, stay.at)
	}
	s := emptyStore(t)
	syncAll(t, person, s)
	moved := person
	moved.Zone = place(t, "Pacific/Auckland")
	syncAll(t, moved, s)
	weighings, err := s.Weighings(t.Context())
	var got []string
	for _, w := range weighings {
		got = append(got, w.At.Format("2006-01-02 15:04"))
		if w.Date().String() != got[len(got)-1][:10] {
			t.Errorf("%s is filed under %s", w.At, w.Date())
		}
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

// Each sync reads the newest days again: hours are counted from the same minute,
// whenever it runs, and replace what is there.
func TestEachSyncDoesNotAddNewHours(t *testing.T) {
	for _, zone := range []string{"Europe/London", "Asia/Kathmandu", "America/St_Johns"} {
		person, s := years(t, 40, zone), emptyStore(t)
		hours := func(at time.Time) []health.HourTotal {
			t.Helper()
			g := newGoogle(person)
			syncer, _ := g.syncer(t, s)
			syncer.Now = func() time.Time { return at }
			if _, err := syncer.Sync(t.Context(), syncer.Types(), refresh.AllData); err != nil {
				t.Fatal(err)
			}
			all, err := s.HourTotals(t.Context(), health.TypeCalories, time.Time{}, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		first := hours(noon)
		again := hours(noon.Add(11*time.Minute + 13*time.Second))
		if len(first) < 39*24 || len(again) != len(first) {
			t.Errorf("%s: %d hours, then %d", zone, len(first), len(again))
		}
		for i := range again {
			if local := again[i].Start.In(person.Zone); local.Minute() != 0 || i > 0 && again[i].Start.Sub(again[i-1].Start) != time.Hour {
				t.Fatalf("%s: an hour begins at %s", zone, local)
			}
		}
	}
}
