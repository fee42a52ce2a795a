package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vitals/bench/onscreen"
	"vitals/fitbit/fake"
	energyfake "vitals/internal/energy/fake"
)

// sessions starts dashboards on terminals of several kinds and sizes.
func (b *box) sessions(n int) []terminal {
	b.t.Helper()
	kinds := []string{"xterm-256color", "screen-256color", "tmux-256color", "linux", "vt220", "xterm-kitty", "rxvt-unicode-256color"}
	var all []terminal
	for i := range n {
		env := append(slices.Clone(b.env), "TERM="+kinds[i%len(kinds)])
		p, err := onscreen.Start(80+20*(i%4), 24+3*(i%5), b.dir, env, binary)
		if err != nil {
			b.t.Fatal(err)
		}
		b.t.Cleanup(p.Kill)
		all = append(all, terminal{p, b.t})
	}
	return all
}

// patience is how long many programs at once may take: each looks every ten
// seconds for what another one has saved.
const patience = time.Minute

func waitAll(all []terminal, texts ...string) {
	for _, p := range all {
		p.t.Helper()
		for _, text := range texts {
			if _, err := p.WaitFor(text, patience); err != nil {
				p.t.Fatal(err)
			}
		}
	}
}

// output runs a command in the box, with more environment, and returns what it prints.
func (b *box) output(env []string, args ...string) string {
	b.t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir, cmd.Env = b.dir, append(slices.Clone(b.env), env...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		b.t.Errorf("vitals %s: %v\n%s", strings.Join(args, " "), err, &said)
	}
	return string(out)
}

// everything is what a store holds, as it is exported, but for the totals of days
// that go on: those cover what was over when they were asked for.
func (b *box) everything(env ...string) string {
	b.t.Helper()
	var text strings.Builder
	for _, series := range [][]string{{"weight", "raw"}, {"fat", "raw"}, {"calories", "day", "--to", "-1d"}, {"steps", "day", "--to", "-1d"}, {"electricity", "hour"}} {
		text.WriteString(b.output(env, append([]string{"export", series[0], "--by"}, series[1:]...)...))
	}
	return text.String()
}

// renewals is how often Google was asked for an access token.
func renewals(google *fake.Server) int { return len(google.Requests(fake.TokenPath)) }

// resident is the memory of a program, in bytes; 0 where it is not told.
func (p terminal) resident() (bytes int) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.ID()))
	var size, pages int
	fmt.Sscan(string(text), &size, &pages)
	return pages * os.Getpagesize()
}

// Many dashboards over one store, cron's commands beside them and a logger at its
// meter: all show all of it, nobody asks twice or spends another's token, and in the end
// the store is that of one alone.
func TestManySessionsOverOneStore(t *testing.T) {
	t.Parallel()
	n := 5
	if long() {
		n = 20
	}
	b := newBox(t)
	google, _ := b.google(true)
	google.Set(func(k *fake.Knobs) { k.Rotate = true })

	ctx, stop := context.WithCancel(t.Context())
	var beside sync.WaitGroup
	beside.Go(func() { // the logger
		for watts := 300; ctx.Err() == nil; watts++ {
			if err := energyfake.AddReading(context.Background(), filepath.Join(b.dir, "meter.db"), time.Now(), watts); err != nil {
				t.Error(err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(300 * time.Millisecond):
			}
		}
	})
	all := b.sessions(n)
	beside.Go(func() { b.output(nil, "sync") })
	beside.Go(func() { b.output(nil, "export", "electricity") })
	waitAll(all, "? help", "kWh", "Ann E.", "BMI")
	for _, keys := range []struct{ key, shows string }{{"2", "7 days:"}, {"d", "by day"}, {"s", "calories"}, {"1", "24 h:"}} {
		for _, p := range all {
			p.press(keys.key)
		}
		waitAll(all, keys.shows)
	}
	// The grant is exchanged by whoever asks; all that is new is asked for once,
	// and once more by the command that asks for all.
	if asked := len(google.Requests("weight/dataPoints")); asked > 2 {
		t.Errorf("weigh-ins were asked for %d times", asked)
	}

	before := renewals(google)
	google.EndAccess()
	for _, p := range all {
		p.press("r")
	}
	for deadline := time.Now().Add(patience); renewals(google) == before || slices.ContainsFunc(all, fetching); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d renewals; one of these still fetches: %s", renewals(google)-before, screens(all))
		}
	}
	if after := renewals(google); after > before+n {
		t.Errorf("%d renewals for %d sessions", after-before, n)
	}
	stop()
	beside.Wait()
	for _, p := range all {
		const most = 160 << 20
		if used := p.resident(); used > most {
			t.Errorf("a session of %d bytes", used)
		}
	}
	for i, p := range all { // at once
		switch i % 3 {
		case 0:
			p.HangUp()
		case 1:
			p.Signal(syscall.SIGHUP)
		default:
			p.press("q")
		}
	}
	for i, p := range all {
		p.expectExit([]int{130, 130, 0}[i%3])
		for _, bad := range []string{"expired or was withdrawn", "could not", "locked", "failed", "error", "press ? for what to do"} {
			if strings.Contains(p.Raw(), bad) {
				t.Errorf("a session shows %q", bad)
			}
		}
	}
	b.closed()
	// So that the last power is not held until now, which comes later for the second.
	b.inDatabase("INSERT INTO readings SELECT datetime(max(r_datetime), '+1 second'), NULL, NULL FROM readings", "meter.db")
	together := b.everything()
	alone := "VITALS_DATA_DIR=" + filepath.Join(b.dir, "alone")
	b.output([]string{alone}, "sync")
	want := strings.Split(b.everything(alone), "\n")
	for i, line := range strings.Split(together, "\n") {
		if i >= len(want) || line != want[i] {
			t.Fatalf("together they stored %q, one alone %q", line, want[min(i, len(want)-1)])
		}
	}
}

// fetching reports whether a dashboard says that something is under way.
func fetching(p terminal) bool {
	shown := p.Screen()
	return strings.Contains(shown, "fetching") || strings.Contains(shown, "looking for new data")
}

// screens is what the dashboards show.
func screens(all []terminal) string {
	var shown strings.Builder
	for _, p := range all {
		shown.WriteString("\n" + p.Screen())
	}
	return shown.String()
}

// When one that fetches is killed, another takes over.
func TestAnotherTakesOverFromOneThatIsKilled(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	google, _ := b.google(true)
	google.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{{Path: "/v4/", Delay: time.Hour}} })
	killed := b.start(80, 24)
	killed.wait("kWh", "fetching")
	other := b.start(100, 30)
	other.wait("another vitals is fetching")
	google.Set(func(k *fake.Knobs) { k.Troubles = nil })
	killed.Kill()
	other.wait("Ann E.", "BMI")
	other.press("q")
	other.expectExit(0)
	b.closed()
}
