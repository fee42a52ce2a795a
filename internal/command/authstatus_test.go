package command

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"vitals/fitbit/fake"
	"vitals/internal/health"
)

// A grant of a Google project in Testing, from its first day to its renewal.
func TestSignInClock(t *testing.T) {
	b := newBox(t)
	b.configure("")
	b.google.Set(func(k *fake.Knobs) { k.Testing = true })
	renew := func() {
		t.Helper()
		b.pipe(browse(t, b.run("auth", "--print-url").stdout), "auth", "--paste-stdin").expect(t, 0, "Connected as Ann E.")
	}
	status := func() map[string]any {
		t.Helper()
		return b.run("auth", "status", "--json").object(t)
	}
	says := func(command string, texts ...string) {
		t.Helper()
		said := b.run(strings.Fields(command)...).stdout
		for _, text := range texts {
			if !strings.Contains(said, text) {
				t.Errorf("vitals %s lacks %q:\n%s", command, text, said)
			}
		}
	}
	never := func(command, text string) {
		t.Helper()
		if said := b.run(strings.Fields(command)...).stdout; strings.Contains(said, text) {
			t.Errorf("vitals %s says %q:\n%s", command, text, said)
		}
	}
	renew()
	b.run("sync").expect(t, 0)
	if s := status(); s["age_days"] != 0.0 || s["days_left"] != 7.0 || s["problem"] != nil {
		t.Errorf("on the first day %v", s)
	}
	never("report", "Sign-in")
	types := status()["types"].([]any)
	if len(types) != len(health.DataTypes()) {
		t.Errorf("types %v", types)
	}
	for i, each := range types {
		row := each.(map[string]any)
		if row["type"] != string(health.DataTypes()[i]) || row["last_success"] != "2026-11-22T13:37:00Z" || row["error"] != nil {
			t.Errorf("%v", row)
		}
	}

	b.now = moment.Add(24 * time.Hour)
	b.google.Set(func(k *fake.Knobs) {
		k.Troubles = []fake.Trouble{{Path: "/steps/", Times: 99, Status: http.StatusInternalServerError}}
	})
	b.run("sync").expect(t, 5, "steps")
	b.google.Set(func(k *fake.Knobs) { k.Troubles = nil })
	says("auth status", "signed in\n", "since 2026-11-22T13:37:00Z (1 day ago)\n", "until 2026-11-29T13:37:00Z (6 days left)\n",
		"last success 2026-11-23T13:37:00Z\n", "  weight           2026-11-23T13:37:00Z\n", "  steps            2026-11-22T13:37:00Z  Google Health is overloaded")

	b.now = moment.Add(6 * 24 * time.Hour)
	const remedy = "to make it last, publish the Google project"
	says("report", "Sign-in       ends tomorrow (vitals auth; to make it last,\n              publish the Google project)\n")
	says("auth status", "(1 day left)", "problem: sign-in ends tomorrow – run vitals auth; "+remedy)

	b.now = moment.Add(7*24*time.Hour + time.Minute)
	says("report", "Sign-in       expired (vitals auth; to make it last, publish\n              the Google project)\n", "71.")
	if s := status(); s["problem"] != "sign-in expired – run vitals auth; "+remedy || s["days_left"] != 0.0 {
		t.Errorf("after the end %v", s)
	}
	says("auth status", "until 2026-11-29T13:37:00Z\n")
	b.run("sync").expect(t, 3, "ended after seven days", "In production")
	if s := status(); !strings.Contains(s["problem"].(string), "ended after seven days") {
		t.Errorf("refused %v", s)
	}
	says("report", "Problem", "ended after seven days", "71.")

	// A new sign-in puts an end to the old one's troubles before the next sync.
	b.google.Set(func(k *fake.Knobs) { k.Testing = false })
	renew()
	if s := status(); s["problem"] != nil || s["age_days"] != 0.0 || s["expires_at"] != nil || s["days_left"] != nil {
		t.Errorf("after the renewal %v", s)
	}
	never("report", "Problem")
	b.run("auth", "logout").expect(t, 0, "given back")
	says("report", "Sign-in       not connected, nothing new comes (vitals auth)", "71.")
	if s := status(); s["signed_in"] != false || s["age_days"] != nil || s["last_success"] == nil {
		t.Errorf("after the logout %v", s)
	}
}

// An open screen notices a sign-in of another program.
func TestSignInElsewhereIsNoticed(t *testing.T) {
	b := newBox(t)
	b.configure("")
	s := b.session()
	h := history{session: s}
	before, err := s.saved(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.saved(t.Context()); again != before || err != nil {
		t.Errorf("%d and %d, %v: nothing was saved", before, again, err)
	}
	snapshot, err := h.Snapshot(t.Context())
	if err != nil || snapshot.Grant == nil || snapshot.Grant.Kept {
		t.Errorf("nobody is signed in: %+v, %v", snapshot.Grant, err)
	}
	b.pipe(browse(t, b.run("auth", "--print-url").stdout), "auth", "--paste-stdin").expect(t, 0, "Connected as Ann E.")
	if after, err := s.saved(t.Context()); after == before || err != nil {
		t.Errorf("the sign-in went unnoticed: %d, %v", after, err)
	}
	snapshot, err = h.Snapshot(t.Context())
	if err != nil || snapshot.Grant == nil || !snapshot.Grant.Kept || !snapshot.Grant.SignedInAt.Equal(moment) {
		t.Errorf("signed in elsewhere: %+v, %v", snapshot.Grant, err)
	}
}
