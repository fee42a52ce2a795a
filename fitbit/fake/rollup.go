package fake

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"

	google "google.golang.org/api/health/v4"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// decode reads a request body; a name that the message does not have is
// refused.
func decode(body string, into any) *refusal {
	dec := json.NewDecoder(strings.NewReader(body))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil {
		return nil
	}
	if unknown := unknownField.FindStringSubmatch(err.Error()); unknown != nil {
		return invalid("", "Invalid JSON payload received. Unknown name %q: Cannot find field.", unknown[1])
	}
	return invalid("", "Invalid JSON payload received. Unable to parse the request body.")
}

var unknownField = regexp.MustCompile(`unknown field "(.*)"`)

func tooLong(t dataType, format string, values ...any) *refusal {
	r := invalid("INVALID_ROLLUP_QUERY_DURATION", format, values...)
	r.metadata = map[string]string{"maxDurationDays": fmt.Sprint(t.maxDays)}
	return r
}

// rollUp adds up in windows of physical time, counted from the start of the
// range.
func (c call) rollUp(t dataType) (any, *refusal) {
	var request google.RollUpDataPointsRequest
	if refused := decode(c.body, &request); refused != nil {
		return nil, refused
	}
	if request.Range == nil {
		return nil, invalid("INVALID_TIME_RANGE", "A range is required.")
	}
	start, errStart := time.Parse(time.RFC3339, request.Range.StartTime)
	end, errEnd := time.Parse(time.RFC3339, request.Range.EndTime)
	window, errWindow := time.ParseDuration(request.WindowSize)
	switch {
	case errStart != nil || errEnd != nil || !start.Before(end):
		return nil, invalid("INVALID_TIME_RANGE", "The range must have a start before its end.")
	case errWindow != nil || !strings.HasSuffix(request.WindowSize, "s") || window < time.Second:
		return nil, invalid("", "Invalid value at 'window_size' (type.googleapis.com/google.protobuf.Duration), %q", request.WindowSize)
	case request.PageSize < 0:
		return nil, invalid("", "page_size must not be negative")
	}
	size := 1440
	if request.PageSize > 0 {
		size = int(min(request.PageSize, 10_000))
	}
	longest := time.Duration(t.maxDays) * 24 * time.Hour
	if end.Sub(start) > longest || window > longest/time.Duration(size) {
		return nil, tooLong(t, "The duration of the query must not exceed %d days.", t.maxDays)
	}
	var points []*google.RollupDataPoint
	for from := start; from.Before(end); from = from.Add(window) {
		to := from.Add(window)
		if end.Before(to) {
			to = end
		}
		if p := c.rollUpWindow(t, from, to); p != nil {
			points = append(points, p)
		}
	}
	slices.Reverse(points)
	query := fmt.Sprint(t.id, request.Range.StartTime, request.Range.EndTime, request.WindowSize, request.PageSize)
	page, next, refused := cutPage(points, size, request.PageToken, query)
	if refused != nil {
		return nil, refused
	}
	return &google.RollUpDataPointsResponse{RollupDataPoints: page, NextPageToken: next}, nil
}

// rollUpWindow returns nil for a window without data, and for one whose sum is
// 0, as the service was seen to do.
func (c call) rollUpWindow(t dataType, from, to time.Time) *google.RollupDataPoint {
	amount, known := c.person.amount(t, from, to)
	if !known || amount == 0 {
		return nil
	}
	p := t.rollUpValue(amount)
	p.StartTime, p.EndTime = timestamp(from), timestamp(to)
	return p
}

// rollUpValue is a window with nothing but its value. An amount of 0 is a value
// without a figure.
func (t dataType) rollUpValue(amount float64) *google.RollupDataPoint {
	p := &google.RollupDataPoint{}
	switch t.of {
	case health.TypeCalories:
		p.TotalCalories = &google.TotalCaloriesRollupValue{KcalSum: round(amount, 6)}
	case health.TypeActiveCalories:
		p.ActiveEnergyBurned = &google.ActiveEnergyBurnedRollupValue{KcalSum: round(amount, 6)}
	case health.TypeSteps:
		p.Steps = &google.StepsRollupValue{CountSum: int64(math.Round(amount))}
	case health.TypeWeight:
		p.Weight = &google.WeightRollupValue{WeightGramsAvg: round(amount*1000, 3)}
	case health.TypeBodyFat:
		p.BodyFat = &google.BodyFatRollupValue{BodyFatPercentageAvg: amount}
	}
	return p
}

// dailyRollUp adds up in windows of the person's own days.
func (c call) dailyRollUp(t dataType) (any, *refusal) {
	var request google.DailyRollUpDataPointsRequest
	if refused := decode(c.body, &request); refused != nil {
		return nil, refused
	}
	first, last, refused := civilRange(request.Range)
	if refused != nil {
		return nil, refused
	}
	step := int(max(request.WindowSizeDays, 1))
	days := last.Number() - first.Number()
	windows := (days + step - 1) / step
	switch size := int(request.PageSize); {
	case days > t.maxDays || size > t.maxDays:
		return nil, tooLong(t, "The duration of the query must not exceed %d days.", t.maxDays)
	case size < 0 || size > 0 && size < windows:
		return nil, tooLong(t, "page_size (%d) is too small. Must be at least %d to cover the requested range.", size, windows)
	}
	response := &google.DailyRollUpDataPointsResponse{}
	for i := windows - 1; i >= 0; i-- {
		from := first.Add(i * step)
		to := from.Add(step)
		if last.Before(to) {
			to = last
		}
		if p := c.dailyWindow(t, from, to); p != nil {
			response.RollupDataPoints = append(response.RollupDataPoints, p)
		}
	}
	return response, nil
}

// civilRange reads [start, end); an end within a day counts the whole day.
func civilRange(r *google.CivilTimeInterval) (first, last health.Date, refused *refusal) {
	if r == nil || r.Start == nil || r.End == nil || r.Start.Date == nil || r.End.Date == nil {
		return first, last, invalid("INVALID_TIME_RANGE", "A range with start and end dates is required.")
	}
	first, last = civilDate(r.Start.Date), civilDate(r.End.Date)
	if !midnight(r.Start.Time) {
		return first, last, invalid("INVALID_TIME_RANGE", "The start time must be aligned with the aggregation window.")
	}
	if !midnight(r.End.Time) {
		last = last.Add(1)
	}
	if !first.Before(last) {
		return first, last, invalid("INVALID_TIME_RANGE", "The range must have a start before its end.")
	}
	return first, last, nil
}

func civilDate(d *google.Date) health.Date {
	return health.Date{Year: int(d.Year), Month: time.Month(d.Month), Day: int(d.Day)}.Add(0)
}

func midnight(t *google.TimeOfDay) bool {
	return t == nil || t.Hours == 0 && t.Minutes == 0 && t.Seconds == 0 && t.Nanos == 0
}

// dailyWindow returns nil for a window without data.
func (c call) dailyWindow(t dataType, from, to health.Date) *google.DailyRollupDataPoint {
	amount, known := c.person.dailyAmount(t, from, to)
	if !known {
		return nil
	}
	edge := func(d health.Date) *google.CivilDateTime {
		return &google.CivilDateTime{Date: date(d), Time: &google.TimeOfDay{}}
	}
	value := t.rollUpValue(amount)
	return &google.DailyRollupDataPoint{
		CivilStartTime: edge(from), CivilEndTime: edge(to),
		TotalCalories: value.TotalCalories, ActiveEnergyBurned: value.ActiveEnergyBurned, Steps: value.Steps,
		Weight: value.Weight, BodyFat: value.BodyFat,
	}
}

// dailyAmount is amount for the days of [from, to): days of the person's zone,
// but samples count on the date they were taken at.
func (p *Person) dailyAmount(t dataType, from, to health.Date) (float64, bool) {
	if t.kind == sampleKind {
		return p.mean(t.of, func(e entry) bool { return !e.civilDate().Before(from) && e.civilDate().Before(to) })
	}
	return p.amount(t, dayStart(from, p.Zone), dayStart(to, p.Zone))
}

func dayStart(d health.Date, zone *time.Location) time.Time {
	return timeline.Day.Start(time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, zone))
}

// amount is the mean of samples and the sum of totals in [from, to). Known is
// false without any.
func (p *Person) amount(t dataType, from, to time.Time) (amount float64, known bool) {
	if t.kind == sampleKind {
		return p.mean(t.of, func(e entry) bool { return !e.at.Before(from) && e.at.Before(to) })
	}
	portions := p.Totals[t.of]
	start, end := from.Unix(), to.Unix()
	first := sort.Search(len(portions), func(i int) bool { return portions[i].End > start })
	for _, portion := range portions[first:] {
		if portion.Start >= end {
			break
		}
		amount += portion.Cut(start, end).Amount
		known = true
	}
	return amount, known
}

func (p *Person) mean(of health.DataType, in func(entry) bool) (mean float64, known bool) {
	sum, n := 0.0, 0
	for _, e := range p.entries(of) {
		if in(e) {
			sum += e.value
			n++
		}
	}
	return sum / float64(max(n, 1)), n > 0
}
