package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"vitals/fitbit/fake"
)

// soonEnough is how long a program may take to end whose output nobody takes. It
// takes five seconds; without a bound it takes for ever.
const soonEnough = time.Minute

// fullPipe is the end of a pipe that nobody reads, and that is full.
func fullPipe(t *testing.T) *os.File {
	t.Helper()
	ends := make([]int, 2)
	if err := syscall.Pipe2(ends, syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		t.Fatal(err)
	}
	for filler := make([]byte, 1<<20); len(filler) > 0; filler = filler[:len(filler)/2] {
		for {
			if _, err := syscall.Write(ends[1], filler); errors.Is(err, syscall.EAGAIN) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := syscall.SetNonblock(ends[1], false); err != nil { // as a shell's is
		t.Fatal(err)
	}
	near := os.NewFile(uintptr(ends[1]), "pipe")
	t.Cleanup(func() {
		near.Close()
		syscall.Close(ends[0])
	})
	return near
}

// asleep waits until a thread of a process sleeps in a function of the kernel.
func asleep(t *testing.T, pid int, in string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/wchan", pid))
		for _, thread := range threads {
			if where, err := os.ReadFile(thread); err == nil && strings.Contains(string(where), in) { // else it has ended
				return
			}
		}
	}
	t.Fatalf("it never waits in %s", in)
}

// ends expects that a program which was told to end does so.
func ends(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		cmd.Wait() // its exit code is looked at
		close(ended)
	}()
	select {
	case <-ended:
		if code := cmd.ProcessState.ExitCode(); code != 130 {
			t.Errorf("exit code %d", code)
		}
	case <-time.After(soonEnough):
		cmd.Process.Kill()
		t.Error("it goes on")
	}
}

// Nobody reads the pipe that it prints to, or opens the one that it is to use: one
// signal ends it all the same.
func TestNobodyTakesWhatItPrints(t *testing.T) {
	const pipe, opening = "pipe_write", "wait_for_partner"
	for _, tt := range []struct {
		name        string
		args        []string
		out, errors bool // is a full pipe
		waits       string
		signal      syscall.Signal
	}{
		{"report", []string{"report"}, true, false, pipe, syscall.SIGTERM},
		{"export", []string{"export", "electricity", "--by", "hour"}, true, false, pipe, syscall.SIGINT},
		{"help", []string{"--help"}, true, false, pipe, syscall.SIGHUP},
		{"sign-in", []string{"auth", "--print-url"}, true, false, pipe, syscall.SIGTERM},
		{"doctor", []string{"doctor"}, true, true, pipe, syscall.SIGINT},
		{"messages", []string{"export", "bmi"}, false, true, pipe, syscall.SIGTERM},
		{"an export to a named pipe", []string{"export", "electricity", "--out", "pipe"}, false, false, opening, syscall.SIGTERM},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			b.google(false)
			if err := syscall.Mkfifo(filepath.Join(b.dir, "pipe"), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(binary, tt.args...)
			cmd.Dir, cmd.Env = b.dir, b.env
			if tt.out {
				cmd.Stdout = fullPipe(t)
			}
			if tt.errors {
				cmd.Stderr = fullPipe(t)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			asleep(t, cmd.Process.Pid, tt.waits)
			if err := cmd.Process.Signal(tt.signal); err != nil {
				t.Fatal(err)
			}
			ends(t, cmd)
		})
	}
}

// The terminal takes nothing more: keys and signals end the dashboard all the
// same, its work is done in good order, and the line modes are as before.
func TestATerminalThatHangs(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(terminal) error
		code int
	}{
		{"q", func(p terminal) error { return p.Type("q") }, 0},
		{"ctrl+c", func(p terminal) error { return p.Type("\x03") }, 130},
		{"SIGTERM", func(p terminal) error { return p.Signal(syscall.SIGTERM) }, 130},
		{"SIGHUP", func(p terminal) error { return p.Signal(syscall.SIGHUP) }, 130},
		{"hang-up", func(p terminal) error { return p.HangUp() }, 130},
		{"q, when it takes things again", func(p terminal) error { return errors.Join(p.Type("q"), p.Release()) }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			p := b.start(80, 24, "demo")
			p.wait("kWh", "? help")
			if err := p.Hold(); err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{"\x1b[D", "\x1b[D", "\x1b[C"} { // frames that nobody takes
				p.press(key)
			}
			if err := tt.end(p); err != nil {
				t.Fatal(err)
			}
			if code, err := p.Wait(soonEnough); err != nil || code != tt.code {
				t.Fatalf("exit code %d, %v", code, err)
			}
			err := p.Restored()
			if again := strings.Contains(tt.name, "again"); err != nil && tt.name != "hang-up" && (again || strings.Contains(err.Error(), "line modes")) {
				t.Error(err)
			}
			if left, err := os.ReadDir(b.dir); err != nil || len(left) > 0 {
				t.Errorf("the demo left %v behind, %v", left, err)
			}
		})
	}
}

// keepElsewhere signs in, and has a program keep the secrets in the file "held",
// which takes them by a script of the shell. Each renewal brings a new token.
func (b *box) keepElsewhere(google *fake.Server, store string) (config, held string) {
	b.t.Helper()
	google.Set(func(k *fake.Knobs) { k.Rotate = true })
	config = filepath.Join(b.dir, "config.ini")
	text, err := os.ReadFile(config)
	if err != nil {
		b.t.Fatal(err)
	}
	secrets := regexp.MustCompile(`(?m)^(client_secret|refresh_token) = .*\n`)
	held = "client_secret = " + fake.DesktopClient().Secret + "\nrefresh_token = " + google.SignIn(fake.Scopes()...) + "\n"
	for name, text := range map[string]string{
		"config.ini": secrets.ReplaceAllString(string(text), "") + "[fitbit]\nsigned_in_at = 2026-11-20T10:00:00Z\n[secrets]\ncommand = sh ~/keeper show\nstore_command = sh ~/keeper store\n",
		"held":       held,
		"keeper":     `[ "$1" = show ] || { ` + store + `; exit; }; cat ~/held`,
	} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	return config, held
}

// Whoever read what vitals says went away: a token that is on its way to a program of
// the user's, which says something, is kept all the same.
func TestAGrantIsKeptThoughNobodyHears(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	google, _ := b.google(false)
	config, first := b.keepElsewhere(google, `read a; echo "$a" >~/held; echo storing >&2; cat >>~/held; echo stored >&2`)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	defer writer.Close()
	cmd := exec.Command(binary, "sync")
	cmd.Dir, cmd.Env, cmd.Stderr = b.dir, append(b.env, "VITALS_CONFIG="+config), writer
	if err := cmd.Run(); err != nil {
		t.Error(err)
	}
	held, err := os.ReadFile(filepath.Join(b.dir, "held"))
	if err != nil || string(held) == first || strings.Count(string(held), "\n") != 2 {
		t.Errorf("%d bytes are kept, %v", len(held), err)
	}
	for _, token := range google.Live() {
		if !strings.Contains(string(held), token) {
			t.Error("the token that is good is not the one that is kept")
		}
	}
}

// A grant that is on its way to a program of the user's is not cut off, although
// that takes longer than anything else may.
func TestAGrantIsKeptHoweverLongThatTakes(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	google, _ := b.google(false)
	config, first := b.keepElsewhere(google, `touch ~/begun; sleep 7; cat >~/held.new; mv ~/held.new ~/held; touch ~/kept`)
	cmd := exec.Command(binary, "sync")
	cmd.Dir, cmd.Env, cmd.Stderr = b.dir, append(b.env, "VITALS_CONFIG="+config), fullPipe(t)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(filepath.Join(b.dir, "begun")); err == nil {
			break
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ends(t, cmd)
	if _, err := os.Stat(filepath.Join(b.dir, "kept")); err != nil {
		t.Errorf("it did not wait: %v", err)
	}
	if held, err := os.ReadFile(filepath.Join(b.dir, "held")); err != nil || string(held) == first {
		t.Errorf("the new grant is not kept, %v", err)
	}
}
