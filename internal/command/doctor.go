package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"

	"vitals/internal/health"
	"vitals/internal/terminal"
)

func (c *cli) doctorCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what is wrong, and say what to do about it",
		Long: `Looks at the terminal, the configuration, the sign-in, the network and the
databases, and says of each whether it is well (ok), worth a look (warn) or in
the way (fail), with the next step. It changes nothing, makes no file and does
not use the sign-in. The exit code is 1 when a check fails.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.doctor(cmd.Context(), asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

// check is what was found of one thing. Names are for scripts, and stay.
type check struct {
	Name   string `json:"name"`
	Status status `json:"status"`
	Detail string `json:"detail"`
	Next   string `json:"next"` // what to do; "" when Status is ok
}

type status string

const (
	statusOK   status = "ok"
	statusWarn status = "warn"
	statusFail status = "fail"
)

func fine(name, format string, args ...any) check {
	return check{Name: name, Status: statusOK, Detail: fmt.Sprintf(format, args...)}
}

func doubtful(name, next, format string, args ...any) check {
	return check{name, statusWarn, fmt.Sprintf(format, args...), next}
}

func broken(name, next, format string, args ...any) check {
	return check{name, statusFail, fmt.Sprintf(format, args...), next}
}

// brokenBy is the check that an error failed, which may say what to do.
func brokenBy(name string, err error) check {
	next := health.Hint(err)
	if next == "" {
		next = "put that right and run vitals doctor again"
	}
	return broken(name, next, "%v", err)
}

// patient is for how long an answer is waited for; a second more, and the doctor
// goes on without it.
const patient = 8 * time.Second

// group is checks that are made together.
type group struct {
	names []string
	run   func(context.Context) []check
}

func (x *examination) groups() []group {
	one := func(name string, run func(context.Context) check) group {
		return group{[]string{name}, func(ctx context.Context) []check { return []check{run(ctx)} }}
	}
	return []group{
		{[]string{"program", "terminal", "size", "colours", "locale", "multiplexer", "clipboard"},
			func(context.Context) []check {
				return []check{x.program(), x.terminal(), x.size(), x.colours(), x.locale(), x.multiplexer(), x.clipboard()}
			}},
		one("config", x.configuration),
		one("git", x.git),
		{[]string{"time-zone", "units"}, func(context.Context) []check { return []check{x.timeZone(), x.units()} }},
		{[]string{"data-dir", "state-dir", "disk", "locks"}, x.folders},
		one("history", x.history),
		one("kept", x.kept),
		one("meter", x.meterDatabase),
		one("website", x.websiteDatabase),
		one("grant", x.grantCheck),
		{[]string{"api", "sign-in", "clock"}, x.network},
	}
}

// checks makes all checks.
func (x *examination) checks(ctx context.Context) []check {
	const grace = time.Second // for those who notice themselves that time is up
	all, left := sideBySide(ctx, x.groups(), time.Until(x.until), grace)
	if !left { // nobody reads any more
		x.Close()
	}
	for i := range all { // paths and errors of others are in there
		all[i].Detail, all[i].Next = terminal.Brief(all[i].Detail), terminal.Brief(all[i].Next)
	}
	return all
}

// sideBySide makes the checks of all groups at once and returns them in their
// order. What does not come back in time, such as a file on a server that is
// gone, is left to itself; so is everything when ctx ends before, and what is
// returned then is not all.
func sideBySide(ctx context.Context, groups []group, patience, grace time.Duration) (all []check, left bool) {
	ended := ctx.Done()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	results := make([]chan []check, len(groups))
	for i, g := range groups {
		results[i] = make(chan []check, 1)
		go func() { results[i] <- g.run(ctx) }()
	}
	late := make(chan struct{})
	timer := time.AfterFunc(patience+grace, func() { close(late) })
	defer timer.Stop()
	for i, g := range groups {
		select {
		case found := <-results[i]:
			all = append(all, found...)
		case <-ended:
			return all, true
		case <-late:
			left = true
			for _, name := range g.names {
				all = append(all, doubtful(name, unanswered, "no answer within %v", patience.Round(time.Second/10)))
			}
		}
	}
	return all, left
}

func (c *cli) doctor(ctx context.Context, asJSON bool) error {
	x, err := c.examine(ctx)
	if err != nil {
		return err
	}
	checks := x.checks(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if asJSON {
		err = json.NewEncoder(c.json()).Encode(struct {
			Schema int     `json:"schema"`
			Checks []check `json:"checks"`
		}{1, checks})
	} else {
		err = printChecks(c.text(), checks, x.columns())
	}
	if err == nil && count(checks, statusFail) > 0 {
		err = failure{code: exitFailed}
	}
	return err
}

// columns are those to print in: the terminal's, else 80.
func (x *examination) columns() int {
	const usual, least = 80, 40
	if !x.facts.StdoutTerminal {
		return usual
	}
	return max(least, x.facts.Width)
}

func count(checks []check, s status) (n int) {
	for _, c := range checks {
		if c.Status == s {
			n++
		}
	}
	return n
}

// printChecks prints a check a line, or more where one is too long. Next steps
// stay whole: they hold commands to be copied, and a terminal wraps them itself.
func printChecks(w io.Writer, checks []check, width int) error {
	longest := 0
	for _, c := range checks {
		longest = max(longest, len(c.Name))
	}
	var out strings.Builder
	for _, c := range checks {
		head := fmt.Sprintf("%-4s  %-*s  ", c.Status, longest, c.Name)
		indent := strings.Repeat(" ", len(head))
		for i, line := range inLines(c.Detail, width-len(head)) {
			if i > 0 {
				head = indent
			}
			out.WriteString(head + line + "\n")
		}
		if c.Next != "" {
			out.WriteString(indent + "next: " + c.Next + "\n")
		}
	}
	out.WriteString("\n" + verdictOn(checks) + "\n")
	_, err := io.WriteString(w, out.String())
	return err
}

// inLines breaks a text between words. A word longer than the width, such as a
// path, stays whole, so that it can be copied.
func inLines(text string, width int) []string {
	lines := []string{""}
	for word := range strings.FieldsSeq(text) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case ansi.StringWidth(*last)+1+ansi.StringWidth(word) <= width:
			*last += " " + word
		default:
			lines = append(lines, word)
		}
	}
	return lines
}

// verdictOn sums the checks up.
func verdictOn(checks []check) string {
	counted := func(n int, one, many string) string {
		if n == 1 {
			return "1 " + one
		}
		return fmt.Sprintf("%d %s", n, many)
	}
	failed, warned := count(checks, statusFail), count(checks, statusWarn)
	warnings := counted(warned, "warning", "warnings")
	switch {
	case failed > 0 && warned > 0:
		return counted(failed, "check", "checks") + " failed, " + warnings
	case failed > 0:
		return counted(failed, "check", "checks") + " failed"
	case warned > 0:
		return warnings + ", nothing failed"
	default:
		return "all is well"
	}
}

// notChecked is for what takes a configuration that can be read.
func notChecked(name string) check {
	return doubtful(name, "put the configuration right first", "not checked, as the configuration cannot be read")
}

// above is the path itself or, if there is nothing yet, the nearest folder above
// it that exists.
func above(path string) string {
	for {
		if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return path
		}
		i := strings.LastIndexByte(strings.TrimRight(path, "/"), '/')
		switch {
		case i > 0:
			path = path[:i]
		case i == 0:
			return "/"
		default:
			return "."
		}
	}
}

// list is words with commas between; "none" of none.
func list(words []string) string {
	if words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "" }); len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}
