package command

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpColumns is what help is wrapped to: it is read in the narrowest windows that
// people have.
const helpColumns = 80

// help prints what a command does, how it is called, and its flags.
func help(cmd *cobra.Command, _ []string) {
	w := cmd.OutOrStdout()
	for _, text := range paragraphs(cmp.Or(cmd.Long, cmd.Short)) {
		fmt.Fprintf(w, "%s\n\n", strings.Join(inLines(text, helpColumns), "\n"))
	}
	_ = usageOf(w, cmd)
}

// usageOf prints how a command is called.
func usageOf(w io.Writer, cmd *cobra.Command) error {
	var out strings.Builder
	section := func(title, text string) {
		if text != "" {
			fmt.Fprintf(&out, "%s:\n%s\n\n", title, strings.TrimRight(text, "\n"))
		}
	}
	calls, commands := "", ""
	if cmd.Runnable() && !groups(cmd) {
		calls = "  " + cmd.UseLine() + "\n"
	}
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() {
			commands += fmt.Sprintf("  %-*s  %s\n", cmd.NamePadding(), child.Name(), child.Short)
		}
	}
	if commands != "" {
		calls += "  " + cmd.CommandPath() + " COMMAND"
	}
	wrapped := func(set *pflag.FlagSet) string {
		var lines strings.Builder
		for line := range strings.Lines(set.FlagUsagesWrapped(helpColumns)) {
			lines.WriteString(strings.TrimRight(line, " \n") + "\n")
		}
		return lines.String()
	}
	section("Usage", calls)
	section("Examples", cmd.Example)
	section("Commands", commands)
	section("Flags", wrapped(cmd.LocalFlags()))
	section("Flags of every command", wrapped(cmd.InheritedFlags()))
	if commands != "" {
		fmt.Fprintf(&out, "%s COMMAND --help tells more about a command.\n", cmd.CommandPath())
	}
	_, err := io.WriteString(w, strings.TrimRight(out.String(), "\n")+"\n")
	return err
}
