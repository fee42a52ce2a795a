package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/hinshun/vt10x"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"vitals/fitbit"
	"vitals/fitbit/fake"
	"vitals/internal/health"
	"vitals/internal/terminal"
	"vitals/tui"
)

// soak is a dashboard that stays open, in the fake time of a synctest bubble:
// session, store, meter, Google's client, screen and keys are the real ones.
type soak struct {
	t      *testing.T
	box    *box
	clock  func() time.Time
	google *fake.Server
	away   atomic.Bool // the network is
	meter  *sqlite.Conn
	rows   int64 // of the meter
	last   int64 // the newest of them, Unix seconds
	keys   *io.PipeWriter
	screen vt10x.Terminal
	dash   *session
	ended  chan error
}

// cooked writes lines to a screen as a terminal does that nobody told otherwise.
type cooked struct{ io.Writer }

func (c cooked) Write(p []byte) (int, error) {
	_, err := c.Writer.Write(bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n")))
	return len(p), err
}

// RoundTrip answers a request as Google would, on the way to which nothing waits.
func (s *soak) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.away.Load() {
		return nil, errors.New("no route to host")
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	recorder := httptest.NewRecorder()
	s.google.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

func (s *soak) person() fake.Person {
	person := fake.Ann(s.clock())
	person.Profile.MemberSince = health.Date{Year: 2026, Month: time.October, Day: 1}
	return person
}

func (s *soak) fail(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Error(err)
	}
}

// watts is what the meter shows in a row.
func watts(row int64) int64 { return 300 + row*37%500 }

const meterRows = 30_000 // that are there before

// begin opens the dashboard beside a meter database with the journal.
func (s *soak) begin(journal string, every time.Duration) {
	s.google = fake.New(s.person(), s.clock)
	s.google.Set(func(k *fake.Knobs) { k.Rotate = true })
	const base = "http://localhost"
	s.box.write("config.ini", fake.Configuration(base, s.google.SignIn(fake.Scopes()...))+"[energy]\ndatabase = "+s.box.path("meter.db")+
		"\ntable = samples\ntime = ts\nvalue = w\nkind = power\nunit = W\ntime_format = unix\n[display]\ntime_zone = Europe/London\n")
	var err error
	s.meter, err = sqlite.OpenConn(s.box.path("meter.db"), sqlite.OpenReadWrite|sqlite.OpenCreate)
	s.fail(err)
	for _, query := range []string{"PRAGMA journal_mode = " + journal, "PRAGMA synchronous = OFF", "CREATE TABLE samples (ts INTEGER, w INTEGER)"} {
		s.fail(sqlitex.ExecuteTransient(s.meter, query, nil))
	}
	s.fail(sqlitex.ExecuteTransient(s.meter, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO samples SELECT ? - ? * (? - i), 300 + i * 37 % 500 FROM n`,
		&sqlitex.ExecOptions{Args: []any{meterRows, s.clock().Unix(), int64(every / time.Second), meterRows}}))
	s.rows = meterRows

	in, out := s.box.file("stdin", ""), s.box.file("stdout", "")
	env := s.box.environment(in, out, io.Discard)
	env.Now = s.clock
	s.dash, err = (&cli{Environment: env}).openSession(s.t.Context())
	s.fail(err)
	f := s.dash.settings().Fitbit
	s.dash.client, err = fitbit.New(fitbit.Options{Endpoints: endpoints(f), Client: oauthClient(f), Keeper: configGrants{s.dash.vault}, Transport: s, Now: s.clock})
	s.fail(err)
	keys, typed := io.Pipe()
	s.keys, s.screen, s.ended = typed, vt10x.New(vt10x.WithSize(100, 30)), make(chan error, 1)
	go func() {
		facts := terminal.Facts{Width: 100, Height: 30, UTF8: true, Colour: colorprofile.ANSI256}
		_, err := s.dash.run(s.t.Context(), facts, tui.Dashboard, tea.WithInput(keys), tea.WithOutput(cooked{s.screen}),
			tea.WithWindowSize(100, 30), tea.WithEnvironment([]string{"TERM=xterm-256color"}), tea.WithFPS(1))
		s.ended <- errors.Join(err, s.dash.Close(), s.meter.Close(), in.Close(), out.Close())
	}()
}

// log adds a row to the meter now and then, until the end.
func (s *soak) log(every time.Duration, end time.Time) {
	for time.Now().Before(end) {
		time.Sleep(every)
		s.rows++
		now := s.clock()
		s.last = now.Unix()
		s.fail(sqlitex.Execute(s.meter, "INSERT INTO samples VALUES (?, ?)", &sqlitex.ExecOptions{Args: []any{s.last, watts(s.rows)}}))
		for _, name := range []string{"meter.db", "meter.db-wal"} { // as if they were written then
			if err := os.Chtimes(s.box.path(name), now, now); !errors.Is(err, os.ErrNotExist) {
				s.fail(err)
			}
		}
	}
}

// press presses keys, each with time to be drawn.
func (s *soak) press(keys ...string) {
	s.t.Helper()
	for _, key := range keys {
		if _, err := io.WriteString(s.keys, key); err != nil {
			s.t.Fatal(err)
		}
		time.Sleep(1100 * time.Millisecond)
	}
}

// shows checks what the screen shows.
func (s *soak) shows(texts ...string) {
	s.t.Helper()
	synctest.Wait()
	for _, text := range texts {
		if shown := s.screen.String(); !strings.Contains(shown, text) {
			s.t.Errorf("at %s the screen lacks %q:\n%s", s.clock().Format(time.TimeOnly), text, shown)
		}
	}
}

// use is what the program uses.
type use struct {
	live, resident uint64 // bytes
	goroutines     []string
	descriptors    []string
	log, state     int64 // bytes of files
}

func (u use) String() string {
	return fmt.Sprintf("%d kB live, %d kB resident, %d goroutines, %d descriptors, log of %d kB, state of %d bytes",
		u.live>>10, u.resident>>10, len(u.goroutines), len(u.descriptors), u.log>>10, u.state)
}

// measure takes stock when nothing is under way.
func (s *soak) measure() (u use) {
	s.t.Helper()
	synctest.Wait()
	for range 3 { // what is kept for one collection more, and what that frees
		runtime.GC()
	}
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u.live = m.HeapAlloc
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		var size, pages uint64
		fmt.Sscan(string(text), &size, &pages)
		u.resident = pages * uint64(os.Getpagesize())
	}
	stacks := make([]byte, 8<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if first, _, _ := strings.Cut(stack, "\n"); strings.Contains(first, "synctest bubble") { // not another test's
			u.goroutines = append(u.goroutines, stack)
		}
	}
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		if path, err := os.Readlink(filepath.Join("/proc/self/fd", e.Name())); err == nil && strings.HasPrefix(path, s.box.home) {
			u.descriptors = append(u.descriptors, strings.TrimPrefix(path, s.box.home))
		}
	}
	u.log = size(s.storeLog())
	states, _ := filepath.Glob(s.box.path(".local", "state", "vitals", "*"))
	for _, path := range append(states, s.box.path("config.ini")) {
		u.state += size(path)
	}
	return u
}

func (s *soak) storeLog() string { return s.dash.storePath() + "-wal" }

// size is 0 for no file.
func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// tour presses the keys of the dashboard, and ends with the view it began with.
func (s *soak) tour() {
	s.t.Helper()
	s.press("2", "3", "4", "5", "1", "d", "w", "m", "y", "h", "s", "s", "s", "c", "c", "v", "v", "\x1b[D", "t", "?", " ",
		"i", "\x1b[27u", "\r", "\x1b[D", "[", "]", "\x1b[27u", "\t", "4", "1", "\x1b[Z", "t", "h")
}

// Hours of a dashboard that stays open beside a meter's logger, over midnight,
// while the sign-in fails, the network is away, another program reads the store
// for long, and another locks the meter's database: in the end all is as in the
// beginning, but for what is new.
func TestHoursOfAnOpenDashboard(t *testing.T) {
	length := 16 * time.Minute
	if long() {
		length = 8 * time.Hour // 2,880 looks at the meter
	}
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		journal string
		every   time.Duration
	}{{"WAL", 10 * time.Second}, {"DELETE", time.Minute}} {
		if tt.journal != "WAL" && !long() {
			continue
		}
		t.Run(tt.journal, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				s := &soak{t: t, box: &box{t: t, home: t.TempDir()}, clock: func() time.Time {
					// The night in which the clocks go back.
					return time.Date(2026, time.October, 24, 23, 50, 0, 0, zone).Add(time.Since(began))
				}}
				s.begin(tt.journal, tt.every)
				go s.log(tt.every, began.Add(length-2*time.Minute))
				s.live(tt.journal, began, length)
				s.press("q")
				if err := <-s.ended; err != nil {
					t.Error(err)
				}
				s.keys.Close()
				time.Sleep(2 * time.Hour) // until what waits for the answer to be outdated has ended
				// Three are the test's own.
				if left := s.measure(); len(left.goroutines) != 3 || len(left.descriptors) != 0 || left.log != 0 {
					t.Errorf("left behind: %s\n%s\n%s", left, left.goroutines, left.descriptors)
				}
			})
		})
	}
}

// live lets the length pass, an eighth after the other.
func (s *soak) live(journal string, began time.Time, length time.Duration) {
	t := s.t
	t.Helper()
	var base use
	var read *sqlite.Conn
	for eighth := range 8 {
		switch eighth {
		case 1:
			s.google.EndAccess()
			s.google.Set(func(k *fake.Knobs) {
				k.Troubles = []fake.Trouble{{Path: fake.TokenPath, Status: http.StatusBadRequest, Reason: "invalid_grant"}}
			})
			s.asks("the sign-in expired or was withdrawn")
		case 2:
			s.google.Set(func(k *fake.Knobs) { k.Troubles = nil })
			s.asks("Google")
			s.fetched(time.Minute)
		case 3:
			s.away.Store(true)
			s.asks("could not reach")
		case 4:
			s.away.Store(false)
			s.asks("Google")
			s.fetched(time.Minute)
		case 5:
			read = s.read()
		case 6:
			s.fail(read.Close())
			read = nil
			if journal == "DELETE" && long() {
				s.lock()
			}
		}
		s.google.Become(s.person())
		if eighth%2 == 0 {
			s.tour()
		}
		if eighth == 0 { // SQLite keeps one descriptor of a file that was opened once more
			s.fail(s.read().Close())
		}
		time.Sleep(time.Until(began.Add(length*time.Duration(eighth+1)/8 - 2*time.Second)))
		used := s.measure()
		t.Logf("%s: %s", s.clock().Format(time.TimeOnly), used)
		if eighth == 0 {
			base = used
			continue
		}
		if used.live > base.live+base.live/20 {
			t.Errorf("the memory grows: %s; it was %s", used, base)
		}
		if len(used.goroutines) > len(base.goroutines) {
			t.Errorf("%d goroutines, after %d: %s", len(used.goroutines), len(base.goroutines), strings.Join(used.goroutines, "\n\n"))
		}
		if read == nil && len(used.descriptors) > len(base.descriptors) {
			t.Errorf("%d descriptors, after %d: %s", len(used.descriptors), len(base.descriptors), used.descriptors)
		}
		const mostLog, mostState = 5 << 20, 4 << 10
		if read == nil && used.log > mostLog || used.state > mostState {
			t.Errorf("the files grow: %s", used)
		}
	}
	synctest.Wait()
	kept, _, err := s.dash.store.RollUp(t.Context(), meterKey(s.dash.settings().Energy))
	s.fail(err)
	if last := time.Unix(s.last, 0); !kept.Latest.Time.Equal(last) || math.Round(kept.Latest.Value) != float64(watts(s.rows)) {
		t.Errorf("the newest reading is %v of %s, not that of %s", kept.Latest.Value, kept.Latest.Time, last)
	}
	s.fetched(61 * time.Minute)
	s.shows(fmt.Sprintf("now %d W", watts(s.rows)), "? help")
}

// read begins to read the store, and does not end.
func (s *soak) read() *sqlite.Conn {
	s.t.Helper()
	conn, err := sqlite.OpenConn(s.dash.storePath(), sqlite.OpenReadWrite)
	s.fail(err)
	for _, query := range []string{"BEGIN", "SELECT count(*) FROM quarter_hours"} {
		s.fail(sqlitex.ExecuteTransient(conn, query, nil))
	}
	return conn
}

// fetched checks that everything was, within the time given.
func (s *soak) fetched(within time.Duration) {
	s.t.Helper()
	fetches, err := s.dash.store.Fetches(s.t.Context())
	s.fail(err)
	for _, f := range fetches {
		if f.Error != "" || s.clock().Sub(f.LastSuccess) > within {
			s.t.Errorf("at %s %s: fetched at %s, %s", s.clock().Format(time.TimeOnly), f.Type, f.LastSuccess, f.Error)
		}
	}
}

// lock locks the meter for as long as it is waited for, which is not in fake time:
// SQLite waits by itself.
func (s *soak) lock() {
	s.t.Helper()
	conn, err := sqlite.OpenConn(s.box.path("meter.db"), sqlite.OpenReadWrite)
	s.fail(err)
	s.fail(sqlitex.ExecuteTransient(conn, "BEGIN EXCLUSIVE", nil))
	s.press("r")
	time.Sleep(time.Second)
	s.shows("another program keeps ")
	s.fail(conn.Close())
}

// asks presses the key that looks for new data, and waits for what comes of it.
func (s *soak) asks(shows string) {
	s.t.Helper()
	s.press("r")
	time.Sleep(30 * time.Second)
	s.shows(shows)
}
