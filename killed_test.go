package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vitals/fitbit/fake"
)

// work is something that vitals saves, and may be killed at.
type work struct {
	name    string
	trials  int  // of 200
	always  bool // also when the trials are few
	furnish func(*trial)
	begin   func(*trial) *exec.Cmd // nil: a dashboard does it
	goOn    func(*trial)
	exports []string

	config func(*trial) string // what config.ini says in the end, if it is not what it said before

	faults   calls // that may fail; nil: it is not traced
	complete bool  // when begin worked, goOn has nothing to add
}

func works() []work {
	vitals := func(args ...string) func(*trial) *exec.Cmd {
		return func(tr *trial) *exec.Cmd { return tr.command(args...) }
	}
	again := func(args ...string) func(*trial) { return func(tr *trial) { tr.must(args...) } }
	return []work{
		{name: "first sync", faults: ofSQLite, complete: true, trials: 35, always: true, exports: fromAccount,
			furnish: func(tr *trial) { tr.signIn("") }, begin: vitals("sync"), goOn: again("sync")},
		{name: "later sync", trials: 15, exports: fromAccount,
			furnish: func(tr *trial) {
				tr.signIn("")
				tr.google.Become(tr.earlier)
				tr.must("sync")
				tr.google.Become(tr.person)
			}, begin: vitals("sync"), goOn: again("sync")},
		{name: "import", faults: ofSQLite, complete: true, trials: 30, always: true, exports: fromAccount,
			furnish: func(tr *trial) { tr.signIn("") },
			begin:   func(tr *trial) *exec.Cmd { return tr.command("import", tr.archive) },
			goOn:    func(tr *trial) { tr.must("import", tr.archive) }},
		{name: "roll-up", faults: ofSQLite, complete: true, trials: 30, always: true, exports: fromMeter,
			furnish: func(tr *trial) { tr.configure("", tr.withMeter()) },
			begin:   vitals("export", "electricity"), goOn: again("report")},
		{name: "roll-up on screen", trials: 20, exports: fromMeter,
			furnish: func(tr *trial) { tr.configure("", tr.withMeter()) },
			goOn:    again("report")},
		{name: "renewal with a new token", trials: 20, always: true, exports: fromAccount,
			furnish: func(tr *trial) {
				tr.google.Set(func(k *fake.Knobs) { k.Rotate = true })
				tr.signIn("")
			}, begin: vitals("sync"),
			goOn: func(tr *trial) {
				// Between Google's answer and the end of the save, nobody can know
				// the new token, and the old one is dead.
				if code, _, stderr := tr.run("sync"); code == 3 && strings.Contains(stderr, "run vitals auth") {
					tr.signIn("")
					tr.must("sync")
				} else if code != 0 {
					tr.t.Errorf("exit code %d: %s", code, stderr)
				}
			}},
		{name: "sign-in", faults: ofFiles, complete: false, trials: 20, always: true, exports: fromAccount,
			furnish: func(tr *trial) { tr.configure("", "") },
			begin: func(tr *trial) *exec.Cmd {
				location := tr.browse(tr.must("auth", "--print-url"))
				cmd := tr.command("auth", "--paste-stdin")
				cmd.Stdin = strings.NewReader(location)
				return cmd
			},
			config: func(tr *trial) string { tr.signIn(""); return tr.configuration() },
			goOn: func(tr *trial) {
				if code, _, _ := tr.run("sync"); code == 3 {
					cmd := tr.command("auth", "--paste-stdin")
					cmd.Stdin = strings.NewReader(tr.browse(tr.must("auth", "--print-url")))
					if code, _, stderr := tr.ended(cmd); code != 0 {
						tr.t.Errorf("signing in again: exit code %d: %s", code, stderr)
					}
					tr.must("sync")
				}
			}},
		{name: "export to a file", faults: ofFiles, complete: true, trials: 10, always: true,
			furnish: func(tr *trial) {
				tr.configure("", tr.withMeter())
				tr.must("report")
				if err := os.WriteFile(filepath.Join(tr.dir, "out.csv"), []byte("old\n"), 0o600); err != nil {
					tr.t.Fatal(err)
				}
			},
			begin: func(tr *trial) *exec.Cmd {
				return tr.command("export", "electricity", "--to", tr.until, "--out", "out.csv")
			},
			goOn: func(tr *trial) { tr.must("export", "electricity", "--to", tr.until, "--out", "out.csv") }},
		{name: "meter set-up", trials: 10, exports: fromMeter,
			furnish: func(tr *trial) { tr.configure("", "[energy]\ndatabase =\nseries =\n") },
			config: func(tr *trial) string {
				tr.configure("", "[energy]\ndatabase = "+tr.meter+"\nseries =\n")
				return tr.configuration()
			},
			goOn: func(tr *trial) {
				tr.configure("", "[energy]\ndatabase = "+tr.meter+"\nseries =\n")
				tr.must("report")
			}},
		{name: "sign-out", faults: ofFiles, complete: false, trials: 10, always: true,
			furnish: func(tr *trial) { tr.signIn("") }, begin: vitals("auth", "logout"),
			config: func(tr *trial) string { tr.configure("", ""); return tr.configuration() },
			goOn: func(tr *trial) {
				if code, _, stderr := tr.run("auth", "logout"); code != 0 && code != 5 { // Google knows already
					tr.t.Errorf("signing out again: exit code %d: %s", code, stderr)
				}
			}},
	}
}

// TestCutOff kills vitals at random moments of everything it saves, and makes its
// writes fail.
func TestCutOff(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	w := newWorld(t)
	for i, work := range works() {
		if !long() && !work.always {
			continue
		}
		t.Run(work.name, func(t *testing.T) {
			t.Parallel()
			c := work.calm(t, w)
			t.Run("killed", func(t *testing.T) { c.kill(t, rand.New(rand.NewPCG(seed, uint64(i)))) })
			if c.faults != nil && (long() || c.complete) {
				t.Run("writes fail", func(t *testing.T) { c.fail(t, rand.New(rand.NewPCG(seed, uint64(i)))) })
			}
		})
	}
}

// calm is how a work ends that nothing disturbs.
type calm struct {
	work
	furnished     *trial
	before, after string // config.ini
	old, new      string // the file that was exported, if one is
	want          string // the exports
	took          time.Duration
	requests      int
}

func (k work) calm(t *testing.T, w *world) calm {
	t.Helper()
	c := calm{work: k, furnished: w.trial(t, "")}
	k.furnish(c.furnished)
	c.before = c.furnished.configuration()
	c.old, _ = c.furnished.exported()
	tr := c.trial(t)
	began := time.Now()
	if k.begin != nil {
		if code, _, stderr := tr.ended(k.begin(tr)); code != 0 {
			t.Fatalf("undisturbed: exit code %d: %s", code, stderr)
		}
	} else {
		k.onScreen(tr, func(p terminal) { p.wait("now ", "kWh") })
	}
	c.took, c.requests = time.Since(began), len(tr.google.Requests(""))
	c.after = tr.configuration()
	c.new, _ = tr.exported()
	if k.config != nil {
		if want := k.config(w.trial(t, "")); grantless(c.after) != grantless(want) {
			t.Fatalf("undisturbed, config.ini says\n%s", c.after)
		}
	}
	k.goOn(tr)
	c.want = tr.exports(k.exports...)
	return c
}

// trial is a home in which the work may begin.
func (c calm) trial(t *testing.T) *trial {
	t.Helper()
	tr := c.furnished.world.trial(t, c.furnished.dir)
	c.reconfigure(tr, c.furnished)
	return tr
}

// kill kills vitals again and again. Afterwards it starts, has everything that was
// saved before, says what it put right and nothing else, and comes to the same
// end as if nothing had happened.
func (c calm) kill(t *testing.T, random *rand.Rand) {
	trials := c.trials
	if !long() {
		trials = 2
	}
	interrupted := 0
	for range trials {
		tr := c.trial(t)
		moment, later := 0, time.Duration(random.Int64N(int64(c.took)))
		if c.requests > 0 {
			moment, later = random.IntN(c.requests+1), time.Duration(random.Int64N(int64(4*time.Millisecond)))
		}
		var seen map[string]bool
		if c.begin != nil {
			seen = tr.killed(c.begin(tr), moment, later)
		} else {
			stop := tr.watch()
			if c.config != nil {
				later = time.Duration(random.Int64N(int64(40 * time.Millisecond))) // it saves at once
			}
			c.onScreen(tr, func(terminal) { time.Sleep(later) })
			seen = stop()
		}
		c.whole(tr)
		told, others := tr.leftovers()
		if len(told)+len(others) > 0 {
			interrupted++
		}
		tr.startsAgain(seen)
		c.end(tr, fmt.Sprintf("killed after %d requests and %v", moment, later))
		if t.Failed() {
			return
		}
	}
	t.Logf("%d of %d kills left something behind", interrupted, trials)
}

// whole checks that files which are replaced are the old or the new ones.
func (c calm) whole(tr *trial) {
	tr.t.Helper()
	if got := tr.configuration(); got != c.before && got != c.after {
		tr.t.Errorf("config.ini is neither the old nor the new one:\n%s", got)
	}
	if got, _ := tr.exported(); got != c.old && got != c.new {
		tr.t.Errorf("what was exported is neither the old nor the new one:\n%s", got)
	}
}

// end goes on to the end, which is the same as if nothing had happened.
func (c calm) end(tr *trial, what string) {
	tr.t.Helper()
	c.goOn(tr)
	if got := tr.exports(c.exports...); got != c.want {
		tr.t.Errorf("%s, it ends otherwise:\n%s", what, firstDifference(got, c.want))
	}
	file, beside := tr.exported()
	if file != c.new || len(beside) > 0 {
		tr.t.Errorf("%s, the file ends as\n%s\nbeside %q", what, file, beside)
	}
	if told, others := tr.leftovers(); len(told)+len(others) > 0 {
		tr.t.Errorf("%s, in the end there are %q %q", what, told, others)
	}
}

// grantless is config.ini without whether there is a grant.
func grantless(text string) string { return strings.ReplaceAll(text, " …", "") }

// reconfigure writes the configuration that was furnished, with the addresses and
// a grant of the trial's own Google.
func (k work) reconfigure(tr, furnished *trial) {
	tr.t.Helper()
	text, err := os.ReadFile(filepath.Join(furnished.dir, "config.ini"))
	if err != nil {
		tr.t.Fatal(err)
	}
	changed := strings.ReplaceAll(string(text), furnished.base, tr.base)
	if _, rest, ok := strings.Cut(changed, "refresh_token = 1"); ok {
		old, _, _ := strings.Cut(rest, "\n")
		changed = strings.Replace(changed, "1"+old, tr.google.SignIn(fake.Scopes()...), 1)
	}
	if strings.Contains(k.name, "renewal") {
		tr.google.Set(func(k *fake.Knobs) { k.Rotate = true })
	}
	if err := os.WriteFile(filepath.Join(tr.dir, "config.ini"), []byte(changed), 0o600); err != nil {
		tr.t.Fatal(err)
	}
}

// onScreen does the work in a dashboard, which is killed after a while.
func (k work) onScreen(tr *trial, while func(terminal)) {
	tr.t.Helper()
	p := tr.start(80, 24)
	if k.name == "meter set-up" {
		p.wait("No meter yet")
		p.press("\r")
		p.wait("Name a meter database")
		p.press(tr.meter)
		p.wait(filepath.Base(tr.meter))
		p.press("\r")
		p.wait("Understood:")
		p.press("\r")
	}
	while(p)
	if err := p.Signal(syscall.SIGKILL); err != nil {
		tr.t.Fatal(err)
	}
	if _, err := p.Wait(10 * time.Second); err != nil {
		tr.t.Fatal(err)
	}
}

// firstDifference shows where two texts part.
func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			return strings.Join(a[min(i, len(a)):min(i+3, len(a))], "\n") + "\ninstead of\n" + strings.Join(b[min(i, len(b)):min(i+3, len(b))], "\n")
		}
	}
	return ""
}

// TestSaysWhatWasCutOff: the next start says what it found begun, once.
func TestSaysWhatWasCutOff(t *testing.T) {
	t.Parallel()
	strace := tracer(t)
	w := newWorld(t)
	for _, tt := range []struct {
		args []string
		says string
	}{
		{[]string{"sync"}, "vitals: an earlier run was ended in the middle of fetching: all that came is kept, the next sync goes on\n"},
		{[]string{"import", w.archive}, "vitals: an earlier run was ended in the middle of an import: what it read is kept, import the same again\n"},
		{[]string{"export", "electricity"}, "vitals: an earlier run was ended while it read the meter: all it read is kept, the next reading goes on\n"},
		{[]string{"auth", "logout"}, "vitals: an earlier run was ended while it saved config.ini: what was saved before is kept\n"},
	} {
		t.Run(tt.args[0], func(t *testing.T) {
			t.Parallel()
			tr := w.trial(t, "")
			tr.signIn(tr.withMeter())
			tr.must("auth", "status") // the history is there
			begun := "pwrite64:signal=KILL:when=20"
			if tt.args[0] == "auth" {
				begun = "renameat:signal=KILL:when=1"
			}
			call, _, _ := strings.Cut(begun, ":")
			tr.ended(traced(tr.command(tt.args...), strace, "-o", "/dev/null", "-e", "trace="+call, "-e", "inject="+begun))
			if _, _, stderr := tr.run("auth", "status"); stderr != tt.says {
				t.Errorf("it says %q", stderr)
			}
			if _, _, stderr := tr.run("auth", "status"); stderr != "" {
				t.Errorf("then it says %q", stderr)
			}
		})
	}
}
