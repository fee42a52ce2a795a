package command

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"vitals/fitbit/fake"
)

func TestSignInByPipe(t *testing.T) {
	b := newBox(t)
	b.configure("")
	printed := b.run("auth", "--print-url")
	printed.expect(t, 0)
	if strings.Count(printed.stdout, "\n") != 1 || strings.Contains(printed.stdout, "include_granted_scopes") {
		t.Errorf("printed %q, want the address alone", printed.stdout)
	}
	state := b.path(".local", "state", "vitals", "sign-in.json")
	if err := os.Chmod(state, 0o644); err != nil {
		t.Fatal(err)
	}
	printed = b.run("auth", "--print-url")
	if info, err := os.Stat(state); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the attempt has mode %v, %v", info.Mode(), err)
	}
	answer := browse(t, printed.stdout)
	wrapped := answer[:40] + "\r\n  " + answer[40:90] + "\n" + answer[90:] + "\n"
	b.pipe(wrapped, "auth", "--paste-stdin").expect(t, 0, "Connected as Ann E. (weight, activity, profile, settings)", "only you can read it")

	text := b.read("config.ini")
	if !strings.HasPrefix(text, "; mine\n") || !strings.Contains(text, "refresh_token = 1//") {
		t.Errorf("config.ini is now\n%s", text)
	}
	if info, err := os.Stat(b.path("config.ini")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("config.ini has mode %v, %v", info.Mode(), err)
	}
	status := b.run("auth", "status", "--json").object(t)
	if status["signed_in"] != true || len(status["granted"].([]any)) != 4 || len(status["missing"].([]any)) != 0 ||
		status["signed_in_at"] != "2026-11-22T13:37:00Z" || status["expires_at"] != nil || status["problem"] != nil {
		t.Errorf("status %v", status)
	}
	// A code is good once, and so is the attempt.
	b.pipe(answer, "auth", "--paste-stdin").expect(t, 1, "no sign-in is under way", "--print-url")

	b.run("sync").expect(t, 0)
	b.run("auth", "logout").expect(t, 0, "given back to Google")
	if strings.Contains(b.read("config.ini"), "1//") {
		t.Error("the grant is still in config.ini")
	}
	b.run("sync").expect(t, 3, "not signed in yet", "vitals auth")
	if got := b.run("report", "--json").object(t)["body"]; got == nil {
		t.Error("signing out took the history away")
	}
}

func TestSignInGuideOnPlainInput(t *testing.T) {
	b := newBox(t)
	b.configure("")
	link := b.run("auth", "--print-url").stdout
	answer := browse(t, link)
	r := b.pipe("rubbish\n"+link+"\n"+answer+"\n", "auth")
	r.expect(t, 0, "1 Open this address", "can't connect", "no code in that text", "Connected as Ann E.")
	if !strings.Contains(r.stdout, strings.TrimSpace(link)) {
		t.Errorf("the address is not on standard output: %q", r.stdout)
	}

	b = newBox(t)
	b.configure("")
	b.run("auth").expect(t, 1, "never came", "--paste-stdin")
	b = newBox(t)
	b.run("auth").expect(t, 2, "no Google OAuth client is set up yet", "--client")
}

func TestSignInWithABareCode(t *testing.T) {
	b := newBox(t)
	b.configure("")
	answer := browse(t, b.run("auth", "--print-url").stdout)
	_, code, _ := strings.Cut(answer, "code=")
	code, _, _ = strings.Cut(code, "&")
	b.pipe(code+"\n", "auth", "--paste-stdin").expect(t, 0, "state", "Connected as Ann E.")
}

func TestWrongAnswersToASignIn(t *testing.T) {
	tests := []struct {
		name   string
		answer func(link, answer string) string
		code   int
		says   string
	}{
		{"nothing", func(_, _ string) string { return "\n" }, 1, "nothing pasted"},
		{"the link itself", func(link, _ string) string { return link }, 1, "address you opened"},
		{"cut off", func(_, answer string) string { return strings.Split(answer, "&code")[0] }, 1, "no code in that text"},
		{"of another attempt", func(_, answer string) string { return strings.Replace(answer, "state=", "state=x", 1) }, 1, "another"},
		{"declined", func(_, answer string) string { return "http://127.0.0.1:8765/?error=access_denied&state=x" }, 1, "you declined access"},
		{"another host", func(_, answer string) string { return strings.Replace(answer, "127.0.0.1:8765", "example.com", 1) }, 1, "example.com"},
		{"binary", func(_, _ string) string { return "\x00\x1b[31m\xff" }, 1, "nothing pasted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBox(t)
			b.configure("")
			link := b.run("auth", "--print-url").stdout
			r := b.pipe(tt.answer(link, browse(t, link)), "auth", "--paste-stdin")
			r.expect(t, tt.code, "vitals: error: ", tt.says)
			if strings.Contains(b.read("config.ini"), "1//") {
				t.Error("a grant was saved")
			}
		})
	}
	t.Run("too late", func(t *testing.T) {
		b := newBox(t)
		b.configure("")
		answer := browse(t, b.run("auth", "--print-url").stdout)
		b.now = b.now.Add(11 * time.Minute)
		b.pipe(answer, "auth", "--paste-stdin").expect(t, 1, "older than ten minutes")
	})
}

func TestClientFile(t *testing.T) {
	b := newBox(t)
	b.configure("")
	b.write("client_secret_1.json", `{"installed":{"client_id":"2-x.apps.googleusercontent.com","client_secret":"GOCSPX-hush"}}`)
	b.run("auth", "--client", b.path("client_secret_1.json")).expect(t, 0, "saved")
	if text := b.read("config.ini"); !strings.Contains(text, "2-x.apps") || !strings.Contains(text, "GOCSPX-hush") {
		t.Errorf("config.ini is now\n%s", text)
	}
	b.run("auth", "--client", b.path("nowhere.json")).expect(t, 2, "there is no file", "nowhere.json")
	b.run("auth", "--client", "nonsense").expect(t, 2, "neither a client id nor Google's client file")
	b.write("rubbish.json", `{"installed":`)
	b.run("auth", "--client", b.path("rubbish.json")).expect(t, 1, "not Google's client_secret")
}

func TestSecretsInAGitWorkTreeAreWarnedOf(t *testing.T) {
	b := newBox(t)
	b.configure("")
	if err := os.Mkdir(b.path(".git"), 0o700); err != nil {
		t.Fatal(err)
	}
	b.write("client_secret_1.json", `{"installed":{"client_id":"2-x.apps.googleusercontent.com","client_secret":"GOCSPX-hush"}}`)
	r := b.run("auth", "--client", b.path("client_secret_1.json"))
	r.expect(t, 0, "git work tree", "config.ini to "+b.path(".gitignore"))
	if strings.Index(r.stderr, "git work tree") > strings.Index(r.stderr, "saved") {
		t.Errorf("the warning comes after the saving: %s", r.stderr)
	}
	if r := b.run("auth", "--client", b.path("client_secret_1.json"), "--print-url"); !strings.Contains(r.stderr, "git work tree") {
		t.Errorf("saved without a warning: %s", r.stderr)
	}
	b.write(".gitignore", "*.ini\n")
	if r := b.run("auth", "--client", b.path("client_secret_1.json")); strings.Contains(r.stderr, "git") {
		t.Errorf("warned of an ignored file: %s", r.stderr)
	}
}

func TestAGrantThatCouldNotBeTriedOut(t *testing.T) {
	b := newBox(t)
	b.configure("")
	disabled := []fake.Trouble{{Path: "/identity", Status: http.StatusForbidden, Reason: "SERVICE_DISABLED"}}
	b.google.Set(func(k *fake.Knobs) { k.Troubles = disabled })
	b.pipe(browse(t, b.run("auth", "--print-url").stdout), "auth", "--paste-stdin").
		expect(t, 5, "only you can read it", "could not be tried out", "not enabled", "wait a few minutes")
	b.google.Set(func(k *fake.Knobs) { k.Troubles = nil })
	b.run("sync").expect(t, 0)

	// Guided, that is the end of it, too.
	b.run("auth", "logout").expect(t, 0, "given back")
	b.google.Set(func(k *fake.Knobs) {
		k.Troubles = []fake.Trouble{{Path: "/identity", Status: http.StatusServiceUnavailable}}
	})
	b.pipe(browse(t, b.run("auth", "--print-url").stdout)+"\n", "auth").expect(t, 5, "only you can read it", "could not be tried out")
	b.google.Set(func(k *fake.Knobs) { k.Troubles = nil })

	// It does not replace one that may be good.
	kept := b.read("config.ini")
	b.google.Set(func(k *fake.Knobs) {
		k.Troubles = []fake.Trouble{{Path: "/identity", Status: http.StatusBadRequest, Reason: "ACCOUNT_NOT_LINKED"}}
	})
	answer := browse(t, b.run("auth", "--print-url").stdout)
	b.pipe(answer, "auth", "--paste-stdin").expect(t, 1, "no Fitbit or Google Health profile")
	if b.read("config.ini") != kept {
		t.Error("the grant was replaced by one that nothing could be read with")
	}
	b.google.Set(func(k *fake.Knobs) {
		k.Troubles = []fake.Trouble{{Path: fake.RevokePath, Status: http.StatusServiceUnavailable}}
	})
	b.run("auth", "logout").expect(t, 5, "forgotten here", "myaccount.google.com/connections")
	b.run("auth", "logout").expect(t, 0, "nobody is signed in")
}

func TestOldFitbitKeysAreNeverSent(t *testing.T) {
	b := newBox(t)
	b.write("config.ini", "[Login Parameters]\nC_KEY = 0123456789abcdef0123456789abcdef\nC_SECRET = fedcba9876543210fedcba9876543210\nU_KEY = a\nU_SECRET = b\n")
	b.run("sync").expect(t, 3, "old Fitbit key", "create a Google client")
	b.run("auth", "--print-url").expect(t, 2, "old Fitbit key")
	if status := b.run("auth", "status", "--json").object(t); status["signed_in"] != false || status["problem"] == nil {
		t.Errorf("status %v", status)
	}
}

func TestSyncReportAndStartingAgainOffline(t *testing.T) {
	b := newBox(t)
	b.signIn("[display]\ngoal_kg = 68\n")
	r := b.run("sync", "--json")
	r.expect(t, 0)
	sync := r.object(t)
	types := sync["types"].([]any)
	if len(types) != 10 || sync["schema"] != 1.0 || sync["requests"].(float64) < 20 {
		t.Errorf("sync %v", sync)
	}
	for _, each := range types {
		if row := each.(map[string]any); row["error"] != nil || row["complete"] != true {
			t.Errorf("%v", row)
		}
	}

	online := b.run("report", "--json")
	online.expect(t, 0)
	report := online.object(t)
	body, profile := report["body"].(map[string]any), report["profile"].(map[string]any)
	if profile["name"] != "Ann E." || profile["age"] != 41.0 || profile["height_m"] != 1.72 || profile["fitbit_user_id"] != "1ABCDE" ||
		len(profile["devices"].([]any)) != 2 || report["time_zone"] != "Europe/London" {
		t.Errorf("profile %v in %v", profile, report["time_zone"])
	}
	if body["source"] != "Aria 2" || body["bmi_class"] != "normal" || body["goal_kg"] != 68.0 || body["rate_kg_per_week"].(float64) >= 0 {
		t.Errorf("body %v", body)
	}
	if report["electricity"] != nil {
		t.Errorf("electricity without a meter: %v", report["electricity"])
	}

	b.stop() // the network is unplugged
	if offline := b.run("report", "--json"); offline.stdout != online.stdout {
		t.Errorf("offline the report is\n%s\nnot\n%s", offline.stdout, online.stdout)
	}
	b.run("sync").expect(t, 1, "could not reach 127.0.0.1")
	if got := b.run("report", "--json").object(t)["body"].(map[string]any)["weight_kg"]; got != body["weight_kg"] {
		t.Errorf("after a failed sync the weight is %v", got)
	}
	b.run("report").expect(t, 0)
	b.run("report", "--line").expect(t, 0)
	if text := b.run().stdout; !strings.Contains(text, "Ann E.") { // no terminal: the report
		t.Errorf("vitals into a pipe prints %s", text)
	}
}

func TestAFailureIsNotReportedAsSuccess(t *testing.T) {
	tests := []struct {
		name    string
		trouble fake.Trouble
		code    int
		says    []string
	}{
		{"half a JSON for one type", fake.Trouble{Path: "/body-fat/", Times: 99, Half: true}, 5, []string{"body-fat: "}},
		{"HTML for one type", fake.Trouble{Path: "/height/", Times: 99, HTML: true}, 5, []string{"height: "}},
		{"a scope that was not granted", fake.Trouble{Path: "/weight/", Times: 99, Status: http.StatusForbidden, Reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}, 5, []string{"weight: "}},
		{"no answer for one type", fake.Trouble{Path: "/weight/", Times: 99, Status: http.StatusInternalServerError}, 5, []string{"weight: Google Health is overloaded"}},
		{"no answer for the first type", fake.Trouble{Path: "/identity", Times: 99, Status: http.StatusInternalServerError}, 5, []string{"error: identity: Google Health is overloaded"}},
		{"overloaded", fake.Trouble{Path: "/v4/", Times: 999, Status: http.StatusServiceUnavailable}, 4, []string{"identity, profile, settings"}},
		{"gone", fake.Trouble{Path: "/v4/", Times: 999, Status: http.StatusGone}, 1, []string{"identity, profile, settings"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBox(t)
			b.signIn("")
			b.google.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{tt.trouble} })
			r := b.run("sync", "--json")
			r.expect(t, tt.code, append(tt.says, "vitals: error: ")...)
			if len(r.object(t)["types"].([]any)) != 10 {
				t.Errorf("results %s", r.stdout)
			}
		})
	}
	t.Run("a dead grant", func(t *testing.T) {
		b := newBox(t)
		b.signIn("")
		b.run("sync").expect(t, 0)
		b.google.EndAll()
		r := b.run("sync")
		r.expect(t, 3, "sign in again")
		if n := strings.Count(r.stderr, "vitals: error"); n != 1 {
			t.Errorf("%d messages about one grant: %s", n, r.stderr)
		}
		if problem := b.run("auth", "status", "--json").object(t)["problem"]; problem == nil {
			t.Error("the status knows of no problem")
		}
		if b.run("report", "--json").object(t)["body"] == nil {
			t.Error("the history is gone")
		}
	})
	t.Run("nothing reached and nothing stored", func(t *testing.T) {
		b := newBox(t)
		b.signIn("")
		b.stop()
		b.run("sync").expect(t, 4, "could not reach 127.0.0.1")
	})
	t.Run("another one under way", func(t *testing.T) {
		b := newBox(t)
		b.signIn("")
		s := b.session()
		lock := s.fetchLock()
		if ok, err := lock.TryLock(); !ok || err != nil {
			t.Fatal(ok, err)
		}
		ended := make(chan result, 1)
		go func() { ended <- b.run("sync") }()
		select {
		case r := <-ended:
			t.Errorf("sync did not wait: %+v", r)
		case <-time.After(100 * time.Millisecond):
		}
		if asked := len(b.google.Requests("/v4/")); asked != 0 {
			t.Errorf("asked %d questions meanwhile", asked)
		}
		lock.Unlock()
		if r := <-ended; r.code != 0 {
			t.Errorf("after its turn: %+v", r)
		}
	})
	t.Run("somebody else's account", func(t *testing.T) {
		b := newBox(t)
		b.signIn("")
		b.run("sync").expect(t, 0)
		other := fake.Ann(moment)
		other.Identity.HealthUserID = "999"
		b.google.Become(other)
		b.run("sync").expect(t, 3, "another Google account")
		answer := browse(t, b.run("auth", "--print-url").stdout)
		b.pipe(answer, "auth", "--paste-stdin").expect(t, 3, "another Google account")
	})
}

func TestBodyExports(t *testing.T) {
	b := newBox(t)
	b.run("export", "weight").expect(t, 3, "no weight is stored and nobody is signed in")
	b.run("export", "steps").expect(t, 3, "no steps is stored")
	b.signIn("")
	b.run("sync").expect(t, 0)

	raw := b.run("export", "weight", "--by", "raw")
	raw.expect(t, 0)
	held, mirrors := 0, map[string]bool{}
	for _, row := range raw.rows(t) {
		if row["excluded"] == "held back" {
			held++
		}
		if !strings.HasPrefix(row["time"], row["civil_date"]) || row["unit"] != "kg" || mirrors[row["time"]] {
			t.Errorf("row %v", row)
		}
		mirrors[row["time"]] = true
	}
	if held != 1 {
		t.Errorf("%d weigh-ins held back, want the guest", held)
	}
	last := b.run("report", "--json").object(t)["body"].(map[string]any)
	days := b.run("export", "weight", "--from", "-7d").rows(t)
	if newest := days[len(days)-1]; newest["label"] != "2026-11-22" || newest["n"] != "1" || !strings.HasPrefix(newest["value"], "71") ||
		newest["end"] != "2026-11-23T00:00:00Z" {
		t.Errorf("today %v; the report has %v", newest, last)
	}
	for _, series := range []string{"fat", "bmi", "calories", "active-calories", "steps"} {
		for _, by := range []string{"hour", "day", "week", "month", "year"} {
			r := b.run("export", series, "--by", by, "--from", "2026-11-01", "--to", "2026-11-08")
			r.expect(t, 0)
			if len(r.rows(t)) == 0 {
				t.Errorf("no %s by %s", series, by)
			}
		}
	}
	// An edge inside a day cuts by the instant.
	morning := b.run("export", "weight", "--from", "2026-11-22T05:00", "--to", "2026-11-22T12:00").rows(t)
	evening := b.run("export", "weight", "--from", "2026-11-22T12:00", "--to", "2026-11-23").rows(t)
	if len(morning) != 1 || morning[0]["n"] != "1" || len(evening) != 1 || evening[0]["n"] != "0" {
		t.Errorf("today cut at noon: %v and %v", morning, evening)
	}
	object := b.run("export", "calories", "--format", "json", "--by", "month").object(t)
	if object["unit"] != "kcal" || object["by"] != "month" || len(object["buckets"].([]any)) != 3 {
		t.Errorf("calories %v", object)
	}
	b.run("export", "bmi", "--out", b.path("bmi.csv")).expect(t, 0)
	if info, err := os.Stat(b.path("bmi.csv")); err != nil || info.Mode().Perm() != 0o600 || info.Size() == 0 {
		t.Errorf("bmi.csv: %v, %v", info, err)
	}
}

func TestDemoWithoutATerminal(t *testing.T) {
	b := newBox(t)
	t.Setenv("TMPDIR", b.home)
	r := b.run("demo")
	r.expect(t, 0)
	for _, text := range []string{"Ann E.", "Aria 2", "kWh", "kcal"} {
		if !strings.Contains(r.stdout, text) {
			t.Errorf("the demo lacks %q:\n%s", text, r.stdout)
		}
	}
	entries, err := os.ReadDir(b.home)
	if err != nil || len(entries) != 0 {
		t.Errorf("the demo left %v behind", entries)
	}
}

func TestHistoryOfAnotherProgramIsLeftAlone(t *testing.T) {
	b := newBox(t)
	folder := b.path(".local", "share", "vitals")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder+"/vitals.db", []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	b.run("report").expect(t, 1, "vitals.db")
	if _, err := os.Stat(folder + "/vitals.db-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was left beside it: %v", err)
	}
}
