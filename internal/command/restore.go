package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"vitals/internal/config"
	"vitals/internal/store"
)

func (c *cli) restoreCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Bring back a backup of the history",
		Long: `Replaces the history by a backup, also by one of an older version of vitals, or by
a copy that vitals itself kept (vitals.db.before-restore-… and vitals.db.format-…).
The backup is checked first; one that is damaged, no history, or of a newer version
is refused, and nothing is touched. So it is while another vitals has the history
open. What is replaced is kept beside the history, the last three times; its name
is printed, as is that of one that goes. It begins at once, without a question.
The backup stays as it is. Views and triggers that you made in it are left out.

config.ini is not touched.`,
		Example:           `  vitals restore ~/backups/vitals.db`,
		Args:              oneFile("vitals restore FILE"),
		ValidArgsFunction: oneFileArgument,
		RunE:              func(cmd *cobra.Command, args []string) error { return c.restore(cmd.Context(), args[0], asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

func (c *cli) restore(ctx context.Context, file string, asJSON bool) error {
	s, err := c.historyAlone()
	if err != nil {
		return err
	}
	file = s.fromHere(file)
	if err := config.MakeDir(s.dataDir); err != nil {
		return err
	}
	lock := s.fetchLock()
	switch ok, err := lock.TryLock(); {
	case err != nil:
		return failure{code: exitFailed, cause: fmt.Errorf("keeping others from fetching: %w", err), hint: "see whose it is and whether the disk is read-only: ls -ld " + s.dataDir}
	case !ok:
		return failure{code: exitFailed, cause: errors.New("another vitals is fetching, and nothing was changed"), hint: "wait for it, or close it, and try again"}
	}
	defer lock.Unlock()
	r, err := store.Restore(ctx, s.storePath(), file, c.Now())
	if err != nil {
		return err
	}
	if asJSON {
		out := struct {
			Schema  int      `json:"schema"`
			File    string   `json:"file"`
			From    int      `json:"from_format"`
			Kept    *string  `json:"kept"`
			Dropped []string `json:"dropped"`
			LeftOut []string `json:"left_out"`
			copyJSON
		}{Schema: 1, File: file, From: r.From, Dropped: append([]string{}, r.Dropped...), LeftOut: append([]string{}, r.LeftOut...), copyJSON: ofCopy(r.Copy)}
		if r.Kept != "" {
			out.Kept = &r.Kept
		}
		return s.printCopyJSON(out)
	}
	var more [][2]string
	if r.From < r.Format {
		more = append(more, [2]string{"brought up", fmt.Sprintf("from format %d to %d", r.From, r.Format)})
	}
	switch {
	case r.Damaged:
		more = append(more, [2]string{"damaged one kept", r.Kept})
	case r.Kept != "":
		more = append(more, [2]string{"old one kept", r.Kept})
	}
	for _, foreign := range r.LeftOut {
		more = append(more, [2]string{"left out", foreign + ", which vitals did not make"})
	}
	for _, dropped := range r.Dropped {
		more = append(more, [2]string{"kept no more", dropped})
	}
	return s.printCopy("restored", file, r.Copy, more...)
}
