package store

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"
	"zombiezen.com/go/sqlite"

	"vitals/internal/health"
)

// What other rooms save; absence is generated too.
var (
	localInstants = rapid.Custom(func(t *rapid.T) time.Time {
		offset := rapid.IntRange(-14*60, 14*60).Draw(t, "offset in minutes") * 60
		return time.UnixMicro(rapid.Int64Range(-1e15, 4e15).Draw(t, "microseconds")).In(time.FixedZone("", offset))
	})
	instants      = rapid.Map(localInstants, time.Time.UTC)
	maybeInstants = rapid.OneOf(instants, rapid.Just(time.Time{}))
	dates         = rapid.Map(localInstants, health.DateOf)
	maybeDates    = rapid.OneOf(dates, rapid.Just(health.Date{}))
	amounts       = rapid.OneOf(rapid.Float64(), rapid.Just(0.0))
	texts         = rapid.String()
	sources       = rapid.Custom(func(t *rapid.T) health.Source {
		return health.Source{Name: rapid.String().Draw(t, "name"), Kind: health.SourceKind(rapid.IntRange(0, 4).Draw(t, "kind")),
			Via: rapid.SampledFrom([]string{"", health.ViaFitbitArchive, health.ViaCSV}).Draw(t, "via")}
	})
)

// withMemory checks a property of an empty history.
func withMemory(t *testing.T, property func(rt *rapid.T, ctx context.Context, s *Store)) {
	t.Helper()
	s := openMemory(t)
	empty := func(conn *sqlite.Conn) error {
		for _, table := range []string{"identity", "profile", "settings", "device", "reading", "day_total", "hour_total", "fetch", "roll_up"} {
			if err := execute(conn, "DELETE FROM "+table); err != nil {
				return err
			}
		}
		return nil
	}
	rapid.Check(t, func(rt *rapid.T) {
		if err := s.write(t.Context(), "emptying", empty); err != nil {
			rt.Fatal(err)
		}
		property(rt, t.Context(), s)
	})
}

// expect returns a check of what a method that saves returned.
func expect(t rapid.TB, added, changed int) func(gotAdded, gotChanged int, err error) {
	t.Helper()
	return func(gotAdded, gotChanged int, err error) {
		t.Helper()
		if err != nil || gotAdded != added || gotChanged != changed {
			t.Fatalf("%d added, %d changed, %v; want %d and %d", gotAdded, gotChanged, err, added, changed)
		}
	}
}
