package refresh_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vitals/fitbit"
	"vitals/fitbit/fake"
	"vitals/internal/health"
	"vitals/internal/refresh"
	"vitals/internal/store"
	"vitals/internal/timeline"
)

// noon is when these tests take place.
var noon = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

// years is a person who weighed in every morning of the last days and wore a
// tracker all the while.
func years(t testing.TB, days int, zone string) fake.Person {
	t.Helper()
	place, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	today := timeline.Day.Start(noon.In(place))
	p := fake.Person{
		Identity: health.Identity{HealthUserID: "1000000000000000041"},
		Profile:  health.Profile{Age: 41, MemberSince: health.DateOf(today.AddDate(0, 0, 1-days))},
		Zone:     place,
		Units:    health.Kilograms,
		Devices:  []health.Device{{Name: "Aria 2", Type: "SCALE", Battery: "High", LastSync: noon}},
		Heights:  []health.Height{{ID: "9", At: today.AddDate(0, 0, -days), Metres: 1.72}},
		Totals:   map[health.DataType][]timeline.Portion{},
	}
	scale := health.Source{Name: "Aria 2", Kind: health.SourceScale}
	for i := days - 1; i >= 0; i-- {
		start := timeline.Day.Start(today.AddDate(0, 0, -i).Add(12 * time.Hour))
		end := timeline.Day.Next(start)
		if noon.Before(end) {
			end = noon
		}
		at := start.Add(7 * time.Hour)
		p.Weighings = append(p.Weighings, health.Weighing{ID: fmt.Sprint(7_000_000 + i), At: at, KG: 70 + float64(i%20)/10, Source: scale})
		p.BodyFats = append(p.BodyFats, health.BodyFat{ID: fmt.Sprint(8_000_000 + i), At: at, Percent: 25 + float64(i%20)/10, Source: scale})
		for kind, amount := range map[health.DataType]float64{health.TypeCalories: 2400, health.TypeActiveCalories: 480, health.TypeSteps: 9600} {
			p.Totals[kind] = append(p.Totals[kind], timeline.Portion{Start: start.Unix(), End: end.Unix(), Amount: amount + float64(i), Covered: end.Sub(start)})
		}
	}
	return p
}

// caloriesOnly takes the other totals away, whose thousands of hours take time.
func caloriesOnly(p fake.Person) fake.Person {
	p.Totals = map[health.DataType][]timeline.Portion{health.TypeCalories: p.Totals[health.TypeCalories]}
	return p
}

// google is a fake Google that is called without a network, and may be made to
// end the caller's context at a request.
type google struct {
	*fake.Server
	mu     sync.Mutex
	left   int // requests until the caller is interrupted; below 0: never
	cancel context.CancelFunc
}

func newGoogle(person fake.Person) *google {
	return &google{Server: fake.New(person, func() time.Time { return noon }), left: -1}
}

// RoundTrip answers a request; the last one before an interruption is answered
// or not by turns.
func (g *google) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	g.mu.Lock()
	last := g.left == 0
	answered := !last || len(g.Requests(""))%2 == 0
	g.left--
	g.mu.Unlock()
	recorder := httptest.NewRecorder()
	if answered {
		g.ServeHTTP(recorder, r)
	}
	if last {
		g.cancel()
		return nil, context.Canceled
	}
	return recorder.Result(), nil
}

// interruptAt ends the context it returns at the given request from now on, the
// first being 0.
func (g *google) interruptAt(t *testing.T, request int) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left, g.cancel = request, cancel
	return ctx
}

// memoryGrant keeps a grant as config.ini would.
type memoryGrant struct {
	mu    sync.Mutex
	grant fitbit.Grant
}

func (k *memoryGrant) Update(_ context.Context, change func(fitbit.Grant) (fitbit.Grant, error)) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	changed, err := change(k.grant)
	if err == nil {
		k.grant = changed
	}
	return err
}

func (g *google) syncer(t *testing.T, s *store.Store) (*refresh.Syncer, *fitbit.Client) {
	t.Helper()
	registered := fake.DesktopClient()
	const base = "http://localhost"
	client, err := fitbit.New(fitbit.Options{
		Endpoints: fitbit.Endpoints{Auth: base + fake.AuthPath, Token: base + fake.TokenPath, Revoke: base + fake.RevokePath,
			UserInfo: base + fake.UserInfoPath, API: base},
		Client:            fitbit.OAuthClient{ID: registered.ID, Secret: fitbit.Secret(registered.Secret), RedirectURL: "http://127.0.0.1:8765/"},
		Keeper:            &memoryGrant{grant: fitbit.Grant{RefreshToken: fitbit.Secret(g.SignIn(fake.Scopes()...)), Scopes: slices.Sorted(slices.Values(fake.Scopes()))}},
		Transport:         g,
		Now:               func() time.Time { return noon },
		RequestsPerSecond: -1,
		RetryWait:         time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return &refresh.Syncer{Account: client, Store: s, Now: func() time.Time { return noon }, Fallback: time.UTC, Grant: "ann's"}, client
}

func emptyStore(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// history is everything in a store that a person would miss.
type history struct {
	person          health.Person
	weighings, fats []string
	totals          map[health.DataType][]string
	hours           map[health.DataType][]string
	fetches         []health.Fetch
}

func read(t *testing.T, s *store.Store) history {
	t.Helper()
	h := history{totals: map[health.DataType][]string{}, hours: map[health.DataType][]string{}}
	fail := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	h.person, err = s.Person(t.Context())
	fail(err)
	weighings, err := s.Weighings(t.Context())
	fail(err)
	for _, w := range weighings {
		h.weighings = append(h.weighings, fmt.Sprint(w.ID, w.At, w.KG, w.Source))
	}
	fats, err := s.BodyFats(t.Context())
	fail(err)
	for _, f := range fats {
		h.fats = append(h.fats, fmt.Sprint(f.ID, f.At, f.Percent, f.Source))
	}
	for _, kind := range []health.DataType{health.TypeCalories, health.TypeActiveCalories, health.TypeSteps} {
		days, err := s.DayTotals(t.Context(), kind, health.Date{}, health.Date{})
		fail(err)
		for _, d := range days {
			h.totals[kind] = append(h.totals[kind], fmt.Sprint(d.Date, d.Amount))
		}
		hours, err := s.HourTotals(t.Context(), kind, time.Time{}, time.Time{})
		fail(err)
		for _, hour := range hours {
			h.hours[kind] = append(h.hours[kind], fmt.Sprint(hour.Start, hour.Amount))
		}
	}
	h.fetches, err = s.Fetches(t.Context())
	fail(err)
	return h
}

// The whole first sync of ten years, with all it does besides: who it is, the
// devices, the hours of the last 90 days.
func TestTenYearsAreFetchedInMinutesNotDays(t *testing.T) {
	const days = 3653
	for _, c := range []struct {
		name  string
		since health.Date
		knobs fake.Knobs
		every int // of how many days one was walked
	}{
		{"a member for ten years", health.Date{}, fake.Knobs{}, 1},
		{"a member before there was a tracker", health.Date{Year: 2010, Month: time.January, Day: 1}, fake.Knobs{}, 30},
		{"pages shorter than asked for", health.Date{}, fake.Knobs{MostPerPage: 500, EmptyPage: true, EmptyLast: true}, 30},
	} {
		t.Run(c.name, func(t *testing.T) {
			person := years(t, days, "Europe/London")
			if !c.since.IsZero() {
				person.Profile.MemberSince = c.since
			}
			for _, kind := range []health.DataType{health.TypeActiveCalories, health.TypeSteps} {
				person.Totals[kind] = slices.Collect(func(yield func(timeline.Portion) bool) {
					for i := 0; i < days && yield(person.Totals[kind][i]); i += c.every {
					}
				})
			}
			g, s := newGoogle(person), emptyStore(t)
			g.Set(func(k *fake.Knobs) { *k = c.knobs })
			syncer, client := g.syncer(t, s)
			results, err := syncer.Sync(t.Context(), syncer.Types(), refresh.AllData)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				if r.Err != nil || !r.Complete || r.LeftOut != "" {
					t.Errorf("%+v", r)
				}
			}
			if n := client.Requests(); n > 400 {
				t.Errorf("%d requests", n)
			}
			counts := map[string]int{}
			for _, r := range g.Requests("") {
				parts := strings.Split(r.Path, "/")
				counts[strings.Join(parts[max(0, len(parts)-2):], "/")]++
			}
			t.Logf("%d requests: %v", client.Requests(), counts)
			h := read(t, s)
			if len(h.weighings) != days || len(h.fats) != days {
				t.Errorf("%d weigh-ins and %d body fat readings", len(h.weighings), len(h.fats))
			}
			for kind, totals := range h.totals {
				every := c.every
				if kind == health.TypeCalories {
					every = 1
				}
				if len(totals) != (days+every-1)/every {
					t.Errorf("%d days of %s", len(totals), kind)
				}
				if len(h.hours[kind]) < 89*24/every-24 {
					t.Errorf("%d hours of %s", len(h.hours[kind]), kind)
				}
			}
		})
	}
}

// A sync that is killed at any request, and then run again, ends like one that
// was left alone, and asks for nothing that was stored but for the newest days.
func TestAKilledSyncGoesOnWhereItStopped(t *testing.T) {
	person := caloriesOnly(years(t, 50, "America/Los_Angeles"))
	g, s := newGoogle(person), emptyStore(t)
	syncer, client := g.syncer(t, s)
	if _, err := syncer.Sync(t.Context(), syncer.Types(), refresh.AllData); err != nil {
		t.Fatal(err)
	}
	calm, questions := read(t, s), client.Requests()
	isHistory := func(r fake.Request) bool {
		return strings.Contains(r.Path, ":dailyRollUp") && !strings.Contains(r.Body, `"end":{"date":{"day":23,"month":11,"year":2026}}`)
	}
	for k := range questions {
		g, s := newGoogle(person), emptyStore(t)
		syncer, client := g.syncer(t, s)
		if _, err := syncer.Sync(g.interruptAt(t, k), syncer.Types(), refresh.AllData); err == nil {
			t.Fatalf("killed at request %d of %d: it went on", k, questions)
		}
		if _, err := syncer.Sync(t.Context(), syncer.Types(), refresh.AllData); err != nil {
			t.Fatalf("after request %d: %v", k, err)
		}
		if got := read(t, s); fmt.Sprint(got) != fmt.Sprint(calm) {
			t.Errorf("killed at request %d: the history is another one", k)
		}
		asked, twice := map[string]int{}, 0
		for _, r := range g.Requests("") {
			if isHistory(r) {
				if asked[r.Path+r.Body]++; asked[r.Path+r.Body] > 1 {
					twice++
				}
			}
		}
		// The window that was under way is asked for again, no other.
		if twice > 1 {
			t.Errorf("killed at request %d: %d windows of history were fetched twice", k, twice)
		}
		if most := questions + 20; client.Requests() > most {
			t.Errorf("killed at request %d: %d requests in all, want at most %d", k, client.Requests(), most)
		}
	}
}

// The same for a store that was not looked after for four months.
func TestAfterALongAbsenceAKilledSyncGoesOn(t *testing.T) {
	person := caloriesOnly(years(t, 130, "Europe/London"))
	long := func() *store.Store {
		s := emptyStore(t)
		g := newGoogle(person)
		syncer, _ := g.syncer(t, s)
		if _, err := syncer.Sync(t.Context(), syncer.Types(), refresh.AllData); err != nil {
			t.Fatal(err)
		}
		fetches, err := s.Fetches(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fetches {
			f.LastSuccess = noon.AddDate(0, 0, -110)
			if err := s.SaveFetch(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	ask := func(k int) (questions int, windows map[string]int) {
		s, g := long(), newGoogle(person)
		syncer, client := g.syncer(t, s)
		if k >= 0 {
			if _, err := syncer.Sync(g.interruptAt(t, k), syncer.Types(), refresh.AllData); err == nil {
				t.Fatalf("killed at request %d: it went on", k)
			}
		}
		if _, err := syncer.Sync(t.Context(), syncer.Types(), refresh.AllData); err != nil {
			t.Fatal(err)
		}
		windows = map[string]int{}
		for _, r := range g.Requests("total-calories/dataPoints:dailyRollUp") {
			windows[r.Body]++
		}
		fetches, err := s.Fetches(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fetches {
			if !f.LastSuccess.Equal(noon) {
				t.Errorf("killed at request %d: %s is of %s", k, f.Type, f.LastSuccess)
			}
		}
		return client.Requests(), windows
	}
	calm, windows := ask(-1)
	if len(windows) < 9 {
		t.Fatalf("four months are %d windows of calories", len(windows))
	}
	for k := 0; k < calm; k += 8 {
		// Besides what was under way, the newest days of each type are read twice.
		if n, _ := ask(k); n > calm+20 {
			t.Errorf("killed at request %d: %d requests instead of %d", k, n, calm)
		}
	}
}

// A grant that can be renewed while every call is refused does not come right by
// asking again.
func TestACallThatIsRefusedIsNotRepeated(t *testing.T) {
	g, s := newGoogle(years(t, 30, "Europe/London")), emptyStore(t)
	g.Set(func(k *fake.Knobs) {
		k.Troubles = []fake.Trouble{{Path: "/v4/", Status: http.StatusForbidden, Reason: "RESOURCE_PERMISSION_DENIED"}}
	})
	syncer, client := g.syncer(t, s)
	results, err := syncer.Sync(t.Context(), syncer.Types(), refresh.AllData)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Err == nil || r.Complete || !strings.Contains(health.Hint(r.Err), "myaccount.google.com/connections") {
			t.Errorf("%+v", r)
		}
	}
	if n := client.Requests(); n > 1+len(results) {
		t.Errorf("%d requests for %d types", n, len(results))
	}
}
