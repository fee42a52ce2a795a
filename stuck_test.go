package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"vitals/fitbit/fake"
)

// atOnce is how long a program may take to end when it is told to. Whatever it
// waits for takes longer: a lock 5 s, a request 30 s, a pause of Google's 50 s.
const atOnce = 3 * time.Second

// throughHandler makes the box's programs ask Google by way of a handler.
func (b *box) throughHandler(handler http.Handler) {
	b.t.Helper()
	server := httptest.NewServer(handler)
	b.t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	config := filepath.Join(b.dir, "config.ini")
	text, err := os.ReadFile(config)
	if err != nil {
		b.t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if base, ok := strings.CutPrefix(line, "api_url = "); ok {
			text = bytes.ReplaceAll(text, []byte(base), []byte(server.URL))
		}
	}
	if err := os.WriteFile(config, text, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// dripping answers one byte at a time to requests whose path has the text in it.
func dripping(path string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, path) {
			next.ServeHTTP(w, r)
			return
		}
		drop := time.NewTicker(50 * time.Millisecond)
		defer drop.Stop()
		w.Header().Set("Content-Type", "application/json")
		for {
			w.Write([]byte(" "))
			http.NewResponseController(w).Flush()
			select {
			case <-drop.C:
			case <-r.Context().Done():
				return
			}
		}
	})
}

// hold takes a lock and keeps it until the test ends.
func (b *box) hold(elements ...string) {
	b.t.Helper()
	path := filepath.Join(append([]string{b.dir}, elements...)...)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		b.t.Fatal(err)
	}
	lock := flock.New(path, flock.SetPermissions(0o600))
	if held, err := lock.TryLock(); err != nil || !held {
		b.t.Fatalf("holding %s: %v, %v", path, held, err)
	}
	b.t.Cleanup(func() { lock.Unlock() })
}

// inDatabase runs a statement in a database, whose connection stays open until the
// test ends. One that begins a transaction locks it as long.
func (b *box) inDatabase(query string, elements ...string) {
	b.t.Helper()
	conn, err := sqlite.OpenConn(filepath.Join(append([]string{b.dir}, elements...)...), sqlite.OpenReadWrite)
	if err == nil {
		err = sqlitex.ExecuteTransient(conn, query, nil)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { conn.Close() })
}

// grow gives the meter so many readings, ten seconds apart, instead of its own.
func (b *box) grow(rows int) {
	b.t.Helper()
	conn, err := sqlite.OpenConn(filepath.Join(b.dir, "meter.db"), sqlite.OpenReadWrite)
	if err != nil {
		b.t.Fatal(err)
	}
	defer conn.Close()
	for _, query := range []string{"PRAGMA journal_mode = OFF", "DROP TABLE readings", "CREATE TABLE readings (r_datetime TIMESTAMP, r_watts INT, r_temp INT)"} {
		if err := sqlitex.ExecuteTransient(conn, query, nil); err != nil {
			b.t.Fatal(err)
		}
	}
	err = sqlitex.ExecuteTransient(conn, `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
		INSERT INTO readings SELECT datetime(unixepoch() - 10 * (? - i), 'unixepoch'), 400 + i % 7, 20 FROM n`,
		&sqlitex.ExecOptions{Args: []any{rows, rows}})
	if err != nil {
		b.t.Fatal(err)
	}
}

// Whatever it is at, ctrl+c and SIGTERM end it, the terminal is given back and
// the store is whole.
func TestNothingKeepsItFromEnding(t *testing.T) {
	const share = ".local/share/vitals"
	rows := 300_000
	if long() {
		rows = 6_000_000 // which take longer than a program may to end
	}
	report := func(b *box) {
		b.t.Helper()
		cmd := exec.Command(binary, "report")
		cmd.Dir, cmd.Env = b.dir, b.env
		if out, err := cmd.CombinedOutput(); err != nil {
			b.t.Fatalf("%v\n%s", err, out)
		}
	}
	for i, tt := range []struct {
		name  string
		ready func(b *box, google *fake.Server)
		shows string // when it is at it
		opens string // a file that it has open then
		args  []string
	}{
		{"Google's answer drips", func(b *box, google *fake.Server) { b.throughHandler(dripping("/v4/", google)) }, "fetching", "", nil},
		{"a renewal drips", func(b *box, google *fake.Server) { b.throughHandler(dripping(fake.TokenPath, google)) }, "fetching", "", nil},
		{"Google asks for a pause", func(_ *box, google *fake.Server) {
			google.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{{Path: "/v4/", Status: 429, RetryAfter: "50"}} })
		}, "fetching", "", nil},
		{"another fetches", func(b *box, _ *fake.Server) { b.hold(share, "sync.lock") }, "another vitals is fetching", "", nil},
		{"another renews", func(b *box, _ *fake.Server) { b.hold("config.ini.lock") }, "fetching", "", nil},
		{"another saves", func(b *box, _ *fake.Server) {
			report(b)
			b.inDatabase("BEGIN IMMEDIATE", share, "vitals.db")
		}, "fetching", "", nil},
		{"the meter's writer locks it", func(b *box, _ *fake.Server) { b.inDatabase("BEGIN EXCLUSIVE", "meter.db") }, "Ann E.", "meter.db", nil},
		{"a large meter is read", func(b *box, _ *fake.Server) { b.grow(rows) }, "", "meter.db", nil},
		{"sync while Google's answer drips", func(b *box, google *fake.Server) { b.throughHandler(dripping("/v4/", google)) }, "fetching", "", []string{"sync"}},
		{"sync while another fetches", func(b *box, _ *fake.Server) { b.hold(share, "sync.lock") }, "", "vitals.db", []string{"sync"}},
		{"sync while another renews", func(b *box, _ *fake.Server) { b.hold("config.ini.lock") }, "fetching", "", []string{"sync"}},
		{"export while the meter's writer locks it", func(b *box, _ *fake.Server) { b.inDatabase("BEGIN EXCLUSIVE", "meter.db") }, "", "meter.db", []string{"export", "electricity"}},
		{"export while a large meter is read", func(b *box, _ *fake.Server) { b.grow(rows) }, "", "meter.db", []string{"export", "electricity"}},
	} {
		for j, end := range []struct {
			name string
			do   func(terminal) error
		}{
			{"ctrl+c", func(p terminal) error { return p.Type("\x03") }},
			{"SIGTERM", func(p terminal) error { return p.Signal(syscall.SIGTERM) }},
		} {
			if !long() && (i+j)%2 == 0 {
				continue
			}
			t.Run(tt.name+", "+end.name, func(t *testing.T) {
				t.Parallel()
				b := newBox(t)
				google, _ := b.google(true)
				tt.ready(b, google)
				p := b.start(100, 30, tt.args...)
				if tt.shows != "" {
					p.wait(tt.shows)
				}
				if tt.opens != "" {
					p.waitOpen(tt.opens)
				}
				if err := end.do(p); err != nil {
					t.Fatal(err)
				}
				if code, err := p.Wait(atOnce); err != nil || code != 130 {
					t.Errorf("exit code %d, %v", code, err)
					return
				}
				if err := p.Restored(); err != nil {
					t.Error(err)
				}
				b.whole()
			})
		}
	}
}

// waitOpen waits until the program has a file of that name open.
func (p terminal) waitOpen(name string) {
	p.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		for _, path := range p.open() {
			if filepath.Base(path) == name {
				return
			}
		}
	}
	p.t.Fatalf("%s was not opened", name)
}

// open lists what the program has open.
func (p terminal) open() (paths []string) {
	dir := fmt.Sprintf("/proc/%d/fd", p.ID())
	entries, _ := os.ReadDir(dir) // of a program that has ended there are none
	for _, e := range entries {
		if path, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}
