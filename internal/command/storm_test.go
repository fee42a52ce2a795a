package command

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"zombiezen.com/go/sqlite"

	"vitals/fitbit/fake"
	"vitals/internal/health"
	"vitals/internal/timeline"
)

// storm is a box whose Google misbehaves, in a time that passes at once while
// everybody waits: retries, time-outs and cadence are the real ones.
type storm struct {
	*box
	chaos *fake.Chaos
	wire  *fake.Wire
	began time.Time

	mu    sync.Mutex
	ahead time.Duration // of this machine's clock
}

// member is Ann, who has been a member for so many days and has no data from
// before.
func member(days int) fake.Person {
	person := fake.Ann(moment)
	since := moment.AddDate(0, 0, -days)
	person.Profile.MemberSince = health.DateOf(since)
	before := func(at time.Time) bool { return at.Before(since) }
	person.Weighings = slices.DeleteFunc(person.Weighings, func(w health.Weighing) bool { return before(w.At) })
	person.BodyFats = slices.DeleteFunc(person.BodyFats, func(f health.BodyFat) bool { return before(f.At) })
	for kind, portions := range person.Totals {
		person.Totals[kind] = slices.DeleteFunc(portions, func(p timeline.Portion) bool { return before(time.Unix(p.Start, 0)) })
	}
	return person
}

// mischiefs are all there are or, without the long mode, those that are done with
// quickly.
func mischiefs() []fake.Mischief {
	return slices.DeleteFunc(fake.Mischiefs(), func(m fake.Mischief) bool { return !long() && strings.Contains(m.Name, "10 MB") })
}

// inStorm runs a test in a storm that is calm so far. When it ends, every
// connection and goroutine must have ended as well.
func inStorm(t *testing.T, person fake.Person, seed uint64, run func(t *testing.T, s *storm)) {
	t.Helper()
	home := t.TempDir()
	signals := make(chan os.Signal, 1) // what a process has for signals must begin outside of the bubble
	signal.Notify(signals, syscall.SIGUSR2)
	defer signal.Stop(signals)
	synctest.Test(t, func(t *testing.T) {
		s := &storm{began: time.Now(), wire: fake.NewWire()}
		google := fake.New(person, s.serverNow)
		s.chaos = fake.NewChaos(google, seed, time.Second)
		transport := s.wire.Transport()
		s.box = &box{t: t, home: home, google: google, base: "http://127.0.0.1:80", outside: func(e *Environment) {
			e.Transport, e.RequestsPerSecond, e.RetryWait, e.Now = transport, 0, 0, s.now
		}}
		s.signIn("")
		server := &http.Server{Handler: s.chaos, ErrorLog: log.New(io.Discard, "", 0)}
		served := make(chan struct{})
		go func() {
			_ = server.Serve(s.wire)
			close(served)
		}()
		run(t, s)
		transport.CloseIdleConnections()
		synctest.Wait()
		if n := s.wire.Open(); n != 0 {
			t.Errorf("seed %d: %d ends of connections are still open", seed, n)
		}
		_ = server.Close()
		<-served
	})
}

func (s *storm) serverNow() time.Time { return moment.Add(time.Since(s.began)) }

// now is the time by this machine's clock.
func (s *storm) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.serverNow().Add(s.ahead)
}

// setClock makes this machine's clock run ahead.
func (s *storm) setClock(ahead time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead = ahead
}

// stored is what is in the store, table by table and row by row, but for the
// times of fetching.
func (b *box) stored() map[string][]string {
	b.t.Helper()
	conn, err := sqlite.OpenConn(b.path(".local", "share", "vitals", "vitals.db"), sqlite.OpenReadOnly)
	if err != nil {
		b.t.Fatal(err)
	}
	defer conn.Close()
	query := func(sql string) (rows []string) {
		stmt, _, err := conn.PrepareTransient(sql)
		if err != nil {
			b.t.Fatal(err)
		}
		defer stmt.Finalize()
		for {
			more, err := stmt.Step()
			if err != nil {
				b.t.Fatal(err)
			}
			if !more {
				slices.Sort(rows)
				return rows
			}
			var row []string
			for i := range stmt.ColumnCount() {
				if name := stmt.ColumnName(i); name != "as_of" && name != "last_success" {
					row = append(row, name+"="+stmt.ColumnText(i))
				}
			}
			rows = append(rows, strings.Join(row, " "))
		}
	}
	tables := map[string][]string{}
	for _, row := range query("SELECT name FROM sqlite_schema WHERE type = 'table'") {
		name := strings.TrimPrefix(row, "name=")
		tables[name] = query("SELECT * FROM " + name)
	}
	return tables
}

// expectStored compares what is stored with what ought to be.
func (b *box) expectStored(want map[string][]string) {
	b.t.Helper()
	got := b.stored()
	for table, rows := range want {
		if table == "fetch" {
			rows, got[table] = fetches(rows), fetches(got[table])
			b.expectAtLeastSince(want[table], b.stored()[table])
		}
		if slices.Equal(got[table], rows) {
			continue
		}
		var wrong []string
		for _, row := range rows {
			if !slices.Contains(got[table], row) {
				wrong = append(wrong, "- "+row)
			}
		}
		for _, row := range got[table] {
			if !slices.Contains(rows, row) {
				wrong = append(wrong, "+ "+row)
			}
		}
		b.t.Errorf("%s has %d rows, want %d; %d differ:\n%s", table, len(got[table]), len(rows), len(wrong), strings.Join(wrong[:min(6, len(wrong))], "\n"))
	}
	if len(got) != len(want) {
		b.t.Errorf("%d tables, want %d", len(got), len(want))
	}
}

// fetches are rows without the grant, which differs from one made-up Google to
// the other, and without how far back they go.
func fetches(rows []string) (bare []string) {
	for _, row := range rows {
		before, _, _ := strings.Cut(row, " since=")
		bare = append(bare, before)
	}
	return bare
}

// expectAtLeastSince checks that everything is stored since the same dates. While
// the account does not say when it began, somebody may have looked before that.
func (b *box) expectAtLeastSince(want, got []string) {
	b.t.Helper()
	since := func(row string) (day int) {
		_, after, _ := strings.Cut(row, " since=")
		_, _ = fmt.Sscan(after, &day) // the types without a history have none
		return day
	}
	for i, row := range want {
		if i >= len(got) || since(got[i]) > since(row) {
			b.t.Errorf("fetched: %q, want %q", got, want)
			return
		}
	}
}

// calmly is the store after one sync without any trouble.
func calmly(t *testing.T, person fake.Person) (stored map[string][]string, log []fake.Happening) {
	t.Helper()
	inStorm(t, person, 0, func(t *testing.T, s *storm) {
		s.run("sync").expect(t, exitDone)
		stored, log = s.stored(), s.chaos.Log()
	})
	return stored, log
}
