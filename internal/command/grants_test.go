package command

import (
	"strings"
	"testing"
	"time"

	"vitals/fitbit"
	"vitals/fitbit/fake"
	"vitals/internal/config"
)

// What somebody without the lock put into the file during a renewal stays.
func TestARenewalDoesNotOverwriteWhatIsNewer(t *testing.T) {
	for name, c := range map[string]struct{ meanwhile, kept string }{
		"nothing":           {"1//0old", "1//0renewed"},
		"another sign-in":   {"1//0new", "1//0new"},
		"signed out":        {"", ""},
		"a file of nothing": {"-", ""},
	} {
		b := newBox(t)
		b.write("config.ini", fake.Configuration(b.base, "1//0old"))
		err := configGrants{&config.Vault{Place: config.Place{Path: b.path("config.ini")}}}.Update(t.Context(), func(kept fitbit.Grant) (fitbit.Grant, error) {
			if c.meanwhile == "-" {
				b.write("config.ini", "")
			} else {
				b.write("config.ini", fake.Configuration(b.base, c.meanwhile))
			}
			kept.RefreshToken = "1//0renewed"
			return kept, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		text := b.read("config.ini")
		if c.kept == "" && strings.Contains(text, "1//") || c.kept != "" && !strings.Contains(text, "refresh_token = "+c.kept+"\n") {
			t.Errorf("%s: the file is\n%s", name, text)
		}
	}
}

// A sync on its way, with a sign-in or a sign-out in between.
func TestARenewalAndASignInOrOut(t *testing.T) {
	slow := func(b *box) chan result {
		b.google.Set(func(k *fake.Knobs) {
			k.Rotate = true
			k.Troubles = []fake.Trouble{{Path: fake.TokenPath, Delay: 300 * time.Millisecond, Times: 1}}
		})
		syncing := make(chan result)
		asked := len(b.google.Requests(fake.TokenPath))
		go func() { syncing <- b.run("sync") }()
		b.asked(asked + 1)
		return syncing
	}
	t.Run("signed out", func(t *testing.T) {
		b := newBox(t)
		b.signIn("")
		syncing := slow(b)
		b.run("auth", "logout").expect(t, 0, "given back to Google")
		<-syncing // however far it came
		if live := b.google.Live(); len(live) > 0 || strings.Contains(b.read("config.ini"), "1//") {
			t.Errorf("still good: %v; the file is\n%s", live, b.read("config.ini"))
		}
		b.run("sync").expect(t, 3, "not signed in yet")
	})
	t.Run("signed in", func(t *testing.T) {
		b := newBox(t)
		b.signIn("")
		answer := browse(t, b.run("auth", "--print-url").stdout)
		syncing := slow(b)
		b.pipe(answer, "auth", "--paste-stdin").expect(t, 0, "Connected as Ann E.")
		signedIn := b.read("config.ini")
		(<-syncing).expect(t, 0)
		if b.read("config.ini") != signedIn {
			t.Error("the sync changed the new grant")
		}
		b.run("sync").expect(t, 0)
	})
}
