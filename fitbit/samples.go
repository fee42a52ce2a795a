package fitbit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	google "google.golang.org/api/health/v4"

	"vitals/internal/health"
)

// Weighings reads the weigh-ins of the civil dates in [from, to), in time
// order; a zero date leaves that end open. Every source's copy is listed, and
// what cannot be true of a person as well, as long as it is more than nothing.
//
// A *Skipped error comes with the good weigh-ins; any other comes alone.
func (c *Client) Weighings(ctx context.Context, from, to health.Date) ([]health.Weighing, error) {
	return samples(ctx, c, health.TypeWeight, from, to, func(p *google.DataPoint, s sample) (health.Weighing, float64) {
		kg := p.Weight.WeightGrams / 1000
		return health.Weighing{ID: s.id, At: s.at, KG: kg, Source: s.source}, kg
	})
}

// BodyFats reads the body fat readings as Weighings does the weigh-ins.
func (c *Client) BodyFats(ctx context.Context, from, to health.Date) ([]health.BodyFat, error) {
	return samples(ctx, c, health.TypeBodyFat, from, to, func(p *google.DataPoint, s sample) (health.BodyFat, float64) {
		percent := p.BodyFat.Percentage
		return health.BodyFat{ID: s.id, At: s.at, Percent: percent, Source: s.source}, percent
	})
}

// Heights reads the heights as Weighings does the weigh-ins.
func (c *Client) Heights(ctx context.Context, from, to health.Date) ([]health.Height, error) {
	return samples(ctx, c, health.TypeHeight, from, to, func(p *google.DataPoint, s sample) (health.Height, float64) {
		metres := float64(p.Height.HeightMillimeters) / 1000
		return health.Height{ID: s.id, At: s.at, Metres: metres}, metres
	})
}

// sample is what all points have in common.
type sample struct {
	id     string
	at     time.Time
	source health.Source
}

// reading is a sample as package health has it.
type reading[T any] struct {
	sample
	number float64
	value  T
}

// samples lists the points of a type in time order, each ID once. Convert also
// returns the figure of a point, which is none when it is not above 0.
func samples[T any](ctx context.Context, c *Client, t health.DataType, from, to health.Date,
	convert func(*google.DataPoint, sample) (T, float64),
) ([]T, error) {
	points, err := c.points(ctx, t, from, to)
	if err != nil {
		return nil, c.failed(ctx, t, err)
	}
	var good []reading[T]
	for _, p := range points {
		if p.at.IsZero() {
			continue
		}
		r := reading[T]{sample: sample{at: p.at, source: sourceOf(p.DataSource)}}
		r.id = idOf(p.DataPoint, r.sample)
		if r.value, r.number = convert(p.DataPoint, r.sample); r.number > 0 {
			good = append(good, r)
		}
	}
	left := len(points) - len(good)
	good, others := onceEach(good, func(r reading[T]) string { return r.id }, func(a, b reading[T]) bool { return a.at.Equal(b.at) && a.number == b.number })
	slices.SortStableFunc(good, func(a, b reading[T]) int { return a.at.Compare(b.at) })
	var values []T
	for _, r := range good {
		values = append(values, r.value)
	}
	return values, skipped(t, left+others)
}

// point is a point of a list; at is zero when it has no value or no time.
type point struct {
	*google.DataPoint
	at time.Time
}

// points lists the points of the civil dates in [from, to).
func (c *Client) points(ctx context.Context, t health.DataType, from, to health.Date) ([]point, error) {
	filter := dateFilter(t, from, to)
	points, err := c.filteredPoints(ctx, t, filter, from, to)
	if fault, ok := faultOf(err); ok && filter != "" && fault.filterRefused() {
		// The service has refused filters before; the list is newest first.
		return c.filteredPoints(ctx, t, "", from, to)
	}
	return points, err
}

func (c *Client) filteredPoints(ctx context.Context, t health.DataType, filter string, from, to health.Date) ([]point, error) {
	const pageSize = 1000
	var points []point
	err := pages(t, func(token string) (int, string, error) {
		call := c.google.Users.DataTypes.DataPoints.List(parent(t)).PageSize(pageSize).Context(ctx)
		if filter != "" {
			call.Filter(filter)
		}
		if token != "" {
			call.PageToken(token)
		}
		page, err := something(call.Do())
		if err != nil {
			return 0, "", err
		}
		for _, p := range page.DataPoints {
			at, err := c.timeOf(ctx, t, p)
			if err != nil {
				return 0, "", err
			}
			date := health.DateOf(at)
			switch {
			case at.IsZero():
				points = append(points, point{p, at})
			case !from.IsZero() && date.Before(from.Add(-1)):
				return 0, "", nil // travellers' dates may run a day apart from the order of time
			case (from.IsZero() || !date.Before(from)) && (to.IsZero() || date.Before(to)):
				points = append(points, point{p, at})
			}
		}
		return len(page.DataPoints), page.NextPageToken, nil
	})
	return points, err
}

// dateFilter writes the civil dates of [from, to) in Google's filter language.
func dateFilter(t health.DataType, from, to health.Date) string {
	member := strings.ReplaceAll(collection(t), "-", "_") + ".sample_time.civil_time"
	var restrictions []string
	if !from.IsZero() {
		restrictions = append(restrictions, fmt.Sprintf(`%s >= "%s"`, member, from))
	}
	if !to.IsZero() {
		restrictions = append(restrictions, fmt.Sprintf(`%s < "%s"`, member, to))
	}
	return strings.Join(restrictions, " AND ")
}

// timeOf returns when a point was measured, with the offset of the place and
// moment: its own date is the civil date that was sent. It is the zero time
// when the point has no value or no time.
func (c *Client) timeOf(ctx context.Context, t health.DataType, p *google.DataPoint) (time.Time, error) {
	var measured *google.ObservationSampleTime
	switch {
	case p == nil:
	case t == health.TypeWeight && p.Weight != nil:
		measured = p.Weight.SampleTime
	case t == health.TypeBodyFat && p.BodyFat != nil:
		measured = p.BodyFat.SampleTime
	case t == health.TypeHeight && p.Height != nil:
		measured = p.Height.SampleTime
	}
	if measured == nil {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, measured.PhysicalTime)
	if err != nil {
		return time.Time{}, nil
	}
	if offset, ok := observedOffset(at, measured); ok {
		return at.In(time.FixedZone("", int(offset/time.Second))), nil
	}
	zone, err := c.accountZone(ctx)
	return at.In(zone), err
}

// observedOffset returns the difference of local time and UTC where a sample
// was taken: of the civil time sent with it, else the offset sent with it.
func observedOffset(at time.Time, measured *google.ObservationSampleTime) (time.Duration, bool) {
	const most = 24 * time.Hour
	sent, err := time.ParseDuration(measured.UtcOffset)
	known := err == nil && sent.Abs() < most
	if civil := measured.CivilTime; civil != nil && (civil.Time != nil || !known) {
		date, clock := dateFrom(civil.Date), cmp.Or(civil.Time, &google.TimeOfDay{})
		if !date.IsZero() {
			wall := time.Date(date.Year, date.Month, date.Day, int(clock.Hours), int(clock.Minutes), int(clock.Seconds), int(clock.Nanos), time.UTC)
			if offset := wall.Sub(at).Round(time.Minute); offset.Abs() < most {
				return offset, true
			}
		}
	}
	return sent, known
}

// accountZone asks once for the zone of the account's settings. It is UTC when
// the account does not tell.
func (c *Client) accountZone(ctx context.Context) (*time.Location, error) {
	select {
	case c.zoneTurn <- struct{}{}:
		defer func() { <-c.zoneTurn }()
	case <-ctx.Done():
		return time.UTC, ctx.Err()
	}
	of := c.forgets.Load()
	if c.zone != nil && c.zoneOf == of {
		return c.zone, nil
	}
	settings, err := c.Settings(ctx)
	if errors.Is(err, health.ErrUnreachable) || errors.Is(err, health.ErrOverloaded) || errors.Is(err, health.ErrSignInNeeded) || ctx.Err() != nil {
		return time.UTC, err
	}
	zone, err := loadZone(settings.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	c.zone, c.zoneOf = zone, of
	return zone, nil
}

// idOf returns the last part of a point's name. Points without one are known
// by their instant and source.
func idOf(p *google.DataPoint, s sample) string {
	if p.Name != "" {
		return health.Printable(path.Base(p.Name), longestName)
	}
	return s.at.UTC().Format(time.RFC3339Nano) + " " + s.source.Name
}

// sourceOf names the source of a point as far as Google tells.
func sourceOf(d *google.DataSource) health.Source {
	if d == nil {
		return health.Source{}
	}
	device := cmp.Or(d.Device, &google.Device{})
	app := health.Printable(cmp.Or(d.Application, &google.Application{}).PackageName, longestName)
	source := health.Source{Name: health.Printable(device.DisplayName, longestName)}
	scale := device.FormFactor == "SCALE" || strings.HasPrefix(source.Name, "Aria")
	manual := d.RecordingMethod == "MANUAL"
	switch {
	case manual:
		source.Kind = health.SourceManual
	case scale && app == "":
		source.Kind = health.SourceScale
	case scale, source.Name != "": // an app's copy of a scale's reading ranks below the scale's own
		source.Kind = health.SourceDevice
	case app != "":
		source.Kind = health.SourceApp
	}
	switch {
	case source.Name != "":
	case scale:
		source.Name = "scale"
	case manual:
		source.Name = "manual"
	default:
		source.Name = cmp.Or(app, platformName(d.Platform))
	}
	return source
}

func platformName(platform string) string {
	switch platform {
	case "FITBIT":
		return "Fitbit"
	case "HEALTH_CONNECT":
		return "Health Connect"
	case "HEALTH_KIT":
		return "Apple Health"
	case "FIT":
		return "Google Fit"
	case "FITBIT_WEB_API":
		return "Fitbit Web API"
	case "NEST":
		return "Nest"
	case "GOOGLE_WEB_API":
		return "Google Health API"
	case "GOOGLE_PARTNER_INTEGRATION":
		return "Google partner"
	default:
		return ""
	}
}
