package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// files lists what lies in the box below a folder: names, sizes and times of change.
func (b *box) files(folder string) string {
	b.t.Helper()
	var list strings.Builder
	err := filepath.WalkDir(filepath.Join(b.dir, folder), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && !d.IsDir() {
			fmt.Fprintln(&list, path, info.Size(), info.ModTime())
		} else {
			fmt.Fprintln(&list, path)
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return list.String()
}

// The line comes whoever holds what, and leaves no trace: also where a sync, an
// import and a dashboard are under way, where a sign-in was begun, and where one that
// was killed left something for the next start to put right.
func TestTheLineWaitsForNobodyAndTouchesNothing(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.google(true)
	csv := filepath.Join(b.dir, "w.csv")
	if err := os.WriteFile(csv, []byte("date,weight_kg\n"+time.Now().Format(time.DateOnly)+",71.4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := b.says("report", "--line"); code != 0 || stdout != "no data yet\n" || stderr != "" {
		t.Errorf("of nothing: exit code %d: %q %q", code, stdout, stderr)
	}
	if _, err := os.Stat(filepath.Join(b.dir, ".local")); err == nil {
		t.Error("the line made a folder")
	}
	b.must("import", csv)
	b.must("report")
	b.must("auth", "--print-url")
	const history = ".local/share/vitals"
	for _, left := range []string{"fetching.unfinished", ".vitals.db.vitals-1.unfinished"} {
		if err := os.WriteFile(filepath.Join(b.dir, history, left), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.hold("config.ini.lock")
	b.hold(history, "sync.lock")
	line := func(when string) {
		t.Helper()
		before := b.files("")
		code, stdout, stderr := b.says("report", "--line")
		if code != 0 || stderr != "" || !strings.HasPrefix(stdout, "71.4 kg | ") || !strings.Contains(stdout, " kWh ") || strings.Count(stdout, "\n") != 1 {
			t.Errorf("%s: exit code %d: %q %q", when, code, stdout, stderr)
		}
		if after := b.files(""); after != before {
			t.Errorf("%s: there is now\n%snot\n%s", when, after, before)
		}
	}
	line("alone")
	b.inDatabase("BEGIN IMMEDIATE", history, "vitals.db")
	line("beside who saves")
	b.inDatabase("BEGIN EXCLUSIVE", "meter.db")
	before := b.files("")
	code, stdout, stderr := b.says("report", "--line")
	if code != 0 || stderr != "" || !strings.HasPrefix(stdout, "71.4 kg | ") || b.files("") != before {
		t.Errorf("with a meter that nobody may read: exit code %d: %q %q", code, stdout, stderr)
	}
}

func TestTheLineInTmux(t *testing.T) {
	needed(t, "tmux")
	t.Parallel()
	b := newBox(t)
	b.google(false)
	b.must("report") // which reads the meter
	b.env = append(b.env, "TMUX_TMPDIR="+b.dir, "TERM=xterm-256color")
	config := "set -g status-interval 1\nset -g status-right-length 60\nset -g status-right \"<#(" + binary + " report --line)>\"\n"
	if err := os.WriteFile(filepath.Join(b.dir, "tmux.conf"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	path, err := exec.LookPath("tmux")
	if err != nil {
		t.Fatal(err)
	}
	p := b.through(100, 10, path, "-L", "vitals", "-f", "tmux.conf", "new-session", "sleep", "60")
	t.Cleanup(func() { tmux{b}.command("kill-server").Run() })
	p.wait(" kWh today>")
	if !strings.Contains(p.Screen(), " W | ") {
		t.Errorf("the bar has no power:\n%s", p.Screen())
	}
}
