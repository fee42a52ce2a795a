package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"vitals/fitbit/fake"
)

// together runs commands at the same time, and expects all to work, and none to
// be told that the history is locked.
func (tr *trial) together(commands ...*exec.Cmd) {
	tr.t.Helper()
	var all sync.WaitGroup
	for _, cmd := range commands {
		all.Go(func() {
			out, err := cmd.CombinedOutput()
			if err != nil || strings.Contains(string(out), "locked") {
				tr.t.Errorf("%v: %v\n%s", cmd.Args[1:], err, out)
			}
		})
	}
	all.Wait()
}

// TestTwoWriters: whatever is saved by several processes at once is all there,
// and the same as if they had run one after the other.
func TestTwoWriters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rounds := 1
	if long() {
		rounds = 5
	}
	for _, tt := range []struct {
		name     string
		always   bool // also when the trials are few
		furnish  func(*trial)
		commands func(*trial) []*exec.Cmd
		exports  []string
	}{
		{"two syncs", false, func(tr *trial) { tr.signIn("") },
			func(tr *trial) []*exec.Cmd { return []*exec.Cmd{tr.command("sync"), tr.command("sync")} }, fromAccount},
		{"a sync and two imports", true, func(tr *trial) { tr.signIn("") },
			func(tr *trial) []*exec.Cmd {
				return []*exec.Cmd{tr.command("import", tr.archive), tr.command("sync"), tr.command("import", tr.archive)}
			}, fromAccount},
		{"three exports of a meter", false, func(tr *trial) { tr.configure("", tr.withMeter()) },
			func(tr *trial) []*exec.Cmd {
				return []*exec.Cmd{tr.command("export", "electricity"), tr.command("report"), tr.command("export", "electricity")}
			}, fromMeter},
		{"saves of the configuration", true, func(tr *trial) {
			tr.google.Set(func(k *fake.Knobs) { k.Rotate = true })
			tr.signIn("")
			client := fake.DesktopClient()
			text := `{"installed":{"client_id":"` + client.ID + `","client_secret":"` + client.Secret + `","redirect_uris":["http://localhost"]}}`
			if err := os.WriteFile(filepath.Join(tr.dir, "client.json"), []byte(text), 0o600); err != nil {
				tr.t.Fatal(err)
			}
		}, func(tr *trial) []*exec.Cmd {
			return []*exec.Cmd{tr.command("auth", "--client", "client.json"), tr.command("sync"),
				tr.command("auth", "--client", "client.json"), tr.command("sync"), tr.command("sync")}
		}, fromAccount},
	} {
		if !long() && !tt.always {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			one := w.trial(t, "")
			tt.furnish(one)
			for _, cmd := range tt.commands(one) {
				one.together(cmd)
			}
			want, config := one.exports(tt.exports...), one.configuration()
			for range rounds {
				tr := w.trial(t, "")
				tt.furnish(tr)
				tr.together(tt.commands(tr)...)
				if got := tr.exports(tt.exports...); got != want {
					t.Errorf("together they end otherwise:\n%s", firstDifference(got, want))
				}
				if got := tr.configuration(); got != config {
					t.Errorf("config.ini says\n%s", got)
				}
				tr.saved()
				if len(tr.google.Requests("/token")) > 0 {
					tr.must("sync") // with the newest token
				}
			}
		})
	}
}

// TestTwoDashboardsAndCron: two screens read a large meter for the first time
// while exports run, and nobody is told that anything is locked.
func TestTwoDashboardsAndCron(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.trial(t, "")
	one.configure("", one.withMeter())
	want := one.exports(fromMeter...)
	tr := w.trial(t, "")
	tr.configure("", tr.withMeter())
	screens := []terminal{tr.start(80, 24), tr.start(100, 30)}
	tr.together(tr.command("export", "electricity"), tr.command("report"))
	for _, p := range screens {
		p.wait("now ", "kWh")
		if shown := p.Screen(); strings.Contains(shown, "locked") {
			t.Errorf("the screen says\n%s", shown)
		}
		p.press("q")
		p.expectExit(0)
	}
	if got := tr.exports(fromMeter...); got != want {
		t.Errorf("together they end otherwise:\n%s", firstDifference(got, want))
	}
	tr.startsAgain(nil)
}
