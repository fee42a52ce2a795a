package command

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"vitals/fitbit/fake"
	"vitals/internal/health"
	"vitals/internal/refresh"
)

// news is what an open dashboard would hear.
type news struct {
	mu   sync.Mutex
	last map[refresh.Part]refresh.News
}

func (n *news) tell(told refresh.News) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last[told.Part] = told
}

func (n *news) account() refresh.News {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.last[refresh.AccountPart]
}

// watch keeps the store fresh as an open dashboard does, until stop.
func (s *storm) watch() (heard *news, stop func()) {
	s.t.Helper()
	session := s.session()
	heard = &news{last: map[refresh.Part]refresh.News{}}
	w := session.watch(s.t.Context(), nil, nil, &firstPanic{})
	w.Tell, w.Broken = heard.tell, nil
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan struct{})
	go func() {
		w.Run(ctx, nil, false)
		close(done)
	}()
	return heard, func() {
		cancel()
		<-done
	}
}

// complaints are the errors that are stored.
func (s *storm) complaints() (texts []string) {
	for _, row := range s.stored()["fetch"] {
		if !strings.Contains(row, " error= ") {
			texts = append(texts, row)
		}
	}
	return texts
}

// Five minutes without network: few calls, and a dashboard that is whole again by
// itself.
func TestFiveMinutesWithoutNetwork(t *testing.T) {
	person := member(60)
	for name, down := range map[string]error{
		"connection refused": syscall.ECONNREFUSED,
		"name not found":     &net.DNSError{Err: "no such host", Name: "health.googleapis.com", IsNotFound: true},
		"no network":         syscall.ENETUNREACH,
	} {
		if !long() && name != "name not found" {
			continue
		}
		inStorm(t, person, 0, func(t *testing.T, s *storm) {
			heard, stop := s.watch()
			time.Sleep(14*time.Minute + 50*time.Second) // calories are due soon
			synctest.Wait()
			if n := heard.account(); n.Err != nil || n.Doing != "" {
				t.Fatalf("%s: before: %+v", name, n)
			}
			calls := s.wire.Calls()
			s.wire.Down(down)
			time.Sleep(5 * time.Minute)
			synctest.Wait()
			// At once, after one minute and after two more; each look tries four times.
			if n := s.wire.Calls() - calls; n < 4 || n > 12 {
				t.Errorf("%s: %d calls in five minutes without network", name, n)
			}
			if n := heard.account(); !errors.Is(n.Err, health.ErrUnreachable) || !strings.Contains(n.Err.Error(), name) {
				t.Errorf("%s: the screen says %v", name, n.Err)
			}
			s.wire.Down(nil)
			before := len(s.chaos.Log())
			time.Sleep(4 * time.Minute)
			synctest.Wait()
			if n := heard.account(); n.Err != nil || n.Doing != "" {
				t.Errorf("%s: four minutes later the screen says %v, %q", name, n.Err, n.Doing)
			}
			if texts := s.complaints(); texts != nil {
				t.Errorf("%s: %q", name, texts)
			}
			if n := len(s.chaos.Log()) - before; n < 1 || n > 10 {
				t.Errorf("%s: %d requests once the network is back", name, n)
			}
			stop()
		})
	}
}

// A dashboard that is open all through a bad day ends as on a calm one, and asks
// for little while all goes wrong.
func TestADashboardLivesThroughChaos(t *testing.T) {
	person := member(83)
	calm, calmLog := calmly(t, person)
	seeds := []uint64{11}
	if long() {
		seeds = []uint64{11, 12, 13, 14}
	}
	for _, seed := range seeds {
		inStorm(t, person, seed, func(t *testing.T, s *storm) {
			s.chaos.Set(0.5, mischiefs()...)
			heard, stop := s.watch()
			time.Sleep(5 * time.Hour)
			s.chaos.Set(0)
			time.Sleep(150 * time.Minute) // the longest pause, and what is due after it
			synctest.Wait()
			if n := heard.account(); n.Err != nil || n.Doing != "" {
				t.Errorf("seed %d: in the end the screen says %v, %q", seed, n.Err, n.Doing)
			}
			stop()
			if texts := s.complaints(); texts != nil {
				t.Errorf("seed %d: %q", seed, texts)
			}
			s.expectStored(calm)
			log := s.chaos.Log()
			inHour := map[int]int{}
			for i, h := range log {
				if i >= 2 && h.At.Sub(log[i-2].At) < time.Second-time.Microsecond {
					t.Errorf("seed %d: three requests within %v", seed, h.At.Sub(log[i-2].At))
				}
				inHour[int(h.At.Sub(moment)/time.Hour)]++
			}
			// In an hour: everything once, calories thrice more, and four tries each where
			// it fails: six times in the first hour, then less and less often.
			for hour, n := range inHour {
				if most := 4 * (len(calmLog) + 10*6); n > most {
					t.Errorf("seed %d: %d requests in hour %d", seed, n, hour)
				}
			}
			t.Logf("seed %d: %d requests, by the hour %v", seed, len(log), inHour)
		})
	}
}

// A sync that is interrupted at some request, again and again, in calm and in
// chaos, ends like one that was left alone.
func TestASyncThatIsInterruptedAgainAndAgain(t *testing.T) {
	person := member(83)
	calm, calmLog := calmly(t, person)
	rounds := 2
	if long() {
		rounds = 40
	}
	for seed := range uint64(rounds) {
		inStorm(t, person, seed, func(t *testing.T, s *storm) {
			random := rand.New(rand.NewPCG(seed, 9))
			s.chaos.Set(float64(seed%2)*0.2, mischiefs()...)
			session := s.session()
			for range 5 {
				ctx, cancel := context.WithCancel(t.Context())
				last := len(s.chaos.Log()) + random.IntN(len(calmLog))
				s.chaos.Before(func(request int) {
					if request == last {
						cancel()
					}
				})
				syncer, err := session.syncer(s.t.Context())
				if err != nil {
					t.Fatal(err)
				}
				before := len(s.chaos.Log())
				_, err = syncer.Sync(ctx, syncer.Types(), refresh.AllData)
				cancel()
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("seed %d: %v", seed, err)
				}
				if all := s.chaos.Log(); len(all) > last+1 {
					t.Errorf("seed %d: %d requests after the interruption", seed, len(all)-last-1)
				} else {
					checkBudget(t, all[before:], calmLog)
				}
				time.Sleep(time.Second) // what was under way ends
				for _, complaint := range s.complaints() {
					if strings.Contains(complaint, "interrupted") {
						t.Errorf("seed %d: stored: %s", seed, complaint)
					}
				}
			}
			s.chaos.Before(nil)
			s.chaos.Set(0)
			s.run("sync").expect(t, exitDone)
			s.expectStored(calm)
		})
	}
}

// Over a real connection: resets as the kernel has them, and every descriptor
// given back.
func TestChaosOverARealConnection(t *testing.T) {
	instant := slices.DeleteFunc(fake.Mischiefs(), func(m fake.Mischief) bool {
		return slices.Contains([]string{"silence", "an answer that stops", "drops without end", "429 with seconds", "429 with a date",
			"429 with a date by a clock that is hours off", "a good page of 10 MB", "a bad page of 10 MB"}, m.Name)
	})
	seeds, requests := []uint64{21}, 100
	if long() {
		seeds, requests = []uint64{21, 22, 23, 24}, 1000
	}
	b := newBox(t)
	person := member(83)
	var want map[string][]string
	for _, seed := range append([]uint64{0}, seeds...) {
		b.home, b.google = t.TempDir(), fake.New(person, func() time.Time { return b.now })
		chaos := fake.NewChaos(b.google, seed, time.Millisecond)
		server := httptest.NewServer(chaos)
		transport := http.DefaultTransport.(*http.Transport).Clone()
		b.base, b.outside = server.URL, func(e *Environment) { e.Transport = transport }
		b.signIn("")
		if seed == 0 {
			b.run("sync").expect(t, exitDone)
			want = b.stored()
			server.Close()
			continue
		}
		descriptors, goroutines := openFiles(t), runtime.NumGoroutine()
		chaos.Set(0.2, instant...)
		for syncs, whole := 0, false; len(chaos.Log()) < requests || !whole; syncs++ {
			if syncs == 300 {
				t.Fatal("it never becomes whole")
			}
			whole = b.run("sync").code == exitDone
		}
		b.expectStored(want)
		transport.CloseIdleConnections()
		server.Close()
		for range 100 { // what ends takes a moment
			if openFiles(t) <= descriptors && runtime.NumGoroutine() <= goroutines {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if n, m := openFiles(t), runtime.NumGoroutine(); n > descriptors || m > goroutines {
			t.Errorf("seed %d: %d descriptors and %d goroutines, before %d and %d", seed, n, m, descriptors, goroutines)
		}
		t.Logf("seed %d: %d requests", seed, len(chaos.Log()))
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0 // no Linux
	}
	return len(open)
}
