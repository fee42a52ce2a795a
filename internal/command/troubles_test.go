package command

import (
	"log"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"vitals/fitbit/fake"
)

// Each trouble alone, met by every request to the API or to the sign-in: what the
// command says of it, how it ends, and that it is over afterwards.
func TestEachTroubleAlone(t *testing.T) {
	const (
		pause      = "Google asks for a pause (too many requests)"
		broken     = "overloaded or broken (HTTP 50"
		unreadable = "could not be read"
		login      = "log in to this network in a browser"
		silent     = "(no answer in time)"
		cut        = "(connection cut)"
		endless    = "does not end"
	)
	type outcome struct {
		code, again int // with nothing stored, and with a history
		says        string
		requests    int // at most
	}
	fine := outcome{exitDone, exitDone, "", 30}
	api := map[string]outcome{
		"429":              {exitUnreached, exitFailed, pause, 17},
		"429 with seconds": {exitUnreached, exitFailed, pause, 5},
		"429 with a date":  {exitUnreached, exitFailed, pause, 5},
		"429 with a date by a clock that is hours off": {exitUnreached, exitFailed, pause, 5},
		"429 with a long pause":                        {exitUnreached, exitFailed, pause, 2},
		"503 with an absurd pause":                     {exitUnreached, exitFailed, broken, 17},
		"500":                                          {exitUnreached, exitFailed, broken, 17},
		"502 or 504":                                   {exitUnreached, exitFailed, broken, 17},
		"503":                                          {exitUnreached, exitFailed, broken, 17},
		"a page with an error":                         {exitUnreached, exitFailed, "HTTP 5", 30},
		"a page instead of an answer":                  {exitUnreached, exitFailed, login, 11},
		"a redirection to a page":                      {exitUnreached, exitFailed, login, 11},
		"silence":                                      {exitUnreached, exitFailed, silent, 5},
		"an answer that stops":                         {exitUnreached, exitFailed, silent, 5},
		"an answer in drops":                           fine,
		"drops without end":                            {exitUnreached, exitFailed, silent, 5},
		"half an answer":                               {exitFailed, exitFailed, unreadable, 11},
		"an answer shorter than announced":             {exitFailed, exitFailed, unreadable, 17},
		"an answer longer than announced":              {exitFailed, exitPartly, unreadable, 11}, // "{}" is whole without its line's end
		"a reset before the answer":                    {exitUnreached, exitFailed, cut, 18},
		"a reset amid the answer":                      {exitFailed, exitFailed, unreadable, 17},
		"a good page of 10 MB":                         fine,
		"a bad page of 10 MB":                          {exitFailed, exitFailed, unreadable, 11},
		"an error of 10 MB":                            {exitUnreached, exitFailed, broken, 17},
		"gzip":                                         fine,
		"broken gzip":                                  {exitFailed, exitFailed, unreadable, 17},
		"wrong types":                                  {exitFailed, exitFailed, unreadable, 11},
		"a list without end":                           {exitPartly, exitPartly, endless, 140},
		"a page that comes again":                      {exitPartly, exitPartly, endless, 30},
		"pages in a circle":                            {exitPartly, exitPartly, endless, 40},
		"401":                                          {exitSignIn, exitSignIn, "does not accept the sign-in any more", 4},
		"an odd life of a token":                       fine,
		"a clock that is hours off":                    fine,
		"a bomb":                                       {exitFailed, exitFailed, unreadable, 11},
	}
	// Without a token nothing can be asked, so there are fewer requests.
	signIn := map[string]outcome{
		"429 with seconds":                 {exitUnreached, exitFailed, "Google's sign-in is " + broken[:22], 4},
		"429 with a long pause":            {exitUnreached, exitFailed, "Google's sign-in is " + broken[:22], 1},
		"a page instead of an answer":      {exitUnreached, exitFailed, login, 10},
		"a redirection to a page":          {exitUnreached, exitFailed, "is not Google (HTTP 302)", 10},
		"silence":                          {exitUnreached, exitFailed, silent, 4},
		"a reset before the answer":        {exitUnreached, exitFailed, cut, 4},
		"an answer longer than announced":  {exitFailed, exitFailed, unreadable, 40},
		"an answer shorter than announced": {exitFailed, exitFailed, unreadable, 40},
		"a bad page of 10 MB":              {exitFailed, exitFailed, unreadable, 40},
		"an error of 10 MB":                {exitUnreached, exitFailed, "Google's sign-in is " + broken, 4},
	}
	usual := []string{"429 with a long pause", "a page instead of an answer", "an answer longer than announced", "401"}
	person := member(60)
	calm, calmLog := calmly(t, person)
	var said strings.Builder // what nobody should have said
	log.SetOutput(&said)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	try := func(path string, m fake.Mischief, want outcome) {
		m.Only = path
		name := m.Name + " from " + path
		inStorm(t, person, 3, func(t *testing.T, s *storm) {
			s.chaos.Set(1, m)
			check := func(code int) {
				t.Helper()
				n := len(s.chaos.Log())
				r := s.run("sync")
				if r.code != code || !strings.Contains(r.stderr, want.says) {
					t.Errorf("%s: exit code %d, want %d; it says: %s", name, r.code, code, r.stderr)
				}
				s.checkSaid(r)
				log := s.chaos.Log()[n:]
				if len(log) > want.requests {
					t.Errorf("%s: %d requests", name, len(log))
				}
				checkBudget(t, log, calmLog)
			}
			check(want.code)
			s.chaos.Set(0)
			s.run("sync").expect(t, exitDone)
			s.chaos.Set(1, m)
			time.Sleep(2 * time.Hour)
			check(want.again)
			s.chaos.Set(0)
			s.run("sync").expect(t, exitDone)
			s.expectStored(calm)
		})
	}
	for _, m := range append(fake.Mischiefs(), fake.Bomb()) {
		want, known := api[m.Name]
		if !known {
			t.Errorf("nobody says how %s ends", m.Name)
		}
		if m.Only == fake.TokenPath || !long() && !slices.Contains(usual, m.Name) {
			continue
		}
		only := m.Only
		if only == "" {
			only = "/v4/"
		}
		try(only, m, want)
		if want, known := signIn[m.Name]; known && (long() || m.Name == "an answer longer than announced") {
			try(fake.TokenPath, m, want)
		}
	}
	if said.Len() > 0 {
		t.Errorf("the log of the standard library says: %.300s", said.String())
	}
}
