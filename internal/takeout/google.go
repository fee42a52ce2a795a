package takeout

import (
	"io"
	"strings"
	"time"

	"vitals/internal/health"
)

// googleTable is a CSV of the Google era, recognised by its header: a stamp, a
// value and who told it.
type googleTable struct {
	value, source int // columns
	of            health.DataType
}

// googleHeader recognises the header of such a table.
func googleHeader(header []string) (t googleTable, ok bool) {
	if len(header) < 3 || strings.ToLower(strings.TrimSpace(header[0])) != "timestamp" ||
		strings.ToLower(strings.TrimSpace(header[len(header)-1])) != "data source" {
		return t, false
	}
	t.value, t.source = 1, len(header)-1
	if len(header) > 3 {
		return t, true // activity by kinds, zones and the like
	}
	switch strings.ToLower(strings.TrimSpace(header[1])) {
	case "weight grams":
		t.of = health.TypeWeight
	case "body fat percentage":
		t.of = health.TypeBodyFat
	case "height millimeters":
		t.of = health.TypeHeight
	case "calories":
		t.of = health.TypeCalories
	case "kilocalories":
		t.of = health.TypeActiveCalories
	case "steps":
		t.of = health.TypeSteps
	}
	return t, true
}

// mostSources is how many devices and apps of one series are told apart.
const mostSources = 16

// googleRows reads the rows after the header.
func (f *file) googleRows(t googleTable, next func() ([]string, error)) error {
	f.Format = health.ViaGoogleArchive
	if t.of == "" {
		return errNotOurs
	}
	for {
		row, err := next()
		if err == io.EOF {
			return f.settleGoogle(t, nil)
		}
		if err != nil {
			return f.settleGoogle(t, err)
		}
		if len(row) <= t.source {
			f.Skipped++
			continue
		}
		at, errTime := time.Parse(time.RFC3339, strings.TrimSpace(row[0]))
		value, wrong := simpleNumber([]byte(strings.TrimSpace(row[t.value])))
		if errTime != nil || wrong {
			f.Skipped++
			continue
		}
		if err := f.googleRow(t, at, value, row[t.source]); err != nil {
			return err
		}
	}
}

func (f *file) googleRow(t googleTable, at time.Time, value float64, source string) error {
	_, offset := at.In(f.Zone).Zone()
	local := at.In(time.FixedZone("", offset))
	switch t.of {
	case health.TypeWeight:
		return f.weighing(health.Weighing{At: local, KG: value / 1000, Source: sourceNamed(source, f.Format)}, 0)
	case health.TypeBodyFat:
		f.fat(health.BodyFat{At: local, Percent: value, Source: sourceNamed(source, f.Format)}, false)
		if len(f.fats) >= batch {
			return f.flush()
		}
	case health.TypeHeight:
		f.height(health.Height{At: local, Metres: value / 1000})
		if len(f.heights) >= batch {
			return f.flush()
		}
	default:
		if !f.plausible(at.Unix(), value) {
			f.Skipped++
			return nil
		}
		name := printable(source, 60)
		if f.google[t.of] == nil {
			f.google[t.of] = map[string]*minutes{}
		}
		of := f.google[t.of][name]
		if of == nil && len(f.google[t.of]) >= mostSources {
			f.Skipped++
			return nil
		}
		if of == nil {
			of = newMinutes()
			f.google[t.of][name] = of
		}
		of.add(at.Unix(), value, false, f.asOf)
		f.counts["minutes"]++
	}
	return nil
}

// settleGoogle counts what the file told in minutes.
func (f *file) settleGoogle(t googleTable, err error) error {
	for _, of := range f.google[t.of] {
		err = f.settle(of, err)
	}
	return err
}

// eachGoogle reads one kind of table for its stamps and values.
func eachGoogle(in *stream, column string, each func(at time.Time, value float64, source string)) error {
	next := records(in, decoded(withoutMark(in, 1<<16)))
	header, err := next()
	if err != nil {
		return err
	}
	if t, ok := googleHeader(header); !ok || !strings.EqualFold(strings.TrimSpace(header[t.value]), column) {
		return errNotOurs
	}
	for {
		row, err := next()
		if err != nil {
			return err
		}
		if len(row) < 3 {
			continue
		}
		at, errTime := time.Parse(time.RFC3339, strings.TrimSpace(row[0]))
		if value, wrong := simpleNumber([]byte(row[1])); errTime == nil && !wrong {
			each(at, value, row[2])
		}
	}
}
