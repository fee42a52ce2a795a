package view

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitals/internal/health"
)

func TestGrantDays(t *testing.T) {
	// London's clocks go back on 25 October 2026.
	now := local(t, "2026-10-24 23:30")
	tests := []struct {
		name      string
		grant     Grant
		age, left int // -1: not known
		testing   bool
		warning   string
	}{
		{"none", Grant{}, -1, -1, false, ""},
		{"without dates", Grant{Kept: true}, -1, -1, false, ""},
		{"published", Grant{Kept: true, SignedInAt: local(t, "2026-10-04 09:00")}, 20, -1, false, ""},
		{"signed in just now", Grant{Kept: true, SignedInAt: now}, 0, -1, false, ""},
		{"before a clock was set back", Grant{Kept: true, SignedInAt: local(t, "2026-10-26 09:00")}, 0, -1, false, ""},
		{"six days", Grant{Kept: true, SignedInAt: local(t, "2026-10-23 09:00"), ExpiresAt: local(t, "2026-10-30 09:00")}, 1, 6, true, ""},
		{"two days", Grant{Kept: true, ExpiresAt: local(t, "2026-10-26 00:00")}, -1, 2, true, ""},
		{"tomorrow", Grant{Kept: true, ExpiresAt: local(t, "2026-10-25 23:59")}, -1, 1, true, "sign-in ends tomorrow"},
		{"tomorrow, though in an hour", Grant{Kept: true, ExpiresAt: local(t, "2026-10-25 00:30").UTC()}, -1, 1, true, "sign-in ends tomorrow"},
		{"today", Grant{Kept: true, ExpiresAt: local(t, "2026-10-24 23:31")}, -1, 0, true, "sign-in ends today"},
		{"at this moment", Grant{Kept: true, ExpiresAt: now}, -1, 0, true, "sign-in expired"},
		{"long ago", Grant{Kept: true, ExpiresAt: local(t, "2026-09-01 12:00")}, -1, 0, true, "sign-in expired"},
		{"refused", Grant{Kept: true, SignedInAt: local(t, "2026-10-04 09:00"), Refused: true}, 20, -1, false, "sign-in expired"},
		{"an end that is not Testing's", Grant{Kept: true, SignedInAt: local(t, "2026-08-01 09:00"), ExpiresAt: local(t, "2026-10-25 09:00")}, 84, 1, false, "sign-in ends tomorrow"},
		{"signed out", Grant{ExpiresAt: local(t, "2026-10-25 09:00")}, -1, 1, true, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			days := func(n int, known bool) int {
				if !known {
					return -1
				}
				return n
			}
			if got := days(tt.grant.Age(now)); got != tt.age {
				t.Errorf("age %d, want %d", got, tt.age)
			}
			if got := days(tt.grant.DaysLeft(now)); got != tt.left {
				t.Errorf("%d days left, want %d", got, tt.left)
			}
			if got := tt.grant.Warning(now); got != tt.warning {
				t.Errorf("warning %q, want %q", got, tt.warning)
			}
			if got := tt.grant.OfTesting(); got != tt.testing {
				t.Errorf("of Testing: %v", got)
			}
		})
	}
}

// What is said of a grant changes at midnight and when it ends, never between.
func TestGrantChangesAtMidnightOnly(t *testing.T) {
	zones := []*time.Location{local(t, "2026-01-01 00:00").Location(), time.UTC, time.FixedZone("", 5*3600+45*60), time.FixedZone("", -11*3600)}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		at := func(name string) time.Time {
			return time.Unix(rapid.Int64Range(1767225600, 1798761600).Draw(t, name), 0)
		}
		g := Grant{Kept: true, SignedInAt: at("signed in"), ExpiresAt: at("expires")}
		a, clock := at("a").In(zone), at("b").In(zone)
		y, m, d := a.Date()
		b := time.Date(y, m, d, clock.Hour(), clock.Minute(), clock.Second(), 0, zone)
		if g.Ended(a) != g.Ended(b) {
			return
		}
		ageA, _ := g.Age(a)
		ageB, _ := g.Age(b)
		leftA, _ := g.DaysLeft(a)
		leftB, _ := g.DaysLeft(b)
		if ageA != ageB || leftA != leftB || g.Warning(a) != g.Warning(b) {
			t.Fatalf("at %s: %d, %d, %q; at %s: %d, %d, %q", a, ageA, leftA, g.Warning(a), b, ageB, leftB, g.Warning(b))
		}
	})
}

func TestBehind(t *testing.T) {
	now := local(t, "2026-11-22 13:37")
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	weight := health.Fetch{Type: health.TypeWeight, LastSuccess: now}
	tests := []struct {
		name     string
		fetches  []health.Fetch
		fetching bool
		want     []health.DataType
	}{
		{"none", nil, false, nil},
		{"one", []health.Fetch{weight}, false, nil},
		{"within the cadence", []health.Fetch{weight, {Type: health.TypeSteps, LastSuccess: ago(61 * time.Minute)}}, false, nil},
		{"older", []health.Fetch{weight, {Type: health.TypeSteps, LastSuccess: ago(2 * time.Hour)}}, false, []health.DataType{health.TypeSteps}},
		{"older, but its turn comes", []health.Fetch{weight, {Type: health.TypeSteps, LastSuccess: ago(9 * time.Hour)}}, true, nil},
		{"failed", []health.Fetch{weight, {Type: health.TypeSteps, LastSuccess: ago(time.Hour), Error: "broken"}}, false, []health.DataType{health.TypeSteps}},
		{"failed, while fetching", []health.Fetch{weight, {Type: health.TypeSteps, Error: "broken"}}, true, []health.DataType{health.TypeSteps}},
		{"all failed: the time of the newest says it", []health.Fetch{{Type: health.TypeWeight, LastSuccess: ago(time.Hour), Error: "offline"},
			{Type: health.TypeSteps, LastSuccess: ago(9 * time.Hour), Error: "offline"}}, false, nil},
	}
	for _, tt := range tests {
		behind := Behind(tt.fetches, tt.fetching)
		same := len(behind) == len(tt.want)
		for i := range behind {
			same = same && behind[i].Type == tt.want[i]
		}
		if !same {
			t.Errorf("%s: %v, want %v", tt.name, behind, tt.want)
		}
	}
}
