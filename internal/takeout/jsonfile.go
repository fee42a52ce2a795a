package takeout

import (
	"bufio"
	"math"
	"strconv"
	"strings"

	"vitals/internal/health"
)

// json reads a JSON file that its name says nothing of.
func (f *file) json(r *bufio.Reader, isArray bool) error {
	if isArray {
		begin, _ := r.Peek(1024)
		if text := string(begin); strings.Contains(text, `"logId"`) && strings.Contains(text, `"weight"`) {
			return f.classicWeights(r)
		}
		if strings.Contains(string(begin), `"dateTime"`) {
			return problem("", "its name does not tell what it counts: name it as it was, like steps-2026-01-31.json")
		}
		return errNotOurs
	}
	s := newScanner(r, f.in)
	if _, err := s.token(); err != nil {
		return err
	}
	b := &body{file: f, scanner: s}
	err := s.members(b.member)
	if err == nil && b.refusal != "" {
		return problem("", "it is no data but an answer that said: %s", b.refusal)
	}
	if !b.ours && err == nil {
		return errNotOurs
	}
	return first(b.end(), err)
}

// body is an answer of the closed Fitbit API, or of iHealth's, kept as a file.
type body struct {
	*file
	*scanner
	ours    bool
	refusal string
	weighed []weighed // Fitbit's
	scale   []weighed // iHealth's
	unit    float64   // iHealth's, for all weights
}

// member takes one member of the outermost object.
func (b *body) member(key []byte, begin byte) error {
	name := string(key)
	if begin == '[' {
		switch name {
		case "weight", "fat":
			return b.fitbitLog(name)
		case "activities-calories":
			return b.fitbitDays(health.TypeCalories)
		case "activities-steps":
			return b.fitbitDays(health.TypeSteps)
		case "activities-activityCalories":
			return b.fitbitDays(health.TypeActiveCalories)
		case "body-weight", "body-fat", "body-bmi":
			b.ours = true
			b.add("its values are filled in between weigh-ins: the log is what to read")
		case "WeightDataList":
			return b.iHealthWeights()
		case "ARDataList":
			return b.iHealthActivity()
		case "BPDataList", "BGDataList", "BODataList", "SPORTDataList", "SRDataList":
			b.ours = true
			b.Format = health.ViaIHealth
			b.add("it holds nothing that vitals shows")
		case "errors":
			return b.array(func(e element) error {
				b.refusal = printable(e.text("message"), 120)
				return nil
			})
		}
	}
	if err := b.skip(begin, 0); err != nil {
		return err
	}
	value := string(b.key) // what was skipped last
	switch name {
	case "WeightUnit":
		b.unit, _ = strconv.ParseFloat(value, 64)
	case "ErrorDescription":
		b.refusal = printable(value, 120)
	case "Error":
		if b.refusal == "" {
			b.refusal = printable(value, 120)
		}
	}
	return nil
}

// fitbitLog reads the weight or the fat log.
func (b *body) fitbitLog(of string) error {
	b.ours, b.Format = true, health.ViaFitbitAPI
	return b.array(func(e element) error {
		at, ok := parseWritten(e.text("date") + " " + e.text("time"))
		return b.file.keep(&b.weighed, b.file.log(e, at.wall, ok, of))
	})
}

// fitbitDays reads a series of daily totals.
func (b *body) fitbitDays(of health.DataType) error {
	b.ours, b.Format = true, health.ViaFitbitAPI
	return b.array(func(e element) error {
		at, ok := parseWritten(e.text("dateTime"))
		if !ok || at.hasClock || !at.valid() {
			b.Skipped++
			return nil
		}
		b.day(of, at.date, e.number("value"))
		return nil
	})
}

// iHealthTime is when something was measured: a local time told as if it were
// UTC, with the offset beside it.
func iHealthTime(e element) (wall, bool) {
	seconds, err := strconv.ParseInt(e.text("MDate"), 10, 64)
	if err != nil || seconds <= 0 || seconds > 1<<35 {
		return wall{}, false
	}
	w := fakeUTC(seconds)
	if text := e.text("TimeZone"); text != "" {
		if startsWithDigit(text) {
			text = "+" + text
		}
		if offset, ok := parseOffset(text); ok {
			w.offset = &offset
		}
	}
	return w, w.valid()
}

func (b *body) iHealthWeights() error {
	b.ours, b.Format = true, health.ViaIHealth
	return b.array(func(e element) error {
		at, ok := iHealthTime(e)
		if !ok {
			b.Skipped++
			return nil
		}
		w := weighed{at: at, weight: e.number("WeightValue"), bmi: math.NaN(), fat: e.number("FatValue"), source: iHealthSource(e.text("DataSource"))}
		if id := printable(e.text("DataID"), 64); id != "" {
			w.id = b.Format + ":" + id
		}
		return b.file.keep(&b.scale, w)
	})
}

func iHealthSource(name string) health.Source {
	s := health.Source{Name: "iHealth", Kind: health.SourceUnknown, Via: health.ViaIHealth}
	switch name {
	case "FromDevice":
		s.Name, s.Kind = "iHealth scale", health.SourceScale
	case "Manual":
		s.Name, s.Kind = "typed into iHealth", health.SourceManual
	}
	return s
}

// iHealthActivity reads calories, resting ones included, and steps: snapshots of
// a running day, of which the largest is the day's.
func (b *body) iHealthActivity() error {
	b.ours, b.Format = true, health.ViaIHealth
	return b.array(func(e element) error {
		at, ok := iHealthTime(e)
		if !ok {
			b.Skipped++
			return nil
		}
		if calories := e.number("Calories"); calories != 0 {
			b.day(health.TypeCalories, at.date, calories)
		}
		b.day(health.TypeSteps, at.date, e.number("Steps"))
		return nil
	})
}

// end takes the weights.
func (b *body) end() error {
	unit, ok := map[float64]health.WeightUnit{0: health.Kilograms, 1: health.Pounds, 2: health.Stone}[b.unit]
	if !ok && len(b.scale) > 0 {
		return problem("", "its weights are in unit %v, which nobody knows", b.unit)
	}
	return first(b.emitIn(b.scale, unit), b.emit(b.weighed, "", true))
}
