package command

import (
	"strings"
	"testing"
	"time"
)

// Cron mails whatever is printed: `vitals report >/dev/null; vitals sync >/dev/null`
// says nothing where all is well, and of each trouble one line, with another one for
// what to do about it.
func TestFromCronOnlyTroublesAreSaid(t *testing.T) {
	b := newBox(t)
	b.outside = func(env *Environment) { // as cron has it
		env.Getenv = func(name string) string {
			return map[string]string{"HOME": b.home, "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}[name]
		}
	}
	hourly := func(reported, synced int, says ...string) {
		t.Helper()
		for _, each := range []struct {
			command string
			code    int
		}{{"report", reported}, {"sync", synced}} {
			r := b.run(each.command)
			if r.code != each.code {
				t.Errorf("%s: exit code %d, not %d: %s", each.command, r.code, each.code, r.stderr)
			}
			for line := range strings.Lines(r.stderr) {
				begins := ""
				if len(says) > 0 {
					begins, says = says[0], says[1:]
				}
				if begins == "" || !strings.HasPrefix(line, "vitals: "+begins) || strings.ContainsAny(line, "\x1b\r") {
					t.Errorf("%s says %q", each.command, line)
				}
			}
			if each.command == "sync" && each.code == exitDone && strings.Count(r.stdout, "\n") != 10 { // one result a type
				t.Errorf("sync prints\n%s", r.stdout)
			}
		}
		if len(says) > 0 {
			t.Errorf("it does not say %q", says)
		}
		b.now = b.now.Add(time.Hour)
	}
	b.configure("")
	hourly(exitDone, exitSignIn, "error: not signed in yet", "hint: run vitals auth")
	b.signIn("[energy]\ndatabase = " + b.blog("house.db", moment.AddDate(0, 0, -3), moment, steady(400)) + "\n")
	hourly(exitDone, exitDone)
	hourly(exitDone, exitDone)
	b.google.EndAll()
	hourly(exitDone, exitSignIn, "error: ", "hint: ")
	b.signIn("[energy]\ndatabase = " + b.path("gone.db") + "\n")
	hourly(exitDone, exitDone, "error: there is no file "+b.path("gone.db"), "hint: ")
	b.stop()
	hourly(exitDone, exitFailed, "error: there is no file "+b.path("gone.db"), "hint: ", "error: ", "hint: ")
}
