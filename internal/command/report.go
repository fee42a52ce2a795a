package command

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"vitals/internal/report"
	"vitals/internal/store"
	"vitals/internal/terminal"
	"vitals/internal/view"
)

type reportOptions struct{ json, line bool }

func (c *cli) reportCommand() *cobra.Command {
	var options reportOptions
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Print the dashboard's figures, from what is stored",
		Long: `Prints the dashboard's figures as text that fits a mail of 60 columns and a screen
reader. Nothing is fetched; of electricity, what is new is read from the meter.

With --line it is one line of at most 60 columns, without what is not known. Nothing
is saved then, and nothing waited for. A figure that is not of now says of when it is.`,
		Example: `  vitals report --json
  set -g status-right "#(vitals report --line)"    # in ~/.tmux.conf`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if options.json && options.line {
				return usage("choose one", "--json and --line exclude each other")
			}
			return c.report(cmd.Context(), options)
		},
	}
	cmd.Flags().BoolVar(&options.json, "json", false, "as JSON, units in the names")
	cmd.Flags().BoolVar(&options.line, "line", false, "as one line for a status bar")
	return cmd
}

func (c *cli) report(ctx context.Context, options reportOptions) error {
	if options.line {
		return c.reportLine(ctx)
	}
	s, err := c.openToLook(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.report(ctx, options)
}

// reportLine prints the figures as a line. It takes a moment at most: what is new of
// a meter that takes longer to be read is left to a report or a dashboard, which
// keep what they read.
func (c *cli) reportLine(ctx context.Context) error {
	const moment = 500 * time.Millisecond
	s, err := c.openToGlance(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return report.WriteLine(c.text(), view.Snapshot{AsOf: c.Now()})
	}
	if err != nil {
		return err
	}
	defer s.Close()
	brief, cancel := context.WithTimeout(ctx, moment)
	defer cancel()
	_ = s.updateMeter(brief) // the line says of when its figures are; a report says why
	if ctx.Err() != nil {
		return ctx.Err()
	}
	snapshot, err := s.snapshot(ctx, s.viewer())
	if err != nil {
		return err
	}
	return report.WriteLine(c.text(), snapshot)
}

// report prints the figures. A meter that cannot be read is told, and the
// figures kept of it are printed all the same.
func (s *session) report(ctx context.Context, options reportOptions) error {
	if err := s.updateMeter(ctx); err != nil {
		if ctx.Err() != nil || errors.Is(err, store.ErrDamaged) {
			return err
		}
		complain(s.env.messages(), err)
	}
	snapshot, err := s.snapshot(ctx, s.viewer())
	if err != nil {
		return err
	}
	switch {
	case options.json:
		return report.WriteJSON(s.env.json(), snapshot)
	default:
		ascii := s.settings().Display.ASCII
		return report.WriteText(terminal.Plain(s.env.Getenv, ascii, s.env.Stdout), snapshot, terminal.Signs(s.env.Getenv, ascii))
	}
}
