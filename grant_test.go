package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vitals/fitbit/fake"
	"vitals/internal/health"
)

// run runs vitals to its end, with a history of its own named so.
func (b *box) run(history, stdin string, args ...string) (stdout, said string, code int) {
	b.t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir, cmd.Env = b.dir, append(b.env, "VITALS_DATA_DIR="+filepath.Join(b.dir, history))
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		b.t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// grant is the refresh token in the configuration; "" for none.
func (b *box) grant() string {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, "config.ini"))
	if err != nil {
		b.t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "\nrefresh_token =")
	line, _, _ := strings.Cut(after, "\n")
	return strings.TrimSpace(line)
}

// signInAgain signs in by pipe.
func (b *box) signInAgain() {
	b.t.Helper()
	link, said, code := b.run("signing-in", "", "auth", "--print-url")
	if code != 0 {
		b.t.Fatalf("exit code %d: %s", code, said)
	}
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := browser.Get(strings.TrimSpace(link))
	if err != nil {
		b.t.Fatal(err)
	}
	resp.Body.Close()
	if _, said, code := b.run("signing-in", resp.Header.Get("Location"), "auth", "--paste-stdin"); code != 0 {
		b.t.Errorf("exit code %d: %s", code, said)
	}
}

// refusals keeps the answers to requests for a token that name an error.
type refusals struct {
	*fake.Server
	mu  sync.Mutex
	all []string
}

func (r *refusals) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path != fake.TokenPath {
		r.Server.ServeHTTP(w, req)
		return
	}
	r.Server.ServeHTTP(&noting{w, r}, req)
}

type noting struct {
	http.ResponseWriter
	of *refusals
}

func (n *noting) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(`"error"`)) {
		n.of.mu.Lock()
		n.of.all = append(n.of.all, string(p))
		n.of.mu.Unlock()
	}
	return n.ResponseWriter.Write(p)
}

// A dashboard and syncs share one configuration, and Google takes each refresh
// token once. None is spent twice, and the last one is kept – through a sign-in,
// interruptions and a sign-out as well. Histories of their own let the syncs run
// at the same time.
func TestManyProgramsShareOneGrant(t *testing.T) {
	t.Parallel()
	rounds := 1
	if long() {
		rounds = 10
	}
	b := newBox(t)
	google, _ := b.google(true)
	seen := &refusals{Server: google}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: seen}
	go server.Serve(listener)
	defer server.Close()
	person := fake.Ann(time.Now())
	person.Profile.MemberSince = health.DateOf(time.Now())
	google.Become(person)
	google.Set(func(k *fake.Knobs) {
		k.Rotate, k.AccessLife = true, 4*time.Second // of which half is for the way
	})
	base := "http://" + listener.Addr().String()
	text := fake.Configuration(base, b.grant())
	if err := os.WriteFile(filepath.Join(b.dir, "config.ini"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := b.start(100, 30)
	p.wait("? help")
	asked := func() int { return len(google.Requests(fake.TokenPath)) }
	waitAsked := func(times int) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); asked() < times; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("nobody renews")
			}
		}
	}
	for round := range rounds {
		var syncs []*exec.Cmd
		began := asked()
		for i := range 4 {
			cmd := exec.Command(binary, "sync")
			cmd.Dir, cmd.Env = b.dir, append(b.env, fmt.Sprintf("VITALS_DATA_DIR=%s/history-%d-%d", b.dir, round, i))
			cmd.Stderr = new(bytes.Buffer)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			syncs = append(syncs, cmd)
		}
		p.press("r")
		interrupt := func(cmd *exec.Cmd) { // ctrl+c, wherever it is
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Error(err)
			}
		}
		waitAsked(began + 4)
		interrupt(syncs[0])
		b.signInAgain()
		if !long() {
			waitAsked(began + 12)
			for _, cmd := range syncs[1:] {
				interrupt(cmd)
			}
		}
		for i, cmd := range syncs {
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != 0 && (code != 130 || long() && i > 0) {
				t.Errorf("sync %d, exit code %d: %s", i, code, cmd.Stderr)
			}
		}
	}
	p.press("q")
	p.expectExit(0)
	live := google.Live()
	if kept := b.grant(); len(live) == 0 || !strings.Contains(strings.Join(live, " "), kept) || kept == "" {
		t.Errorf("the kept refresh token is not good any more")
	}
	seen.mu.Lock()
	if len(seen.all) > 0 {
		t.Errorf("refused: %q", seen.all)
	}
	seen.mu.Unlock()
	t.Logf("%d requests for a token", asked())

	// Signed out while a sync is on its way, nothing comes back.
	leaving := make(chan int)
	before := asked()
	go func() {
		_, _, code := b.run("leaving", "", "sync")
		leaving <- code
	}()
	waitAsked(before + 1)
	if _, said, code := b.run("signing-in", "", "auth", "logout"); code != 0 {
		t.Errorf("exit code %d: %s", code, said)
	}
	if code := <-leaving; code != 3 && code != 5 {
		t.Errorf("a sync after the sign-out: exit code %d", code)
	}
	if kept := b.grant(); kept != "" {
		t.Error("a grant came back")
	}
}

// A proxy that the environment names sees no secret: http goes to this machine
// alone, and past it; of https it sees whom it is to connect to.
func TestAProxySeesNoSecret(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []string
	proxy := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, fmt.Sprint(r.Method, " ", r.URL, " ", r.Header))
		w.WriteHeader(http.StatusBadGateway)
	})}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go proxy.Serve(listener)
	defer proxy.Close()
	b := newBox(t)
	b.google(true)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"} {
		b.env = append(b.env, name+"="+(&url.URL{Scheme: "http", Host: listener.Addr().String()}).String())
	}
	if out, said, code := b.run("history", "", "auth", "logout"); code != 0 {
		t.Errorf("exit code %d: %s%s", code, out, said)
	}
	mu.Lock()
	if len(seen) > 0 {
		t.Errorf("loopback goes through the proxy: %q", seen)
	}
	mu.Unlock()
	text := []byte(fake.Configuration("https://google.example", "1//0secret"))
	if err := os.WriteFile(filepath.Join(b.dir, "config.ini"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, said, code := b.run("history", "", "auth", "logout"); code != 5 || !strings.Contains(said, "Google was not told") {
		t.Errorf("exit code %d: %s", code, said)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, request := range seen {
		if !strings.HasPrefix(request, "CONNECT //google.example:443 ") || strings.Contains(request, "1//") {
			t.Errorf("the proxy sees %s", request)
		}
	}
	if len(seen) == 0 {
		t.Error("the proxy was not asked")
	}
}
