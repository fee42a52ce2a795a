package config

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// CommandError says why a command of [secrets] did not do its work. Nothing of
// what it printed is in it, but the program's name.
type CommandError struct {
	at           Error
	showsNothing bool // it ended by itself, and there may be nothing to show
}

// The place comes last: of a long line, a screen shows the beginning.
func (e *CommandError) Error() string {
	return fmt.Sprintf("%s (%s line %d)", e.at.problem, filepath.Base(e.at.Path), e.at.Line)
}

// Hint returns the next step, in one sentence.
func (e *CommandError) Hint() string { return e.at.hint }

// Unwrap returns what the system or a context said, if that is the reason.
func (e *CommandError) Unwrap() error { return e.at.cause }

const commandOutput = 64 << 10 // bytes

// command runs the command and reads what it prints.
func (v *Vault) command(ctx context.Context, file *opened) (printed, error) {
	text, err := v.run(ctx, file, "command", file.Secrets.Command, "")
	if err != nil {
		return printed{}, err
	}
	secrets, problem := readSecrets(text)
	if problem != "" {
		return printed{}, &CommandError{showsNothing: problem == nothingIn, at: Error{Path: file.path, Line: file.lineOf("secrets", "command"),
			problem: "what [secrets] command prints cannot be used: " + problem,
			hint:    `it is to print the lines "client_secret = …" and "refresh_token = …", and nothing else`}}
	}
	return secrets, nil
}

// storeCommand runs the store command. It gets both secrets each time, so that
// it can replace all that it has.
func (v *Vault) storeCommand(ctx context.Context, file *opened, secrets held) error {
	_, err := v.run(ctx, file, "store_command", file.Secrets.StoreCommand,
		"client_secret = "+string(secrets.clientSecret)+"\nrefresh_token = "+string(secrets.refreshToken)+"\n")
	return err
}

// readSecrets reads "name = value" lines, or says what is wrong with them
// without repeating any.
func readSecrets(text string) (secrets printed, problem string) {
	text = strings.TrimPrefix(text, "\ufeff")
	given := map[string]bool{}
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSuffix(line, "\r"); strings.TrimSpace(line) == "" {
			continue
		}
		wrong := func(format string, args ...any) (printed, string) {
			return printed{}, fmt.Sprintf("line %d ", i+1) + fmt.Sprintf(format, args...)
		}
		name, value, found := strings.Cut(line, "=")
		name, value = strings.ToLower(strings.Trim(name, " \t")), strings.Trim(value, " \t")
		var target *Secret
		switch {
		case strings.ContainsRune(line, 0):
			return wrong("has a NUL byte")
		case strings.ContainsRune(line, '\r'):
			return wrong("has a carriage return in the middle")
		case !utf8.ValidString(line):
			return wrong("is not UTF-8")
		case !found:
			return wrong("has no =")
		case name == "client_secret":
			target = &secrets.clientSecret
		case name == "refresh_token":
			target = &secrets.refreshToken
		default:
			return wrong("has a name that is neither client_secret nor refresh_token")
		}
		if given[name] {
			return wrong("gives %s a second time", name)
		}
		// RFC 6749, appendix A: visible ASCII. Quotes would be meant otherwise.
		if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\'' }) {
			return wrong("has blanks, quotes or other signs in %s that Google's have not", name)
		}
		given[name], *target = true, Secret(value)
	}
	if len(given) == 0 {
		return printed{}, nothingIn
	}
	for _, name := range []string{"client_secret", "refresh_token"} {
		if !given[name] {
			secrets.missing = name
		}
	}
	return secrets, ""
}

const nothingIn = "there is nothing in it"

// run runs a command with input on its standard input, none for "", and returns
// its standard output; that of one with input is dropped.
//
// There is no shell in between, so nothing in the line means more than it says:
// see splitWords.
func (v *Vault) run(ctx context.Context, file *opened, key, line, input string) (string, error) {
	failed := func(hint, format string, args ...any) *CommandError {
		return &CommandError{at: Error{Path: file.path, Line: file.lineOf("secrets", key), hint: hint,
			problem: fmt.Sprintf(format, args...)}}
	}
	words, err := splitWords(line, v.Home)
	if err != nil {
		return "", failed("write it as in a shell, without $, | and the like; for those: sh -c '…'", "[secrets] %s %v", key, err)
	}
	name := "[secrets] " + key + " (" + shownProgram(words[0], file.folder()) + ")"
	shared := v.Terminal && !v.screen.Load()

	patience := cmp.Or(v.Patience, time.Minute)
	running, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(running, words[0], words[1:]...)
	cmd.Dir = file.folder()
	cmd.Env = publicEnvironment(v.Environ)
	if v.Messages != nil && !v.screen.Load() {
		messages := &careful{say: func(text string) { v.aside.say(v.Messages, text) }}
		defer v.aside.wait()
		defer messages.end()
		cmd.Stderr = messages
		if v.Visible != nil { // before it: what is dropped may stand in the middle of a token
			cmd.Stderr = v.Visible(messages)
		}
	}
	if !shared {
		// A pinentry would draw on the terminal that this names.
		cmd.Env = append(slices.DeleteFunc(cmd.Env, func(s string) bool { return strings.HasPrefix(s, "GPG_TTY=") }), "GPG_TTY=/dev/null")
	}
	output := &bounded{most: commandOutput, full: cancel}
	if input != "" {
		cmd.Stdin = strings.NewReader(input)
	} else {
		cmd.Stdout = output
	}
	cmd.WaitDelay = 2 * time.Second // for what it leaves running with its output open
	endWhole := alone(cmd, shared)
	err = cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		endWhole()
	}
	seeWhy := byHand[key]
	if v.screen.Load() {
		seeWhy = "it has no terminal while this screen is up: unlock what it needs in another one, then press r; or " + seeWhy
	}
	var exit *exec.ExitError
	switch {
	case output.overflown:
		return "", failed("it is to print two lines", "%s printed more than %d kB", name, commandOutput>>10)
	case ctx.Err() != nil:
		return "", &CommandError{at: Error{Path: file.path, Line: file.lineOf("secrets", key),
			problem: name + " was interrupted", hint: "start it again", cause: ctx.Err()}}
	case running.Err() != nil:
		return "", failed("see what it waits for: run it in a shell; a passphrase is to be given before, such as to gpg-agent",
			"%s took longer than %v", name, patience)
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return "", failed("write the path of the program, beginning with / or ~/", "%s: there is no such program", name)
	case errors.Is(err, exec.ErrDot), errors.Is(err, fs.ErrPermission):
		return "", failed("write the path of the program, and see whether it may be run: chmod u+x", "%s may not be run", name)
	case errors.As(err, &exit):
		err := failed(seeWhy, "%s failed: %v", name, exit.ProcessState)
		// Of a shell, 126 and more are a program that is not there, or a signal.
		err.showsNothing = exit.ExitCode() > 0 && exit.ExitCode() < 126
		return "", err
	case errors.Is(err, exec.ErrWaitDelay):
		return "", failed("have it end with all that it starts", "%s left something running that keeps its output open", name)
	case err != nil:
		return "", failed(seeWhy, "%s could not be run", name)
	}
	return output.text.String(), nil
}

// byHand is how to see why a command fails: the line itself may hold what nobody
// should read on a screen. A store command is given what is kept already, or the
// try would overwrite it.
var byHand = map[string]string{
	"command": `run it by hand to see why, in the folder of config.ini: what stands there after "command ="`,
	"store_command": "run it by hand to see why, in the folder of config.ini: COMMAND | STORE_COMMAND, " +
		`which are what stands there after "command =" and "store_command ="`,
}

// shownProgram is the name of a program as it stands in the line, if that is the
// path of a file; what is none may be a secret that was put there.
func shownProgram(word, folder string) string {
	path := word
	if !filepath.IsAbs(path) {
		path = filepath.Join(folder, path)
	}
	if _, err := os.Stat(path); err != nil || !strings.Contains(word, "/") || HasKnownSecret(word) {
		return shownWord(word)
	}
	return strconv.Quote(word)
}

func isEnded(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// bounded takes in so many bytes, and calls full for more.
type bounded struct {
	text      bytes.Buffer
	most      int
	full      func()
	overflown bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.text.Len()+len(p) > b.most {
		b.overflown = true
		b.full()
		return 0, io.ErrShortWrite
	}
	return b.text.Write(p)
}

// careful passes on what a command says, but no line with something of Google's
// in it, as that of a shell that tells what it does. A prompt is passed on before
// its line ends, but for a last word that may yet become a token. A write never
// fails. It is safe for concurrent use.
type careful struct {
	say func(text string)

	mu     sync.Mutex // a command that is left alone may go on writing
	word   string     // the last one, held back
	hiding bool       // the rest of the line
	within bool       // a line that has not ended
}

// Write implements io.Writer.
func (c *careful) Write(p []byte) (int, error) {
	const longest = 4 << 10 // bytes of a word
	c.mu.Lock()
	defer c.mu.Unlock()
	var shown strings.Builder
	for rest := c.word + string(p); rest != ""; {
		line, after, ended := strings.Cut(rest, "\n")
		rest, c.word = after, ""
		if !ended && !googlesPattern.MatchString(line) {
			begun := strings.TrimRightFunc(line, inToken)
			c.word, line = line[len(begun):], begun
		}
		if !c.hiding && (googlesPattern.MatchString(line) || len(c.word) > longest) {
			line, c.hiding = hidden, true
		} else if c.hiding {
			line = ""
		}
		if c.hiding {
			c.word = ""
		}
		shown.WriteString(line)
		if ended {
			shown.WriteByte('\n')
			c.hiding = false
		}
	}
	c.show(shown.String())
	return len(p), nil
}

// show says a text.
func (c *careful) show(text string) {
	if text != "" {
		c.say(text)
		c.within = !strings.HasSuffix(text, "\n")
	}
}

// end passes on what is held back, and ends the line: what vitals says goes to one of
// its own.
func (c *careful) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.show(c.word)
	c.word = ""
	if c.within {
		c.show("\n")
	}
}

// inToken reports whether a sign may stand in one of Google's tokens.
func inToken(r rune) bool {
	return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_./%-", r))
}

// publicEnvironment is an environment less the secrets of ours in it.
func publicEnvironment(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(s string) bool { return strings.HasPrefix(s, "VITALS_PUSH_DSN=") })
}

// splitWords cuts a command line into words at blanks, as a shell does and
// nothing more: '…' and "…" keep blanks, a backslash takes the next sign as it
// is (within "…" only a " or a backslash), and ~/ at the start of a word is the
// home directory. There are no variables, wildcards, pipes or redirections.
func splitWords(line, home string) ([]string, error) {
	var words []string
	var word strings.Builder
	const none = 0
	begun, quote := false, rune(none)
	signs := []rune(line)
	for i := 0; i < len(signs); i++ {
		r := signs[i]
		last := i+1 == len(signs)
		switch {
		case r == '\\' && quote == none && last:
			return nil, errors.New("ends in a backslash")
		case r == '\\' && (quote == none || quote == '"' && !last && (signs[i+1] == '"' || signs[i+1] == '\\')):
			i++
			word.WriteRune(signs[i])
			begun = true
		case quote != none && r == quote:
			quote = none
		case quote == none && (r == '"' || r == '\''):
			quote, begun = r, true
		case quote == none && (r == ' ' || r == '\t'):
			if begun {
				words = append(words, word.String())
				word.Reset()
			}
			begun = false
		case quote == none && !begun && r == '~' && !last && signs[i+1] == '/':
			if home == "" {
				return nil, errors.New("begins a word with ~/, and the home directory is not known")
			}
			word.WriteString(home)
			begun = true
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	switch {
	case quote != none:
		return nil, errors.New("has a quote that is not closed")
	case begun:
		words = append(words, word.String())
	}
	if len(words) == 0 || words[0] == "" {
		return nil, errors.New("names no program")
	}
	return words, nil
}
