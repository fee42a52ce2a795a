package command

import (
	"embed"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// scripts ask the hidden command __complete of cobra, as its own scripts do. Those
// evaluate what was typed, so that `vitals import $(date)` runs date when a key is
// pressed, and the one for bash fails without another package.
//
//go:embed completion/vitals.*
var scripts embed.FS

var shells = choices{
	{"bash", "source <(vitals completion bash)"},
	{"zsh", "source <(vitals completion zsh), after compinit"},
	{"fish", "vitals completion fish | source"},
}

func (c *cli) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "Print what makes a shell complete the words of vitals",
		Long: `Prints a script for a shell, by which tab completes commands, flags, series,
formats, units and time zones. The script asks vitals, which then reads no
configuration, opens no history and runs no command.`,
		Example: `  source <(vitals completion bash)         # in ~/.bashrc
  source <(vitals completion zsh)          # in ~/.zshrc, after compinit
  vitals completion fish | source          # in ~/.config/fish/config.fish`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(shells.names(), args[0]) {
				return usage("vitals completion bash", "completion takes the name of one shell: %s", shells.either())
			}
			return nil
		},
		ValidArgsFunction: shells.first,
		RunE: func(_ *cobra.Command, args []string) error {
			script, err := scripts.ReadFile("completion/vitals." + args[0])
			if err != nil {
				return err
			}
			_, err = c.Stdout.Write(script)
			return err
		},
	}
}

// fileArguments completes arguments that are files; folders are on the way to them.
func fileArguments(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

// oneFileArgument completes the first argument as a file, and no more.
func oneFileArgument(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveDefault
}

// completed says of each argument and flag of the tree how it is completed. Files
// are offered only where some are wanted.
func completed(root *cobra.Command) {
	values := map[string]cobra.CompletionFunc{
		"config": fileArguments, "out": fileArguments, "db": fileArguments, "client": fileArguments,
		"by": exportBuckets.forFlag, "format": exportFormats.forFlag, "tz": zoneNames,
		"units": importUnits.forFlag, "dates": importDates.forFlag,
	}
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if cmd.ValidArgsFunction == nil {
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
		add := func(flag *pflag.Flag) {
			if flag.Value.Type() == "bool" {
				return
			}
			complete := values[flag.Name]
			if complete == nil {
				complete = cobra.NoFileCompletions
			}
			if err := cmd.RegisterFlagCompletionFunc(flag.Name, complete); err != nil {
				panic(err) // a flag has two
			}
		}
		cmd.LocalNonPersistentFlags().VisitAll(add)
		cmd.PersistentFlags().VisitAll(add)
		for _, child := range cmd.Commands() {
			visit(child)
		}
	}
	visit(root)
}

// zoneNames completes the IANA names of time zones, as far as this machine has a
// list of them: first the region, then the place.
func zoneNames(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	const folder = "/usr/share/zoneinfo"
	region, _, inRegion := strings.Cut(typed, "/")
	zones := os.DirFS(folder)
	if !inRegion {
		names := []cobra.Completion{}
		for _, entry := range directory(zones, ".") {
			if name := entry.Name(); entry.IsDir() && isZonePart(name) {
				names = append(names, name+"/")
			}
		}
		return startingWith(append(names, "UTC"), typed), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	var names []cobra.Completion
	var visit func(at string)
	visit = func(at string) {
		for _, entry := range directory(zones, at) {
			name := path.Join(at, entry.Name())
			switch {
			case !isZonePart(entry.Name()):
			case entry.IsDir():
				visit(name)
			default:
				names = append(names, name)
			}
		}
	}
	if isZonePart(region) {
		visit(region)
	}
	return startingWith(names, typed), cobra.ShellCompDirectiveNoFileComp
}

// directory lists a folder, which may not be there.
func directory(files fs.FS, name string) []fs.DirEntry {
	entries, _ := fs.ReadDir(files, name)
	return entries
}

// isZonePart reports whether a name in the folder of zones is of a region or a
// place: copies for special uses and tables have small letters.
func isZonePart(name string) bool {
	return name != "" && 'A' <= name[0] && name[0] <= 'Z' && name != "SystemV"
}

func startingWith(names []string, typed string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, typed) })
}
