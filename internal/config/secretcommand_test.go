package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestReadSecrets(t *testing.T) {
	for text, want := range map[string]printed{
		"client_secret = a\nrefresh_token = 1//b=c\n":   {held{"a", "1//b=c"}, ""},
		"\ufeffrefresh_token=b\r\n\r\nclient_secret=a":  {held{"a", "b"}, ""},
		"  Client_Secret =\ta  \n":                      {held{"a", ""}, "refresh_token"},
		"client_secret = a\nrefresh_token =\n":          {held{"a", ""}, ""},
		"client_secret =\nrefresh_token =":              {held{"", ""}, ""},
		"refresh_token = !#$%&()*+,-./:;<=>?@[]^_{|}~`": {held{"", "!#$%&()*+,-./:;<=>?@[]^_{|}~`"}, "client_secret"},
	} {
		if got, problem := readSecrets(text); got != want || problem != "" {
			t.Errorf("%q: got %q %q, %s", text, string(got.clientSecret), string(got.refreshToken), problem)
		}
	}
	for text, want := range map[string]string{
		"":                            "nothing in it",
		"\n \r\n\t":                   "nothing in it",
		"hunter2":                     "line 1 has no =",
		"client_secret = a\nhunter2":  "line 2 has no =",
		"client_secret = hunter2\x00": "line 1 has a NUL byte",
		"client_secret = a\rrefresh_token=hunter2":     "line 1 has a carriage return in the middle",
		"client_secret = hunter2\xff":                  "line 1 is not UTF-8",
		"\xff\xfec\x00":                                "line 1 has a NUL byte",
		"hunter2 = a":                                  "line 1 has a name that is neither",
		"client_secret = a\nclient_id = hunter2":       "line 2 has a name that is neither",
		"client_secret = hunter2\n\nclient_secret = b": "line 3 gives client_secret a second time",
		"client_secret =\nclient_secret = hunter2":     "line 2 gives client_secret a second time",
		`refresh_token = "hunter2"`:                    "line 1 has blanks, quotes or other signs in refresh_token",
		"refresh_token = hunter2 x":                    "line 1 has blanks",
		"refresh_token = hunter2\u00a0":                "other signs",
		"[fitbit]\nclient_secret = hunter2":            "line 1 has no =",
	} {
		if got, problem := readSecrets(text); got != (printed{}) || !strings.Contains(problem, want) || strings.Contains(problem, "hunter2") {
			t.Errorf("%q: got %q, want %q", text, problem, want)
		}
	}
}

func FuzzReadSecrets(f *testing.F) {
	for _, seed := range []string{"client_secret = a\nrefresh_token = 1//b=c\n", "\ufeffrefresh_token=b\r\n", "hunter2", "=\x00", "client_secret==\n\nclient_secret=", "\xff\xfe"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, problem := readSecrets(text)
		if problem != "" {
			if got != (printed{}) {
				t.Fatalf("%q: refused, and read all the same", text)
			}
			return
		}
		// What was read is written so that it is read the same.
		again, problem := readSecrets("client_secret = " + string(got.clientSecret) + "\nrefresh_token = " + string(got.refreshToken) + "\n")
		if problem != "" || again.held != got.held {
			t.Fatalf("%q: read, written and read: %s", text, problem)
		}
	})
}

func TestSplitWords(t *testing.T) {
	for line, want := range map[string][]string{
		`pass show vitals`:             {"pass", "show", "vitals"},
		"  a\t b  ":                    {"a", "b"},
		`sh -c 'a "b" \c $D | e; f'`:   {"sh", "-c", `a "b" \c $D | e; f`},
		`a "b 'c' \"d\" \\ \e $F"`:     {"a", `b 'c' "d" \ \e $F`},
		`/opt/my\ prog a\"b`:           {"/opt/my prog", `a"b`},
		`a '' ""b`:                     {"a", "", "b"},
		`~/bin/x ~ a~/b '~/c' ~/"d e"`: {"/home/ann/bin/x", "~", "a~/b", "~/c", "/home/ann/d e"},
		`a $(b) * > c`:                 {"a", "$(b)", "*", ">", "c"},
		"\u00fc \U0001f600":            {"\u00fc", "\U0001f600"},
	} {
		if got, err := splitWords(line, "/home/ann"); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %q, %v, want %q", line, got, err, want)
		}
	}
	for line, want := range map[string]string{
		`a 'b`: "quote", `a "b\"`: "quote", `a \`: "backslash", ` `: "no program", `''`: "no program", `"" a`: "no program",
	} {
		if got, err := splitWords(line, "/home/ann"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %q, %v", line, got, err)
		}
	}
	if got, err := splitWords("~/x", ""); err == nil {
		t.Errorf("without a home: got %q", got)
	}
}

// command is a configuration with a command alone.
func command(line string) string {
	return "[fitbit]\nclient_id = id\n[secrets]\ncommand = " + line + "\n"
}

// Whatever happens, an error names the line and the program, and nothing that was
// printed or stood in the command.
func TestCommandsThatFail(t *testing.T) {
	for line, want := range map[string]string{
		`sh -c 'echo client_secret = hunter2; echo hunter2 >&2; exit 3'`: `[secrets] command ("sh") failed: exit status 3`,
		`sh -c 'echo refresh_token = hunter2; kill -9 $$'`:               `[secrets] command ("sh") failed: signal: killed`,
		`sh -c 'while echo client_secret = hunter2; do :; done'`:         `[secrets] command ("sh") printed more than 64 kB`,
		`sh -c 'echo password: hunter2'`:                                 `line 1 has no =`,
		`true`:                                                           `there is nothing in it`,
		`no-such-program-of-vitals hunter2`:                              `[secrets] command ("no-such-program-of-vitals"): there is no such program`,
		`/nowhere/at/all hunter2`:                                        `[secrets] command ("all"): there is no such program`,
		`./config.ini hunter2`:                                           `[secrets] command ("./config.ini") may not be run`,
		`1//hunter2hunter2`:                                              `there is no such program`,
		`'hunter2 show`:                                                  `has a quote that is not closed`,
	} {
		v, _ := outside(t, command(line), "")
		v.Home = "/home/ann"
		var said bytes.Buffer
		v.Messages = &said
		f, err := v.Fitbit(t.Context())
		var e *CommandError
		switch {
		case !errors.As(err, &e):
			if !strings.Contains(line, "'hunter2") || err == nil {
				t.Errorf("%s: got %v", line, err)
			}
		case e.Hint() == "" || f.ClientSecret != "" || f.RefreshToken != "":
			t.Errorf("%s: no hint, or a secret with an error: %v", line, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "(config.ini line 4)") || !strings.Contains(err.Error(), want) && !strings.Contains(line, "'hunter2")) {
			t.Errorf("%s: got %q, want %q", line, err, want)
		}
		if err != nil && strings.Contains(err.Error()+e.Hint(), "hunter2") {
			t.Errorf("%s: the error shows a secret: %q", line, err)
		}
		if e != nil && (strings.Contains(e.Hint(), "vitals auth") || strings.Contains(want, "failed: ") != strings.Contains(e.Hint(), "run it by hand to see why, in the folder of config.ini: ")) {
			t.Errorf("%s: the hint is %q", line, e.Hint())
		}
		if printsToStderr := strings.Contains(line, ">&2"); printsToStderr != (said.String() == "hunter2\n") {
			t.Errorf("%s: messages are %q", line, said.String())
		}
	}
}

// A command that takes too long, or whose asker goes away, ends with all that it
// started.
func TestACommandEndsWithItsChildren(t *testing.T) {
	for name, end := range map[string]func(*Vault, context.CancelFunc, string){
		"too long": func(v *Vault, _ context.CancelFunc, _ string) { v.Patience = 500 * time.Millisecond },
		"interrupted": func(_ *Vault, cancel context.CancelFunc, child string) {
			go func() {
				for {
					if text, err := os.ReadFile(child); err == nil && strings.HasSuffix(string(text), "\n") {
						cancel()
						return
					}
					time.Sleep(time.Millisecond)
				}
			}()
		},
	} {
		t.Run(name, func(t *testing.T) {
			v, _ := outside(t, command(`sh -c 'sleep 1000 & echo $! >child; wait'`), "")
			child := filepath.Join(filepath.Dir(v.Place.Path), "child")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			end(v, cancel, child)
			_, err := v.Fitbit(ctx)
			want := map[string]string{"too long": "took longer than 500ms", "interrupted": "was interrupted"}[name]
			if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, context.Canceled) != (name == "interrupted") {
				t.Errorf("got %v", err)
			}
			pid, err := strconv.Atoi(strings.TrimSpace(content(t, child)))
			if err != nil {
				t.Fatal(err)
			}
			goesOn := func() bool {
				line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
				return syscall.Kill(pid, 0) == nil && (err != nil || len(line) > 0) // not one that only waits to be buried
			}
			for deadline := time.Now().Add(20 * time.Second); goesOn(); time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("what it started goes on")
				}
			}
			if _, failed := v.answer, v.answer != nil; failed != (name == "too long") {
				t.Errorf("remembered as a failure: %v", failed)
			}
		})
	}
}

// A command gets what it needs, none of our secrets, no terminal and no input,
// and runs beside the file.
func TestTheSurroundingsOfACommand(t *testing.T) {
	v, _ := outside(t, command(`sh -c 'env >seen; cat >>seen; pwd -P >where; (: </dev/tty) 2>/dev/null && echo terminal >>where; echo client_secret = s'`), "")
	v.Environ = append([]string{"VITALS_PUSH_DSN=hunter2", "CREDENTIALS_DIRECTORY=/run/x", "HOME=/home/ann", "GPG_TTY=/dev/pts/7"}, "PATH="+os.Getenv("PATH"))
	if _, err := v.Fitbit(t.Context()); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Dir(v.Place.Path)
	seen := content(t, filepath.Join(folder, "seen"))
	for _, want := range []string{"CREDENTIALS_DIRECTORY=/run/x\n", "HOME=/home/ann\n", "PATH=", "GPG_TTY=/dev/null\n"} {
		if !strings.Contains(seen, want) {
			t.Errorf("it does not see %q but %q", want, seen)
		}
	}
	for _, never := range []string{"hunter2", "/dev/pts/7"} {
		if strings.Contains(seen, never) {
			t.Errorf("it sees %q", never)
		}
	}
	real, err := filepath.EvalSymlinks(folder)
	if err != nil {
		t.Fatal(err)
	}
	if got := content(t, filepath.Join(folder, "where")); got != real+"\n" {
		t.Errorf("it runs in %q, want %q and no terminal", got, real)
	}
}

// While a screen is up nothing of a command's shows.
func TestACommandIsSilentUnderAScreen(t *testing.T) {
	v, _ := outside(t, command(`sh -c 'echo loud >&2; echo client_secret = s'`), "")
	var said bytes.Buffer
	v.Messages, v.Terminal = &said, true
	v.ScreenIsUp(true)
	expectSecrets(t, v, "s", "")
	if said.Len() > 0 {
		t.Errorf("it said %q", said.String())
	}
}

// However a program writes what it says, no token is passed on, and nothing else
// is lost; a prompt is there while the program waits for its answer.
func TestWhatACommandSays(t *testing.T) {
	for _, c := range []struct{ writes, want []string }{
		{[]string{"GOC", "SPX-topsecret\n", "next\n"}, []string{"", "(hidden)\n", "(hidden)\nnext\n"}},
		{[]string{"GOCSPX-", "topsecret", " x\nnext\n"}, []string{"(hidden)", "(hidden)", "(hidden)\nnext\n"}},
		{[]string{"a 1//topsecret b\nnext", "\n"}, []string{"(hidden)\n", "(hidden)\nnext\n"}},
		{[]string{"token: ya", "29.topsecret\n"}, []string{"token: ", "token: (hidden)\n"}},
		{[]string{"Passphrase:", "", "\n"}, []string{"Passphrase:", "Passphrase:", "Passphrase:\n"}},
		{[]string{"Key of Ann? ", "thanks"}, []string{"Key of Ann? ", "Key of Ann? "}},
		{[]string{strings.Repeat("x", 5000), "GOCSPX-topsecret\n"}, []string{"(hidden)", "(hidden)\n"}},
	} {
		var said bytes.Buffer
		out := &careful{say: func(text string) { said.WriteString(text) }}
		for i, text := range c.writes {
			if n, err := out.Write([]byte(text)); n != len(text) || err != nil {
				t.Errorf("%q: %d, %v", text, n, err)
			}
			if got := said.String(); got != c.want[i] {
				t.Errorf("%q: after %d writes it shows %q, want %q", c.writes, i+1, got, c.want[i])
			}
		}
	}
	var said bytes.Buffer
	v, _ := outside(t, strings.Replace(keptElsewhere, "cat held", "printf why >&2; cat held", 1), bothHeld)
	v.Messages = &said
	expectSecrets(t, v, "s", "old")
	if said.String() != "why\n" {
		t.Errorf("a last line that does not end: %q", said.String())
	}
}
