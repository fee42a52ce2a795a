package command

import (
	"cmp"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vitals/internal/manual"
)

func (c *cli) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man",
		Short: "Print the manual page",
		Long:  "Prints the manual page, made from the commands and flags of this very program.",
		Example: `  vitals man | man -l -
  vitals man | sudo tee /usr/local/share/man/man1/vitals.1 >/dev/null`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := manualOf(cmd.Root(), commitDate()).WriteTo(c.Stdout)
			return err
		},
	}
}

// commitDate is the day of the commit that the program was built from, zero when the
// build did not record it: the same source gives the same page.
func commitDate() time.Time {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if at, err := time.Parse(time.RFC3339, s.Value); s.Key == "vcs.time" && err == nil {
				return at.UTC()
			}
		}
	}
	return time.Time{}
}

// manualOf makes the page of a tree of commands.
func manualOf(root *cobra.Command, day time.Time) *manual.Page {
	release, _, _ := strings.Cut(root.Version, " ") // the foot of the page has no room for more
	p := manual.New(root.Name(), day, root.Name()+" "+release)
	p.Section("NAME")
	p.Line(root.Name() + " - " + root.Short)

	p.Section("SYNOPSIS")
	p.Line(root.Name() + " [flags]")
	for _, cmd := range commandsOf(root) {
		if cmd.Runnable() && !groups(cmd) {
			p.Line(cmd.UseLine())
		}
	}

	p.Section("DESCRIPTION")
	for _, text := range paragraphs(root.Long) {
		p.Paragraph(text)
	}
	flags(p, root.LocalFlags())

	p.Section("COMMANDS")
	for _, cmd := range commandsOf(root) {
		if groups(cmd) {
			continue
		}
		p.Subsection(cmd.CommandPath() + strings.TrimPrefix(cmd.Use, cmd.Name()))
		for _, text := range paragraphs(cmp.Or(cmd.Long, cmd.Short+".")) {
			p.Paragraph(text)
		}
		flags(p, cmd.LocalFlags())
	}

	for _, list := range manualLists {
		p.Section(list.title)
		for _, row := range list.rows {
			p.Item(row[0], row[1])
		}
	}

	p.Section("EXAMPLES")
	for _, cmd := range append([]*cobra.Command{root}, commandsOf(root)...) {
		if cmd.Example != "" {
			p.Example(unindented(cmd.Example))
		}
	}
	p.Section("SEE ALSO")
	p.Line("sqlite3(1), crontab(5), systemd.timer(5), tmux(1)")
	return p
}

// manualLists are the sections that the commands do not tell.
var manualLists = []struct {
	title string
	rows  [][2]string
}{
	{"FILES", [][2]string{
		{"config.ini", "settings, the Google client and the sign-in, mode 0600. It is looked for at --config, VITALS_CONFIG, " +
			"./config.ini where that has a section of vitals, and $XDG_CONFIG_HOME/vitals/config.ini (~/.config). config.example.ini, which comes with the program, tells all its keys."},
		{"vitals.db", "everything that was fetched or imported, and the meter by the quarter-hour, mode 0600: in VITALS_DATA_DIR, else $XDG_DATA_HOME/vitals (~/.local/share)."},
		{"meter-….db", "beside it: a copy of the readings of a meter on a PostgreSQL server."},
		{"history-name", "beside it: a made-up name, by which a pushed history is known."},
		{"view.json, a sign-in under way", "in VITALS_STATE_DIR, else $XDG_STATE_HOME/vitals (~/.local/state)."},
	}},
	{"ENVIRONMENT", [][2]string{
		{"VITALS_CONFIG, VITALS_DATA_DIR, VITALS_STATE_DIR", "see FILES. Flags come before the environment, that before config.ini."},
		{"VITALS_PUSH_DSN", "takes the place of dsn under [push]."},
		{"PGPASSWORD, PGHOST, PGPORT, PGUSER, PGDATABASE, PGSSLMODE", "what the address of a PostgreSQL leaves open, as ~/.pgpass does."},
		{"TZ", "the zone of days where neither config.ini nor the account names one."},
		{"ACCESSIBLE", "any value but 0: the report instead of the dashboard."},
		{"NO_COLOR, TERM, COLORTERM, LANG, LC_ALL, LC_CTYPE, COLUMNS, LINES", "as usual."},
	}},
	{"EXIT STATUS", [][2]string{
		{fmt.Sprint(exitDone), "done."},
		{fmt.Sprint(exitFailed), "failed."},
		{fmt.Sprint(exitUsage), "wrong usage or configuration; nothing was touched."},
		{fmt.Sprint(exitSignIn), "sign-in needed: vitals auth."},
		{fmt.Sprint(exitUnreached), "sync reached nothing, and nothing is stored."},
		{fmt.Sprint(exitPartly), "done in part; standard error names each part that failed."},
		{fmt.Sprint(exitInterrupted), "interrupted."},
	}},
}

// flags adds those that a command has of its own.
func flags(p *manual.Page, set *pflag.FlagSet) {
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" || f.Name == "version" {
			return
		}
		value, text := pflag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" {
			text += " (default " + f.DefValue + ")"
		}
		p.Item(strings.TrimSpace("--"+f.Name+" "+value), text+".")
	})
}

// commandsOf lists the commands below another, the whole tree of them.
func commandsOf(parent *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, cmd := range parent.Commands() {
		if cmd.IsAvailableCommand() && cmd.Name() != "help" {
			all = append(append(all, cmd), commandsOf(cmd)...)
		}
	}
	return all
}

// groups reports whether a command does nothing but hold others.
func groups(cmd *cobra.Command) bool { return cmd.Annotations["groups"] != "" }

func paragraphs(text string) []string { return strings.Split(strings.TrimSpace(text), "\n\n") }

// unindented is an example without the two blanks that help indents it by.
func unindented(text string) string {
	return strings.ReplaceAll("\n"+text, "\n  ", "\n")
}
