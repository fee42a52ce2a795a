package command

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vitals/internal/energy"
	"vitals/internal/health"
	"vitals/internal/postgres"
	"vitals/internal/report"
	"vitals/internal/terminal"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

type exportOptions struct {
	by, from, to, format, out, tz, database, series string
}

func (c *cli) exportCommand() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export SERIES",
		Short: "Print a series by the hour, day, week, month or year",
		Long: `Prints a series as it is stored, by buckets of local time or as single readings:
` + exportable.either() + `.
Nothing is fetched; of electricity, what is new is read from the meter before.
An edge T is a date 2024-03-31, a local time 2024-03-31T14:00, an instant of
RFC 3339, or -7d: midnight seven days ago. The first edge is included, the last
is not. Weights are in kg; columns, units and times are made to be read by programs.`,
		Example: `  vitals export weight --by raw
  vitals export electricity --by hour --from -7d --out week.csv
  vitals export electricity --from -30d --format svg --out month.svg
  vitals export steps --by month --format json --tz Europe/London`,
		ValidArgsFunction: exportable.first,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(exportable.names(), args[0]) {
				return usage("one of "+strings.Join(exportable.names(), ", "), "export takes one series, not %q", strings.Join(args, " "))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return c.export(cmd.Context(), args[0], o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.by, "by", "day", "length of a `bucket`: "+exportBuckets.either()+" for single readings")
	flags.StringVar(&o.from, "from", "", "`T` to begin with (default: the first data)")
	flags.StringVar(&o.to, "to", "", "`T` to end before (default: the end of the data)")
	flags.StringVar(&o.format, "format", "csv", "`format` of the output: "+exportFormats.either())
	flags.StringVar(&o.out, "out", "", "write to this `file` instead of standard output (-)")
	flags.StringVar(&o.tz, "tz", "", "`zone` of the buckets, as Europe/London (default: as configured)")
	flags.StringVar(&o.database, "db", "", "electricity: the meter's database, a `file` or postgres://…, instead of the configured one")
	flags.StringVar(&o.series, "series", "", "electricity: `name` of the series in the database")
	return cmd
}

// exporter is one export under way.
type exporter struct {
	*session
	exportOptions
	viewer *view.Viewer
	write  func(report.Table, io.Writer) error
	in     *time.Location // the zone of the buckets
	raw    bool
	unit   timeline.Unit
	begins time.Time // zero: with the first data
	ends   time.Time // zero: with the last data
}

func (c *cli) export(ctx context.Context, series string, o exportOptions) error {
	x := &exporter{exportOptions: o, raw: o.by == "raw"}
	if err := x.check(series); err != nil {
		return err
	}
	s, err := c.openToLook(ctx, func(s *session) error { return x.checkWith(s, series) })
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.sound(ctx); err != nil {
		return err
	}
	if err := x.begin(ctx, s); err != nil {
		return err
	}
	table, err := x.table(ctx, series)
	if err != nil {
		return err
	}
	if o.out == "" || o.out == "-" {
		return x.write(table, c.Stdout)
	}
	return x.writeFile(o.out, table)
}

func format(name string) (func(report.Table, io.Writer) error, error) {
	switch name {
	case "csv":
		return report.Table.WriteCSV, nil
	case "json":
		return func(t report.Table, w io.Writer) error { return t.WriteJSON(terminal.EscapedJSON(w)) }, nil
	case "text":
		return func(t report.Table, w io.Writer) error { return t.WriteText(terminal.Visible(w)) }, nil
	case "svg":
		return func(t report.Table, w io.Writer) error { return t.WriteSVG(terminal.Visible(w)) }, nil
	default:
		return nil, usage(exportFormats.either(), "%q is not a format", name)
	}
}

// check looks at the options by themselves.
func (x *exporter) check(series string) (err error) {
	if x.write, err = format(x.format); err != nil {
		return err
	}
	x.unit = timeline.Day // of what bounds fills in
	if !x.raw {
		if x.unit, err = timeline.ParseUnit(x.by); err != nil {
			return usage(exportBuckets.either(), "--by %s: %w", x.by, err)
		}
	}
	if err := withoutPassword(x.database); err != nil {
		return err
	}
	switch series {
	case "electricity":
	case "calories", "active-calories", "steps":
		if x.raw {
			return usage("the account keeps them by the hour: --by hour", "%s has no single readings", series)
		}
		fallthrough
	default:
		if x.database != "" || x.series != "" {
			return usage("leave them out, or export electricity", "--db and --series are for electricity")
		}
	}
	if x.tz != "" {
		if x.in, err = time.LoadLocation(x.tz); err != nil || x.tz == "Local" {
			return usage("an IANA name like Europe/London", "%q is not a time zone", x.tz)
		}
	}
	return nil
}

// checkWith looks at the options beside the configuration, before a store is
// made. The zone that the account tells may not be known yet.
func (x *exporter) checkWith(s *session, series string) error {
	if series == "electricity" && x.database == "" && s.config.Energy.Database == "" {
		return usage("give one with --db, or set database under [energy] in config.ini", "there is no meter database")
	}
	zone := cmp.Or(x.in, s.config.Display.TimeZone)
	if _, err := os.Stat(s.storePath()); err != nil && zone == nil {
		zone = s.machine
	}
	if zone == nil {
		return nil
	}
	return x.edges(s.env.Now().In(zone))
}

// longestExport bounds a range: by the hour, each year has 8,766 lines.
const longestExport = 36525 * 24 * time.Hour

// edges reads --from and --to in the zone of now.
func (x *exporter) edges(now time.Time) (err error) {
	for _, edge := range []struct {
		flag, text string
		at         *time.Time
	}{{"--from", x.from, &x.begins}, {"--to", x.to, &x.ends}} {
		if edge.text == "" {
			continue
		}
		if *edge.at, err = timeline.ParseTime(edge.text, now); err != nil {
			return usage("", "%s: %w", edge.flag, err)
		}
	}
	switch {
	case x.begins.IsZero() || x.ends.IsZero():
		return nil
	case !x.begins.Before(x.ends):
		return usage("from is included, to is not", "the range from %s to %s is empty", x.from, x.to)
	case x.ends.Sub(x.begins) > longestExport:
		return usage("choose a shorter one", "the range from %s to %s is more than a hundred years long", x.from, x.to)
	}
	return nil
}

// begin takes the configuration as the options change it.
func (x *exporter) begin(ctx context.Context, s *session) (err error) {
	x.session = s
	if x.database != "" {
		s.config.Energy.Database = s.expanded(x.database)
	}
	if x.series != "" {
		s.config.Energy.Series = x.series
	}
	if err = x.beginIn(ctx); err != nil {
		return err
	}
	return x.edges(s.env.Now().In(x.in))
}

// beginIn makes what answers, in the zone of the buckets.
func (x *exporter) beginIn(ctx context.Context) (err error) {
	x.viewer = x.session.viewer()
	if x.viewer.Preferences.TariffZone, err = x.viewer.Zone(ctx); err != nil {
		return err
	}
	if x.in == nil {
		x.in = x.viewer.Preferences.TariffZone
	}
	x.viewer.Preferences.Zone = x.in
	return nil
}

func (x *exporter) table(ctx context.Context, series string) (report.Table, error) {
	switch series {
	case "electricity":
		return x.electricity(ctx)
	case "calories":
		return x.totals(ctx, health.TypeCalories, "kcal")
	case "active-calories":
		return x.totals(ctx, health.TypeActiveCalories, "kcal")
	case "steps":
		return x.totals(ctx, health.TypeSteps, "steps")
	default:
		return x.body(ctx, view.BodySeries(series))
	}
}

// bounds fills in what the range leaves open: whole buckets from the first data
// to the last. It reports false when there is no data.
func (x *exporter) bounds(data view.Extent) (from, to time.Time, ok bool) {
	from, to = x.begins, x.ends
	if data.First.IsZero() && (from.IsZero() || to.IsZero()) {
		return from, to, false
	}
	if from.IsZero() {
		from = x.unit.Start(data.First.In(x.in))
	}
	if to.IsZero() {
		to = x.unit.Next(data.Last.In(x.in).Add(-1))
	}
	return from, to, true
}

func (x *exporter) electricity(ctx context.Context) (report.Table, error) {
	meter, key, err := x.meterNow(ctx)
	if err != nil {
		return report.Table{}, err
	}
	if x.raw {
		return x.rawElectricity(ctx, meter)
	}
	if err := x.readMeter(ctx, meter, key); err != nil {
		return report.Table{}, err
	}
	x.viewer.Store = shown{x.store} // which may be a look by now
	kept, _, err := x.viewer.Store.RollUp(ctx, key)
	if err != nil {
		return report.Table{}, err
	}
	from, to, _ := x.bounds(view.Extent{First: kept.First, Last: kept.Last})
	if !from.Before(to) {
		return report.Electricity(nil, nil, x.unit, x.in, kept.Source, kept.Dropped), nil
	}
	if from.Unix()%timeline.QuarterHour != 0 || to.Unix()%timeline.QuarterHour != 0 {
		x.viewer.Store = cutStore{x.viewer.Store, meter}
	}
	buckets, costs, err := x.viewer.Electricity(ctx, from, to, x.unit)
	if err != nil {
		return report.Table{}, err
	}
	return report.Electricity(buckets, costs, x.unit, x.in, kept.Source, kept.Dropped), nil
}

// cutStore takes the quarter-hours of the roll-up that a range begins or ends
// inside of from the meter itself, as far as it still has them.
type cutStore struct {
	view.Store
	meter house
}

// Portions implements view.Store.
func (c cutStore) Portions(ctx context.Context, series string, from, to time.Time) ([]timeline.Portion, error) {
	kept, err := c.Store.Portions(ctx, series, from, to)
	if err != nil {
		return nil, err
	}
	cut, err := c.meter.Portions(ctx, from, to)
	if err != nil {
		return nil, err
	}
	portions := make([]timeline.Portion, 0, len(kept))
	for _, p := range kept {
		if p.Start >= from.Unix() && p.End <= to.Unix() {
			portions = append(portions, p)
			continue
		}
		at, found := slices.BinarySearchFunc(cut, max(p.Start, from.Unix()), func(p timeline.Portion, start int64) int {
			return cmp.Compare(p.Start, start)
		})
		if found {
			portions = append(portions, cut[at])
			continue
		}
		held, err := c.meter.Portions(ctx, time.Unix(p.Start, 0), time.Unix(p.End, 0))
		if err != nil {
			return nil, err
		}
		if len(held) == 0 { // purged: shared out by time
			portions = append(portions, p)
		}
	}
	return portions, nil
}

func (x *exporter) rawElectricity(ctx context.Context, meter house) (report.Table, error) {
	var readings []timeline.Reading
	var unit energy.Unit
	tell, end := x.env.progress("reading the meter", "rows")
	defer end()
	err := meter.Readings(ctx, x.begins, x.ends, func(r timeline.Reading, u energy.Unit) error {
		readings, unit = append(readings, r), u
		return nil
	}, tell)
	source := x.settings().Energy.Database
	if postgres.IsAddress(source) {
		source = databaseNamed(source)
	} else {
		source = filepath.Base(source) // where it lies is nothing for those who see a picture of it
	}
	table := report.RawElectricity(readings, string(unit), x.in, source)
	table.From, table.To = x.begins, x.ends
	return table, err
}

func (x *exporter) totals(ctx context.Context, t health.DataType, unit string) (report.Table, error) {
	data, err := x.viewer.TotalsExtent(ctx, t, x.unit)
	if err != nil {
		return report.Table{}, err
	}
	if data.First.IsZero() {
		return report.Totals(string(t), unit, nil, x.unit, x.in), x.nothingStored(string(t))
	}
	from, to, _ := x.bounds(data)
	if !from.Before(to) {
		return report.Totals(string(t), unit, nil, x.unit, x.in), nil
	}
	buckets, err := x.viewer.Totals(ctx, t, from, to, x.unit)
	return report.Totals(string(t), unit, buckets, x.unit, x.in), err
}

func (x *exporter) body(ctx context.Context, series view.BodySeries) (report.Table, error) {
	readings, err := x.viewer.BodyReadings(ctx, series)
	if err != nil {
		return report.Table{}, err
	}
	var missing error
	weighed := readings
	if series == view.BMI { // without a height there is none
		if weighed, err = x.viewer.BodyReadings(ctx, view.Weight); err != nil {
			return report.Table{}, err
		}
	}
	if len(weighed) == 0 {
		missing = x.nothingStored(string(series))
	}
	if len(readings) == 0 && len(weighed) > 0 {
		x.env.say("there is no BMI without a height: set height_cm under [display] in config.ini")
	}
	readings = slices.DeleteFunc(slices.Clone(readings), x.outside)
	if x.raw {
		table := report.BodyReadings(series, readings, x.in)
		table.From, table.To, _ = x.bounds(view.ExtentOf(readings, timeline.Hour, x.in)) // a clock that was wrong stretches no picture
		return table, missing
	}
	from, to, ok := x.bounds(view.ExtentOf(readings, x.unit, x.in))
	if !ok || !from.Before(to) {
		return report.BodyBuckets(series, nil, x.unit, x.in), missing
	}
	return report.BodyBuckets(series, view.InBuckets(readings, from, to, x.unit), x.unit, x.in), missing
}

// outside reports whether a reading lies beyond an edge. A whole date as an edge
// means the civil dates that readings carry, which InBuckets goes by; only an
// edge inside a day cuts by the instant, and so does any in a list of readings.
func (x *exporter) outside(r view.BodyReading) bool {
	inside := func(edge time.Time) bool {
		return !edge.IsZero() && (x.raw || !timeline.Day.Start(edge).Equal(edge))
	}
	return inside(x.begins) && r.At.Before(x.begins) || inside(x.ends) && !r.At.Before(x.ends)
}

// nothingStored is the error of asking for a series that nobody signed in for.
func (s *session) nothingStored(series string) error {
	_, signedIn, err := s.vault.Known()
	if err != nil || signedIn {
		return err
	}
	return failure{code: exitSignIn, cause: fmt.Errorf("no %s is stored and nobody is signed in", series), hint: "run vitals auth, then vitals sync; vitals import reads old data from files"}
}
