package refresh

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vitals/internal/health"
)

// dial is a clock on the wall that is set, beside the time that passes.
type dial struct{ ahead atomic.Int64 }

func (d *dial) set(ahead time.Duration) { d.ahead.Store(int64(ahead)) }

// watchByTheWall runs a Watch by a clock that the test sets.
func watchByTheWall(t *testing.T, a *account) (wall *dial, heard *listener, stop func()) {
	s, start := &memory{}, time.Now()
	wall, heard = &dial{}, &listener{}
	clock := func() time.Time { return now.Add(time.Since(start) + time.Duration(wall.ahead.Load())) }
	w := &Watch{Store: s, Now: clock, Tell: heard.tell,
		Syncer: func() (*Syncer, error) {
			return &Syncer{Account: a, Store: s, Now: clock, Fallback: time.UTC, Grant: a.grant()}, nil
		},
		Meter:       func(context.Context) (Meter, string, error) { return nil, "", nil },
		Lock:        func() (func(), bool, error) { return func() {}, true, nil },
		DataVersion: func(context.Context) (int64, error) { return 1, nil },
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		w.Run(ctx, nil, false)
		close(done)
	}()
	return wall, heard, func() { cancel(); <-done }
}

func (a *account) set(fail error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fail = map[health.DataType]error{}
	for _, t := range health.DataTypes() {
		a.fail[t] = fail
	}
	a.asked = nil
}

func (l *listener) lastOfAccount() News {
	last := News{Err: errors.New("no news")}
	for _, n := range l.take() {
		if n.Part == AccountPart {
			last = n
		}
	}
	return last
}

// Timers stand still while a machine sleeps; what is shown when it wakes is of
// the day before all the same.
func TestAfterASleepItLooksAtOnce(t *testing.T) {
	for name, failing := range map[string]error{"all well": nil, "without network before": health.ErrUnreachable} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &account{id: "1", since: date("2026-11-01"), zone: "UTC"}
				wall, heard, stop := watchByTheWall(t, a)
				defer stop()
				time.Sleep(time.Minute)
				a.set(failing)
				time.Sleep(3 * time.Hour) // so that pauses are long
				a.set(nil)
				wall.set(8 * time.Hour)
				time.Sleep(2 * MeterEvery)
				synctest.Wait()
				if n := len(a.questions()); n < len(health.DataTypes()) {
					t.Errorf("%d questions within 20 s of waking up", n)
				}
				if last := heard.lastOfAccount(); last.Err != nil || last.Doing != "" {
					t.Errorf("last news: %+v", last)
				}
				n := len(a.questions())
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				if more := len(a.questions()) - n; more != 0 {
					t.Errorf("%d more questions in the five minutes after", more)
				}
			})
		})
	}
}

// The clock of the other tests has nothing but the time on the wall, unlike that of
// the program: what it measures besides would win in every comparison.
func TestPausesGoByTheWall(t *testing.T) {
	running := time.Now()
	if running == running.Round(0) {
		t.Fatal("time.Now measures nothing besides the time")
	}
	failed := unfinished{}.failed(running, health.ErrUnreachable)
	for name, at := range map[string]time.Time{"a pause": later(running, time.Hour), "a failure": failed.again} {
		if at != at.Round(0) {
			t.Errorf("%s ends by what a machine measures while it is awake", name)
		}
	}
	if wait := failed.wait(running.Add(20 * time.Second)); wait != firstPause-20*time.Second {
		t.Errorf("%v are left of the pause", wait)
	}
}

// A clock that is set, forward or back, neither holds up what is to be tried
// again nor makes a storm.
func TestAClockThatIsSetHoldsNothingUp(t *testing.T) {
	for _, jump := range []time.Duration{-8 * time.Hour, 8 * time.Hour, -24 * 400 * time.Hour} {
		for name, failing := range map[string]error{"all well": nil, "without network": health.ErrUnreachable} {
			t.Run(jump.String()+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a := &account{id: "1", since: date("2026-11-01"), zone: "UTC"}
					wall, heard, stop := watchByTheWall(t, a)
					defer stop()
					time.Sleep(time.Minute)
					a.set(failing)
					time.Sleep(40 * time.Minute)
					wall.set(jump)
					time.Sleep(time.Second)
					a.set(nil)
					time.Sleep(2 * time.Hour)
					synctest.Wait()
					// Two hours are eight looks at calories and two or three at the rest.
					if n := len(a.questions()); n < 30 || n > 80 {
						t.Errorf("%d questions in two hours", n)
					}
					if last := heard.lastOfAccount(); last.Err != nil || last.Doing != "" {
						t.Errorf("last news: %+v", last)
					}
				})
			})
		}
	}
}

// asksForAPause is an error of a service that wants to be left alone.
type asksForAPause struct{ time.Duration }

func (asksForAPause) Error() string          { return "later" }
func (asksForAPause) Unwrap() error          { return health.ErrUnreachable }
func (p asksForAPause) Pause() time.Duration { return p.Duration }

func TestAWatchKeepsThePauseItIsAskedFor(t *testing.T) {
	for _, c := range []struct{ asked, kept time.Duration }{
		{5 * time.Minute, 5 * time.Minute}, {2 * time.Hour, 2 * time.Hour}, {time.Second, firstPause}, {24 * 365 * time.Hour, firstPause},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := &account{id: "1", since: date("2026-11-01"), zone: "UTC"}
			a.set(asksForAPause{c.asked})
			_, heard, stop := watchByTheWall(t, a)
			defer stop()
			time.Sleep(c.kept - time.Second)
			synctest.Wait()
			if n := len(a.questions()); n != 1 {
				t.Errorf("%v: %d questions before that", c.asked, n)
			}
			a.set(nil)
			time.Sleep(2 * time.Minute)
			synctest.Wait()
			if len(a.questions()) == 0 {
				t.Errorf("%v: no question afterwards", c.asked)
			}
			if last := heard.lastOfAccount(); last.Err != nil {
				t.Errorf("%v: last news: %+v", c.asked, last)
			}
		})
	}
}

// What a clock that was far ahead called fetched may not be: its days had not
// come yet.
func TestASuccessOfTheFutureIsNotBelieved(t *testing.T) {
	for _, c := range []struct {
		ahead time.Duration
		want  []string
	}{
		{-time.Hour, []string{"weight 2026-11-09..", "calories 2026-11-09..2026-11-23"}},
		{20 * time.Hour, []string{"weight 2026-11-10..", "calories 2026-11-10..2026-11-23"}},
		{60 * 24 * time.Hour, []string{"weight ..", "calories 2026-11-09..2026-11-23"}},
	} {
		a, s := &account{id: "1", since: date("2026-11-09"), zone: "UTC"}, openStore(t)
		runSync(t, a, s, now, AllData, health.TypeIdentity, health.TypeProfile, health.TypeWeight, health.TypeCalories)
		runSync(t, a, s, now.Add(c.ahead), AllData, health.TypeIdentity, health.TypeWeight, health.TypeCalories)
		runSync(t, a, s, now, AllData, health.TypeIdentity, health.TypeWeight, health.TypeCalories)
		for _, question := range c.want {
			found := false
			for _, asked := range a.questions() {
				found = found || asked == question
			}
			if !found {
				t.Errorf("%v ahead: not asked for %s but %q", c.ahead, question, a.questions())
			}
		}
	}
}
