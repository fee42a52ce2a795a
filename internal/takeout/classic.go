package takeout

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"vitals/internal/health"
)

// weighed is a weigh-in as a file has it, before its unit is known.
type weighed struct {
	id               string
	at               wall
	weight, bmi, fat float64 // NaN or 0: not told
	known            bool    // the weight is in kg already
	source           health.Source
}

// mostWeighed is more weigh-ins than anybody has in one file.
const mostWeighed = 200_000

// classicWeights reads weight-*.json of a Fitbit archive.
func (f *file) classicWeights(r *bufio.Reader) error {
	f.Format = health.ViaFitbitArchive
	s := newScanner(r, f.in)
	if b, err := s.token(); err != nil || b != '[' {
		return first(err, errNoJSON)
	}
	var rows []weighed
	err := s.array(func(e element) error {
		at, ok := classicStamp([]byte(e.text("date") + " " + e.text("time")))
		return f.keep(&rows, f.log(e, at, ok, "weight"))
	})
	// What came before a flaw is as good as ever.
	return first(f.emit(rows, health.Pounds, true), err)
}

// log is an entry of Fitbit's weight or fat log.
func (f *file) log(e element, at wall, ok bool, of string) weighed {
	w := weighed{at: at, weight: math.NaN(), bmi: e.number("bmi"), fat: e.number("fat"), source: fitbitSource(e.text("source"), f.Format)}
	if of == "weight" {
		w.weight = e.number("weight")
	}
	if id, err := strconv.ParseInt(e.text("logId"), 10, 64); err == nil && id > 0 {
		w.id = f.Format + ":" + strconv.FormatInt(id, 10)
	}
	if !ok || !at.valid() {
		w.at = wall{} // told as skipped
	}
	return w
}

// keep adds a row that makes sense.
func (f *file) keep(rows *[]weighed, w weighed) error {
	switch {
	case len(*rows) >= mostWeighed:
		return errTooMuch
	case w.at.date.IsZero() || !positive(w.weight) && !positive(w.fat):
		f.Skipped++
	default:
		*rows = append(*rows, w)
	}
	return nil
}

// emit takes the weigh-ins of a file once it is known in which unit they are:
// that of the flag, the one that fits the body mass index told beside them (see
// unitOf for guess), or fallback. With no fallback it asks for the flag.
func (f *file) emit(rows []weighed, fallback health.WeightUnit, guess bool) error {
	if len(rows) == 0 {
		return nil
	}
	unit := f.Units
	if unit == "" {
		if unit = f.unitOf(rows, guess); unit == "" && hasWeight(rows) {
			if fallback == "" {
				return ask("--units", "its weights have no unit: say which with --units kg, lb or st")
			}
			unit = fallback
			if known := f.unitBeside(rows); known != "" {
				return f.emitIn(rows, known)
			}
			f.add("its weights were taken as " + unitNames[unit] + ", as such files are; if that is wrong, give --units")
		}
	}
	return f.emitIn(rows, unit)
}

// emitIn takes weigh-ins in a known unit.
func (f *file) emitIn(rows []weighed, unit health.WeightUnit) error {
	for _, row := range rows {
		w := health.Weighing{ID: row.id, At: f.local(row.at), KG: kilograms(row.weight, unit), Source: row.source}
		var err error
		if positive(row.weight) {
			err = f.weighing(w, row.fat)
		} else {
			f.fat(health.BodyFat{ID: w.ID, At: w.At, Percent: row.fat, Source: w.Source}, false)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var unitNames = map[health.WeightUnit]string{health.Kilograms: "kilograms", health.Pounds: "pounds", health.Stone: "stone"}

func hasWeight(rows []weighed) bool {
	for _, row := range rows {
		if positive(row.weight) {
			return true
		}
	}
	return false
}

// fitbitSource is who Fitbit says a weigh-in comes from.
func fitbitSource(name, via string) health.Source {
	switch name {
	case "":
		return health.Source{Name: "Fitbit archive", Kind: health.SourceUnknown, Via: via}
	case "API":
		return health.Source{Name: "typed in or from an app", Kind: health.SourceManual, Via: via}
	case "Aria":
		return health.Source{Name: "Aria", Kind: health.SourceScale, Via: via}
	case "AriaAir":
		return health.Source{Name: "Aria Air", Kind: health.SourceScale, Via: via}
	}
	return sourceNamed(name, via)
}

// sourceNamed is a source by the name that a file gives it.
func sourceNamed(name, via string) health.Source {
	s := health.Source{Name: printable(name, 60), Kind: health.SourceDevice, Via: via}
	lower := strings.ToLower(s.Name)
	switch {
	case s.Name == "":
		s.Kind = health.SourceUnknown
	case isMirror(lower):
		s.Kind = health.SourceApp
	case strings.Contains(lower, "aria"):
		s.Kind = health.SourceScale
	case lower == "manual":
		s.Kind = health.SourceManual
	}
	return s
}

// isMirror reports whether a source, in small letters, passes on what another
// app has.
func isMirror(name string) bool {
	return strings.HasSuffix(name, "health connect") || strings.HasSuffix(name, "health kit")
}

// classicHeights reads height-*.json.
func (f *file) classicHeights() error {
	f.Format = health.ViaFitbitArchive
	return eachClassic(f.in, func(at time.Time, millimetres float64) {
		w := wall{date: health.DateOf(at), clock: at.Sub(at.Truncate(24 * time.Hour))}
		f.height(health.Height{At: f.local(w), Metres: millimetres / 1000})
	})
}

// eachClassic reads an array of stamps and values; stamps as if they were UTC.
func eachClassic(in *stream, each func(at time.Time, value float64)) error {
	s := newScanner(withoutMark(in, 1<<12), in)
	if b, err := s.token(); err != nil || b != '[' {
		return first(err, errNoJSON)
	}
	return s.array(func(e element) error {
		if at, ok := classicStamp(e.bytes("dateTime")); ok && at.valid() {
			each(at.utc(), e.number("value"))
		}
		return nil
	})
}

// classicMinutes reads calories-*.json, whose minutes are those of the wall
// clock, or steps-*.json, whose minutes are UTC.
func (f *file) classicMinutes(to *minutes, wallClock bool) error {
	f.Format = health.ViaFitbitArchive
	s := newScanner(withoutMark(f.in, 1<<12), f.in)
	if b, err := s.token(); err != nil || b != '[' {
		return first(err, errNoJSON)
	}
	before := int64(math.MinInt64)
	second := false
	var date health.Date // of the row before, which mostly is that of the next
	var midnight int64
	rows := 0
	err := s.array(func(e element) error {
		at, ok := classicStamp(e.bytes("dateTime"))
		amount, wrong := simpleNumber(e.bytes("value"))
		if ok && at.date != date {
			ok = at.valid()
			date, midnight = at.date, wall{date: at.date}.utc().Unix()
		}
		seconds := midnight + int64(at.clock/time.Second)
		if !ok || wrong || at.clock >= 24*time.Hour || !f.plausible(seconds, amount) {
			if !ok {
				date = health.Date{}
			}
			f.Skipped++
			return nil
		}
		if wallClock {
			second = f.secondPass(at, seconds, before, second)
			before = seconds
		}
		to.add(seconds, amount, second, f.asOf)
		rows++
		return nil
	})
	f.counts["minutes"] += rows
	return f.settle(to, err)
}

// secondPass reports whether a wall-clock minute is in the second pass of an
// hour that the clocks of the zone went through twice.
func (f *file) secondPass(at wall, seconds, before int64, second bool) bool {
	const longest = 3 * 3600
	if second && seconds >= before {
		return f.repeats(at)
	}
	return !second && seconds < before && before-seconds <= longest && f.repeats(at)
}

// settle counts what a file told in minutes, but for the last of it when its
// checksum is wrong.
func (f *file) settle(to *minutes, err error) error {
	if err == nil {
		_, err = io.Copy(io.Discard, unlimited{f.in})
	}
	if damaged(err) {
		to.discard()
		return err
	}
	to.commit(f.asOf)
	return err
}
