package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"vitals/fitbit"
	"vitals/internal/config"
	"vitals/internal/energy"
	"vitals/internal/health"
	"vitals/internal/store"
	"vitals/internal/terminal"
)

// The exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2 // wrong usage or configuration; nothing was touched
	exitSignIn      = 3
	exitUnreached   = 4 // nothing was reached and nothing is stored
	exitPartly      = 5
	exitInterrupted = 130
)

// Environment is everything a command takes from outside.
type Environment struct {
	Args       []string // without the program's name
	Getenv     func(string) string
	Environ    []string // all of it, for programs that are run
	Stdin      *os.File
	Stdout     Output
	Stderr     io.Writer
	Now        func() time.Time
	WorkingDir string
	Home       string // "" when not known

	// How Google is asked, as in fitbit.Options.
	Transport         fitbit.Transport
	RequestsPerSecond float64
	RetryWait         time.Duration

	saving sync.Locker // held while a grant is saved; nil: nobody asks

	Patience time.Duration // how long doctor waits for an answer; 0: as long as people do

	// CollectLater is collectLater where the process has nothing else to do than
	// this one command, whose memory it is; nil: collected as usual.
	CollectLater func() (collect func())
}

// System is the environment of this process.
func System(args []string) Environment {
	home, _ := os.UserHomeDir() // without one, the paths must be given
	dir, _ := os.Getwd()        // without one, ./config.ini is not looked for
	return Environment{Args: args, Getenv: os.Getenv, Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Now: time.Now, WorkingDir: dir, Home: home, CollectLater: collectLater}
}

// messages is where whole messages go, in signs that the locale has.
func (e Environment) messages() io.Writer { return terminal.Plain(e.Getenv, false, e.Stderr) }

// say prints one message, on one line: paths, names and errors of others may be
// in it.
func (e Environment) say(format string, args ...any) {
	say(e.messages(), format, args...)
}

func say(w io.Writer, format string, args ...any) {
	fmt.Fprintf(w, "vitals: %s\n", terminal.Brief(fmt.Sprintf(format, args...)))
}

// text is standard output for people, json for programs.
func (e Environment) text() io.Writer { return terminal.Visible(e.Stdout) }
func (e Environment) json() io.Writer { return terminal.EscapedJSON(e.Stdout) }

// Run runs the command line and returns the exit code. It closes
// Stdout if that is a file.
func Run(ctx context.Context, env Environment) int {
	// Nothing of ours logs by the standard logger. net/http does: what a server sent
	// beyond its answer – readings, or a token – and for GODEBUG=http2debug=1 every
	// request with its access token.
	log.SetOutput(io.Discard)
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	ended := context.AfterFunc(ctx, func() {
		// A terminal that goes away hangs up twice; what is to be tidied up
		// must not be ended by that. Another signal a second time does end it.
		signal.Ignore(syscall.SIGHUP)
		signal.Reset(os.Interrupt, syscall.SIGTERM)
	})
	defer ended()
	over := after(ctx, takingLate)
	out := &output{Output: env.Stdout, over: over}
	env.Stdout = out
	if messages, ok := env.Stderr.(Output); ok {
		env.Stderr = &output{Output: messages, over: over}
	}
	saving := &saves{}
	env.saving = saving
	waiting := func() { env.say("still keeping the sign-in, which a second signal would lose ...") }
	return bounded(ctx, saving, waiting, func() int { return run(ctx, env, out) })
}

func run(ctx context.Context, env Environment, out *output) int {
	c := &cli{Environment: env}
	err := c.execute(ctx, out)
	if errors.Is(err, store.ErrDamaged) && ctx.Err() == nil { // it was met on the way: a start repairs it
		c = &cli{Environment: env, again: true}
		err = c.execute(ctx, out)
	}
	if err = out.printed(err); err == nil {
		return exitDone
	}
	if !c.begun { // cobra did not like the arguments
		err = usageError(err)
	}
	code := explain(ctx, env.messages(), argumentsHidden(err, env.Args))
	if ctx.Err() != nil { // also while it was said, as nobody took it
		return exitInterrupted
	}
	return code
}

// execute runs the command line.
func (c *cli) execute(ctx context.Context, out io.Writer) (err error) {
	env, root := c.Environment, c.root()
	root.SetArgs(env.Args)
	root.SetIn(env.Stdin)
	root.SetOut(out)
	root.SetErr(env.messages())
	defer func() {
		if cause := recover(); cause != nil {
			err = brokenOff(cause)
		}
	}()
	return root.ExecuteContext(ctx)
}

// failure is an error with an exit code of its own.
type failure struct {
	code  int
	cause error // nil when everything was said already
	hint  string
}

func (f failure) Error() string {
	if f.cause == nil {
		return ""
	}
	return f.cause.Error()
}

func (f failure) Unwrap() error { return f.cause }

// Hint is what to do about it.
func (f failure) Hint() string { return f.hint }

// usageError makes any error one of usage, if it is none yet.
func usageError(err error) error {
	var own failure
	if errors.As(err, &own) {
		return err
	}
	return failure{code: exitUsage, cause: err, hint: "vitals --help lists commands and flags"}
}

func usage(hint, format string, args ...any) error {
	return failure{code: exitUsage, cause: fmt.Errorf(format, args...), hint: hint}
}

// explain says what went wrong and returns the exit code for it.
func explain(ctx context.Context, w io.Writer, err error) int {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return exitInterrupted // and there is nothing to be said; what is being saved does not end with ctx, and may fail
	}
	var own failure
	var wrongConfig *config.Error
	code := exitFailed
	switch {
	case errors.As(err, &own):
		code = own.code
	case errors.As(err, &wrongConfig) && !wrongConfig.Saving(), errors.Is(err, energy.ErrMapping):
		code = exitUsage
	case errors.Is(err, health.ErrSignInNeeded):
		code = exitSignIn
	}
	if err.Error() != "" {
		complain(w, err)
	}
	return code
}

// complain prints an error and its hint.
func complain(w io.Writer, err error) {
	say(w, "error: %v", err)
	if hint := health.Hint(err); hint != "" {
		say(w, "hint: %s", hint)
	}
}

// root makes the tree of commands.
func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "vitals",
		Short: "a health monitor for the terminal",
		Long: `Shows who you are, what you weigh and where that is going, and what energy you and
your house use, by the hour, day, week, month or year. Without a command it opens
the dashboard, where ? lists the keys; where there is no terminal, or with --plain,
it prints the report.

Readings come from Google Health (vitals auth, vitals sync), from archives and CSV
(vitals import), and from the database of an electricity meter's logger, in SQLite or
PostgreSQL.`,
		Example: `  vitals demo                              # everything, on made-up data
  vitals auth                              # connect your account
  vitals report                            # the figures as text`,
		Args:          noArguments,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return c.dashboard(cmd.Context()) },
	}
	root.SetHelpFunc(help)
	root.SetUsageFunc(func(cmd *cobra.Command) error { return usageOf(cmd.OutOrStdout(), cmd) })
	root.SetVersionTemplate("vitals {{.Version}}\n")
	root.CompletionOptions.DisableDefaultCmd = true
	root.PersistentPreRun = func(*cobra.Command, []string) { c.begun = true }
	root.PersistentFlags().StringVar(&c.configFlag, "config", "", "use this `file` instead of config.ini")
	root.Flags().BoolVar(&c.plain, "plain", false, "print the report instead of the dashboard")
	root.AddCommand(c.demoCommand(), c.authCommand(), c.syncCommand(), c.reportCommand(), c.exportCommand(), c.likenessCommand(), c.pushCommand(), c.importCommand(),
		c.backupCommand(), c.restoreCommand(), c.energyCommand(), c.doctorCommand(), c.completionCommand(), c.manCommand())
	completed(root)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return failure{code: exitUsage, cause: err, hint: cmd.CommandPath() + " --help lists its flags"}
	})
	root.InitDefaultHelpCmd()
	if about, _, err := root.Find([]string{"help"}); err == nil {
		about.Args = topic
	}
	return root
}

// cli is what all commands share.
type cli struct {
	Environment
	configFlag string
	plain      bool
	begun      bool // the arguments were fine
	again      bool // it was run before, and met a damaged history
}

func noArguments(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.HasSubCommands():
		return fmt.Errorf("%q is not a command of %s", args[0], cmd.CommandPath())
	}
	return usage(cmd.CommandPath()+" --help", "%s takes no arguments, and %q is one", cmd.CommandPath(), args[0])
}

// topic refuses to help with a command that is not there: cobra's own help would tell
// about the command above it, as if nothing were wrong.
func topic(help *cobra.Command, args []string) error {
	if _, rest, err := help.Root().Find(args); err != nil || len(rest) > 0 {
		return fmt.Errorf("%q is not a command of %s", strings.Join(args, " "), help.Root().Name())
	}
	return nil
}
