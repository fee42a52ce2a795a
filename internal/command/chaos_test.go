package command

import (
	"strings"
	"testing"
	"time"

	"vitals/fitbit/fake"
	"vitals/internal/health"
)

// Whatever answers, drips, breaks off or does not come: in the end the store is
// that of a calm day, and Google was not asked more than it should be.
func TestChaosEndsAsACalmDay(t *testing.T) {
	seeds, requests := []uint64{1}, 250
	if long() {
		seeds, requests = []uint64{1, 2, 3, 4, 5, 6, 7, 8}, 2000
	}
	person := member(150)
	if long() {
		person = member(1000)
	}
	calm, calmLog := calmly(t, person)
	kinds := map[string]int{}
	for _, seed := range seeds {
		inStorm(t, person, seed, func(t *testing.T, s *storm) {
			defer func() {
				if t.Failed() {
					t.Logf("seed %d", seed)
				}
			}()
			s.chaos.Set(0.3, mischiefs()...)
			whole, syncs := false, 0
			for n := 0; n < requests || !whole; syncs++ {
				if syncs == 1000 {
					t.Fatal("it never becomes whole")
				}
				args := []string{"sync"}
				if n < requests {
					// The clock is wrong now and then; the full syncs begin all over again.
					s.setClock([]time.Duration{0, -3 * time.Hour, 0, 3 * time.Hour}[syncs%4])
					if syncs%5 == 4 {
						args = append(args, "--full")
					}
				} else { // it gets no worse
					s.setClock(0)
					s.chaos.Set(0.1, mischiefs()...)
				}
				whole = n >= requests
				r := s.run(args...)
				whole = whole && r.code == exitDone
				s.checkSaid(r)
				all := s.chaos.Log()
				checkBudget(t, all[n:], calmLog)
				for _, h := range all[n:] {
					kinds[h.Mischief]++
				}
				n = len(all)
				time.Sleep(time.Minute) // of cron
			}
			s.expectStored(calm)
			if health.DateOf(s.now()) != health.DateOf(moment) {
				t.Errorf("it is %s by now, and a calm day another one", s.now())
			}
			t.Logf("seed %d: %d syncs with %d requests in %v", seed, syncs, len(s.chaos.Log()), time.Since(s.began).Round(time.Second))
		})
	}
	for _, m := range fake.Mischiefs() {
		if kinds[m.Name] == 0 && long() {
			t.Errorf("%s never happened", m.Name)
		}
	}
	t.Logf("how it went: %v", kinds)
}

// checkSaid checks that a sync says what failed in plain sentences, one a type at
// most.
func (s *storm) checkSaid(r result) {
	s.t.Helper()
	if r.code != exitDone && r.code != exitFailed && r.code != exitSignIn && r.code != exitUnreached && r.code != exitPartly {
		s.t.Errorf("exit code %d", r.code)
	}
	r.expect(s.t, r.code, "")
	for _, kind := range health.DataTypes() {
		lines := 0
		for _, line := range strings.Split(r.stderr, "\n") {
			named, _, _ := strings.Cut(strings.TrimPrefix(line, "vitals: error: "), ":")
			for _, name := range strings.Split(named, ", ") {
				if strings.HasPrefix(line, "vitals: error: ") && name == string(kind) {
					lines++
				}
			}
		}
		if lines > 1 {
			s.t.Errorf("%s is complained of in %d lines: %s", kind, lines, r.stderr)
		}
	}
	if (r.code == exitDone) != (r.stderr == "") {
		s.t.Errorf("exit code %d, and it says: %s", r.code, r.stderr)
	}
}

// checkBudget checks the requests of one sync:
//
//   - A question is asked once, and again only for a trouble that it met: four
//     times at most, or eight when the token had to be renewed in between, and by
//     net/http itself when a kept connection breaks.
//   - Nobody asks for other things than on a calm day, but for pages that were
//     made up: 20 for each list that does not end.
//   - The token is renewed once, and once more for each answer that calls for it.
//   - Never more than two requests a second, so 120 a minute: Google allows 300 a
//     minute and person, and 150 where a client is not verified.
//   - A pause that is asked for is kept to the second; one of more than a minute
//     ends the sync.
func checkBudget(t *testing.T, log, calm []fake.Happening) {
	t.Helper()
	const renewal = "POST " + fake.TokenPath + " "
	asked, wrong, broken, last := map[string]int{}, map[string]int{}, map[string]int{}, map[string]fake.Happening{}
	oddLives, unauthorised := 0, 0
	for i, h := range log {
		if i >= 2 && h.At.Sub(log[i-2].At) < time.Second-time.Microsecond {
			t.Errorf("three requests within %v", h.At.Sub(log[i-2].At))
		}
		before, again := last[h.Question]
		if again && h.At.Sub(before.At) < before.RetryAfter {
			t.Errorf("%s: asked again after %v, although %v were asked for", h.Question, h.At.Sub(before.At), before.RetryAfter)
		}
		if h.RetryAfter > time.Minute && i+1 < len(log) && h.Path != fake.UserInfoPath { // the name has a server of its own
			t.Errorf("%s: asked for %v, and %d requests follow in the same sync", h.Question, h.RetryAfter, len(log)-i-1)
		}
		last[h.Question] = h
		asked[h.Question]++
		if h.Mischief != "" {
			wrong[h.Question]++
		}
		switch h.Mischief {
		case "a reset before the answer":
			broken[h.Question]++
		case "401":
			unauthorised++
		case "an odd life of a token":
			oddLives++
		}
	}
	questions, followUps, endless := 0, 0, 0
	for question, n := range asked {
		h := last[question]
		if question == renewal {
			continue
		}
		tries := 4 + broken[question]
		if unauthorised > 0 {
			tries *= 2
		}
		if n > 1+wrong[question] || n > tries {
			t.Errorf("%s: asked %d times for %d troubles", question, n, wrong[question])
		}
		if h.Mischief == fake.FollowUp {
			followUps += n
		} else {
			questions++
		}
	}
	for _, h := range log {
		switch h.Mischief {
		case "a list without end", "a page that comes again", "pages in a circle":
			endless++
		}
	}
	if questions > len(calm) {
		t.Errorf("%d questions, and %d on a calm day", questions, len(calm))
	}
	if followUps > 20*endless {
		t.Errorf("%d made-up pages were asked for, of %d lists", followUps, endless)
	}
	const life = 59 * time.Minute
	most := 1 + unauthorised + wrong[renewal] + int(log[len(log)-1].At.Sub(log[0].At)/life)
	if oddLives > 0 { // a token of one second is renewed for each question
		most += len(log)
	}
	if asked[renewal] > most {
		t.Errorf("%d renewals, want at most %d", asked[renewal], most)
	}
}
