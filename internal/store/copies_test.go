package store

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"vitals/internal/health"
)

// onPaths are jobs of another process that open what they need themselves.
var onPaths = map[string]func(path string) error{
	"back up on a full disk": func(path string) error { return onFullDisk(path, backUpBeside) },
	"restore on a full disk": func(path string) error { return onFullDisk(path, restoreFromBeside) },
	"open on a full disk":    func(path string) error { return onFullDisk(path, openOnce) },
	"open":                   openOnce,
	"back up":                func(path string) error { return forEver(path, backUpBeside) },
	"restore":                func(path string) error { return forEver(path, restoreFromBeside) },
	"save and close":         saveAndClose,
}

func openOnce(path string) error {
	s, err := Open(context.Background(), path)
	if err != nil {
		return err
	}
	return s.Close()
}

func backUpBeside(path string) error {
	_, err := Backup(context.Background(), path, path+".bak")
	return err
}

func restoreFromBeside(path string) error {
	_, err := Restore(context.Background(), path, path+".bak", at)
	return err
}

func forEver(path string, f func(string) error) error {
	for {
		if _, err := os.Stdout.WriteString("begun\n"); err != nil {
			return err
		}
		if err := f(path); err != nil {
			return err
		}
	}
}

// onFullDisk: a file may grow to two thirds of what the history takes, then
// writing fails.
func onFullDisk(path string, f func(string) error) error {
	signal.Ignore(syscall.SIGXFSZ)
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = uint64(info.Size() * 2 / 3)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	return f(path)
}

// failsOnAFullDisk runs a job that must fail in words, and leave everything in the
// folder of path as it is.
func failsOnAFullDisk(t *testing.T, job, path, says string) {
	t.Helper()
	before := beside(t, path)
	cmd := exec.Command(os.Args[0], path)
	cmd.Env = append(os.Environ(), asAnotherProcess+"="+job, "GORACE=atexit_sleep_ms=0")
	out, err := cmd.CombinedOutput()
	if text := string(out); err == nil || !strings.Contains(text, says) || strings.Count(text, "\n") != 1 {
		t.Errorf("%v: %s", err, out)
	}
	if after := beside(t, path); !maps.Equal(before, after) {
		t.Errorf("from %v to %v", names(before), names(after))
	}
}

func names(files map[string]string) (list []string) {
	for name, text := range files {
		list = append(list, fmt.Sprintf("%s (%d)", name, len(text)))
	}
	return list
}

// filled makes a history in which everything tells its number: some weigh-ins,
// body fat, days and quarter-hours.
func filled(t testing.TB, path string, number int64) {
	t.Helper()
	s := openFile(t, path)
	if err := s.SaveRollUp(t.Context(), "house", numbered(number)); err != nil {
		t.Fatal(err)
	}
	saveDay(t, s, 0, float64(number))
	weighings := []health.Weighing{{At: at, KG: float64(number), Source: health.Source{Name: "Aria 2"}}}
	if _, _, err := s.SaveWeighings(t.Context(), weighings); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
}

// numberIn checks a history that filled made in every respect, and returns its
// number.
func numberIn(t testing.TB, path string) int64 {
	t.Helper()
	s := openFile(t, path)
	defer closeStore(t, s)
	if err := s.Check(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	weighings, err := s.Weighings(t.Context())
	if err != nil || len(weighings) != 1 {
		t.Fatalf("%v, %v", weighings, err)
	}
	number := weighings[0].KG
	if got := days(t, s); len(got) != 1 || got[0].Amount != number {
		t.Fatalf("days %v of %v", got, number)
	}
	portions, err := s.Portions(t.Context(), "house", time.Time{}, time.Time{})
	if err != nil || len(portions) != numberedDays*slotsPerDay {
		t.Fatalf("%d portions, %v", len(portions), err)
	}
	for _, p := range portions {
		if p.Amount != number {
			t.Fatalf("a portion of %v in %v", p.Amount, number)
		}
	}
	return int64(number)
}

func content(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
