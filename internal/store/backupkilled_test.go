package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// killed lets another process do a job, and kills it at some moment. The moments
// are spread over the first few rounds of the job.
func killed(t *testing.T, job, path string, round, rounds int) {
	t.Helper()
	cmd, out := start(t, job, path)
	if _, err := out.ReadString('\n'); err != nil {
		t.Error(err)
	}
	delay(round, rounds)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
}

// delay waits for one of many moments.
func delay(round, rounds int) {
	time.Sleep(time.Duration(round) * 60 * time.Millisecond / time.Duration(rounds))
}

// rounds is how often a process is killed: more often with VITALS_LONG=1.
func rounds() int {
	if os.Getenv("VITALS_LONG") == "1" {
		return 200
	}
	return 8
}

func TestABackupIsKilled(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	filled(t, path, 7)
	if err := backUpBeside(path); err != nil {
		t.Fatal(err)
	}
	for round := range rounds() {
		killed(t, "back up", path, round, rounds())
		s, err := OpenReadOnly(t.Context(), path+".bak")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Check(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		closeStore(t, s)
		// What was left is cleared away by the next.
		if err := backUpBeside(path); err != nil {
			t.Fatal(err)
		}
		for name := range folders(t, path) {
			if strings.Contains(name, ".part-") {
				t.Errorf("%s is left", name)
			}
		}
	}
	if got := numberIn(t, path); got != 7 {
		t.Errorf("%d", got)
	}
}

// folders are those beside a file.
func folders(t *testing.T, path string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			found[e.Name()] = true
		}
	}
	return found
}

// A folder of somebody who is still at it is left alone.
func TestWhatIsBeingMadeIsNotClearedAway(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	filled(t, path, 7)
	to := path + ".bak"
	other, err := newScratch(to)
	if err != nil {
		t.Fatal(err)
	}
	defer other.remove()
	left := filepath.Join(filepath.Dir(to), "."+filepath.Base(to)+".part-1")
	if err := errors.Join(os.Mkdir(left, 0o700), os.WriteFile(filepath.Join(left, "taken.db"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := backUpBeside(path); err != nil {
		t.Fatal(err)
	}
	if got := folders(t, path); !got[filepath.Base(other.dir)] || len(got) != 1 {
		t.Errorf("%v", got)
	}
	if mode(t, other.dir) != 0o700 {
		t.Errorf("mode %o", mode(t, other.dir))
	}
}
