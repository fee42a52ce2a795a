package fitbit_test

import (
	"errors"
	"testing"

	"vitals/fitbit/fake"
	"vitals/internal/health"
)

// A service that is down is asked four times for each of the first two types and once
// for each of the others; what fails once afterwards is tried again as ever, and one
// type that always fails, or the server of the name, takes no try from the others.
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
		asked("the second", "/v4/", 4, read(health.TypeSettings), false)
		for _, kind := range []health.DataType{health.TypeDevices, health.TypeWeight, health.TypeBodyFat, health.TypeHeight} {
			asked(string(kind), "/v4/", 1, read(kind), false)
		}
		fail("/height/", 0) // of one type alone
		asked("another", "/v4/", 1, read(health.TypeSettings), true)
		asked("the broken one", "/v4/", 4, read(health.TypeHeight), false)
		fail("/identity", 1)
		asked("a passing trouble after it", "/v4/", 2, read(health.TypeIdentity), true)
		fail(fake.UserInfoPath, 0)
		for range 2 {
			if _, err := w.client.Profile(t.Context()); err != nil {
				t.Error(err) // the name may be missing
			}
		}
		fail("/identity", 1)
		asked("a passing trouble beside another server's", "/v4/", 2, read(health.TypeIdentity), true)
	}
}

// A limit that still holds after the last try is one of all requests; a server that
// is overloaded says that of one type, unless it asks for more than a minute.
func TestAPauseToTheLast(t *testing.T) {
	for _, c := range []struct {
		trouble fake.Trouble
		of      error
	}{
		{fake.Trouble{Status: 429, RetryAfter: "0"}, health.ErrOverloaded},
		{fake.Trouble{Status: 429, RetryAfter: "1"}, health.ErrUnreachable},
		{fake.Trouble{Status: 503, RetryAfter: "1"}, health.ErrOverloaded},
		{fake.Trouble{Status: 503, RetryAfter: "61"}, health.ErrUnreachable},
	} {
		w := newWorld(t, lately())
		c.trouble.Path = "/v4/"
		w.fake.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{c.trouble} })
		if _, err := w.client.Identity(t.Context()); !errors.Is(err, c.of) {
			t.Errorf("%+v: got %v", c.trouble, err)
		}
	}
}
