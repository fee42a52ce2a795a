package refresh

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vitals/internal/health"
	"vitals/internal/store"
)

// hourly returns a Syncer of an account that was synced once.
func hourly(t *testing.T, a *account, s *store.Store) *Syncer {
	t.Helper()
	runSync(t, a, s, now, AllData, health.DataTypes()...)
	a.asked = nil
	return &Syncer{Account: a, Store: s, Now: func() time.Time { return now }, Fallback: time.UTC, Grant: a.grant()}
}

func stretch(from, to string) Stretch {
	midnight := func(text string) time.Time {
		d := date(text)
		return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	}
	return Stretch{midnight(from), midnight(to)}
}

// openAll fetches hours until all of a stretch is there.
func openAll(t *testing.T, s *Syncer, look Stretch) {
	t.Helper()
	for range 100 {
		first, end, _, err := s.nextHours(t.Context(), health.TypeCalories, look)
		if err == nil && !first.Before(end) {
			return
		}
		if err == nil {
			err = s.Hours(t.Context(), health.TypeCalories, look)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("it never ends")
}

func TestHoursSomebodyLooksAtAreFetchedOnce(t *testing.T) {
	a := &account{id: "1", since: date("2024-02-20"), zone: "America/New_York", firstOf: date("2024-06-01")}
	s := hourly(t, a, openStore(t))
	// A day: its fortnight, by the zone of the account, in one request.
	openAll(t, s, stretch("2025-03-12", "2025-03-13"))
	expectAsked(t, a, "calories 2025-02-27T05..2025-03-13T04")
	// What lies in it is there.
	a.asked = nil
	openAll(t, s, stretch("2025-03-01", "2025-03-13"))
	expectAsked(t, a)
	// More than it: the rest, the newest first, none of it longer than 14 dates.
	openAll(t, s, stretch("2025-02-20", "2025-04-09"))
	expectAsked(t, a, "calories 2025-03-27T04..2025-04-10T04", "calories 2025-03-13T04..2025-03-27T04", "calories 2025-02-13T05..2025-02-27T05")
	// Where there was no data, nobody asks again; nor before the account began.
	a.asked = nil
	openAll(t, s, stretch("2024-01-01", "2024-03-05"))
	expectAsked(t, a, "calories 2024-02-29T05..2024-03-14T04", "calories 2024-02-20T05..2024-02-29T05")
	a.asked = nil
	openAll(t, s, stretch("2023-01-01", "2024-03-07"))
	expectAsked(t, a)
	// The last 90 days came with the sync, and today is left to it.
	openAll(t, s, stretch("2026-08-30", "2026-11-29"))
	expectAsked(t, a)
	openAll(t, s, Stretch{})
	openAll(t, s, stretch("2026-11-23", "2026-12-29"))
	expectAsked(t, a)
}

func TestHoursThatDidNotComeAreAskedForAgain(t *testing.T) {
	a := &account{id: "1", since: date("2024-02-20"), zone: "UTC"}
	s := hourly(t, a, openStore(t))
	look := stretch("2025-03-12", "2025-03-13")
	a.failAt = "calories 2025-02-27T00..2025-03-13T00"
	if err := s.Hours(t.Context(), health.TypeCalories, look); err == nil {
		t.Error("a dropped line is no error")
	}
	a.failAt, a.asked = "", nil
	openAll(t, s, look)
	expectAsked(t, a, "calories 2025-02-27T00..2025-03-13T00")
}

func TestHoursOfAnUnknownAccountAreNotAsked(t *testing.T) {
	a := &account{id: "ann", since: date("2024-02-20"), zone: "UTC"}
	s := hourly(t, a, openStore(t))
	s.Grant = "grant of bob"
	if err := s.Hours(t.Context(), health.TypeCalories, stretch("2025-03-12", "2025-03-13")); !errors.Is(err, errUnconfirmed) {
		t.Errorf("got %v", err)
	}
	expectAsked(t, a)
}

// opening is a Watch of a synced account beside which stretches are opened.
func opening(t *testing.T, a *account, manual bool) (heard *listener, open chan Stretch, ask chan struct{}, stop func()) {
	s := &memory{hours: map[health.Date]bool{}}
	heard, open, ask = &listener{}, make(chan Stretch, 1), make(chan struct{}, 1)
	start := time.Now()
	clock := func() time.Time { return now.Add(time.Since(start)) }
	w := &Watch{Store: s, Now: clock, Tell: heard.tell, Opened: open,
		Syncer: func() (*Syncer, error) {
			return &Syncer{Account: a, Store: s, Now: clock, Fallback: time.UTC, Grant: a.grant()}, nil
		},
		Meter:       func(context.Context) (Meter, string, error) { return nil, "", nil },
		Lock:        func() (func(), bool, error) { return func() {}, true, nil },
		DataVersion: func(context.Context) (int64, error) { return 1, nil },
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { w.Run(ctx, ask, manual); close(done) }()
	return heard, open, ask, func() { cancel(); <-done }
}

// ofHours are the questions for hours of 2025.
func (a *account) ofHours() (found []string) {
	for _, q := range a.questions() {
		if strings.HasPrefix(q, "calories 2025") && strings.Contains(q, "T") {
			found = append(found, q)
		}
	}
	return found
}

func TestAWindowThatIsOpenedByTheHourIsFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &account{id: "1", since: date("2025-01-01"), zone: "UTC"}
		heard, open, _, stop := opening(t, a, false)
		defer stop()
		open <- stretch("2025-03-12", "2025-03-21") // while all the rest is fetched, too
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := a.ofHours(); !slices.Equal(got, []string{"calories 2025-03-13T00..2025-03-27T00", "calories 2025-02-27T00..2025-03-13T00"}) {
			t.Errorf("asked %q", got)
		}
		// They come before the history that nobody waits for.
		questions := a.questions()
		if hours, history := slices.Index(questions, "calories 2025-02-27T00..2025-03-13T00"), slices.IndexFunc(questions, func(q string) bool { return strings.HasPrefix(q, "calories 2025-") && !strings.Contains(q, "T") }); hours < 0 || hours > history {
			t.Errorf("the hours are question %d, old days question %d", hours, history)
		}
		told := false
		for _, n := range heard.take() {
			told = told || n.Doing == "fetching calories by the hour from 2025-02-27 to 2025-03-12" && n.Changed
		}
		if !told {
			t.Error("nothing is said of it")
		}
		open <- stretch("2025-03-10", "2025-03-11")
		time.Sleep(time.Second)
		synctest.Wait()
		if news := heard.take(); len(a.ofHours()) != 2 || slices.ContainsFunc(news, func(n News) bool { return n.Part == AccountPart }) {
			t.Errorf("what is there is asked for again, or told of: %q, %+v", a.ofHours(), news)
		}
	})
}

func TestAWindowThatIsLeftIsNotFetchedToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &account{id: "1", since: date("2025-01-01"), zone: "UTC", slow: 10 * time.Second}
		_, open, _, stop := opening(t, a, false)
		defer stop()
		open <- stretch("2025-02-01", "2025-12-31")
		for len(a.ofHours()) == 0 {
			time.Sleep(time.Second)
			synctest.Wait()
		}
		open <- stretch("2025-01-12", "2025-01-13")
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := a.ofHours(); len(got) > 4 || got[len(got)-1] != "calories 2025-01-02T00..2025-01-16T00" {
			t.Errorf("asked %q", got)
		}
	})
}

func TestHoursDoNotWaitForOldHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &account{id: "1", since: date("2020-01-01"), zone: "UTC", slow: time.Second}
		_, open, _, stop := opening(t, a, false)
		defer stop()
		time.Sleep(time.Minute) // it is at the history
		before := len(a.questions())
		open <- stretch("2025-03-12", "2025-03-13")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if since := a.questions()[before:]; len(a.ofHours()) != 1 || slices.Index(since, a.ofHours()[0]) > 2 {
			t.Errorf("asked %q", since)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if !slices.ContainsFunc(a.questions(), func(q string) bool { return strings.HasPrefix(q, "calories 2020-01-01") }) {
			t.Error("the history was never fetched to its end")
		}
	})
}

func TestHoursThatCannotBeFetchedAreToldAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &account{id: "1", since: date("2025-01-01"), zone: "UTC"}
		heard, open, ask, stop := opening(t, a, false)
		defer stop()
		time.Sleep(time.Minute)
		synctest.Wait()
		a.mu.Lock()
		a.fail = map[health.DataType]error{health.TypeCalories: health.ErrUnreachable}
		a.mu.Unlock()
		heard.take()
		open <- stretch("2025-03-12", "2025-03-13")
		time.Sleep(30 * time.Second)
		synctest.Wait()
		var failures []News
		for _, n := range heard.take() {
			if n.Err != nil {
				failures = append(failures, n)
			}
		}
		if len(failures) != 1 || !errors.Is(failures[0].Err, health.ErrUnreachable) || len(a.ofHours()) != 1 {
			t.Errorf("told %+v, asked %q", failures, a.ofHours())
		}
		a.mu.Lock()
		a.fail = nil
		a.mu.Unlock()
		ask <- struct{}{} // r does not wait
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := a.ofHours(); len(got) != 2 {
			t.Errorf("asked %q", got)
		}
	})
}

func TestWithoutRefreshHoursWaitUntilAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &account{id: "1", since: date("2025-01-01"), zone: "UTC"}
		_, open, ask, stop := opening(t, a, true)
		defer stop()
		open <- stretch("2025-03-12", "2025-03-13")
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := a.questions(); len(got) != 0 {
			t.Errorf("asked %q", got)
		}
		ask <- struct{}{}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := a.ofHours(); len(got) != 1 {
			t.Errorf("asked %q", got)
		}
		open <- stretch("2025-06-12", "2025-06-13") // asked once is not asked for ever
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := a.ofHours(); len(got) != 1 {
			t.Errorf("unasked: %q", got)
		}
	})
}
