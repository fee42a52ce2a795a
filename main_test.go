package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitals/bench/onscreen"
)

// build makes the binary and returns its path.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vitals")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	return path
}

// home is an environment with everything in a folder of its own.
func home(t *testing.T) (dir string, env []string) {
	t.Helper()
	dir = t.TempDir()
	return dir, []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TZ=Europe/London"}
}

func TestDashboardOnATerminal(t *testing.T) {
	binary := build(t)
	dir, env := home(t)
	p, err := onscreen.Start(80, 24, dir, env, binary, "demo")
	if err != nil {
		t.Fatal(err)
	}
	wait := func(texts ...string) {
		t.Helper()
		for _, text := range texts {
			if _, err := p.WaitFor(text, 20*time.Second); err != nil {
				t.Fatal(err)
			}
		}
	}
	press := func(keys string) {
		t.Helper()
		if err := p.Type(keys); err != nil {
			t.Fatal(err)
		}
	}
	wait("Ann E.", "BMI", " kg", "by hour", "24 h:")
	for _, r := range []struct{ key, title string }{
		{"2", "7 days:"}, {"3", "30 days:"}, {"4", "12 months:"}, {"5", "all:"}, {"1", "24 h:"},
		{"d", "by day"}, {"w", "by week"}, {"m", "by month"}, {"y", "by year"}, {"h", "by hour"},
		{"s", "Energy · calories"}, {"s", "house and calories"}, {"?", "any key goes back"}, {" ", "Energy"},
	} {
		press(r.key)
		wait(r.title)
	}
	press("q")
	code, err := p.Wait(10 * time.Second)
	if err != nil || code != 0 {
		t.Errorf("exit code %d, %v", code, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	hidden, _ := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left)+len(hidden) > 0 {
		t.Errorf("the demo left %s behind", strings.Join(append(left, hidden...), ", "))
	}
}
