package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// command is a process to be timed.
type command struct {
	path  string
	args  []string
	env   []string
	stdin string
}

// run is one that ended well.
type run struct {
	elapsed time.Duration // from before it was started until it was waited for
	peak    peak
	out     string
}

func (c command) run() (run, error) {
	cmd := exec.Command(c.path, c.args...)
	cmd.Env = append(slices.Clone(c.env), "PATH="+os.Getenv("PATH"), "LANG=C.UTF-8")
	cmd.Stdin = strings.NewReader(c.stdin)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	started := time.Now()
	err := cmd.Run()
	elapsed := time.Since(started)
	if err != nil {
		return run{}, fmt.Errorf("%s %s: %w\n%s", filepath.Base(c.path), strings.Join(c.args, " "), err, problems.String())
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return run{}, errors.New("this system does not tell how much memory a process took")
	}
	most, err := peakOf(usage)
	return run{elapsed, most, out.String()}, err
}

// peak is the most memory that a process took, in bytes. It cannot be told
// below the floor.
type peak struct{ bytes, floor int64 }

// peakOf reads it from what the system says of a process that has ended. Until
// a process becomes another program it shares our memory, and that is counted
// as its own: our peak is the floor.
func peakOf(ended *syscall.Rusage) (peak, error) {
	var own syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &own)
	return peak{int64(ended.Maxrss) * 1024, int64(own.Maxrss) * 1024}, err
}

func (p peak) String() string {
	text := fmt.Sprintf("%.0f MB", float64(p.bytes)/(1<<20))
	if p.bytes <= p.floor {
		text = "at most " + text
	}
	return text
}

// or is the greater one.
func (p peak) or(other peak) peak {
	return peak{max(p.bytes, other.bytes), max(p.floor, other.floor)}
}

// times are those of one command.
type times []time.Duration

func (t times) median() time.Duration {
	sorted := slices.Sorted(slices.Values(t))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

// String is the median, with the fastest and the slowest.
func (t times) String() string {
	return fmt.Sprintf("%s (%s–%s, n=%d)", short(t.median()), short(slices.Min(t)), short(slices.Max(t)), len(t))
}

// short is a time to three figures.
func short(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%.3g ms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%.3g s", d.Seconds())
}
