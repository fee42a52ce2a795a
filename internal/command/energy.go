package command

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"vitals/internal/energy"
)

func (c *cli) energyCommand() *cobra.Command {
	var asJSON bool
	detect := &cobra.Command{
		Use:   "detect [PATH]",
		Short: "Say what is understood of a meter's database",
		Long: `Says what is understood of a meter's database – a file, or postgres://… – one line a
series: by default of the configured one. It only reads. Where it is wrong, table,
time, value, kind and unit under [energy] in config.ini put it right.`,
		Example:           `  vitals energy detect ~/energymonitor.db`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: oneFileArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			path := ""
			if len(args) == 1 {
				path = args[0]
			}
			return c.detect(cmd.Context(), path, asJSON)
		},
	}
	detect.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	parent := &cobra.Command{Use: "energy", Short: "Look at the electricity meter's database", Args: noArguments, Annotations: map[string]string{"groups": "yes"},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	parent.AddCommand(detect)
	return parent
}

func (c *cli) detect(ctx context.Context, path string, asJSON bool) error {
	if err := withoutPassword(path); err != nil {
		return err
	}
	s, err := c.openToLook(ctx, func(s *session) error {
		if path == "" {
			path = s.config.Energy.Database
		}
		if path == "" {
			return usage("vitals energy detect PATH", "there is no meter database")
		}
		return nil
	})
	if err != nil {
		return err
	}
	defer s.Close()
	configured := s.settings().Energy
	zone, err := s.viewer().Zone(ctx)
	if err != nil {
		return err
	}
	tell, end := c.progress("reading the meter", "rows")
	found, err := s.detectIn(ctx, path, mapping(configured), zone, tell)
	end()
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(c.json()).Encode(detectedJSON(found, zone))
	}
	for _, series := range found.Series {
		if _, err := fmt.Fprintln(c.text(), understood(series, len(found.Series) > 1, zone)); err != nil {
			return err
		}
	}
	return nil
}

type seriesJSON struct {
	Name       string  `json:"name"`
	Table      string  `json:"table"`
	Time       string  `json:"time"`
	Value      string  `json:"value"`
	Kind       string  `json:"kind"`
	Unit       string  `json:"unit"`
	TimeFormat string  `json:"time_format"`
	ClockZone  *string `json:"clock_zone"`
	Label      string  `json:"label"`
	Interval   float64 `json:"interval_s"`
	Rows       int64   `json:"rows"`
	First      *string `json:"first"`
	Last       *string `json:"last"`
	Direction  string  `json:"direction"`
	Confidence string  `json:"confidence"`
}

func detectedJSON(found energy.Database, zone *time.Location) any {
	out := struct {
		Schema  int          `json:"schema"`
		Path    string       `json:"path"`
		Layout  string       `json:"layout"`
		Journal string       `json:"journal"`
		Series  []seriesJSON `json:"series"`
	}{Schema: 1, Path: found.Path, Layout: string(found.Layout), Journal: string(found.Journal), Series: []seriesJSON{}}
	at := func(t time.Time) *string {
		if t.IsZero() {
			return nil
		}
		text := t.In(zone).Format(time.RFC3339)
		return &text
	}
	for _, s := range found.Series {
		row := seriesJSON{Name: s.Name, Table: s.Table, Time: s.Time, Value: s.Value, Kind: string(s.Kind), Unit: string(s.Unit),
			TimeFormat: string(s.TimeFormat), Label: string(s.Label), Interval: s.Step.Seconds(), Rows: s.Rows,
			First: at(s.First), Last: at(s.Last), Direction: string(s.Direction), Confidence: string(s.Confidence)}
		if s.TimeFormat == energy.FormatLocal {
			name := s.ClockZone.String()
			row.ClockZone = &name
		}
		out.Series = append(out.Series, row)
	}
	return out
}
