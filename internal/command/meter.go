package command

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"vitals/internal/config"
	"vitals/internal/energy"
	"vitals/internal/meterserver"
	"vitals/internal/postgres"
	"vitals/internal/refresh"
	"vitals/internal/store"
	"vitals/internal/timeline"
)

// house is what reads the house's meter: a SQLite file's, or a server's.
type house interface {
	refresh.Meter
	Portions(ctx context.Context, from, to time.Time) ([]timeline.Portion, error)
	Readings(ctx context.Context, from, to time.Time, each func(timeline.Reading, energy.Unit) error, progress func(done, total int64)) error
}

// newHouse makes what reads the configured meter. Where that is a server, close ends
// its connection.
func (s *session) newHouse(e config.Energy, zone *time.Location) (meter house, close func(), err error) {
	if !postgres.IsAddress(e.Database) {
		return energy.NewMeter(e.Database, mapping(e), zone, s.env.Now), func() {}, nil
	}
	at, err := addressOf(e.Database)
	if err != nil {
		return nil, nil, err
	}
	server := meterserver.NewMeter(at, s.dataDir, mapping(e), zone, s.env.Now)
	return server, server.Close, nil
}

// addressOf reads the address of a meter's database; one that cannot be read is
// wrong configuration.
func addressOf(database string) (postgres.Address, error) {
	at, err := postgres.ParseAddress(database)
	if said, ok := errors.AsType[*postgres.Error](err); ok {
		err = failure{code: exitUsage, cause: fmt.Errorf("database under [energy]: %w", err), hint: said.Hint()}
	}
	return at, err
}

// databaseNamed is a meter's database by the name that people may see: without user
// and password.
func databaseNamed(database string) string {
	if !postgres.IsAddress(database) {
		return database
	}
	at, err := postgres.ParseAddress(database)
	if err != nil {
		return energy.Named(database)
	}
	return at.String()
}

// withoutPassword refuses the address of a database in an argument when it has a
// password in it: everybody on the machine can read the arguments of a program.
func withoutPassword(database string) error {
	if _, err := os.Stat(database); err == nil { // a file, whatever its name
		return nil
	}
	if config.HasPassword(database) && (postgres.IsAddress(database) || energy.Named(database) != database) {
		return usage("leave it out, and put it into ~/.pgpass or PGPASSWORD; or write the whole address to database under [energy]",
			"a password does not belong in an argument, where others on this machine can read it")
	}
	return nil
}

// detectIn finds the series in a meter's database, a file or a server's.
func (s *session) detectIn(ctx context.Context, database string, m energy.Mapping, zone *time.Location, progress func(done, total int64)) (energy.Database, error) {
	if !postgres.IsAddress(database) {
		return energy.Detect(ctx, s.expanded(database), m, zone, s.env.Now(), progress)
	}
	at, err := addressOf(database)
	if err != nil {
		return energy.Database{}, err
	}
	server := meterserver.NewMeter(at, s.dataDir, m, zone, s.env.Now)
	defer server.Close()
	found, err := server.Detect(ctx, progress)
	found.Journal = "" // the copy's
	return found, err
}

// meterKey names the roll-up of a meter in the store: another database, or
// another way to read it, is another roll-up. Who asks a server is no matter.
func meterKey(e config.Energy) string {
	if at, err := postgres.ParseAddress(e.Database); err == nil && postgres.IsAddress(e.Database) {
		e.Database = "postgres://" + at.Identity()
	} else if path, err := filepath.Abs(e.Database); err == nil {
		e.Database = path
	}
	zone := ""
	if e.ClockZone != nil {
		zone, e.ClockZone = e.ClockZone.String(), nil
	}
	text, err := json.Marshal(e)
	if err != nil { // plain values always marshal
		panic(err)
	}
	return fmt.Sprintf("meter-%x", sha256.Sum256(append(text, zone...)))[:24]
}

func mapping(e config.Energy) energy.Mapping {
	m := energy.Mapping{Series: e.Series, Table: e.Table, Time: e.Time, Value: e.Value, Kind: energy.Kind(e.Kind),
		Unit: energy.Unit(e.Unit), TimeFormat: energy.TimeFormat(e.TimeFormat), Label: energy.Label(e.Label),
		Nominal: e.NominalStep, MaxGap: e.MaxGap, MaxKW: e.MaxKW, ClockZone: e.ClockZone}
	if e.Where.Column != "" {
		m.Where = e.Where.Column + " = " + e.Where.Value
	}
	return m
}

// meterNow returns the configured meter, nil when there is none, and the key
// of its roll-up. Stamps without a zone are read in the person's.
func (s *session) meterNow(ctx context.Context) (house, string, error) {
	zone, err := s.viewer().Zone(ctx)
	if err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.config.Energy
	if e.Database == "" {
		return nil, "", nil
	}
	if s.meter == nil || s.zone.String() != zone.String() {
		s.leaveMeter()
		meter, close, err := s.newHouse(e, zone)
		if err != nil {
			return nil, "", err
		}
		s.meter, s.closeMeter, s.zone = meter, close, zone
	}
	return s.meter, meterKey(e), nil
}

// leaveMeter forgets the meter. Whoever still reads it may end in his own time.
// The session is locked.
func (s *session) leaveMeter() {
	if s.meter != nil {
		go s.closeMeter()
	}
	s.meter, s.closeMeter = nil, nil
}

// updateMeter brings the roll-up of the configured meter up to date.
func (s *session) updateMeter(ctx context.Context) error {
	meter, key, err := s.meterNow(ctx)
	if err != nil || meter == nil {
		return err
	}
	return s.readMeter(ctx, meter, key)
}

// readMeter brings the roll-up of a meter, kept under key, up to date. Where nothing
// can be saved, a server's rows cannot be copied either: what is stored is shown.
func (s *session) readMeter(ctx context.Context, meter house, key string) error {
	if s.unsaved && s.onScreen { // what is shown is what is stored
		return nil
	}
	tell, end := s.env.progress("reading the meter", "rows")
	defer end()
	_, err := refresh.UpdateMeter(ctx, notedMeter{meter, s}, s.store, key, tell, nil)
	if s.looks && !s.unsaved && !s.onScreen && errors.Is(err, store.ErrUnwritable) {
		if err = s.lookInstead(ctx, err); err == nil {
			_, err = refresh.UpdateMeter(ctx, notedMeter{meter, s}, s.store, key, tell, nil)
		}
	}
	if s.looks && errors.Is(err, meterserver.ErrUnsaved) {
		complain(s.env.messages(), err)
		return nil
	}
	return err
}
