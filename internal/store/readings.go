package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zombiezen.com/go/sqlite"

	"vitals/internal/health"
)

// reading is what weigh-ins, body fat and heights have in common.
type reading struct {
	id     string
	at     time.Time
	value  float64
	source health.Source
	asOf   time.Time
	ruling health.Ruling
}

// key tells a reading from the others of its type. What came through a kind of
// file has keys of its own.
func (r reading) key() string {
	via := ""
	if r.source.Via != "" {
		via = r.source.Via + " "
	}
	if r.id != "" {
		return via + "id:" + r.id
	}
	return fmt.Sprintf("%sat:%d %s", via, r.at.UnixMicro(), r.source.Name)
}

// SaveWeighings adds weigh-ins, or replaces those with the same ID that came the
// same way (see health.Source.Via); one without an ID replaces that of the same
// instant and source. One out of a file only replaces what an older file told, or
// one as old that told less, so that it does not matter in which order files are
// read. Instants are kept to the microsecond, rulings by SaveRuling alone. It returns how many are new and how many changed.
func (s *Store) SaveWeighings(ctx context.Context, weighings []health.Weighing) (added, changed int, err error) {
	readings := make([]reading, len(weighings))
	for i, w := range weighings {
		readings[i] = ofWeighing(w)
	}
	return s.saveReadings(ctx, health.TypeWeight, readings)
}

// SaveBodyFats is like SaveWeighings.
func (s *Store) SaveBodyFats(ctx context.Context, fats []health.BodyFat) (added, changed int, err error) {
	readings := make([]reading, len(fats))
	for i, f := range fats {
		readings[i] = reading{id: f.ID, at: f.At, value: f.Percent, source: f.Source, asOf: f.AsOf}
	}
	return s.saveReadings(ctx, health.TypeBodyFat, readings)
}

// SaveHeights is like SaveWeighings, but heights have no source.
func (s *Store) SaveHeights(ctx context.Context, heights []health.Height) (added, changed int, err error) {
	readings := make([]reading, len(heights))
	for i, h := range heights {
		readings[i] = reading{id: h.ID, at: h.At, value: h.Metres, asOf: h.AsOf}
	}
	return s.saveReadings(ctx, health.TypeHeight, readings)
}

// Weighings returns all weigh-ins in time order, each At with the UTC offset it
// was saved with, and what was ruled of it.
func (s *Store) Weighings(ctx context.Context) ([]health.Weighing, error) {
	readings, err := s.readings(ctx, health.TypeWeight)
	weighings := make([]health.Weighing, len(readings))
	for i, r := range readings {
		weighings[i] = health.Weighing{ID: r.id, At: r.at, KG: r.value, Source: r.source, AsOf: r.asOf, Ruling: r.ruling}
	}
	return weighings, err
}

// BodyFats returns all body fat readings, as Weighings does.
func (s *Store) BodyFats(ctx context.Context) ([]health.BodyFat, error) {
	readings, err := s.readings(ctx, health.TypeBodyFat)
	fats := make([]health.BodyFat, len(readings))
	for i, r := range readings {
		fats[i] = health.BodyFat{ID: r.id, At: r.at, Percent: r.value, Source: r.source, AsOf: r.asOf}
	}
	return fats, err
}

// Heights returns all heights, as Weighings does.
func (s *Store) Heights(ctx context.Context) ([]health.Height, error) {
	readings, err := s.readings(ctx, health.TypeHeight)
	heights := make([]health.Height, len(readings))
	for i, r := range readings {
		heights[i] = health.Height{ID: r.id, At: r.at, Metres: r.value, AsOf: r.asOf}
	}
	return heights, err
}

// ofWeighing is the row of a weigh-in.
func ofWeighing(w health.Weighing) reading {
	return reading{id: w.ID, at: w.At, value: w.KG, source: w.Source, asOf: w.AsOf}
}

// SaveRuling keeps what the owner decided about a weigh-in; to be said of all
// its copies, as any of them may come to stand for it.
func (s *Store) SaveRuling(ctx context.Context, copies []health.Weighing, ruling health.Ruling) error {
	return s.write(ctx, "saving what counts", func(conn *sqlite.Conn) error {
		for _, w := range copies {
			var err error
			if key := ofWeighing(w).key(); ruling == health.NotRuled {
				err = execute(conn, "DELETE FROM ruling WHERE (type, key) = (?, ?)", string(health.TypeWeight), key)
			} else {
				err = execute(conn, "REPLACE INTO ruling (type, key, ruling) VALUES (?, ?, ?)", string(health.TypeWeight), key, ruling)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) saveReadings(ctx context.Context, t health.DataType, readings []reading) (added, changed int, err error) {
	rows := make([][]any, len(readings))
	for i, r := range readings {
		_, offset := r.at.Zone()
		rows[i] = []any{string(t), r.key(), r.id, instant(r.at), offset, r.value, r.source.Name, r.source.Kind, r.source.Via, instant(r.asOf)}
	}
	err = s.write(ctx, "saving "+string(t), func(conn *sqlite.Conn) (err error) {
		added, changed, err = upsert(conn, "reading", `
			INSERT INTO reading (type, key, id, at, utc_offset, value, source, source_kind, via, as_of)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
			ON CONFLICT DO UPDATE SET (at, utc_offset, value, source, source_kind, as_of) = (?4, ?5, ?6, ?7, ?8, ?10)
			WHERE (at, utc_offset, value, source, source_kind) IS NOT (?4, ?5, ?6, ?7, ?8)
			AND (?10 IS NULL OR (?10, ?6) >= (coalesce(as_of, 0), value))`, rows...)
		if err != nil {
			return err
		}
		for _, row := range rows { // the same again is no change, but newer
			if row[9] == nil {
				continue
			}
			if err := execute(conn, "UPDATE reading SET as_of = ?3 WHERE (type, key) = (?1, ?2) AND as_of < ?3", row[0], row[1], row[9]); err != nil {
				return err
			}
		}
		return nil
	})
	return added, changed, err
}

func (s *Store) readings(ctx context.Context, t health.DataType) ([]reading, error) {
	var readings []reading
	zones := map[int]*time.Location{} // many readings share a few
	err := s.read(ctx, "reading "+string(t), func(conn *sqlite.Conn) error {
		rulings, err := rulingsOf(conn, t)
		if err != nil {
			return err
		}
		n, err := number(conn, "SELECT count(*) FROM reading WHERE type = ?", string(t))
		if err != nil {
			return err
		}
		readings = make([]reading, 0, n)
		return each(conn, func(stmt *sqlite.Stmt) {
			offset := stmt.ColumnInt(2)
			zone, ok := zones[offset]
			if !ok {
				zone = time.FixedZone("", offset)
				zones[offset] = zone
			}
			r := reading{
				id:    stmt.ColumnText(0),
				at:    instantAt(stmt, 1).In(zone),
				value: stmt.ColumnFloat(3),
				source: health.Source{
					Name: stmt.ColumnText(4),
					Kind: health.SourceKind(stmt.ColumnInt(5)),
					Via:  stmt.ColumnText(6),
				},
				asOf: instantAt(stmt, 7),
			}
			if len(rulings) > 0 {
				r.ruling = rulings[stmt.ColumnText(8)]
			}
			readings = append(readings, r)
		}, `SELECT id, at, utc_offset, value, source, source_kind, via, as_of, key
			FROM reading WHERE type = ? ORDER BY key`, string(t))
	})
	// By time here: SQLite would take several times as long.
	slices.SortStableFunc(readings, func(a, b reading) int { return a.at.Compare(b.at) })
	return readings, err
}

// rulingsOf returns what was ruled of readings of a type, by their keys.
func rulingsOf(conn *sqlite.Conn, t health.DataType) (map[string]health.Ruling, error) {
	rulings := map[string]health.Ruling{}
	err := each(conn, func(stmt *sqlite.Stmt) {
		rulings[stmt.ColumnText(0)] = health.Ruling(stmt.ColumnInt(1))
	}, "SELECT key, ruling FROM ruling WHERE type = ?", string(t))
	return rulings, err
}
