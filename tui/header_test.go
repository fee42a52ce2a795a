package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"vitals/internal/health"
	"vitals/internal/view"
)

// header is the first line of the screen.
func (r *driver) header() string {
	line, _, _ := strings.Cut(r.frame(), "\n")
	return line
}

// at sets the clock, and asks anew as when an answer is outdated.
func (r *driver) at(when time.Time) {
	r.clock = when
	r.m.History.(*past).snapshot.AsOf = when
	r.send(outdated{r.m.generation})
}

// The days of the sign-in are redrawn at midnight, and nothing between.
func TestSignInClockMovesAtMidnight(t *testing.T) {
	onDashboard(t, func(r *driver) {
		p := r.m.History.(*past)
		p.snapshot.Grant.ExpiresAt = time.Date(2026, 11, 25, 9, 12, 0, 0, london(t))
		p.snapshot.Electricity.NowUntil = time.Date(2027, 1, 1, 0, 0, 0, 0, london(t))
		at := func(day, hour, min int) time.Time { return time.Date(2026, 11, day, hour, min, 0, 0, london(t)) }
		for _, step := range []struct {
			from, to time.Time
			says     string
		}{
			{at(22, 13, 39), at(22, 23, 59), "sign-in ends Wed 25 Nov (3 days)"},
			{at(23, 0, 0), at(23, 23, 59), "sign-in ends Wed 25 Nov (2 days)"},
			{at(24, 0, 0), at(24, 23, 59), "sign-in ends tomorrow 09:12"},
			{at(25, 0, 0), at(25, 9, 11), "sign-in ends today 09:12"},
			{at(25, 9, 12), at(26, 23, 59), "sign-in expired"},
		} {
			// What was fetched when stays the same: its names for days change.
			for i := range p.snapshot.Fetches {
				p.snapshot.Fetches[i].LastSuccess = step.from
			}
			p.snapshot.Electricity.LastReading = step.from
			r.at(step.from)
			first := r.header()
			if !strings.Contains(first, step.says) {
				t.Fatalf("at %s the header is %q, want %q", step.from, first, step.says)
			}
			status, _ := r.m.status(80)
			for now := step.from; !now.After(step.to) && now.Day() == step.from.Day(); now = now.Add(7 * time.Minute) {
				r.at(now)
				if got, _ := r.m.status(80); r.header() != first || got != status {
					t.Fatalf("at %s the header is %q, was %q", now, r.header(), first)
				}
			}
		}
	})
}

// An open screen wakes at the first change: on the hour, so at midnight, too, or
// when the sign-in ends.
func TestScreenWakesWhenTheSignInEnds(t *testing.T) {
	for _, c := range []struct {
		now, ends string
		want      time.Duration
	}{
		{"13:39", "15:00", 21 * time.Minute},
		{"13:39", "13:50", 11 * time.Minute},
		{"23:30", "13:00", 30 * time.Minute},
	} {
		onDashboard(t, func(r *driver) {
			clock := func(text string) time.Time {
				at, err := time.ParseInLocation("2006-01-02 15:04", "2026-11-22 "+text, london(t))
				if err != nil {
					t.Fatal(err)
				}
				return at
			}
			p := r.m.History.(*past)
			p.snapshot.Grant.ExpiresAt = clock(c.ends)
			p.snapshot.Electricity.NowUntil = clock("23:59").Add(time.Hour)
			r.at(clock(c.now))
			began := time.Now() // of the bubble
			message := r.m.whenOutdated()()
			if slept := time.Since(began).Truncate(time.Second); message != (outdated{r.m.generation}) || slept != c.want {
				t.Errorf("at %s, with an end at %s: %v after %s, want %s", c.now, c.ends, message, slept, c.want)
			}
		})
	}
}

func TestHeaderLeavesOutWholeParts(t *testing.T) {
	parts := []string{"signed in 2 Nov", "Google 13:37, steps 9 Nov", "Google 13:37", "meter 13:39", "sign-in ends tomorrow 09:12",
		"sign-in ends tomorrow", "sign-in expired", "made-up data", "vitals", "Ann E.", "[Energy]", "Energy", "Profile", "Body",
		"sign-in ends Wed 25 Nov (3 days)", "sign-in ends 25 Nov"}
	known := map[string]bool{"": true}
	for _, part := range parts {
		known[part] = true
	}
	ends := func(day int) time.Time { return time.Date(2026, 11, day, 9, 12, 0, 0, time.UTC) }
	for name, until := range map[string]time.Time{"calm": {}, "ending": ends(25), "tomorrow": ends(23), "expired": ends(22)} {
		drive(t, Dependencies{History: ann(t), Account: &account{}, Meter: &meters{}, Note: "made-up data"}, 200, 50, func(r *driver) {
			p := r.m.History.(*past)
			p.snapshot.Grant.ExpiresAt = until
			steps := &p.snapshot.Fetches[len(p.snapshot.Fetches)-1]
			steps.Error, steps.LastSuccess = "broken", ends(9)
			r.send(News{Changed: true})
			for width := 48; width <= 110; width++ {
				for _, height := range []int{12, 24} {
					r.send(tea.WindowSizeMsg{Width: width, Height: height})
					for _, part := range strings.FieldsFunc(strings.NewReplacer(" · ", "|", "  ", "|", "] ", "]|").Replace(r.header()), func(c rune) bool { return c == '|' }) {
						if !known[strings.TrimSpace(part)] {
							t.Fatalf("%s at %dx%d: %q is cut in %q", name, width, height, part, r.header())
						}
					}
					if urgent := name == "tomorrow" || name == "expired"; urgent && !strings.Contains(r.header(), "sign-in e") {
						t.Fatalf("%s at %dx%d: the header is %q", name, width, height, r.header())
					}
				}
			}
		})
	}
}

func TestMeterAloneHasNoSignInClock(t *testing.T) {
	p := nothing(t)
	p.snapshot.Grant = &view.Grant{}
	p.snapshot.Electricity, p.portions = ann(t).snapshot.Electricity, ann(t).portions
	drive(t, Dependencies{History: p, Account: &account{}, Meter: &meters{}}, 80, 24, func(r *driver) {
		if got := strings.TrimSpace(r.header()); !strings.HasPrefix(got, "vitals ") || !strings.HasSuffix(got, "  meter 13:39") {
			t.Errorf("the header is %q", got)
		}
	})
}

// While a sync is under way, types whose turn comes are not called older.
func TestTypesThatWaitForTheirTurn(t *testing.T) {
	onDashboard(t, func(r *driver) {
		p := r.m.History.(*past)
		for i := range p.snapshot.Fetches[3:] {
			p.snapshot.Fetches[3+i].LastSuccess = p.snapshot.AsOf.Add(-9 * time.Hour)
		}
		r.send(News{Changed: true, Doing: "fetching devices"})
		r.expectNot("older")
		r.send(News{Changed: true})
		r.expect("Google 13:37, 7 types older")
	})
}

// A sign-in that another program renewed ends the complaint, and is tried.
func TestSignedInElsewhere(t *testing.T) {
	refreshed := 0
	drive(t, Dependencies{History: ann(t), Account: &account{}, Meter: &meters{}, Refresh: func() { refreshed++ }}, 80, 24, func(r *driver) {
		p := r.m.History.(*past)
		r.send(News{Changed: true, Problem: "the sign-in expired or was withdrawn", SignIn: true})
		r.send(News{Meter: true, Changed: true})
		r.expect("expired or was withdrawn – press a")
		if refreshed != 0 {
			t.Error("tried without a new sign-in")
		}
		p.snapshot.Grant = &view.Grant{Kept: true, SignedInAt: p.snapshot.AsOf}
		r.send(News{Meter: true, Changed: true})
		r.expect("signed in today")
		r.expectNot("expired")
		r.send(News{Meter: true, Changed: true})
		if refreshed != 1 {
			t.Errorf("tried %d times", refreshed)
		}
	})
}

func TestGrantIsNotAskedTwiceAbout(t *testing.T) {
	onDashboard(t, func(r *driver) {
		p := r.m.History.(*past)
		p.snapshot.Grant.ExpiresAt = p.snapshot.AsOf.Add(-time.Hour)
		p.snapshot.Fetches[9] = health.Fetch{Type: health.TypeSteps, Error: "broken – look at it"}
		r.send(News{Changed: true})
		r.expect("sign-in expired – press a")
		r.send(News{Problem: "the sign-in ended after seven days", SignIn: true})
		r.keys("?")
		r.expect("the sign-in ended after seven days")
		r.expectNot("sign-in expired")
	})
}
