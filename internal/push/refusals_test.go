package push_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"vitals/internal/health"
	"vitals/internal/postgres/trial"
	"vitals/internal/push"
)

// refused pushes and expects a sentence with a hint; it returns what it says.
func (s *site) refused(p *push.Pusher, says string) {
	s.t.Helper()
	_, err := p.Push(context.Background())
	if err == nil || !strings.Contains(err.Error(), says) || health.Hint(err) == "" || strings.Contains(err.Error(), "hunter") {
		s.t.Errorf("it says %v (%s), not %q", err, health.Hint(err), says)
	}
}

func TestTablesOfOthersAreLeftAlone(t *testing.T) {
	for name, test := range map[string]struct{ made, says string }{
		"another table":     {"CREATE TABLE vitals_person (id int); INSERT INTO vitals_person VALUES (1)", "vitals_person that vitals did not make"},
		"a view":            {"CREATE VIEW vitals_electricity_day AS SELECT 1 AS meter_id", "it is no table"},
		"another format":    {"CREATE TABLE vitals_format (format text)", "no column format of the type integer"},
		"no format":         {"CREATE TABLE vitals_format (format integer)", "names no format"},
		"a newer format":    {"CREATE TABLE vitals_format (format integer); INSERT INTO vitals_format VALUES (1), (99)", "of a newer vitals (format 99"},
		"a table, formless": {"CREATE TABLE vitals_push (pushed_by text, person_id text, meter_id text, pushed_at timestamptz)", "nothing says of which format it is"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.someone("100")
			s.run(test.made)
			const all = "SELECT relname FROM pg_class WHERE relname LIKE 'vitals%' ORDER BY 1"
			before := len(s.rows(all))
			s.refused(s.pusher(), test.says)
			if _, err := push.Inspect(t.Context(), parsed(t, s.address), s.history); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("inspected, it says %v", err)
			}
			if after := len(s.rows(all)); after != before {
				t.Errorf("%d relations became %d", before, after)
			}
		})
	}
}

func TestColumnsOfASiteStay(t *testing.T) {
	s := newSite(t)
	s.someone("100")
	s.push()
	s.run("ALTER TABLE vitals_weigh_in ADD COLUMN note text", "UPDATE vitals_weigh_in SET note = 'mine'")
	s.weigh("another", moment, 70.8, scale())
	s.push()
	s.matches("100")
	if got := s.rows("SELECT count(*) FROM vitals_weigh_in WHERE note IS NULL"); got[0][0] != "1" {
		t.Errorf("%s rows without what the site wrote there", got)
	}
}

func TestASchemaOfItsOwn(t *testing.T) {
	s := newSite(t)
	s.someone("100")
	s.address += "?search_path=site"
	s.refused(s.pusher(), "none of the schemas in the search path")
	s.run("CREATE SCHEMA site")
	s.push()
	if got := s.rows("SELECT count(*) FROM site.vitals_weigh_in"); got[0][0] != "41" {
		t.Errorf("%s rows", got)
	}
	if got := s.rows("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"); got[0][0] != "0" {
		t.Errorf("%s tables in the other schema", got)
	}
}

func TestWhatAServerDoesNotAllow(t *testing.T) {
	s := newSite(t)
	s.someone("100")
	role := "reader_" + s.rows("SELECT current_database()")[0][0]
	s.run("CREATE ROLE "+role+" LOGIN PASSWORD 'hunter2'", "GRANT CONNECT ON DATABASE "+s.rows("SELECT current_database()")[0][0]+" TO "+role)
	t.Cleanup(func() { trial.Run(t, s.address, "DROP OWNED BY "+role, "DROP ROLE "+role) })
	at, err := url.Parse(s.address)
	if err != nil {
		t.Fatal(err)
	}
	at.User = url.UserPassword(role, "hunter2")
	reader := s.pusher()
	reader.Address = parsed(t, at.String())
	s.refused(reader, role+" may not do that") // make tables
	if found, err := push.Inspect(t.Context(), reader.Address, s.history); err != nil || found.Allowed || found.User != role {
		t.Errorf("inspected: %+v, %v", found, err)
	}
	s.push()
	s.refused(reader, role+" may not do that") // read them
	s.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + role)
	s.weigh("another", moment, 70, scale())
	s.refused(reader, role+" may not do that") // write to them
	s.run("GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " + role)
	s.pushBy(reader)
	s.matches("100")
	if found, err := push.Inspect(t.Context(), reader.Address, s.history); err != nil || !found.Allowed || !found.Pushed.Equal(moment) || found.Schema != "public" {
		t.Errorf("inspected: %+v, %v", found, err)
	}
	s.run("ALTER ROLE " + role + " SET default_transaction_read_only = on")
	s.weigh("another one", moment.Add(-time.Minute), 70, scale())
	s.refused(reader, "can only be read")
	if found, err := push.Inspect(t.Context(), reader.Address, s.history); err != nil || found.Allowed {
		t.Errorf("inspected: %+v, %v", found, err)
	}
}

func TestOnePushAtATime(t *testing.T) {
	s := newSite(t)
	s.someone("100")
	s.push()
	s.run("SELECT pg_advisory_lock(8535566436837716840)")
	p := s.pusher()
	p.Patience = 0
	if _, err := p.Push(t.Context()); !errors.Is(err, push.ErrUnderWay) {
		t.Errorf("another push under way: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.pusher().Push(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	s.run("SELECT pg_advisory_unlock_all()")
	both := make(chan error)
	for range 2 { // the one waits for the other
		s.use(moment.AddDate(0, 0, -20), 40, 0.9)
		other := *s.pusher()
		go func() {
			_, err := other.Push(t.Context())
			both <- err
		}()
	}
	for range 2 {
		if err := <-both; err != nil {
			t.Error(err)
		}
	}
	s.matches("100")
}

// A table that somebody else holds and a server that says nothing are given up.
func TestWhatHangsIsGivenUp(t *testing.T) {
	s := newSite(t)
	s.someone("100")
	s.push()
	s.weigh("another", moment, 70, scale())
	s.run("BEGIN; LOCK TABLE vitals_weigh_in IN ACCESS EXCLUSIVE MODE")
	p := s.pusher()
	p.Silence = 500 * time.Millisecond
	s.refused(p, "keeps the database")
	s.run("ROLLBACK")
	s.push()
	s.matches("100")
}

func TestAServerThatFallsSilent(t *testing.T) {
	s := newSite(t)
	server, err := url.Parse(s.address)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	host := server.Host
	go func() {
		near, err := listener.Accept()
		if err != nil {
			return
		}
		defer near.Close()
		far, err := net.Dial("tcp", host)
		if err != nil {
			return
		}
		defer far.Close()
		go io.Copy(near, far)
		heard := make([]byte, 4096)
		for {
			n, err := near.Read(heard)
			if err != nil || bytes.Contains(heard[:n], []byte("advisory")) {
				break // it got in, and hears nothing any more
			}
			_, _ = far.Write(heard[:n])
		}
		<-t.Context().Done()
	}()
	server.Host = listener.Addr().String()
	server.RawQuery = "sslmode=disable"
	p := s.pusher()
	p.Address, p.Silence = parsed(t, server.String()), 100*time.Millisecond
	s.refused(p, "no answer within 200ms")
}
