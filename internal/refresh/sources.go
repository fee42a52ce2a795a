package refresh

import (
	"context"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// Account is where a person's data is, as at Google Health. It tells whose it
// is; what else can be asked for is told by which of the interfaces below it
// has. A vendor of scales alone has HasWeighings, and needs nothing more.
//
// An error that wraps health.ErrSignInNeeded or health.ErrUnreachable means
// that asking for something else is no use either, one that wraps
// health.ErrOverloaded that it may be. One with a method
// Skipped() int came beside good data: some readings were no use and are
// missing from it.
type Account interface {
	Identity(ctx context.Context) (health.Identity, error)
}

// HasProfile is an Account that tells about its owner.
type HasProfile interface {
	Profile(ctx context.Context) (health.Profile, error)
}

// HasSettings is an Account that has choices of display.
type HasSettings interface {
	Settings(ctx context.Context) (health.Settings, error)
}

// HasDevices is an Account that devices are paired with.
type HasDevices interface {
	Devices(ctx context.Context) ([]health.Device, error)
}

// HasWeighings is an Account with weigh-ins: those from the date from on and
// before to; a zero Date is no limit.
type HasWeighings interface {
	Weighings(ctx context.Context, from, to health.Date) ([]health.Weighing, error)
}

// HasBodyFats is an Account with body fat readings, as HasWeighings.
type HasBodyFats interface {
	BodyFats(ctx context.Context, from, to health.Date) ([]health.BodyFat, error)
}

// HasHeights is an Account with body heights, as HasWeighings.
type HasHeights interface {
	Heights(ctx context.Context, from, to health.Date) ([]health.Height, error)
}

// HasTotals is an Account with calories, active calories and steps, by the
// account's own civil date and by the hour counted from from.
type HasTotals interface {
	DayTotals(ctx context.Context, t health.DataType, from, to health.Date) ([]health.DayTotal, error)
	HourTotals(ctx context.Context, t health.DataType, from, to time.Time) ([]health.HourTotal, error)

	// MaxDays is how many days of totals of a type one request may ask for.
	MaxDays(t health.DataType) int
}

// offers reports whether an account can be asked for a type.
func offers(a Account, t health.DataType) (ok bool) {
	switch t {
	case health.TypeIdentity:
		return true
	case health.TypeProfile:
		_, ok = a.(HasProfile)
	case health.TypeSettings:
		_, ok = a.(HasSettings)
	case health.TypeDevices:
		_, ok = a.(HasDevices)
	case health.TypeWeight:
		_, ok = a.(HasWeighings)
	case health.TypeBodyFat:
		_, ok = a.(HasBodyFats)
	case health.TypeHeight:
		_, ok = a.(HasHeights)
	default:
		_, ok = a.(HasTotals)
	}
	return ok
}

// Meter is where the house's readings are: a meter's database.
type Meter interface {
	// Changed reports whether the source was written to since the last RollUp
	// that worked. It is cheap and reads no rows.
	Changed(ctx context.Context) (bool, error)

	// RollUp reads what is new since bookmark, or everything where that is nil
	// or fits no more, telling how many rows of how many were read.
	RollUp(ctx context.Context, bookmark []byte, progress func(done, total int64)) (timeline.RollUp, error)
}

// Store keeps what was fetched. Save methods return how many rows were new and
// how many changed; DayTotals reads the days from from on and before to.
type Store interface {
	Person(ctx context.Context) (health.Person, error)
	Fetches(ctx context.Context) ([]health.Fetch, error)
	SaveFetch(ctx context.Context, f health.Fetch) error

	SaveIdentity(ctx context.Context, i health.Identity) (added, changed int, err error)
	SaveProfile(ctx context.Context, p health.Profile) (added, changed int, err error)
	SaveSettings(ctx context.Context, s health.Settings) (added, changed int, err error)
	SaveDevices(ctx context.Context, devices []health.Device) (added, changed int, err error)
	SaveWeighings(ctx context.Context, weighings []health.Weighing) (added, changed int, err error)
	SaveBodyFats(ctx context.Context, fats []health.BodyFat) (added, changed int, err error)
	SaveHeights(ctx context.Context, heights []health.Height) (added, changed int, err error)
	DayTotals(ctx context.Context, t health.DataType, from, to health.Date) ([]health.DayTotal, error)
	SaveDayTotals(ctx context.Context, t health.DataType, totals []health.DayTotal) (added, changed int, err error)
	SaveHourTotals(ctx context.Context, t health.DataType, totals []health.HourTotal) (added, changed int, err error)

	// The dates whose hours were fetched, with data or without, are marked;
	// HoursMissing lists the others from from on and before to, in order.
	HoursMissing(ctx context.Context, t health.DataType, from, to health.Date) ([]health.Date, error)
	MarkHours(ctx context.Context, t health.DataType, from, to health.Date) error

	RollUp(ctx context.Context, series string) (timeline.KeptRollUp, bool, error)
	Portions(ctx context.Context, series string, from, to time.Time) ([]timeline.Portion, error)
	SaveRollUp(ctx context.Context, series string, r timeline.RollUp) error
}
