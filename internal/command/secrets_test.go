package command

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"vitals/fitbit/fake"
)

// Whatever is given as an argument where it does not belong, no message repeats
// a secret.
func TestASecretAmongTheArgumentsIsNotRepeated(t *testing.T) {
	b := newBox(t)
	b.configure("")
	for _, args := range []string{
		"auth 4/0AhunterTWO", "auth http://127.0.0.1:8765/?state=x&code=hunterTWO", "auth status GOCSPX-hunterTWO", "GOCSPX-hunterTWO",
		"-pGOCSPX-hunterTWO", "--token=1//0hunterTWO", "sync --full=GOCSPX-hunterTWO", "export 1//hunterTWO", "export weight --by 1//hunterTWO",
		"export weight --from 1//hunterTWO", "export weight --tz 1//hunterTWO", "import 1//hunterTWO", "energy detect 1//hunterTWO",
		"auth --client 1//hunterTWO", "auth --client 1//hunterTWO.json", "demo postgres://ann:hunterTWO@db/x", "doctor password=hunterTWO",
	} {
		r := b.run(strings.Fields(args)...)
		if r.code == exitDone || r.stderr == "" || strings.Contains(r.stdout+r.stderr, "hunterTWO") {
			t.Errorf("vitals %s: code %d, it says: %s%s", args, r.code, r.stdout, r.stderr)
		}
	}
	b.run("auth", "4/0AhunterTWO").expect(t, exitUsage, "is not given as an argument", "vitals auth --paste-stdin")
	b.run("auth", "foo").expect(t, exitUsage, `"foo" is not a command of vitals auth`)
}

// However cobra or a path shows it.
func TestASecretInAnOddArgumentIsNotRepeated(t *testing.T) {
	b := newBox(t)
	b.configure("")
	file := `{"installed":{"client_id":"x","client_secret":"GOCSPX-hunterTWO"}}`
	for _, args := range [][]string{
		{file}, {"auth", file}, {"export", file}, {"sync", "--full=" + file}, {"GOCSPX-hunterTWO\n\t\"x\""}, {strings.Repeat("x", 3000) + file},
		{"--1//0hunterTWO=x"}, {"--1//0hunterTWO"}, {"restore", "1//0hunterTWO"}, {"restore", "/?state=x&code=4/0AhunterTWO"}, {"export", "x\x1b[1m code=hunterTWO"},
	} {
		r := b.run(args...)
		if r.code == exitDone || r.stderr == "" || strings.Contains(r.stdout+r.stderr, "hunterTWO") {
			t.Errorf("vitals %.80q: code %d, it says: %s%s", args, r.code, r.stdout, r.stderr)
		}
	}
}

// A path is no secret: who mistyped one is to see it.
func TestPathsAreShownInErrors(t *testing.T) {
	b := newBox(t)
	b.configure("")
	for _, args := range []string{"import exports/MyFitbitData-2024-11.zip", "restore backups/vitals-2026-11-22.db", "export weight --out no-folder-2024/MyFitbitData.csv",
		"auth --client client_secret_123456-abc.apps.googleusercontent.com.json", "report --from 2026-11-22T13:37:00+01:00"} {
		words := strings.Fields(args)
		if r := b.run(words...); r.code == exitDone || strings.Contains(r.stdout+r.stderr, "(hidden)") {
			t.Errorf("vitals %s: code %d, it says: %s%s", args, r.code, r.stdout, r.stderr)
		}
	}
	b.run("import", "exports/MyFitbitData-2024-11.zip").expect(t, exitUsage, "exports/MyFitbitData-2024-11.zip: no such file")
}

// elsewhere configures the box with a client whose secrets a command keeps: in
// the file "held", beside a note of each run in "runs".
func (b *box) elsewhere(held, more string) {
	b.t.Helper()
	b.configure("")
	text := regexp.MustCompile(`(?m)^(client_secret|refresh_token) = .*\n`).ReplaceAllString(b.read("config.ini"), "")
	b.write("config.ini", text+"signed_in_at = 2026-11-20T10:00:00Z\n[secrets]\ncommand = sh -c 'echo read >>runs; cat held'\n"+more)
	b.write("held", held)
}

const storing = "store_command = sh -c 'echo store >>runs; cat >held.new && mv held.new held'\n"

func (b *box) runs() string {
	noted, _ := os.ReadFile(b.path("runs")) // none yet is none
	os.Remove(b.path("runs"))
	return strings.Join(strings.Fields(string(noted)), " ")
}

// named runs a command with the configuration named, as its commands run from no
// other place.
func (b *box) named(args ...string) result {
	b.t.Helper()
	return b.run(append([]string{"--config", b.path("config.ini")}, args...)...)
}

func (b *box) expectRuns(want, after string) {
	b.t.Helper()
	if got := b.runs(); got != want {
		b.t.Errorf("%s ran %q, want %q", after, got, want)
	}
}

func TestSecretsFromACommand(t *testing.T) {
	b := newBox(t)
	secret := fake.DesktopClient().Secret
	b.elsewhere("client_secret = "+secret+"\nrefresh_token = "+b.google.SignIn(fake.Scopes()...)+"\n", storing)
	before := b.read("config.ini")

	b.named("report", "--line").expect(t, exitDone)
	b.named("export", "weight").expect(t, exitDone)
	b.expectRuns("", "what needs no secret")
	b.named("sync").expect(t, exitDone)
	b.expectRuns("read read", "a sync: once, and once more under the lock,")
	b.google.Set(func(k *fake.Knobs) { k.Rotate = true })
	old := b.read("held")
	b.named("sync").expect(t, exitDone)
	b.expectRuns("read read store read", "a sync with a new refresh token")
	if held := b.read("held"); held == old || !strings.HasPrefix(held, "client_secret = "+secret+"\nrefresh_token = 1//") {
		t.Errorf("%q is kept", held)
	}
	b.named("sync").expect(t, exitDone) // with the new one
	b.runs()

	status := b.named("auth", "status", "--json").object(t)
	if status["signed_in"] != true || status["problem"] != nil {
		t.Errorf("status: %v", status)
	}
	if doctor := b.named("doctor"); !strings.Contains(doctor.stdout, "secrets come from a command") {
		t.Errorf("doctor says: %s", doctor.stdout)
	}
	b.named("auth", "logout").expect(t, exitDone, "is forgotten")
	if held := b.read("held"); held != "client_secret = "+secret+"\nrefresh_token = \n" {
		t.Errorf("after signing out, %q is kept", held)
	}
	b.named("sync").expect(t, exitSignIn, "not signed in yet")

	address := b.named("auth", "--print-url")
	address.expect(t, exitDone)
	b.pipe(browse(t, address.stdout), "--config", b.path("config.ini"), "auth", "--paste-stdin").
		expect(t, exitDone, "Connected as Ann E.", "The grant is kept by the store_command of ~/config.ini.")
	if held := b.read("held"); !strings.Contains(held, "refresh_token = 1//") {
		t.Errorf("after signing in, %q is kept", held)
	}
	b.named("sync").expect(t, exitDone)
	for _, text := range []string{before, b.read("config.ini")} {
		for _, never := range []string{secret, "1//"} {
			if strings.Contains(text, never) {
				t.Errorf("config.ini holds a secret: %s", text)
			}
		}
	}
}

// Before a code is spent or access is given back, it is known that the outcome
// can be kept.
func TestWithoutAStoreCommandNothingIsBegun(t *testing.T) {
	b := newBox(t)
	b.elsewhere("client_secret = "+fake.DesktopClient().Secret+"\nrefresh_token = "+b.google.SignIn(fake.Scopes()...)+"\n", "")
	b.named("sync").expect(t, exitDone)
	for _, args := range [][]string{{"auth"}, {"auth", "--print-url"}, {"auth", "logout"}} {
		b.named(args...).expect(t, exitUsage, "there is no store_command to keep a new one", "set store_command under [secrets]")
	}
	b.write("client.json", `{"installed":{"client_id":"x.apps.googleusercontent.com","client_secret":"GOCSPX-x"}}`)
	b.named("auth", "--client", b.path("client.json")).expect(t, exitUsage, "there is no store_command")
	if asked := len(b.google.Requests(fake.RevokePath)); asked > 0 {
		t.Error("the access was given back")
	}
	b.named("sync").expect(t, exitDone)
	if doctor := b.named("doctor"); !strings.Contains(doctor.stdout, "a new sign-in could not be kept") {
		t.Errorf("doctor says: %s", doctor.stdout)
	}
}

func TestACommandThatFailsLeavesTheRestAlone(t *testing.T) {
	b := newBox(t)
	b.elsewhere("", "")
	b.write("config.ini", strings.Replace(b.read("config.ini"), "cat held", "echo why >&2; echo ya29.x >&2; exit 7", 1))
	b.named("report").expect(t, exitDone)
	r := b.named("sync")
	if !strings.HasPrefix(r.stderr, "why\n(hidden)\n") || r.code != exitFailed || !strings.Contains(r.stderr, `[secrets] command ("sh") failed: exit status 7 (config.ini line `) {
		t.Errorf("code %d: %s", r.code, r.stderr)
	}
}

// Of what a command says, all that does not get to the terminal is dropped before
// secrets are looked for in it; and the message that follows has a line of its own.
func TestASecretInColourIsHidden(t *testing.T) {
	b := newBox(t)
	b.elsewhere("", "")
	says := `printf "\033[01;31mGOCSPX\033[m-hunter2\nGOC\000SPX-hunter2\nlocked" >&2; exit 7`
	b.write("config.ini", strings.Replace(b.read("config.ini"), "cat held", says, 1))
	if r := b.named("sync"); !strings.HasPrefix(r.stderr, "(hidden)\n(hidden)\nlocked\nvitals: error: [secrets] command") {
		t.Errorf("it says %q", r.stderr)
	}
}

// A folder that somebody works in may hold anybody's config.ini.
func TestNoCommandRunsFromTheCurrentFolder(t *testing.T) {
	b := newBox(t)
	b.elsewhere("client_secret = x\nrefresh_token = 1//x\n", storing)
	for _, args := range [][]string{{"sync"}, {"auth"}, {"auth", "status"}, {"auth", "logout"}} {
		b.run(args...).expect(t, exitUsage, "this file was only found in the current folder", "vitals --config "+b.path("config.ini"))
	}
	if doctor := b.run("doctor"); doctor.code != exitFailed || !strings.Contains(doctor.stdout, "only found in the current folder") {
		t.Errorf("doctor says: %s", doctor.stdout)
	}
	b.run("report").expect(t, exitDone)
	b.expectRuns("", "a configuration of the current folder")
}

// Google was told, and the password manager was not: both is said.
func TestAStoreCommandThatFailsAtLogout(t *testing.T) {
	b := newBox(t)
	b.elsewhere("client_secret = "+fake.DesktopClient().Secret+"\nrefresh_token = "+b.google.SignIn(fake.Scopes()...)+"\n", "store_command = false\n")
	b.named("auth", "logout").expect(t, exitFailed, "the access was given back to Google, but is not forgotten here: [secrets] store_command")
	if live := b.google.Live(); len(live) > 0 {
		t.Errorf("%d grants are left", len(live))
	}
}

// Doctor does not take secrets that are not told for secrets that are not there.
func TestDoctorWithoutTheCommandsAnswer(t *testing.T) {
	b := newBox(t)
	b.elsewhere("nothing of use", storing)
	r := b.named("doctor")
	r.expect(t, exitFailed)
	if strings.Contains(r.stdout, "not signed in") || !strings.Contains(r.stdout, "the command of [secrets] does not tell it") {
		t.Error(r.stdout)
	}
}
