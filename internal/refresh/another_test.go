package refresh

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vitals/internal/health"
)

// Where another program has fetched all there was, nothing goes on saying that it
// does, even when only keys look for new data; what it left is fetched.
func TestWhenAnotherProgramHasFetched(t *testing.T) {
	for _, tt := range []struct {
		name                string
		manual, left, hours bool
	}{
		{name: "by itself"}, {name: "by a key", manual: true}, {name: "by a key, and it was ended in the middle", manual: true, left: true},
		{name: "and somebody looks at hours that are there", hours: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, s, heard := &account{id: "1", since: date("2026-11-20")}, &memory{}, &listener{}
				var held atomic.Bool
				held.Store(true)
				opened := make(chan Stretch, 1)
				w := &Watch{Store: s, Opened: opened, Now: time.Now, Tell: heard.tell,
					Syncer: func() (*Syncer, error) {
						return &Syncer{Account: a, Store: s, Now: time.Now, Fallback: time.UTC}, nil
					},
					Meter:       func(context.Context) (Meter, string, error) { return nil, "", nil },
					Lock:        func() (func(), bool, error) { return func() {}, !held.Load(), nil },
					DataVersion: func(context.Context) (int64, error) { return 1, nil },
				}
				ctx, cancel := context.WithCancel(t.Context())
				ask, done := make(chan struct{}, 1), make(chan struct{})
				go func() { w.Run(ctx, ask, tt.manual); close(done) }()
				ask <- struct{}{}
				time.Sleep(time.Minute + time.Second) // not when it looks by itself
				if tt.hours {
					opened <- Stretch{From: time.Now().AddDate(0, 0, -1), To: time.Now()}
				}
				if !tt.left {
					for _, kind := range health.DataTypes() {
						s.SaveFetch(ctx, health.Fetch{Type: kind, LastSuccess: time.Now()})
					}
				}
				held.Store(false)
				time.Sleep(2 * MeterEvery)
				synctest.Wait()
				var last News
				for _, n := range heard.take() {
					if n.Part == AccountPart {
						last = n
					}
				}
				if last.Doing != "" || last.Err != nil {
					t.Errorf("the last news are %+v", last)
				}
				if asked := len(a.questions()); (asked > 0) != tt.left {
					t.Errorf("asked %d questions", asked)
				}
				cancel()
				<-done
			})
		})
	}
}
