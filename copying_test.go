package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// needed skips a test where a program that it drives is not installed.
func needed(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed", program)
	}
}

// ways lead to the address of a sign-in: arguments, and keys to press once the
// text is there.
var ways = []struct {
	name       string
	args       []string
	first, key string
}{
	{"demo", []string{"demo", "--signed-out"}, "", ""},
	{"dashboard", nil, "? help", "a"},
	{"auth", []string{"auth"}, "", ""},
}

// addressFiles are the files there are with the address of a sign-in.
func (b *box) addressFiles() (found []string) {
	b.t.Helper()
	for _, pattern := range []string{".local/state/vitals/sign-in-address", "vitals-demo-*/sign-in-address"} {
		some, err := filepath.Glob(filepath.Join(b.dir, pattern))
		if err != nil {
			b.t.Fatal(err)
		}
		found = append(found, some...)
	}
	return found
}

// address is that of the sign-in under way, from the file that it is kept in.
func (b *box) address() string {
	b.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		found := b.addressFiles()
		if len(found) == 0 {
			continue
		}
		if info, err := os.Stat(found[0]); err != nil {
			b.t.Fatal(err)
		} else if mode := info.Mode().Perm(); mode != 0o600 {
			b.t.Errorf("the file with the address has mode %v", mode)
		}
		if text, err := os.ReadFile(found[0]); err == nil && len(text) > 0 {
			return strings.TrimSpace(string(text))
		}
	}
	b.t.Fatal("no address is kept")
	return ""
}

// alone reports how many lines of a text are the address and nothing else.
func alone(text, address string) int {
	n := 0
	for line := range strings.Lines(strings.ReplaceAll(text, "\r", "")) {
		if strings.TrimRight(line, " \n") == address {
			n++
		}
	}
	return n
}

// On a terminal of its own the address is sent in one piece, which the terminal
// wraps by itself: what it wrapped it copies as one line.
func TestTheAddressIsSentInOnePiece(t *testing.T) {
	t.Parallel()
	for _, way := range ways {
		for _, size := range [][2]int{{80, 24}, {60, 24}, {200, 50}} {
			t.Run(fmt.Sprint(way.name, size), func(t *testing.T) {
				t.Parallel()
				b := newBox(t)
				b.google(false)
				p := b.start(size[0], size[1], way.args...)
				if way.key != "" {
					p.wait(way.first)
					p.press(way.key)
				}
				p.wait("opy the whole address")
				address := b.address()
				p.Settle(300 * time.Millisecond)
				if len(address) < 300 {
					t.Errorf("the address is not as long as Google's: %s", address)
				}
				if !strings.Contains(p.Raw(), address) {
					t.Errorf("the address was not sent in one piece:\n%q", p.Raw())
				}
				rows := strings.ReplaceAll(p.Screen(), "\n", "")
				if !strings.Contains(rows, address) {
					t.Errorf("the address is not whole on the screen:\n%s", p.Screen())
				}
				if way.name != "auth" {
					p.press("\x19") // ctrl+y
					p.wait("copy sent")
					p.waitSent("\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(address)) + "\x07") // beside the words
				}
				p.press("\x03")
				p.expectExit(130)
				if left := b.addressFiles(); len(left) > 0 {
					t.Errorf("left behind: %v", left)
				}
			})
		}
	}
}

// tmux is a tmux of its own with one window.
type tmux struct {
	b *box
}

func (b *box) tmux(width, height int, args ...string) tmux {
	b.t.Helper()
	x := tmux{b}
	b.env = append(b.env, "TMUX_TMPDIR="+b.dir, "TERM=xterm-256color")
	x.run(append([]string{"-f", "/dev/null", "new-session", "-d", "-s", "vitals", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height), binary}, args...)...)
	b.t.Cleanup(func() { // vitals may still be tidying up when tmux is gone
		x.command("send-keys", "C-c").Run()
		for deadline := time.Now().Add(10 * time.Second); x.command("has-session").Run() == nil && time.Now().Before(deadline); {
			time.Sleep(20 * time.Millisecond)
		}
		x.command("kill-server").Run()
	})
	return x
}

func (x tmux) command(args ...string) *exec.Cmd {
	cmd := exec.Command("tmux", append([]string{"-L", "vitals"}, args...)...)
	cmd.Dir, cmd.Env = x.b.dir, x.b.env
	return cmd
}

func (x tmux) run(args ...string) string {
	x.b.t.Helper()
	out, err := x.command(args...).CombinedOutput()
	if err != nil {
		x.b.t.Fatalf("tmux %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// copied is all of the window, lines that were wrapped joined, as tmux copies it.
func (x tmux) copied() string { return x.run("capture-pane", "-J", "-p", "-S", "-") }

func (x tmux) wait(what string, shown func(text string) bool) {
	x.b.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !shown(x.copied()); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			x.b.t.Fatalf("tmux does not show %s:\n%s", what, x.copied())
		}
	}
}

func (x tmux) waitFor(text string) {
	x.b.t.Helper()
	x.wait(fmt.Sprintf("%q", text), func(shown string) bool { return strings.Contains(shown, text) })
}

func TestTheAddressCopiesWholeInTmux(t *testing.T) {
	needed(t, "tmux")
	t.Parallel()
	for _, way := range ways {
		for _, size := range [][2]int{{80, 24}, {60, 24}, {200, 50}} {
			t.Run(fmt.Sprint(way.name, size), func(t *testing.T) {
				t.Parallel()
				b := newBox(t)
				b.google(false)
				x := b.tmux(size[0], size[1], way.args...)
				if way.key != "" {
					x.waitFor(way.first)
					x.run("send-keys", way.key)
				}
				x.waitFor("opy the whole address")
				address := b.address()
				x.wait("the address alone on a line", func(text string) bool { return alone(text, address) > 0 })
				if way.name != "dashboard" {
					return
				}
				x.run("resize-window", "-x", "70", "-y", "20")
				time.Sleep(300 * time.Millisecond) // whatever is drawn for the new size
				x.wait("the address in another size", func(text string) bool { return alone(text, address) > 0 })
				x.run("send-keys", "Escape")
				x.waitFor("? help")
				x.run("send-keys", "a")
				x.waitFor("opy the whole address")
				x.wait("the address again", func(text string) bool { return alone(text, address) > 0 })
				x.run("send-keys", "C-y") // tmux keeps it to itself, as it is set up at first
				x.waitFor("tmux set -g set-clipboard on")
				x.run("set", "-g", "set-clipboard", "on")
				x.run("send-keys", "C-y")
				for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
					if got, _ := x.command("show-buffer").Output(); string(got) == address {
						break
					} else if time.Now().After(deadline) {
						t.Fatalf("tmux took %q", got)
					}
				}
			})
		}
	}
}

func TestTheAddressCopiesWholeInScreen(t *testing.T) {
	needed(t, "screen")
	t.Parallel()
	for _, way := range ways {
		for _, size := range [][2]int{{80, 24}, {60, 24}} {
			t.Run(fmt.Sprint(way.name, size), func(t *testing.T) {
				t.Parallel()
				b := newBox(t)
				b.google(false)
				sockets := filepath.Join(b.dir, "sockets")
				taken, settings := filepath.Join(b.dir, "taken"), filepath.Join(b.dir, "screenrc")
				err := os.Mkdir(sockets, 0o700)
				if err == nil {
					err = os.WriteFile(settings, []byte("bufferfile "+taken+"\nstartup_message off\n"), 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
				b.env = append(b.env, "SCREENDIR="+sockets, "SHELL=/bin/sh")
				t.Cleanup(func() { // it outlives its terminal; fails where it has ended
					quit := exec.Command("screen", "-S", "vitals", "-X", "quit")
					quit.Dir, quit.Env = b.dir, b.env
					quit.Run()
				})
				p := b.through(size[0], size[1], "screen", append([]string{"-S", "vitals", "-U", "-c", settings, binary}, way.args...)...)
				if way.key != "" {
					p.wait(way.first)
					p.press(way.key)
				}
				p.wait("opy the whole address")
				address := b.address()
				p.Settle(300 * time.Millisecond)
				for _, step := range []struct{ keys, says string }{
					{"\x01[", "Copy mode"}, {"g0 ", "First mark set"}, {"G$ ", "Copied "},
				} {
					p.press(step.keys)
					p.wait(step.says)
				}
				p.press("\x01>") // into the file
				for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
					if text, err := os.ReadFile(taken); alone(string(text), address) > 0 {
						break
					} else if time.Now().After(deadline) {
						t.Fatalf("screen copies, %v:\n%s", err, text)
					}
				}
				if way.name == "dashboard" {
					p.press("\x19") // ctrl+y
					p.wait("if nothing arrives, screen or your terminal")
					p.waitSent("\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(address)) + "\x07") // through screen
				}
				p.press("\x03")
				p.expectExit(0)
			})
		}
	}
}
