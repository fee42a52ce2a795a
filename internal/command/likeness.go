package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"vitals/internal/health"
	"vitals/internal/likeness"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

type likenessOptions struct{ date, compare, out string }

func (c *cli) likenessCommand() *cobra.Command {
	var o likenessOptions
	cmd := &cobra.Command{
		Use:   "likeness",
		Short: "Draw a figure shaped by your BMI and body fat, as SVG",
		Long: `Draws a standing figure whose outline follows the BMI and body fat of a
weigh-in, with the figures as text, as an SVG image. Nothing is fetched. A date
is 2024-03-31, or -7d: seven days ago; the last weigh-in by then that counts is
drawn. Where no body fat was measured with it, the image says which one was
taken.`,
		Example: `  vitals likeness --out me.svg
  vitals likeness --compare 2024-01-01 --out then-and-now.svg`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.likeness(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.date, "date", "", "`date` to draw the last weigh-in by (default: the newest)")
	flags.StringVar(&o.compare, "compare", "", "`date` to draw another weigh-in of, beside it")
	flags.StringVar(&o.out, "out", "", "write to this `file` instead of standard output (-)")
	return cmd
}

// dates reads --date and --compare in the zone of now; the zero Date is one that was
// not given.
func (o likenessOptions) dates(now time.Time) (date, compare health.Date, err error) {
	for _, f := range []struct {
		flag, text string
		to         *health.Date
	}{{"--date", o.date, &date}, {"--compare", o.compare, &compare}} {
		if f.text == "" {
			continue
		}
		at, err := timeline.ParseTime(f.text, now)
		if err != nil {
			return date, compare, usage("", "%s: %w", f.flag, err)
		}
		*f.to = health.DateOf(at)
	}
	return date, compare, nil
}

func (c *cli) likeness(ctx context.Context, o likenessOptions) error {
	s, err := c.openToLook(ctx, func(s *session) error {
		_, _, err := o.dates(s.env.Now()) // whether they are dates is the same in every zone
		return err
	})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.sound(ctx); err != nil {
		return err
	}
	picture, err := s.likeness(ctx, o)
	if err != nil {
		return err
	}
	if o.out == "" || o.out == "-" {
		_, err := s.env.Stdout.Write(picture)
		return err
	}
	return s.writeBeside(o.out, picture)
}

func (s *session) likeness(ctx context.Context, o likenessOptions) ([]byte, error) {
	viewer := s.viewer()
	zone, err := viewer.Zone(ctx)
	if err != nil {
		return nil, err
	}
	date, compare, err := o.dates(s.env.Now().In(zone))
	if err != nil {
		return nil, err
	}
	units, err := viewer.Units(ctx)
	if err != nil {
		return nil, err
	}
	weighIns, err := s.weighInsToDraw(ctx, viewer)
	if err != nil {
		return nil, err
	}
	one, err := s.weighInBy(weighIns, date)
	if err != nil {
		return nil, err
	}
	if o.compare == "" {
		return likeness.One(one, units), nil
	}
	other, err := s.weighInBy(weighIns, compare)
	if err != nil {
		return nil, err
	}
	if other.At.After(one.At) {
		one, other = other, one
	}
	return likeness.Two(other, one, units), nil
}

// weighInsToDraw are those that count, of which there is at least one, with a BMI.
func (s *session) weighInsToDraw(ctx context.Context, viewer *view.Viewer) ([]view.WeighIn, error) {
	weighIns, err := viewer.WeighIns(ctx)
	if err != nil {
		return nil, err
	}
	if len(weighIns) > 0 {
		if weighIns[0].BMI == nil { // then there is no height at all
			return nil, failure{code: exitFailed, cause: errors.New("there is no BMI to draw without a height"), hint: "set height_cm under [display] in config.ini"}
		}
		return weighIns, nil
	}
	all, err := viewer.BodyReadings(ctx, view.Weight)
	if err != nil {
		return nil, err
	}
	if len(all) > 0 {
		return nil, failure{code: exitFailed, cause: errors.New("no weigh-in counts: all are held back or left out"), hint: "x in the body pane of vitals takes one back"}
	}
	if err := s.nothingStored("weight"); err != nil {
		return nil, err
	}
	return nil, failure{code: exitFailed, cause: errors.New("no weigh-in is stored yet"), hint: "run vitals sync; vitals import reads old data from files"}
}

// weighInBy is the last weigh-in by a date, or of all for the zero Date. It says when
// that is of another date.
func (s *session) weighInBy(weighIns []view.WeighIn, by health.Date) (likeness.WeighIn, error) {
	var last *view.WeighIn
	for i := range weighIns {
		if by.IsZero() || !by.Before(weighIns[i].Weighing.Date()) {
			last = &weighIns[i]
		}
	}
	if last == nil {
		return likeness.WeighIn{}, failure{code: exitFailed, cause: fmt.Errorf("there is no weigh-in by %s", by),
			hint: fmt.Sprintf("the first that counts is of %s", weighIns[0].Weighing.Date())}
	}
	if on := last.Weighing.Date(); !by.IsZero() && on != by {
		s.env.say("the last weigh-in by %s is of %s", by, on)
	}
	return likeness.WeighIn{At: last.Weighing.At, KG: last.Weighing.KG, HeightM: last.HeightM, BMI: *last.BMI, Fat: last.Fat, TrendKG: last.TrendKG}, nil
}
