package meterserver

import (
	"context"
	"os"
	"time"

	"vitals/internal/energy"
	"vitals/internal/postgres"
)

// Inspection is how a database with a meter's tables is found to be.
type Inspection struct {
	Version string    // of the server
	Tables  []string  // those that are read
	Rows    int64     // of them, about
	Newest  time.Time // of the newest row, where the order of rows tells; zero if not

	Copy   *energy.Inspection // what was copied before; nil for nothing
	Spoilt bool               // what was copied cannot be used, and is copied anew
}

// Inspect looks at what NewMeter would read, and at the copy as it is. Nothing is
// written, neither on the server nor here. Its errors are those of a Meter; with one
// about the copy comes what was found of the server.
func Inspect(ctx context.Context, at postgres.Address, folder string, mapping energy.Mapping, zone *time.Location, now time.Time) (Inspection, error) {
	m := NewMeter(at, folder, mapping, zone, func() time.Time { return now })
	defer m.Close()
	var found Inspection
	err := m.ask(ctx, func(ctx context.Context, conn *postgres.Conn) (err error) {
		if m.sources, err = m.choose(ctx, conn); err != nil {
			return err
		}
		return conn.Each(ctx, func(row []postgres.Cell) error { found.Version = postgres.Printable(string(row[0])); return nil }, "SHOW server_version")
	})
	if err != nil {
		return found, m.plain(ctx, err)
	}
	ends, err := m.look(ctx)
	if err != nil {
		return found, m.plain(ctx, err)
	}
	for i, s := range m.sources {
		found.Tables, found.Rows = append(found.Tables, postgres.Printable(s.schema+"."+s.name)), found.Rows+s.rows
		if newest := s.key.instantOf(ends[i].newest, zone, mapping.ClockZone); newest.After(found.Newest) {
			found.Newest = newest
		}
	}
	if _, err := os.Stat(m.path); err != nil {
		return found, nil
	}
	inspected, err := energy.Inspect(ctx, m.path, m.mapping, zone, now)
	if found.Spoilt = m.spoilt(err); found.Spoilt {
		return found, nil
	}
	if err != nil {
		return found, m.plain(ctx, err)
	}
	found.Copy = &inspected
	return found, nil
}

// instantOf is the instant of a key, the zero time where it is none.
func (k key) instantOf(value string, zone, clock *time.Location) time.Time {
	micros, ok := microsOf(value)
	if !ok || !k.timed() {
		return time.Time{}
	}
	at := time.UnixMicro(micros).UTC()
	if k.meaning == wall {
		if clock == nil {
			clock = zone
		}
		at = time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), clock)
	}
	return at
}
