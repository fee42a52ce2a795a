package store

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// asAnotherProcess makes a run of the test binary do one of the jobs below.
const asAnotherProcess = "VITALS_STORE_TEST_PROCESS"

func TestMain(m *testing.M) {
	if job, ok := onPaths[os.Getenv(asAnotherProcess)]; ok {
		if err := job(os.Args[1]); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		return
	}
	job, ok := map[string]func(*Store) error{
		"save roll-ups": saveRollUps,
		"save days":     saveDays,
		"only open":     (*Store).Close,
	}[os.Getenv(asAnotherProcess)]
	if !ok {
		os.Exit(m.Run())
	}
	s, err := Open(context.Background(), os.Args[1])
	if err == nil {
		err = job(s)
	}
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
}

const numberedDays = 20

// numbered is a roll-up whose amounts are all the number of its revision.
func numbered(revision int64) timeline.RollUp {
	r := ofDays(numberedDays)
	for i := range r.Portions {
		r.Portions[i].Amount = float64(revision)
	}
	return r
}

// saveRollUps saves until it is killed, and says when it has begun.
func saveRollUps(s *Store) error {
	for {
		r, _, err := s.RollUp(context.Background(), "house")
		if err != nil {
			return err
		}
		if err := s.SaveRollUp(context.Background(), "house", numbered(r.Revision+1)); err != nil {
			return err
		}
		if _, err := os.Stdout.WriteString("saved\n"); err != nil {
			return err
		}
	}
}

const daysOfAnother = 20

func saveDays(s *Store) error {
	for i := range daysOfAnother {
		totals := []health.DayTotal{{Date: health.DateOf(at).Add(i), Amount: 1}}
		if _, _, err := s.SaveDayTotals(context.Background(), health.TypeSteps, totals); err != nil {
			return err
		}
	}
	return s.Close()
}

func start(t *testing.T, job, path string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	cmd := exec.Command(os.Args[0], path)
	cmd.Env = append(os.Environ(), asAnotherProcess+"="+job, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewReader(out)
}

func TestKilled(t *testing.T) {
	path := newPath(t)
	var before int64
	for round := range 4 {
		cmd, out := start(t, "save roll-ups", path)
		if _, err := out.ReadString('\n'); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Duration(round*3) * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed

		s := openFile(t, path)
		r, _, err := s.RollUp(t.Context(), "house")
		if err != nil || r.Revision <= before {
			t.Fatalf("revision %d after %d, %v", r.Revision, before, err)
		}
		before = r.Revision
		portions, err := s.Portions(t.Context(), "house", time.Time{}, time.Time{})
		if err != nil || len(portions) != numberedDays*slotsPerDay {
			t.Fatalf("%d portions, %v", len(portions), err)
		}
		for _, p := range portions {
			if p.Amount != float64(r.Revision) {
				t.Fatalf("a portion of revision %v in revision %d", p.Amount, r.Revision)
			}
		}
		closeStore(t, s)
	}
	raw(t, path, func(conn *sqlite.Conn) error {
		return each(conn, func(stmt *sqlite.Stmt) {
			if got := stmt.ColumnText(0); got != "ok" {
				t.Error(got)
			}
		}, "PRAGMA integrity_check")
	})
}

func TestTwoProcesses(t *testing.T) {
	path := newPath(t)
	s := openFile(t, path)
	defer closeStore(t, s)
	version, err := s.DataVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cmd, _ := start(t, "save days", path)
	for i := range daysOfAnother {
		saveDay(t, s, 1000+i, 1)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := len(days(t, s)); got != 2*daysOfAnother {
		t.Errorf("%d days of %d", got, 2*daysOfAnother)
	}
	if now, err := s.DataVersion(t.Context()); now == version || err != nil {
		t.Errorf("the other process went unnoticed: %v", err)
	}
}
