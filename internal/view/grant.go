package view

import (
	"time"

	"vitals/internal/health"
)

// Grant is the permission to read the account, without its secrets. Days are
// civil ones, in the zone of the time asked about: what is said of them changes
// at midnight and at no other time.
type Grant struct {
	Kept       bool      // somebody is signed in
	SignedInAt time.Time // zero: not known
	ExpiresAt  time.Time // when Google ends it; zero: no end is known
	Refused    bool      // Google took it no more when it was last tried
}

// Ended reports whether nothing can be read with the grant any more.
func (g Grant) Ended(now time.Time) bool {
	return g.Refused || !g.ExpiresAt.IsZero() && !now.Before(g.ExpiresAt)
}

// DaysLeft returns how many midnights come before the grant ends; known is
// false when no end is.
func (g Grant) DaysLeft(now time.Time) (days int, known bool) {
	if g.ExpiresAt.IsZero() {
		return 0, false
	}
	return max(0, daysBetween(now, g.ExpiresAt, now.Location())), true
}

// Age returns on how many midnights the grant was there; known is false when
// its beginning is not.
func (g Grant) Age(now time.Time) (days int, known bool) {
	if g.SignedInAt.IsZero() {
		return 0, false
	}
	return max(0, daysBetween(g.SignedInAt, now, now.Location())), true
}

func daysBetween(from, to time.Time, zone *time.Location) int {
	return health.DateOf(to.In(zone)).Number() - health.DateOf(from.In(zone)).Number()
}

// OfTesting reports whether the grant has the end that Google gives those of a
// project in status "Testing": after seven days.
func (g Grant) OfTesting() bool {
	const testing = 8 * 24 * time.Hour // and some time on the way
	return !g.ExpiresAt.IsZero() && (g.SignedInAt.IsZero() || g.ExpiresAt.Sub(g.SignedInAt) < testing)
}

// Warning says in a few words that the grant has ended or is about to: within
// two days. It is "" when nothing is to be done, or there is no grant.
func (g Grant) Warning(now time.Time) string {
	days, known := g.DaysLeft(now)
	switch {
	case !g.Kept:
		return ""
	case g.Ended(now):
		return "sign-in expired"
	case known && days == 0:
		return "sign-in ends today"
	case known && days == 1:
		return "sign-in ends tomorrow"
	default:
		return ""
	}
}

// Behind returns the data types that are less new than the others: those whose
// newest fetch failed while another's did not, and those last fetched long
// before. While data is being fetched, types that still wait for their turn are
// not.
func Behind(fetches []health.Fetch, fetching bool) []health.Fetch {
	// Types are fetched hourly or more often; a sync takes its time, too.
	const late = 90 * time.Minute
	newest := health.NewestSuccess(fetches)
	some := false // worked
	for _, f := range fetches {
		some = some || f.Error == ""
	}
	var behind []health.Fetch
	for _, f := range fetches {
		failed := f.Error != "" && some
		if failed || !fetching && f.Error == "" && newest.Sub(f.LastSuccess) > late {
			behind = append(behind, f)
		}
	}
	return behind
}
