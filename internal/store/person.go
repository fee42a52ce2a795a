package store

import (
	"context"
	"errors"

	"zombiezen.com/go/sqlite"

	"vitals/internal/health"
)

// SaveIdentity replaces the identity. Like the other methods that save, it
// returns how many rows are new and how many changed.
func (s *Store) SaveIdentity(ctx context.Context, i health.Identity) (added, changed int, err error) {
	err = s.write(ctx, "saving the identity", func(conn *sqlite.Conn) (err error) {
		added, changed, err = upsert(conn, "identity", `
			INSERT INTO identity (one, health_user_id, fitbit_user_id) VALUES (1, ?1, ?2)
			ON CONFLICT DO UPDATE SET (health_user_id, fitbit_user_id) = (?1, ?2)
			WHERE (health_user_id, fitbit_user_id) IS NOT (?1, ?2)`,
			[]any{i.HealthUserID, i.FitbitUserID})
		return err
	})
	return added, changed, err
}

// SaveProfile replaces the profile.
func (s *Store) SaveProfile(ctx context.Context, p health.Profile) (added, changed int, err error) {
	err = s.write(ctx, "saving the profile", func(conn *sqlite.Conn) (err error) {
		added, changed, err = upsert(conn, "profile", `
			INSERT INTO profile (one, name, age, member_since) VALUES (1, ?1, ?2, ?3)
			ON CONFLICT DO UPDATE SET (name, age, member_since) = (?1, ?2, ?3)
			WHERE (name, age, member_since) IS NOT (?1, ?2, ?3)`,
			[]any{p.Name, p.Age, date(p.MemberSince)})
		return err
	})
	return added, changed, err
}

// SaveSettings replaces the account's settings.
func (s *Store) SaveSettings(ctx context.Context, settings health.Settings) (added, changed int, err error) {
	err = s.write(ctx, "saving the settings", func(conn *sqlite.Conn) (err error) {
		added, changed, err = upsert(conn, "settings", `
			INSERT INTO settings (one, time_zone, units) VALUES (1, ?1, ?2)
			ON CONFLICT DO UPDATE SET (time_zone, units) = (?1, ?2)
			WHERE (time_zone, units) IS NOT (?1, ?2)`,
			[]any{settings.TimeZone, string(settings.Units)})
		return err
	})
	return added, changed, err
}

// SaveDevices replaces the list of devices, and keeps its order. A device that
// left the list is not counted.
func (s *Store) SaveDevices(ctx context.Context, devices []health.Device) (added, changed int, err error) {
	rows := make([][]any, len(devices))
	for i, d := range devices {
		rows[i] = []any{i, d.Name, d.Type, d.Battery, instant(d.LastSync)}
	}
	err = s.write(ctx, "saving the devices", func(conn *sqlite.Conn) (err error) {
		if err := execute(conn, "DELETE FROM device WHERE position >= ?", len(devices)); err != nil {
			return err
		}
		added, changed, err = upsert(conn, "device", `
			INSERT INTO device (position, name, type, battery, last_sync) VALUES (?1, ?2, ?3, ?4, ?5)
			ON CONFLICT DO UPDATE SET (name, type, battery, last_sync) = (?2, ?3, ?4, ?5)
			WHERE (name, type, battery, last_sync) IS NOT (?2, ?3, ?4, ?5)`, rows...)
		return err
	})
	return added, changed, err
}

// Person returns what was saved of the person; times are in UTC.
func (s *Store) Person(ctx context.Context) (health.Person, error) {
	var p health.Person
	err := s.read(ctx, "reading the profile", func(conn *sqlite.Conn) error {
		return errors.Join(
			each(conn, func(stmt *sqlite.Stmt) {
				p.Identity = health.Identity{HealthUserID: stmt.ColumnText(0), FitbitUserID: stmt.ColumnText(1)}
			}, "SELECT health_user_id, fitbit_user_id FROM identity"),
			each(conn, func(stmt *sqlite.Stmt) {
				p.Profile = health.Profile{Name: stmt.ColumnText(0), Age: stmt.ColumnInt(1), MemberSince: dateAt(stmt, 2)}
			}, "SELECT name, age, member_since FROM profile"),
			each(conn, func(stmt *sqlite.Stmt) {
				p.Settings = health.Settings{TimeZone: stmt.ColumnText(0), Units: health.WeightUnit(stmt.ColumnText(1))}
			}, "SELECT time_zone, units FROM settings"),
			each(conn, func(stmt *sqlite.Stmt) {
				p.Devices = append(p.Devices, health.Device{Name: stmt.ColumnText(0), Type: stmt.ColumnText(1),
					Battery: stmt.ColumnText(2), LastSync: instantAt(stmt, 3)})
			}, "SELECT name, type, battery, last_sync FROM device ORDER BY position"),
		)
	})
	return p, err
}
