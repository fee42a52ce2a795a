package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"vitals/internal/config"
	"vitals/internal/health"
	"vitals/internal/store"
)

func (c *cli) backupCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a checked copy of the history to a file",
		Long: `Writes a copy of the history to a file: body, calories, steps, electricity, and
which readings you left out or took back (x in the dashboard). Dashboards and syncs
may go on meanwhile. The copy is checked for damage and counted against the history
before it gets its name. An earlier backup of that name is replaced then, anything
else is not, nor one of a newer version, or with a kind of data of which the history
has nothing any more. The file is a database with mode 0600; vitals restore brings
it back.

config.ini is not in it: the settings, the Google client and the sign-in.`,
		Example:           `  vitals backup ~/backups/vitals.db`,
		Args:              oneFile("vitals backup FILE"),
		ValidArgsFunction: oneFileArgument,
		RunE:              func(cmd *cobra.Command, args []string) error { return c.backup(cmd.Context(), args[0], asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

// oneFile is for commands that take one file and cannot take a stream.
func oneFile(like string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) != 1 || args[0] == "":
			return usage(like, "%s takes the name of one file", cmd.Name())
		case args[0] == "-":
			return usage(like+" (a file called - is ./-)", "%s takes a file, not a stream: a database is read and written back and forth", cmd.Name())
		}
		return nil
	}
}

// historyAlone is a session without a configuration or an open store: the place
// of the history.
func (c *cli) historyAlone() (*session, error) {
	data, err := config.DataDir(c.Getenv, c.Home)
	if err != nil {
		return nil, err
	}
	s := &session{env: c.Environment, dataDir: data.Path}
	if !filepath.IsAbs(s.dataDir) {
		s.dataDir = filepath.Join(c.WorkingDir, s.dataDir)
	}
	return s, nil
}

// fromHere is a path as it is meant by who typed it.
func (s *session) fromHere(path string) string {
	if path = s.expanded(path); filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.env.WorkingDir, path)
}

func (c *cli) backup(ctx context.Context, file string, asJSON bool) error {
	s, err := c.historyAlone()
	if err != nil {
		return err
	}
	file = s.fromHere(file)
	copied, err := store.Backup(ctx, s.storePath(), file)
	if errors.Is(err, store.ErrNoBackup) {
		return failure{code: exitUsage, cause: err, hint: health.Hint(err)}
	}
	if err != nil {
		return err
	}
	if asJSON {
		return s.printCopyJSON(struct {
			Schema int    `json:"schema"`
			File   string `json:"file"`
			copyJSON
		}{1, file, ofCopy(copied)})
	}
	if err := s.printCopy("written", file, copied); err != nil {
		return err
	}
	s.env.say("settings and sign-in are not in it – keep a copy of config.ini where you keep secrets")
	return nil
}

// printCopy prints what became of a file, and what is in the history it holds.
func (s *session) printCopy(what, file string, copied store.Copy, more ...[2]string) error {
	var out strings.Builder
	line := func(name, text string) { fmt.Fprintf(&out, "%-16s %s\n", name, text) }
	line(what, fmt.Sprintf("%s, %s", file, sized(copied.Bytes)))
	for _, m := range more {
		line(m[0], m[1])
	}
	for _, k := range copied.Kinds {
		line(k.Type, fmt.Sprintf("%s, %s to %s", countOf(k.Rows, k.What), k.First, k.Last))
	}
	if len(copied.Kinds) == 0 {
		line("readings", "none yet")
	}
	_, err := fmt.Fprint(s.env.text(), out.String())
	return err
}

// copyJSON is what a copy holds.
type copyJSON struct {
	Bytes  int64            `json:"bytes"`
	Format int              `json:"format"`
	Rows   map[string]int64 `json:"rows"`
	Kinds  []kindJSON       `json:"kinds"`
}

type kindJSON struct {
	Type  string `json:"type"`
	What  string `json:"what"`
	Rows  int    `json:"rows"`
	First string `json:"first"`
	Last  string `json:"last"`
}

func ofCopy(c store.Copy) copyJSON {
	out := copyJSON{c.Bytes, c.Format, maps.Clone(c.Rows), []kindJSON{}}
	const packed = "quarter_hours" // a row of that table is a day of them
	if days, there := out.Rows[packed]; there {
		delete(out.Rows, packed)
		out.Rows["days_of_quarter_hours"] = days
	}
	for _, k := range c.Kinds {
		out.Kinds = append(out.Kinds, kindJSON{k.Type, k.What, k.Rows, k.First.String(), k.Last.String()})
	}
	return out
}

func (s *session) printCopyJSON(object any) error {
	return json.NewEncoder(s.env.json()).Encode(object)
}
