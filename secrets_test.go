package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vitals/fitbit/fake"
	energyfake "vitals/internal/energy/fake"
	"vitals/internal/health"
)

func TestTheSearchForSecretsFindsThem(t *testing.T) {
	const secret = "1//0AbCdEfGh/IjKlMnOpQrStUv"
	w := &witness{seen: map[string]string{secret: "token"}}
	in := func(text string) string { return "a" + text + "b" }
	for name, text := range map[string]string{
		"plain": secret, "cut before": secret[8:], "cut behind": secret[:20], "escaped": url.QueryEscape(in(secret)),
		"hex": hex.EncodeToString([]byte(in(secret))), "base64": base64.StdEncoding.EncodeToString([]byte(in(secret))),
		"base64, shifted": base64.RawURLEncoding.EncodeToString([]byte(in(in(secret)))), "lines": secret[:15] + " │\r\n│ " + secret[15:],
		"coloured": secret[:15] + "\x1b[31m" + secret[15:], "JSON": strings.ReplaceAll(secret, "/", `\/`),
	} {
		if len(w.leaks(in(text))) == 0 {
			t.Errorf("%s: it is not found", name)
		}
	}
	if found := w.leaks("a token 1//0AbC"); len(found) > 0 || len(w.leaks(secret, "token")) > 0 {
		t.Errorf("found %v", found)
	}
}

// planted is a box with a witness, and all that vitals wrote in it.
type planted struct {
	*box
	google *witness
	secret string // of the client
	umask  string

	mu      sync.Mutex
	written map[string]string // by the command
}

func plant(t *testing.T, umask string) *planted {
	t.Helper()
	b := newBox(t)
	person := fake.Ann(time.Now())
	person.Profile.MemberSince = health.DateOf(time.Now().AddDate(0, 0, -2)) // few requests, at Google's pace
	client := fake.Client{ID: fake.DesktopClient().ID, Secret: "GOCSPX-PlantedClientSecret0123"}
	p := &planted{box: b, umask: umask, secret: client.Secret, written: map[string]string{},
		google: &witness{Server: fake.New(person, time.Now, client), seen: map[string]string{client.Secret: "client secret"}}}
	b.env = append(b.env, "VITALS_CONFIG="+filepath.Join(b.dir, "config.ini"), "VITALS_PUSH_DSN=postgres://ann:PlantedPassword0123@127.0.0.1:1/site")
	p.google.seen["PlantedPassword0123"] = "password"
	return p
}

// listen serves and returns a configuration without client and grant.
func (p *planted) listen() string {
	server := httptest.NewServer(p.google)
	p.t.Cleanup(server.Close)
	return p.endpoints(server.URL)
}

func (p *planted) endpoints(base string) string {
	text := fake.Configuration(base, "")
	return regexp.MustCompile(`(?m)^(client_id|client_secret|refresh_token) = .*\n`).ReplaceAllString(text, "")
}

func (p *planted) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// run runs the program and keeps what it says; code -1 takes any.
func (p *planted) run(code int, input string, args ...string) (stdout string) {
	p.t.Helper()
	cmd := exec.Command("sh", append([]string{"-c", "umask " + p.umask + `; exec "$0" "$@"`, binary}, args...)...)
	cmd.Dir, cmd.Env = p.dir, p.env
	cmd.Stdin = strings.NewReader(input)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // its exit code tells
	name := "vitals " + strings.Join(args, " ")
	if got := cmd.ProcessState.ExitCode(); code >= 0 && got != code {
		p.t.Errorf("%s: exit code %d, want %d: %s%s", name, got, code, out.String(), errs.String())
	}
	p.keep(name, out.String()+errs.String())
	return out.String()
}

func (p *planted) keep(name, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.written[name] += text
}

// browse opens the address of a sign-in and returns where the browser is sent.
func (p *planted) browse(through *http.Client, address string) string {
	p.t.Helper()
	client := *through
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Get(strings.TrimSpace(address))
	if err != nil {
		p.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.Header.Get("Location")
}

// pending is the sign-in under way, whose verifier nobody else knows.
func (p *planted) pending() {
	p.t.Helper()
	var attempt struct{ Verifier, State string }
	text, err := os.ReadFile(filepath.Join(p.dir, ".local", "state", "vitals", "sign-in.json"))
	if err == nil {
		err = json.Unmarshal(text, &attempt)
	}
	if err != nil || attempt.Verifier == "" {
		p.t.Fatalf("no sign-in is under way: %v", err)
	}
	p.google.mu.Lock()
	defer p.google.mu.Unlock()
	p.google.note(attempt.Verifier, "verifier")
	p.google.note(attempt.State, "state")
}

// check looks for secrets in all that was written, but where they belong, and
// for files that others may read. Mine are the names of files that the test made.
func (p *planted) check(mine ...string) {
	p.t.Helper()
	for name, text := range p.written {
		// The state is in the address that is shown, and comes back in the paste.
		for _, leak := range p.google.leaks(text, "state") {
			p.t.Errorf("%s: shows the %s", name, leak)
		}
	}
	kinds := map[string]bool{}
	for _, what := range p.google.seen {
		kinds[what] = true
	}
	for _, what := range []string{"client secret", "refresh token", "access token", "password"} {
		if !kinds[what] {
			p.t.Errorf("no %s was ever seen", what)
		}
	}
	err := filepath.WalkDir(p.dir, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(p.dir, path)
		if err != nil || name == "." || slices.Contains(mine, name) {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			p.t.Errorf("%s has mode %v with umask %s", name, info.Mode(), p.umask)
		}
		if d.IsDir() {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var belongs []string
		switch filepath.Base(name) {
		case "config.ini", "held":
			belongs = []string{"client secret", "refresh token"}
		case "sign-in.json":
			belongs = []string{"verifier", "state"}
		case "sign-in-address":
			belongs = []string{"state"}
		}
		for _, leak := range p.google.leaks(string(text), belongs...) {
			p.t.Errorf("%s holds the %s", name, leak)
		}
		return nil
	})
	if err != nil {
		p.t.Error(err)
	}
}

// A full run on plain input and output: what is written, on whatever way it
// fails, has no secret in it, and every file is its owner's alone.
func TestNoSecretIsWritten(t *testing.T) {
	t.Parallel()
	p := plant(t, "000")
	meter := filepath.Join(p.dir, "meter.db")
	zone, err := time.LoadLocation("Europe/London")
	if err == nil {
		err = energyfake.WriteMeter(t.Context(), meter, time.Now(), zone)
	}
	if err != nil {
		t.Fatal(err)
	}
	p.write("config.ini", p.listen()+"[energy]\ndatabase = "+meter+"\n")
	p.write("client.json", `{"installed":{"client_id":"`+fake.DesktopClient().ID+`","client_secret":"`+p.secret+`","redirect_uris":["http://localhost"]}}`)
	p.write("old.csv", "date,weight (kg)\n2020-01-02,71.5\n")

	p.run(0, "", "auth", "--client", "client.json")
	p.run(3, "", "sync")
	address := p.run(0, "", "auth", "--print-url")
	p.pending()
	back := p.browse(http.DefaultClient, address)
	p.run(-1, strings.Replace(back, "state=", "state=x", 1), "auth", "--paste-stdin")
	p.run(-1, back[:len(back)-30], "auth", "--paste-stdin")
	p.run(2, "", "auth", back)
	for _, text := range []string{`{"error":"ALL","error_description":"ALL"}`, `{"error":"invalid_client","error_description":"ALL"}`, `<html>ALL</html>`, `{"access_token":`} {
		p.google.refuses(refusal{fake.TokenPath, 400, text})
		p.run(-1, back, "auth", "--paste-stdin")
	}
	p.google.refuses()
	address = p.run(0, "", "auth", "--print-url")
	p.pending()
	p.run(0, p.browse(http.DefaultClient, address), "auth", "--paste-stdin")

	const denied = `{"error":{"code":403,"message":"ALL","status":"ALL","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"ALL"}]}}`
	p.google.refuses(refusal{"/weight/", 403, denied}, refusal{"/body-fat/", 200, "ALL"}, refusal{"/height/", 400, denied})
	p.run(5, "", "sync", "--json")
	refusals := []refusal{{fake.TokenPath, 400, `{"error":"invalid_grant","error_description":"ALL"}`}}
	if long() { // at the pace of real requests
		refusals = append(refusals, refusal{fake.TokenPath, 401, `{"error":"ALL ALL"}`}, refusal{fake.TokenPath, 200, `{"access_token":"ALL`},
			refusal{fake.TokenPath, 500, "ALL"}, refusal{"/v4/", 401, denied}, refusal{"/v4/", 403, denied}, refusal{"/v4/", 302, "ALL"}, refusal{"/v4/", 410, "<html>ALL"}, refusal{"/v4/", 500, denied})
	}
	for _, r := range refusals {
		p.google.refuses(r)
		p.run(-1, "", "sync")
		p.run(-1, "", "auth", "status", "--json")
	}
	p.google.refuses()
	for _, args := range []string{
		"auth status", "auth status --json", "report", "report --json", "report --line", "export weight", "export electricity --by month --format json",
		"export weight --out weight.csv", "export electricity --by month --out energy.json --format json", "doctor", "doctor --json",
		"energy detect meter.db --json", "import old.csv", "push", "push --json", "push postgres://ann:PlantedPassword0123@127.0.0.1:1/site",
		"push --dsn=postgres://ann:PlantedPassword0123@127.0.0.1:1/site", "--help", "--version",
	} {
		p.run(-1, "", strings.Fields(args)...)
	}
	p.run(0, "", "auth", "--print-url") // and is left so
	p.pending()
	p.check("meter.db", "config.ini", "client.json", "old.csv")
	if info, err := os.Stat(filepath.Join(p.dir, "config.ini")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("config.ini: %v, %v", info.Mode(), err)
	}
	p.run(-1, "", "auth", "logout")
	p.check("meter.db", "client.json", "old.csv")
}

// The dashboard with every key, the guided sign-in, and the ends that dump what
// the program was at.
func TestNoSecretIsOnTheScreen(t *testing.T) {
	t.Parallel()
	p := plant(t, "000")
	p.write("config.ini", p.listen()+"[energy]\ndatabase = "+filepath.Join(p.dir, "meter.db")+"\n")
	zone, err := time.LoadLocation("Europe/London")
	if err == nil {
		err = energyfake.WriteMeter(t.Context(), filepath.Join(p.dir, "meter.db"), time.Now(), zone)
	}
	if err != nil {
		t.Fatal(err)
	}
	start := func(env ...string) terminal {
		p.env = append(p.env, env...)
		return p.through(80, 24, "sh", "-c", `umask 000; ulimit -c unlimited 2>/dev/null; exec "$0"`, binary)
	}
	s := start()
	s.wait("kWh", "? help")
	s.press("a")
	s.wait("Client id")
	if err := s.Paste(fake.DesktopClient().ID); err != nil {
		t.Fatal(err)
	}
	s.press("\r")
	s.wait("ecret")
	if err := s.Paste(p.secret); err != nil {
		t.Fatal(err)
	}
	s.press("\r")
	s.wait("Copy the whole address")
	p.pending()
	s.press("\x19") // ctrl+y
	if err := s.Paste(p.browse(http.DefaultClient, p.address())); err != nil {
		t.Fatal(err)
	}
	s.wait("Connected as Ann E.")
	s.press("\r")
	s.wait("BMI")
	for keys := range strings.FieldsSeq("? space r 1 2 3 4 5 h d w m y left right t g G c s v s i esc tab i esc enter x esc u e esc / esc ctrl+l a ctrl+n esc 1") {
		before, _ := s.Sent()
		s.press(strings.NewReplacer("space", " ", "left", "\x1b[D", "right", "\x1b[C", "esc", "\x1b", "tab", "\t", "enter", "\r", "ctrl+l", "\x0c", "ctrl+n", "\x0e").Replace(keys))
		for sent := before; sent == before && strings.Contains(" ? i e / a esc ", " "+keys+" "); sent, _ = s.Sent() {
			time.Sleep(time.Millisecond)
		}
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", s.ID()))
	if err == nil && !regexp.MustCompile(`(?m)^Max core file size +0 `).Match(limits) {
		t.Errorf("a crash would leave a core file: %s", limits)
	}
	s.press("\x03")
	s.expectExit(130)
	// A paste is shown while it is made; it is the person's own, and spent.
	p.google.mu.Lock()
	codes := map[string]bool{}
	for secret, what := range p.google.seen {
		if what == "code" {
			codes[secret] = true
			delete(p.google.seen, secret)
		}
	}
	p.google.mu.Unlock()
	p.keep("the dashboard", s.Raw())
	for _, end := range []struct {
		traceback string
		by        syscall.Signal
	}{{"all", syscall.SIGQUIT}, {"crash", syscall.SIGQUIT}, {"crash", syscall.SIGSEGV}} { // a crash of the runtime, which nothing recovers
		s := start("GOTRACEBACK=" + end.traceback)
		s.wait("BMI", "? help")
		if err := s.Signal(end.by); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Wait(20 * time.Second); err != nil {
			t.Error(err)
		}
		if !strings.Contains(s.Raw(), "goroutine ") {
			t.Errorf("nothing was dumped by %v with GOTRACEBACK=%s", end.by, end.traceback)
		}
		p.keep(fmt.Sprintf("a dump of %s by %v", end.traceback, end.by), s.Raw())
	}
	p.check("meter.db")
}

// Secrets that a command keeps are nowhere else: in no file, no message, no
// argument or environment of what is run, nor in what libraries can be made to
// say of their work.
func TestNoSecretOfACommandIsWritten(t *testing.T) {
	t.Parallel()
	p := plant(t, "077")
	server := httptest.NewUnstartedServer(p.google)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	p.write("root.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	const look = "{ env; tr '\\0' ' ' </proc/self/cmdline; tr '\\0' ' ' </proc/$PPID/cmdline; } >>\"$HOME/surroundings\"\n"
	p.write("keeper", look+`if [ "$1" = store ]; then cat >"$HOME/held.new" && mv "$HOME/held.new" "$HOME/held"; else cat "$HOME/held"; fi`)
	p.write("held", "client_secret = "+p.secret+"\nrefresh_token =\n")
	p.write("git", "#!/bin/sh\n"+look+"exit 1\n")
	err := os.Chmod(filepath.Join(p.dir, "git"), 0o700)
	if err == nil {
		err = os.Mkdir(filepath.Join(p.dir, ".git"), 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	p.env = append(p.env, "SSL_CERT_FILE="+filepath.Join(p.dir, "root.pem"), "GODEBUG=http2debug=2", "PATH="+p.dir+":"+os.Getenv("PATH"))
	p.write("config.ini", strings.Replace(p.endpoints(server.URL), "[fitbit]", "[fitbit]\nclient_id = "+fake.DesktopClient().ID, 1)+
		"[secrets]\ncommand = sh ~/keeper show\nstore_command = sh ~/keeper store\n")

	address := p.run(0, "", "auth", "--print-url")
	p.pending()
	back := p.browse(server.Client(), address)
	p.google.refuses(refusal{fake.TokenPath, 400, `{"error":"ALL","error_description":"ALL"}`})
	p.run(-1, back, "auth", "--paste-stdin")
	p.google.refuses()
	address = p.run(0, "", "auth", "--print-url")
	p.pending()
	p.run(0, p.browse(server.Client(), address), "auth", "--paste-stdin")
	for _, args := range []string{"auth status --json", "doctor", "doctor --json", "report --json"} {
		p.run(-1, "", strings.Fields(args)...)
	}
	held, err := os.ReadFile(filepath.Join(p.dir, "held"))
	if err != nil || len(p.google.leaks(string(held), "client secret")) == 0 {
		t.Errorf("the grant is not where the command keeps it: %v", err)
	}
	p.run(0, "", "auth", "--print-url") // and is left so
	p.pending()
	p.check("root.pem", "keeper", "git", ".git")
	config, err := os.ReadFile(filepath.Join(p.dir, "config.ini"))
	if leaks := p.google.leaks(string(config)); err != nil || len(leaks) > 0 {
		t.Errorf("config.ini holds %v, %v", leaks, err)
	}
	for _, name := range []string{"surroundings", "held"} {
		if _, err := os.Stat(filepath.Join(p.dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// A command may ask for a passphrase before there is a screen. Later it has no
// terminal to draw on; what is stored stays on the screen.
func TestACommandAsksBeforeThereIsAScreen(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	server, _ := b.google(false)
	config := filepath.Join(b.dir, "config.ini")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	secrets := regexp.MustCompile(`(?m)^(client_secret|refresh_token) = .*\n`)
	files := map[string]string{
		"config.ini": secrets.ReplaceAllString(string(text), "") + "[fitbit]\nsigned_in_at = 2026-11-20T10:00:00Z\n[secrets]\ncommand = sh ~/ask\nstore_command = false\n",
		"held":       "client_secret = " + fake.DesktopClient().Secret + "\nrefresh_token = " + server.SignIn(fake.Scopes()...) + "\n",
		"ask":        `printf 'passphrase? ' >/dev/tty && read x </dev/tty && [ "$x" = open ] && cat ~/held`,
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.env = append(b.env, "VITALS_CONFIG="+config)

	p := b.start(80, 24)
	p.wait("passphrase?")
	p.press("\x03") // which reaches both
	p.expectExit(130)
	if err := p.Restored(); err != nil {
		t.Error(err)
	}

	p = b.start(80, 24)
	p.wait("vitals: asking the command of [secrets]", "passphrase?")
	p.press("open\r")
	p.wait("kWh", `command ("sh") failed`) // under the lock it is asked anew, without a terminal
	if shown := p.Screen(); strings.Contains(shown, "passphrase") || strings.Contains(shown, "cannot open /dev/tty") {
		t.Errorf("the command draws on the screen:\n%s", shown)
	}
	p.press("q")
	p.expectExit(0)
}
