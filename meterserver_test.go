package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	postgrestrial "vitals/internal/postgres/trial"
)

// The real program beside a real server: a dashboard shows what is new there, also
// after the server ended its connection, keeps its figures while it may read nothing,
// and leaves no connection behind.
func TestAMeterOnAServer(t *testing.T) {
	address := postgrestrial.Database(t)
	postgrestrial.Run(t, address, "CREATE TABLE readings (at timestamptz PRIMARY KEY, watts real)",
		"INSERT INTO readings SELECT date_trunc('second', now()) - i * interval '1 minute', 400 FROM generate_series(0, 3000) AS i")
	b := newBox(t)
	b.served(address)
	p := b.start(100, 30)
	p.wait("now 400 W")
	postgrestrial.Run(t, address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
		"INSERT INTO readings VALUES (now(), 2345)")
	other := exec.Command(binary, "report", "--line") // another vitals does no harm meanwhile
	other.Dir, other.Env = b.dir, b.env
	if out, err := other.CombinedOutput(); err != nil || !strings.Contains(string(out), "2345 W") {
		t.Errorf("another vitals: %v\n%s", err, out)
	}
	p.wait("now 2,345 W")
	postgrestrial.Run(t, address, "ALTER TABLE readings RENAME TO moved; ALTER TABLE moved DROP COLUMN at")
	p.press("r")
	p.wait(" has no ", "now 2,345 W")
	p.press("q")
	p.expectExit(0)
	postgrestrial.Run(t, address, "DO $$ BEGIN FOR i IN 1..50 LOOP EXIT WHEN NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = 'vitals' AND datname = current_database() AND pid <> pg_backend_pid());"+
		" PERFORM pg_sleep(0.1); IF i = 50 THEN RAISE 'a connection is left'; END IF; END LOOP; END $$")
}

// A first reading that is killed goes on where it was, and ends as one that was not.
func TestAFirstReadingOfAServerIsKilled(t *testing.T) {
	address := postgrestrial.Database(t)
	postgrestrial.Run(t, address, "CREATE TABLE readings (id serial PRIMARY KEY, at timestamptz, watts real)",
		"INSERT INTO readings (at, watts) SELECT '2026-01-01Z'::timestamptz + i * interval '1 minute', mod(i, 700) FROM generate_series(0, 199999) AS i")
	export := func(b *box) string {
		cmd := exec.Command(binary, "export", "electricity", "--by", "hour")
		cmd.Dir, cmd.Env = b.dir, b.env
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v", err)
		}
		return string(out)
	}
	b, undisturbed := newBox(t), newBox(t)
	b.served(address)
	undisturbed.served(address)
	for range 4 {
		cmd := exec.Command(binary, "report")
		cmd.Dir, cmd.Env = b.dir, b.env
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(150 * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	if got, want := export(b), export(undisturbed); got != want || strings.Count(got, "\n") < 3000 {
		t.Errorf("it ended with %d lines, not %d", strings.Count(got, "\n"), strings.Count(want, "\n"))
	}
}

// served configures the box for a database.
func (b *box) served(address string) {
	b.t.Helper()
	text := fmt.Sprintf("[energy]\ndatabase = %s\n[display]\ntime_zone = Europe/London\n", address)
	if err := os.WriteFile(filepath.Join(b.dir, "config.ini"), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}
