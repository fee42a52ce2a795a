package refresh

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vitals/internal/health"
	"vitals/internal/store"
)

var now = time.Date(2026, 11, 22, 13, 37, 0, 0, time.UTC)

func date(text string) health.Date {
	d, err := health.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

// account is an Account that answers from memory and writes down what it was
// asked for.
type account struct {
	mu      sync.Mutex
	asked   []string
	fail    map[health.DataType]error
	failAt  string // fails the first question that reads like this
	id      string
	name    string
	since   health.Date
	zone    string
	firstOf health.Date // there are no totals before
	skipped error       // comes beside the weigh-ins and the days of steps
	slow    time.Duration
}

// grant is another one for each person.
func (a *account) grant() string { return "grant of " + a.id }

type skippedSome struct{}

func (skippedSome) Error() string { return "some were left out" }
func (skippedSome) Skipped() int  { return 2 }

func (a *account) ask(t health.DataType, format string, args ...any) error {
	time.Sleep(a.slow)
	a.mu.Lock()
	defer a.mu.Unlock()
	question := string(t) + fmt.Sprintf(format, args...)
	a.asked = append(a.asked, question)
	if question == a.failAt {
		return errors.New("the line dropped")
	}
	return a.fail[t]
}

// questions returns what was asked so far.
func (a *account) questions() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.asked)
}

func (a *account) Identity(context.Context) (health.Identity, error) {
	return health.Identity{HealthUserID: a.id}, a.ask(health.TypeIdentity, "")
}

func (a *account) Profile(context.Context) (health.Profile, error) {
	return health.Profile{Name: a.name, Age: 41, MemberSince: a.since}, a.ask(health.TypeProfile, "")
}

func (a *account) Settings(context.Context) (health.Settings, error) {
	return health.Settings{TimeZone: a.zone}, a.ask(health.TypeSettings, "")
}

func (a *account) Devices(context.Context) ([]health.Device, error) {
	return []health.Device{{Name: "Aria 2"}}, a.ask(health.TypeDevices, "")
}

func (a *account) Weighings(_ context.Context, from, to health.Date) ([]health.Weighing, error) {
	if err := a.ask(health.TypeWeight, " %s..%s", from, to); err != nil {
		return nil, err
	}
	return []health.Weighing{{ID: "w", At: now, KG: 71.4}}, a.skipped
}

func (a *account) BodyFats(_ context.Context, from, to health.Date) ([]health.BodyFat, error) {
	return nil, a.ask(health.TypeBodyFat, " %s..%s", from, to)
}

func (a *account) Heights(_ context.Context, from, to health.Date) ([]health.Height, error) {
	return nil, a.ask(health.TypeHeight, " %s..%s", from, to)
}

func (a *account) DayTotals(_ context.Context, t health.DataType, from, to health.Date) ([]health.DayTotal, error) {
	if err := a.ask(t, " %s..%s", from, to); err != nil {
		return nil, err
	}
	var totals []health.DayTotal
	for d := from; d.Before(to); d = d.Add(1) {
		if !d.Before(a.firstOf) {
			totals = append(totals, health.DayTotal{Date: d, Amount: 2000, AsOf: now})
		}
	}
	if t == health.TypeSteps {
		return totals, a.skipped
	}
	return totals, nil
}

func (a *account) HourTotals(_ context.Context, t health.DataType, from, to time.Time) ([]health.HourTotal, error) {
	err := a.ask(t, " %s..%s", from.UTC().Format("2006-01-02T15"), to.UTC().Format("2006-01-02T15"))
	return []health.HourTotal{{Start: from, Amount: 100, AsOf: now}}, err
}

func (a *account) MaxDays(t health.DataType) int {
	if t == health.TypeCalories {
		return 14
	}
	return 90
}

func openStore(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// sync runs a Sync at now and returns the results by type.
func runSync(t *testing.T, a *account, s *store.Store, at time.Time, reach Reach, types ...health.DataType) map[health.DataType]Result {
	t.Helper()
	a.asked = nil
	syncer := &Syncer{Account: a, Store: s, Now: func() time.Time { return at }, Fallback: time.UTC, Grant: a.grant()}
	results, err := syncer.Sync(t.Context(), types, reach)
	if err != nil {
		t.Fatal(err)
	}
	byType := map[health.DataType]Result{}
	for i, r := range results {
		if r.Type != types[i] {
			t.Fatalf("result %d is of %s, want %s", i, r.Type, types[i])
		}
		byType[r.Type] = r
	}
	return byType
}

func expectAsked(t *testing.T, a *account, want ...string) {
	t.Helper()
	if len(a.asked) != len(want) {
		t.Errorf("asked %d questions: %q\nwant %d: %q", len(a.asked), a.asked, len(want), want)
		return
	}
	for i := range want {
		if a.asked[i] != want[i] {
			t.Errorf("question %d: %q, want %q", i, a.asked[i], want[i])
		}
	}
}

func TestSyncFetchesAllHistoryOnceAndThenWhatIsNew(t *testing.T) {
	a, s := &account{id: "1", since: date("2026-07-01"), zone: "UTC"}, openStore(t)
	kinds := []health.DataType{health.TypeProfile, health.TypeWeight, health.TypeCalories, health.TypeSteps}
	results := runSync(t, a, s, now, OneStep, kinds...)
	expectAsked(t, a,
		"identity",
		"profile",
		"weight ..",
		// What the screen shows comes first, with its hours up to the running one …
		"calories 2026-11-09..2026-11-23", "calories 2026-11-09T00..2026-11-22T14",
		"steps 2026-08-25..2026-11-23", "steps 2026-08-25T00..2026-11-22T14",
		// … then history, with hours for some ninety days.
		"calories 2026-10-26..2026-11-09", "calories 2026-10-26T00..2026-11-09T00",
		"calories 2026-10-12..2026-10-26", "calories 2026-10-12T00..2026-10-26T00",
		"calories 2026-09-28..2026-10-12", "calories 2026-09-28T00..2026-10-12T00",
		"calories 2026-09-14..2026-09-28", "calories 2026-09-14T00..2026-09-28T00",
		"calories 2026-08-31..2026-09-14", "calories 2026-08-31T00..2026-09-14T00",
		"calories 2026-08-17..2026-08-31", "calories 2026-08-17T00..2026-08-31T00",
		"calories 2026-08-03..2026-08-17", "calories 2026-07-20..2026-08-03", "calories 2026-07-06..2026-07-20",
		"calories 2026-07-01..2026-07-06",
		"steps 2026-07-01..2026-08-25")
	for kind, r := range results {
		if r.Err != nil || !r.Complete {
			t.Errorf("%s: %+v", kind, r)
		}
	}
	if got, want := results[health.TypeCalories].New, date("2026-11-23").Number()-date("2026-07-01").Number(); got != want {
		t.Errorf("%d new days of calories, want %d", got, want)
	}

	// Three days later: the last fortnight again, nothing else.
	results = runSync(t, a, s, now.AddDate(0, 0, 3), OneStep, health.TypeWeight, health.TypeCalories)
	expectAsked(t, a, "weight 2026-11-09..",
		"calories 2026-11-12..2026-11-26", "calories 2026-11-12T00..2026-11-25T14",
		"calories 2026-11-09..2026-11-12", "calories 2026-11-09T00..2026-11-12T00")
	if r := results[health.TypeCalories]; r.New != 3 || r.Changed != 0 || !r.Complete {
		t.Errorf("calories three days later: %+v", r)
	}

	// Full: all of it, and nothing is new.
	results = runSync(t, a, s, now, Everything, health.TypeWeight, health.TypeSteps)
	expectAsked(t, a, "weight ..", "steps 2026-08-25..2026-11-23", "steps 2026-08-25T00..2026-11-22T14",
		"steps 2026-07-01..2026-08-25")
	if r := results[health.TypeSteps]; r.New != 0 || r.Changed != 0 {
		t.Errorf("steps in full: %+v", r)
	}
}

func TestSyncGoesOnWhereItStopped(t *testing.T) {
	a, s := &account{id: "1", since: date("2026-06-01"), zone: "UTC", failAt: "calories 2026-07-06..2026-07-20"}, openStore(t)
	r := runSync(t, a, s, now, OneStep, health.TypeProfile, health.TypeCalories)[health.TypeCalories]
	if r.Err == nil || r.Complete {
		t.Fatalf("a dropped line: %+v", r)
	}
	a.failAt = ""
	r = runSync(t, a, s, now, OneStep, health.TypeCalories)[health.TypeCalories]
	expectAsked(t, a, "calories 2026-11-09..2026-11-23", "calories 2026-11-09T00..2026-11-22T14",
		"calories 2026-07-06..2026-07-20", "calories 2026-06-22..2026-07-06", "calories 2026-06-08..2026-06-22",
		"calories 2026-06-01..2026-06-08")
	if r.Err != nil || !r.Complete {
		t.Errorf("the second time: %+v", r)
	}
	fetches, err := s.Fetches(t.Context())
	if err != nil || fetches[1].Error != "" {
		t.Errorf("what went wrong is not forgotten: %+v, %v", fetches, err)
	}
}

func TestAFailureIsForgottenOnceTheTypeIsFetchedAgain(t *testing.T) {
	a, s := &account{id: "1", since: date("2026-11-01"), zone: "UTC"}, openStore(t)
	runSync(t, a, s, now, OneStep, health.DataTypes()...)
	a.fail = map[health.DataType]error{health.TypeIdentity: health.ErrSignInNeeded}
	runSync(t, a, s, now.Add(time.Second), OneStep, health.DataTypes()...)
	a.fail = nil
	runSync(t, a, s, now.Add(2*time.Second), OneStep, health.DataTypes()...)
	fetches, err := s.Fetches(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fetches {
		if f.Error != "" {
			t.Errorf("%s: %s", f.Type, f.Error)
		}
	}
}

func TestSyncGoesHalfAYearFurtherBackEachTime(t *testing.T) {
	a, s := &account{id: "1", since: date("2025-06-01"), zone: "UTC"}, openStore(t)
	for i, older := range []bool{true, true, false} {
		r := runSync(t, a, s, now, OneStep, health.TypeProfile, health.TypeSteps)[health.TypeSteps]
		if r.Err != nil || !r.Complete || r.Older != older {
			t.Errorf("sync %d: %+v, want older %v", i, r, older)
		}
	}
	totals, err := s.DayTotals(t.Context(), health.TypeSteps, health.Date{}, health.Date{})
	if err != nil || totals[0].Date != date("2025-06-01") || len(totals) != now.YearDay()+214 {
		t.Errorf("%d days from %s (%v)", len(totals), totals[0].Date, err)
	}
	if r := runSync(t, a, s, now, Everything, health.TypeSteps)[health.TypeSteps]; r.Older || r.New != 0 {
		t.Errorf("in full: %+v", r)
	}
}

func TestSyncGoesBackToWhereTheDataBegin(t *testing.T) {
	kinds := []health.DataType{health.TypeProfile, health.TypeCalories, health.TypeSteps}
	a, s := &account{id: "1", since: date("2014-03-02"), zone: "UTC", firstOf: date("2023-05-10")}, openStore(t)
	results := runSync(t, a, s, now, AllData, kinds...)
	for _, kind := range kinds[1:] {
		r := results[kind]
		if want := date("2026-11-23").Number() - a.firstOf.Number(); r.New != want || !r.Complete || !r.Older {
			t.Errorf("%s: %+v, want %d new", kind, r, want)
		}
	}
	if most := 3 + (1292+180+180)/14 + (1292+180+180)/90 + 10 + 2; len(a.asked) > most {
		t.Errorf("asked %d questions, want at most %d", len(a.asked), most)
	}
	// Nobody waits for the one kind while years of the other are fetched.
	if first := slices.Index(a.asked, "steps 2026-02-26..2026-05-27"); first < 0 || first > 50 {
		t.Errorf("half a year of steps comes as question %d: %q", first, a.asked)
	}
	if r := runSync(t, a, s, now, Everything, kinds...)[health.TypeCalories]; r.New != 0 || r.Older || !slices.ContainsFunc(a.asked, func(question string) bool { return strings.HasPrefix(question, "calories 2014-03-02..") }) {
		t.Errorf("in full: %+v", r)
	}
}

func TestSyncEndsWhereHistoryDoes(t *testing.T) {
	// The account does not say since when it exists.
	a, s := &account{id: "1", zone: "UTC", firstOf: date("2026-01-01")}, openStore(t)
	syncs, questions := 0, 0
	for older := true; older && syncs < 10; syncs++ {
		older = runSync(t, a, s, now, OneStep, health.TypeProfile, health.TypeSteps)[health.TypeSteps].Older
		questions += len(a.asked)
	}
	if syncs != 6 || questions > 24 {
		t.Errorf("a good year of data took %d syncs and %d questions", syncs, questions)
	}
	runSync(t, a, s, now.Add(time.Minute), OneStep, health.TypeSteps)
	expectAsked(t, a, "steps 2026-11-09..2026-11-23", "steps 2026-11-09T00..2026-11-22T14")
}

func TestSyncUsesTheAccountsZone(t *testing.T) {
	a, s := &account{id: "1", since: date("2026-11-20"), zone: "Pacific/Auckland"}, openStore(t)
	runSync(t, a, s, now, OneStep, health.TypeProfile, health.TypeSettings, health.TypeSteps)
	expectAsked(t, a, "identity", "profile", "settings", "steps 2026-08-26..2026-11-24", "steps 2026-08-25T12..2026-11-22T14")
}

func TestOneTypeThatFailsLeavesTheOthers(t *testing.T) {
	a, s := &account{id: "1", since: date("2026-11-01"), fail: map[health.DataType]error{health.TypeBodyFat: errors.New("half a JSON")}}, openStore(t)
	results := runSync(t, a, s, now, OneStep, health.DataTypes()...)
	for kind, r := range results {
		if (r.Err != nil) != (kind == health.TypeBodyFat) {
			t.Errorf("%s: %v", kind, r.Err)
		}
	}
	fetches, err := s.Fetches(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fetches {
		if failed := f.Type == health.TypeBodyFat; (f.Error != "") != failed || f.LastSuccess.IsZero() != failed {
			t.Errorf("recorded of %s: %+v", f.Type, f)
		}
	}
}

func TestSyncStopsWhenNothingCanBeAsked(t *testing.T) {
	for _, c := range []struct {
		cause error
		at    health.DataType
		asked []string
	}{
		{health.ErrUnreachable, health.TypeSettings, []string{"identity", "profile", "settings"}},
		{health.ErrSignInNeeded, health.TypeIdentity, []string{"identity"}},
	} {
		a, s := &account{fail: map[health.DataType]error{c.at: fmt.Errorf("no: %w", c.cause)}}, openStore(t)
		results := runSync(t, a, s, now, OneStep, health.DataTypes()...)
		expectAsked(t, a, c.asked...)
		if r := results[health.TypeSteps]; !errors.Is(r.Err, c.cause) {
			t.Errorf("steps: %v, want %v", r.Err, c.cause)
		}
	}
	// One type that is refused, where others are not, says nothing of them.
	a, s := &account{since: date("2026-11-01"), fail: map[health.DataType]error{health.TypeWeight: health.ErrSignInNeeded}}, openStore(t)
	for kind, r := range runSync(t, a, s, now, OneStep, health.DataTypes()...) {
		if (r.Err != nil) != (kind == health.TypeWeight) {
			t.Errorf("%s: %v", kind, r.Err)
		}
	}
}

func TestATypeThatIsNotAnsweredLeavesTheOthers(t *testing.T) {
	busy := fmt.Errorf("no: %w", health.ErrOverloaded)
	a, s := &account{since: date("2026-11-01"), fail: map[health.DataType]error{health.TypeIdentity: busy, health.TypeWeight: busy, health.TypeBodyFat: busy}}, openStore(t)
	for kind, r := range runSync(t, a, s, now, OneStep, health.DataTypes()...) {
		if (r.Err != nil) != (a.fail[kind] != nil) {
			t.Errorf("%s: %v", kind, r.Err)
		}
	}
}

func TestSyncKeepsTwoPeopleApart(t *testing.T) {
	a, s := &account{id: "ann"}, openStore(t)
	runSync(t, a, s, now, OneStep, health.TypeIdentity)
	a.id = "bob"
	results := runSync(t, a, s, now, OneStep, health.TypeIdentity, health.TypeWeight)
	expectAsked(t, a, "identity")
	if err := results[health.TypeWeight].Err; !errors.Is(err, ErrOtherPerson) || health.Hint(err) == "" {
		t.Errorf("somebody else's weight: %v", err)
	}
	if person, err := s.Person(t.Context()); err != nil || person.Identity.HealthUserID != "ann" {
		t.Errorf("the history is now %s's (%v)", person.Identity.HealthUserID, err)
	}
}

func TestSyncKeepsWhatCameBesideUselessReadings(t *testing.T) {
	a, s := &account{skipped: skippedSome{}, since: date("2026-08-01")}, openStore(t)
	results := runSync(t, a, s, now, OneStep, health.TypeProfile, health.TypeWeight, health.TypeSteps)
	for kind, want := range map[health.DataType]struct{ new, skipped int }{health.TypeWeight: {1, 2}, health.TypeSteps: {114, 4}} {
		if r := results[kind]; r.Err != nil || r.Skipped != want.skipped || r.New != want.new || !r.Complete {
			t.Errorf("%s: %+v, want %+v", kind, r, want)
		}
	}
}

// fullDisk is a store that keeps no weigh-in.
type fullDisk struct{ *store.Store }

func (fullDisk) SaveWeighings(context.Context, []health.Weighing) (int, int, error) {
	return 0, 0, errors.New("the disk is full")
}

func TestAReadingOfNoUseDoesNotHideAFullDisk(t *testing.T) {
	syncer := &Syncer{Account: &account{skipped: skippedSome{}}, Store: fullDisk{openStore(t)}, Now: func() time.Time { return now }, Fallback: time.UTC}
	results, err := syncer.Sync(t.Context(), []health.DataType{health.TypeWeight}, AllData)
	if err != nil || results[0].Err == nil || results[0].Complete {
		t.Errorf("%+v, %v", results, err)
	}
	if fetches, err := syncer.Store.Fetches(t.Context()); err != nil || !fetches[1].LastSuccess.IsZero() {
		t.Errorf("recorded %+v, %v", fetches, err)
	}
}

func TestSyncOfAnUnknownAccountAddsNothingToAHistory(t *testing.T) {
	for _, cause := range []error{errors.New("half a JSON"), health.ErrOverloaded} {
		for _, first := range []error{nil, cause} {
			for _, kinds := range [][]health.DataType{health.DataTypes(), {health.TypeCalories}} {
				silent := map[health.DataType]error{health.TypeIdentity: cause}
				a, s := &account{id: "ann", since: date("2026-11-01")}, openStore(t)
				if first != nil {
					a.fail = silent
				}
				for kind, r := range runSync(t, a, s, now, OneStep, health.DataTypes()...) {
					if kind != health.TypeIdentity && r.Err != nil {
						t.Errorf("ann's first %s: %v", kind, r.Err)
					}
				}
				a.fail = silent
				for kind, r := range runSync(t, a, s, now, OneStep, kinds...) {
					if kind != health.TypeIdentity && r.Err != nil {
						t.Errorf("ann's second %s: %v", kind, r.Err)
					}
				}
				a.id = "bob"
				for kind, r := range runSync(t, a, s, now, OneStep, kinds...) {
					if !errors.Is(r.Err, cause) {
						t.Errorf("%s: %+v, want %v", kind, r, cause)
					}
				}
				expectAsked(t, a, "identity")
				a.fail = nil
				for kind, r := range runSync(t, a, s, now, OneStep, kinds...) {
					if !errors.Is(r.Err, ErrOtherPerson) || errors.Is(r.Err, ErrUnknownPerson) != (first != nil) {
						t.Errorf("%s of somebody else: %+v", kind, r)
					}
				}
				a.id = "ann"
				for kind, r := range runSync(t, a, s, now, OneStep, kinds...) {
					if r.Err != nil {
						t.Errorf("%s of ann again: %v", kind, r.Err)
					}
				}
			}
		}
	}
}

func TestSyncKeepsTheNameWhenItsServerIsOut(t *testing.T) {
	a, s := &account{name: "Ann E."}, openStore(t)
	runSync(t, a, s, now, OneStep, health.TypeProfile)
	a.name = ""
	runSync(t, a, s, now, OneStep, health.TypeProfile)
	if person, err := s.Person(t.Context()); err != nil || person.Profile.Name != "Ann E." {
		t.Errorf("name %q, %v", person.Profile.Name, err)
	}
}

func TestAnInterruptedSyncIsNoFailure(t *testing.T) {
	a, s := &account{}, openStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	syncer := &Syncer{Account: a, Store: s, Now: func() time.Time { return now }, Fallback: time.UTC}
	if _, err := syncer.Sync(ctx, health.DataTypes(), AllData); err == nil {
		t.Error("an interrupted sync succeeded")
	}
	if fetches, err := s.Fetches(t.Context()); err != nil || len(fetches) != 0 {
		t.Errorf("recorded %+v, %v", fetches, err)
	}
}
