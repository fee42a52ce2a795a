package fitbit_test

import (
	"errors"
	"testing"

	"vitals/fitbit/fake"
	"vitals/internal/health"
)

// A service that is down is asked four times for the first type and once for each
// of the others; what fails once afterwards is tried again as ever.
func TestAServiceThatIsDownIsAskedLittle(t *testing.T) {
	for name, trouble := range map[string]fake.Trouble{"429": {Status: 429}, "503": {Status: 503}} {
		w := newWorld(t, lately())
		fail := func(path string, times int) {
			trouble.Path, trouble.Times = path, times
			w.fake.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{trouble} })
		}
		asked := func(what, path string, want int, ask func() error, works bool) {
			t.Helper()
			before := len(w.fake.Requests(path))
			if err := ask(); (err == nil) != works {
				t.Errorf("%s: %s: got %v", name, what, err)
			}
			if n := len(w.fake.Requests(path)) - before; n != want {
				t.Errorf("%s: %s: asked %d times, want %d", name, what, n, want)
			}
		}
		read := func(kind health.DataType) func() error {
			return func() error { return reads(w.client)[kind](t.Context()) }
		}
		fail("/v4/", 0)
		asked("the first", "/v4/", 4, read(health.TypeIdentity), false)
		for _, kind := range []health.DataType{health.TypeSettings, health.TypeDevices, health.TypeWeight, health.TypeBodyFat, health.TypeHeight} {
			asked(string(kind), "/v4/", 1, read(kind), false)
		}
		fail("/height/", 0) // of one type alone
		asked("another", "/v4/", 1, read(health.TypeSettings), true)
		asked("the broken one", "/v4/", 4, read(health.TypeHeight), false)
		fail("/identity", 1)
		asked("the one after it", "/v4/", 1, read(health.TypeIdentity), false)
		asked("the one after that", "/v4/", 1, read(health.TypeIdentity), true)
		fail("/identity", 1)
		asked("a passing trouble", "/v4/", 2, read(health.TypeIdentity), true)
	}
}

// A pause that is asked for to the last is one from everything.
func TestAPauseToTheLastStopsAll(t *testing.T) {
	w := newWorld(t, lately())
	w.fake.Set(func(k *fake.Knobs) {
		k.Troubles = []fake.Trouble{{Path: "/v4/", Status: 429, RetryAfter: "0"}}
	})
	if _, err := w.client.Identity(t.Context()); errors.Is(err, health.ErrUnreachable) {
		t.Errorf("no pause is asked for: %v", err)
	}
	w.fake.Set(func(k *fake.Knobs) {
		k.Troubles = []fake.Trouble{{Path: "/v4/", Status: 429, RetryAfter: "1"}}
	})
	if _, err := w.client.Identity(t.Context()); !errors.Is(err, health.ErrUnreachable) {
		t.Errorf("got %v", err)
	}
}
