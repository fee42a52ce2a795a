package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// shell is one that people type in, and how to have it tell the line it edits:
// ctrl+g writes that to the file "line".
type shell struct {
	name  string
	args  []string
	setUp []string // lines that are typed first
}

func shells() []shell {
	const (
		load = "source <(vitals completion "
		bash = `PS1='ready> '; bind -x '"\C-g": printf %s "$READLINE_LINE" >line.new && mv line.new line'`
		zsh  = `dump() { print -rn -- "$BUFFER" >line.new && mv line.new line }; zle -N dump; bindkey '^G' dump; PS1='ready> '`
	)
	return []shell{
		{"bash", []string{"--norc", "--noprofile", "-i"}, []string{bash, load + "bash)"}},
		{"bash", []string{"--norc", "--noprofile", "-i"}, []string{bash, "source /usr/share/bash-completion/bash_completion", load + "bash)"}},
		{"bash", []string{"--norc", "--noprofile", "-i"}, []string{bash, "COMP_WORDBREAKS=${COMP_WORDBREAKS//=}; COMP_WORDBREAKS=${COMP_WORDBREAKS//:}", load + "bash)"}},
		{"zsh", []string{"-f", "-i"}, []string{zsh, "autoload -Uz compinit && compinit -D -u", load + "zsh)"}},
		{"zsh", []string{"-f", "-i"}, []string{zsh, "mkdir -p fpath && vitals completion zsh >fpath/_vitals && fpath=($PWD/fpath $fpath)", "autoload -Uz compinit && compinit -D -u"}},
		{"fish", []string{"--no-config", "-i", "-C", `function fish_prompt; echo -n "ready> "; end; function fish_greeting; end`},
			[]string{`bind \cg 'commandline | string collect | read -lz l; echo -n (string trim -r -c \n -- $l) >line.new; mv line.new line'`, "vitals completion fish | source"}},
	}
}

// TestShellsComplete types in real shells, and presses tab.
func TestShellsComplete(t *testing.T) {
	t.Parallel()
	cases := []struct{ typed, becomes string }{
		{"vitals exp\t", "vitals export "},
		{"vitals export elec\t", "vitals export electricity "},
		{"vitals export electricity w\t", "vitals export electricity w"}, // one series, and no file
		{"vitals export weight --by mo\t", "vitals export weight --by month "},
		{"vitals export weight --by=mo\t", "vitals export weight --by=month "},
		{"vitals export weight --format js\t", "vitals export weight --format json "},
		{"vitals export weight --tz Eur\t", "vitals export weight --tz Europe/"},
		{"vitals export weight --tz Europe/Lon\t", "vitals export weight --tz Europe/London "},
		{"vitals export weight --from 2024-03-31T14:00 --fo\t", "vitals export weight --from 2024-03-31T14:00 --format "},
		{"vitals export --from 2024-03-31T14:00 ste\t", "vitals export --from 2024-03-31T14:00 steps "},
		{"vitals export weight --out wei\t", "vitals export weight --out weighings.csv "},
		{"vitals export weight --out=wei\t", "vitals export weight --out=weighings.csv "},
		{"vitals export weight --from wei\t", "vitals export weight --from wei"}, // no file
		{"vitals import --units s\t", "vitals import --units st "},
		{"vitals import wei\t", "vitals import weighings.csv "},
		{"vitals import two\\ w\t", "vitals import two\\ words.csv "},
		{"vitals import weighings.csv --dates d\t", "vitals import weighings.csv --dates dmy "},
		{"vitals import weighings.csv fol\t", "vitals import weighings.csv folder/"},
		{"vitals energy det\t", "vitals energy detect "},
		{"vitals energy detect met\t", "vitals energy detect meter.db "},
		{"vitals sync wei\t", "vitals sync wei"}, // no file
		{"vitals auth st\t", "vitals auth status "},
		{"vitals completion f\t", "vitals completion fish "},
		{"vitals completion po\t", "vitals completion po"},
		{"vitals __c\t", "vitals __c"},
		{"~/bin/vitals rep\t", "~/bin/vitals report "},
		{"vitals import $(touch ran) wei\t", "vitals import $(touch ran) weighings.csv "},
		{"vitals import ~/wei\t", "vitals import ~/weighings.csv "},
		{"vitals import $HOME/wei\t", "vitals import $HOME/weighings.csv "},
		{"vitals import 'two w\t", "vitals import 'two words.csv' "},
		{"vitals auth --paste-stdin < wei\t", "vitals auth --paste-stdin < weighings.csv "},
		{"vitals export weight >wei\t", "vitals export weight >weighings.csv "},
		{"vitals report 2>> wei\t", "vitals report 2>> weighings.csv "},
		{"vitals export weight > wei.csv --fo\t", "vitals export weight > wei.csv --format "},
	}
	for i, sh := range shells() {
		t.Run(sh.name+strings.Repeat("'", i%3), func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(sh.name)
			if err != nil {
				t.Skipf("there is no %s here", sh.name)
			}
			for _, line := range sh.setUp {
				if file, ok := strings.CutPrefix(line, "source /"); ok {
					if _, err := os.Stat("/" + file); err != nil {
						t.Skipf("there is no /%s here", file)
					}
				}
			}
			b := newBox(t)
			bin := filepath.Join(b.dir, "bin")
			for _, err := range []error{os.Mkdir(bin, 0o700), os.Symlink(binary, filepath.Join(bin, "vitals")), os.Mkdir(filepath.Join(b.dir, "folder"), 0o700)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			for _, name := range []string{"weighings.csv", "two words.csv", "meter.db"} {
				if err := os.WriteFile(filepath.Join(b.dir, name), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			b.env = append(slices.DeleteFunc(b.env, func(v string) bool { return strings.HasPrefix(v, "PATH=") }), "PATH="+bin+":"+os.Getenv("PATH"), "XDG_CACHE_HOME="+b.dir)
			p := b.through(120, 40, path, sh.args...)
			defer p.Kill()
			line := filepath.Join(b.dir, "line")
			edited := func(keys string) string {
				t.Helper()
				p.press("\x15" + keys + "\x07")
				for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
					if text, err := os.ReadFile(line); err == nil {
						_ = os.Remove(line)
						return string(text)
					}
					if time.Now().After(deadline) {
						t.Fatalf("%q is not answered:\n%s", keys, p.Screen())
					}
				}
			}
			for _, command := range sh.setUp {
				p.press(command + "\r")
			}
			p.press("echo set'' up\r")
			p.wait("\nset up")
			_, noZones := os.Stat("/usr/share/zoneinfo/Europe/London")
			for _, c := range cases {
				if noZones != nil && strings.Contains(c.typed, "--tz") {
					continue
				}
				if strings.Contains(strings.Join(sh.setUp, " "), "BREAKS//=") && strings.Contains(c.typed, "--out=") {
					continue // bash itself looks for files after a break only
				}
				if got := edited(c.typed); got != c.becomes {
					t.Errorf("%q becomes %q, not %q", c.typed, got, c.becomes)
				}
			}
			p.press("\x15vitals export \t\t")
			p.wait("what the house used", "active-calories", "body mass index")
			if strings.Contains(p.Raw(), "not found") || strings.Contains(p.Raw(), "command:") {
				t.Errorf("it complains:\n%s", p.Raw())
			}
			if _, err := os.Stat(filepath.Join(b.dir, "ran")); err == nil {
				t.Error("what was typed was run")
			}
		})
	}
}

// TestACompletionTouchesNothing asks as the shells do, where everything could be
// touched: a history, a meter, commands that keep secrets, another's address.
func TestACompletionTouchesNothing(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	server, _ := b.google(true)
	config := filepath.Join(b.dir, "config.ini")
	text, err := os.ReadFile(config)
	if err == nil {
		err = os.WriteFile(config, append(text, "[secrets]\ncommand = touch "+filepath.Join(b.dir, "ran")+"\n"...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	files := func() (names []string) {
		_ = filepath.WalkDir(b.dir, func(path string, _ fs.DirEntry, _ error) error {
			names = append(names, path)
			return nil
		})
		return names
	}
	before := files()
	for _, line := range []string{"", "export", "export|weight", "export|--tz", "export|--db", "export|--series", "sync", "report", "import", "auth", "auth|logout", "energy|detect", "restore", "--config", "nothing|of|the|kind", "completion"} {
		words := append([]string{"__complete"}, strings.Split(line, "|")...)
		for _, words := range [][]string{append(words, ""), append(words, "--"), append(words, "--x=y", "../")} {
			code, stdout, _ := b.says(words...)
			if code != 0 || strings.Contains(stdout, "1//") || !strings.Contains(stdout, ":") {
				t.Errorf("%q: exit code %d: %s", words, code, stdout)
			}
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if code, stdout, stderr := b.says("completion", shell); code != 0 || stderr != "" || !strings.Contains(stdout, "__complete") {
			t.Errorf("%s: exit code %d: %s", shell, code, stderr)
		}
	}
	for _, wrong := range [][]string{{"completion"}, {"completion", "powershell"}, {"completion", "bash", "zsh"}, {"completion", "bash", "--x"}} {
		if code, stdout, stderr := b.says(wrong...); code != 2 || stdout != "" || !strings.Contains(stderr, "vitals: error: ") {
			t.Errorf("%q: exit code %d: %s%s", wrong, code, stdout, stderr)
		}
	}
	if after := files(); !slices.Equal(before, after) {
		t.Errorf("there are files: %v, and not %v", after, before)
	}
	if n := len(server.Requests("")); n > 0 {
		t.Errorf("%d requests", n)
	}
}
