package refresh

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// meter is a Meter whose database was written to or not.
type meter struct {
	mu      sync.Mutex
	written bool
	reads   int
	err     error
}

func (m *meter) Changed(context.Context) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.written, m.err
}

func (m *meter) RollUp(_ context.Context, bookmark []byte, progress func(done, total int64)) (timeline.RollUp, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	m.written = false
	if progress != nil {
		progress(1, 2)
	}
	start := now.Truncate(15 * time.Minute).Add(time.Duration(m.reads) * 15 * time.Minute)
	r := timeline.RollUp{Bookmark: []byte{1}, Latest: timeline.Reading{Time: start}}
	if len(bookmark) > 0 {
		r.From = start
	}
	r.Portions = []timeline.Portion{{Start: start.Unix(), End: start.Unix() + timeline.QuarterHour, Amount: 1, Covered: time.Minute}}
	return r, nil
}

func (m *meter) set(written bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.written, m.err = written, err
}

func (m *meter) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.reads
}

// listener keeps the news.
type listener struct {
	mu   sync.Mutex
	news []News
}

func (l *listener) tell(n News) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.news = append(l.news, n)
}

// take returns the news since the last call.
func (l *listener) take() []News {
	l.mu.Lock()
	defer l.mu.Unlock()
	news := l.news
	l.news = nil
	return news
}

func TestUpdateMeterSavesOnlyWhatIsNew(t *testing.T) {
	s, m := openStore(t), &meter{}
	for i := range 2 {
		changed, err := UpdateMeter(t.Context(), m, s, "m", nil, nil)
		if err != nil || !changed {
			t.Fatalf("read %d: %v, %v", i, changed, err)
		}
	}
	portions, err := s.Portions(t.Context(), "m", time.Time{}, time.Time{})
	if err != nil || len(portions) != 2 {
		t.Fatalf("%d portions, %v", len(portions), err)
	}
	before, _, _ := s.RollUp(t.Context(), "m")
	idle := same{timeline.RollUp{From: time.Unix(portions[1].Start, 0), Portions: portions[1:], Latest: before.Latest, Bookmark: before.Bookmark}}
	if changed, err := UpdateMeter(t.Context(), idle, s, "m", nil, nil); changed || err != nil {
		t.Errorf("nothing new: %v, %v", changed, err)
	}
	if after, _, _ := s.RollUp(t.Context(), "m"); after.Revision != before.Revision {
		t.Error("nothing new was saved all the same")
	}
	// A reading of yesterday was corrected.
	corrected := portions[1]
	corrected.Amount++
	idle.always.Portions = []timeline.Portion{corrected}
	if changed, err := UpdateMeter(t.Context(), idle, s, "m", nil, nil); !changed || err != nil {
		t.Errorf("a correction: %v, %v", changed, err)
	}
}

// same is a meter that gives one roll-up.
type same struct{ always timeline.RollUp }

func (same) Changed(context.Context) (bool, error) { return true, nil }

func (m same) RollUp(context.Context, []byte, func(done, total int64)) (timeline.RollUp, error) {
	return m.always, nil
}

// startWatch runs a Watch in a synctest bubble and returns what the test needs.
// The store is one in memory of the test's own: goroutines of SQLite outside
// the bubble would keep its time from passing.
func startWatch(t *testing.T, a *account, m *meter, manual bool) (heard *listener, ask chan struct{}, stop func()) {
	return watchInto(t, &memory{}, a, m, manual)
}

func watchInto(t *testing.T, s *memory, a *account, m *meter, manual bool) (heard *listener, ask chan struct{}, stop func()) {
	heard, ask = &listener{}, make(chan struct{}, 1)
	start := time.Now()
	clock := func() time.Time { return now.Add(time.Since(start)) }
	w := &Watch{Store: s, Now: clock, Tell: heard.tell,
		Syncer: func() (*Syncer, error) {
			if a == nil {
				return nil, nil
			}
			return &Syncer{Account: a, Store: s, Now: clock, Fallback: time.UTC, Grant: a.grant()}, nil
		},
		Meter: func(context.Context) (Meter, string, error) {
			if m == nil {
				return nil, "", nil
			}
			return m, "m", nil
		},
		Lock:        func() (func(), bool, error) { return func() {}, true, nil },
		DataVersion: func(context.Context) (int64, error) { return s.dataVersion(), nil },
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		w.Run(ctx, ask, manual)
		close(done)
	}()
	return heard, ask, func() { cancel(); <-done }
}

func TestWatchReadsTheMeterWhenItWasWrittenTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &meter{written: true}
		heard, _, stop := startWatch(t, nil, m, false)
		defer stop()
		synctest.Wait()
		if m.count() != 1 {
			t.Fatalf("read %d times at once", m.count())
		}
		heard.take()
		time.Sleep(time.Minute)
		synctest.Wait()
		if m.count() != 1 {
			t.Errorf("read %d times although nothing was written", m.count())
		}
		for _, n := range heard.take() {
			if n.Changed || n.Doing != "" || n.Err != nil {
				t.Errorf("news of nothing: %+v", n)
			}
		}
		m.set(true, nil)
		time.Sleep(MeterEvery)
		synctest.Wait()
		if m.count() != 2 {
			t.Errorf("read %d times after a write, want 2", m.count())
		}
		m.set(false, errors.New("unplugged"))
		heard.take()
		time.Sleep(MeterEvery)
		synctest.Wait()
		news := heard.take()
		if len(news) == 0 || news[len(news)-1].Err == nil || news[len(news)-1].Part != MeterPart {
			t.Errorf("news of an unplugged disk: %+v", news)
		}
	})
}

func TestWhatIsWrongWithTheMeterIsToldUntilItIsRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, s := &meter{written: true}, &memory{full: true}
		heard, _, stop := watchInto(t, s, nil, m, false)
		defer stop()
		time.Sleep(3 * MeterEvery)
		synctest.Wait()
		if m.count() < 3 {
			t.Errorf("read %d times although nothing could be saved", m.count())
		}
		s.mu.Lock()
		s.full = false
		s.version++ // another program saved something
		s.mu.Unlock()
		m.set(false, errors.New("unplugged"))
		heard.take()
		time.Sleep(MeterEvery)
		synctest.Wait()
		news := heard.take()
		if last := news[len(news)-1]; last.Err == nil || !last.Changed {
			t.Errorf("last news %+v, want the error and the change", last)
		}
		m.set(false, nil)
		time.Sleep(MeterEvery)
		synctest.Wait()
		if got, _, _ := s.RollUp(context.Background(), "m"); got.Bookmark == nil {
			t.Error("what could not be saved never was")
		}
	})
}

func TestBackFillGoesOnAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &account{id: "1", since: date("2024-01-01"), zone: "UTC", failAt: "calories 2026-10-26..2026-11-09"}
		_, _, stop := startWatch(t, a, nil, false)
		synctest.Wait()
		a.mu.Lock()
		a.failAt = ""
		a.mu.Unlock()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		reached := false
		for _, q := range a.questions() {
			reached = reached || strings.HasPrefix(q, "calories 2024-01-01")
		}
		if !reached {
			t.Errorf("two minutes after a dropped line the history is still missing: %d questions", len(a.questions()))
		}
		stop()
	})
}

// A panic of either loop is told, and the other one goes on.
func TestAPanicOfAWatchIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := make(chan any, 1)
		looks := 0
		w := &Watch{Store: &memory{}, Now: time.Now, Tell: func(News) {}, Broken: func(cause any) { told <- cause },
			Syncer:      func() (*Syncer, error) { panic("no syncer") },
			Meter:       func(context.Context) (Meter, string, error) { return nil, "", nil },
			DataVersion: func(context.Context) (int64, error) { looks++; return 1, nil },
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*MeterEvery+time.Second)
		defer cancel()
		w.Run(ctx, nil, false)
		if cause := <-told; cause != "no syncer" {
			t.Errorf("told %v", cause)
		}
		if looks != 4 {
			t.Errorf("%d looks at the meter", looks)
		}
	})
}

func TestWatchWaitsForAnotherProgramThatFetches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &account{id: "1", since: date("2026-11-20"), zone: "UTC"}
		heard, s := &listener{}, &memory{}
		var held atomic.Bool
		held.Store(true)
		w := &Watch{Store: s, Now: time.Now, Tell: heard.tell,
			Syncer: func() (*Syncer, error) {
				return &Syncer{Account: a, Store: s, Now: time.Now, Fallback: time.UTC}, nil
			},
			Meter:       func(context.Context) (Meter, string, error) { return nil, "", nil },
			Lock:        func() (func(), bool, error) { return func() {}, !held.Load(), nil },
			DataVersion: func(context.Context) (int64, error) { return 1, nil },
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { w.Run(ctx, nil, false); close(done) }()
		synctest.Wait()
		told := false
		for _, n := range heard.take() {
			told = told || n.Doing == "another vitals is fetching"
		}
		if !told || len(a.questions()) != 0 {
			t.Errorf("told %v, asked %q", told, a.questions())
		}
		held.Store(false)
		time.Sleep(MeterEvery + time.Second)
		synctest.Wait()
		if len(a.questions()) == 0 {
			t.Error("it still waits")
		}
		cancel()
		<-done
	})
}

// Who waited for another program, and then cannot have the lock at all, looks no more
// by itself where that is off.
func TestWatchGivesUpALockThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, tries := &memory{}, 0
		w := &Watch{Store: s, Now: time.Now, Tell: (&listener{}).tell,
			Syncer: func() (*Syncer, error) {
				return &Syncer{Account: &account{id: "1", since: date("2026-11-20"), zone: "UTC"}, Store: s, Now: time.Now, Fallback: time.UTC}, nil
			},
			Meter: func(context.Context) (Meter, string, error) { return nil, "", nil },
			Lock: func() (func(), bool, error) {
				if tries++; tries > 1 {
					return nil, false, errors.New("read-only")
				}
				return nil, false, nil
			},
			DataVersion: func(context.Context) (int64, error) { return 1, nil },
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		now := make(chan struct{}, 1)
		now <- struct{}{}
		w.Run(ctx, now, true)
		if tries != 2 {
			t.Errorf("%d tries", tries)
		}
	})
}

func TestWatchKeepsTheCadence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &account{id: "1", since: date("2026-11-20"), zone: "UTC"}
		_, ask, stop := startWatch(t, a, nil, false)
		synctest.Wait()
		count := func(t health.DataType) (n int) {
			for _, q := range a.questions() {
				if len(q) >= len(t) && q[:len(t)] == string(t) {
					n++
				}
			}
			return n
		}
		first := count(health.TypeCalories)
		if first == 0 || count(health.TypeWeight) != 1 {
			t.Fatalf("asked at once: %q", a.questions())
		}
		time.Sleep(time.Hour + time.Minute)
		synctest.Wait()
		if got := count(health.TypeWeight); got != 2 {
			t.Errorf("weight was asked for %d times in an hour, want 2", got)
		}
		if got := count(health.TypeCalories) / first; got != 5 {
			t.Errorf("calories were asked for %d times in an hour, want 5", got)
		}
		ask <- struct{}{}
		synctest.Wait()
		if got := count(health.TypeWeight); got != 3 {
			t.Errorf("weight was asked for %d times after a key, want 3", got)
		}
		stop()
	})
}

func TestWatchTriesAgainLessAndLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &account{fail: map[health.DataType]error{health.TypeIdentity: health.ErrUnreachable}}
		heard, _, stop := startWatch(t, a, nil, false)
		synctest.Wait()
		failed := func(n News) bool { return n.Part == AccountPart && errors.Is(n.Err, health.ErrUnreachable) }
		if news := heard.take(); !slices.ContainsFunc(news, failed) {
			t.Errorf("news of a dropped line: %+v", news)
		}
		time.Sleep(8 * time.Minute) // 0, 1, 3 and 7 minutes after the start
		synctest.Wait()
		if n := len(a.questions()); n != 4 {
			t.Errorf("asked %d times in eight minutes, want 4", n)
		}
		stop()
	})
}

func TestATypeThatFailsKeepsNoOtherWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &account{id: "1", since: date("2026-11-20"), fail: map[health.DataType]error{health.TypeBodyFat: errors.New("half a JSON")}}
		_, _, stop := startWatch(t, a, nil, false)
		time.Sleep(121 * time.Minute)
		synctest.Wait()
		count := map[string]int{}
		for _, question := range a.questions() {
			kind, _, _ := strings.Cut(question, " ")
			count[kind]++
		}
		// Body fat after 0, 1, 3, 7, 15, 31, 63 minutes; calories each quarter of an
		// hour, days and hours; weight each hour.
		if count["body-fat"] != 7 || count["calories"] != 18 || count["weight"] != 3 {
			t.Errorf("asked %v", count)
		}
		stop()
	})
}

func TestManualWatchOnlyActsWhenAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, m := &account{id: "1", since: date("2026-11-20")}, &meter{written: true}
		_, ask, stop := startWatch(t, a, m, true)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if len(a.questions()) != 0 || m.count() != 0 {
			t.Errorf("asked %d questions, read %d times", len(a.questions()), m.count())
		}
		ask <- struct{}{}
		synctest.Wait()
		if len(a.questions()) == 0 || m.count() != 1 {
			t.Errorf("after a key: asked %d questions, read %d times", len(a.questions()), m.count())
		}
		stop()
	})
}
