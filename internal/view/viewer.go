package view

import (
	"context"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// Store is the history that a Viewer reads.
type Store interface {
	Person(ctx context.Context) (health.Person, error)
	Weighings(ctx context.Context) ([]health.Weighing, error)
	BodyFats(ctx context.Context) ([]health.BodyFat, error)
	Heights(ctx context.Context) ([]health.Height, error)
	Fetches(ctx context.Context) ([]health.Fetch, error)

	// Totals from from on and before to; a zero value is no limit.
	DayTotals(ctx context.Context, t health.DataType, from, to health.Date) ([]health.DayTotal, error)
	HourTotals(ctx context.Context, t health.DataType, from, to time.Time) ([]health.HourTotal, error)
	DayTotalsExtent(ctx context.Context, t health.DataType) (first, last health.Date, err error)
	HourTotalsExtent(ctx context.Context, t health.DataType) (first, last time.Time, err error)

	// DataVersion is another one than before when anything was saved.
	DataVersion(ctx context.Context) (int64, error)

	RollUp(ctx context.Context, series string) (timeline.KeptRollUp, bool, error)
	Portions(ctx context.Context, series string, from, to time.Time) ([]timeline.Portion, error)
}

// Preferences are the owner's choices, as the configuration has them.
type Preferences struct {
	Zone     *time.Location    // of days, weeks and months; nil: the account's, else Fallback
	Fallback *time.Location    // the machine's
	Units    health.WeightUnit // "": the account's, else kg
	HeightM  float64           // used when the account has no height; 0: none
	GoalKG   float64           // 0: none
	Meter    string            // the key of the meter's roll-up in the store; "": no meter
	Tariffs  []Tariff          // in order of From

	TariffZone *time.Location // of the dates and night hours of Tariffs; nil: that of the buckets
}

// Viewer answers questions about the history. It may be used by several
// goroutines.
type Viewer struct {
	Store       Store
	Preferences Preferences
	Now         func() time.Time

	// Kept is what is kept between questions; with nil each reads the store,
	// and only as much of it as it needs.
	Kept *Kept
}

// now returns the current instant in the zone of the person.
func (v *Viewer) now(person health.Person) time.Time {
	zone, _ := v.zone(person)
	return v.Now().In(zone)
}

// zone is that of the person's days; chosen is false for the machine's.
func (v *Viewer) zone(person health.Person) (zone *time.Location, chosen bool) {
	if v.Preferences.Zone != nil {
		return v.Preferences.Zone, true
	}
	if zone := accountZone(person); zone != nil {
		return zone, true
	}
	return v.Preferences.Fallback, false
}

// accountZone is the zone that the account has its civil days in, nil when it
// does not tell.
func accountZone(person health.Person) *time.Location {
	if name := person.Settings.TimeZone; name != "" {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	return nil
}

// accountZone is the zone of the daily totals: where the account does not tell,
// they were fetched by the person's.
func (v *Viewer) accountZone(ctx context.Context) (*time.Location, error) {
	person, err := v.Store.Person(ctx)
	if err != nil {
		return nil, err
	}
	if zone := accountZone(person); zone != nil {
		return zone, nil
	}
	zone, _ := v.zone(person)
	return zone, nil
}

// Zone returns the zone of the person's days, weeks and months.
func (v *Viewer) Zone(ctx context.Context) (*time.Location, error) {
	person, err := v.Store.Person(ctx)
	if err != nil {
		return nil, err
	}
	zone, _ := v.zone(person)
	return zone, nil
}

// Units returns the unit that the person's weights are shown in.
func (v *Viewer) Units(ctx context.Context) (health.WeightUnit, error) {
	person, err := v.Store.Person(ctx)
	return v.units(person), err
}

func (v *Viewer) units(person health.Person) health.WeightUnit {
	switch {
	case v.Preferences.Units != "":
		return v.Preferences.Units
	case person.Settings.Units != "":
		return person.Settings.Units
	default:
		return health.Kilograms
	}
}
