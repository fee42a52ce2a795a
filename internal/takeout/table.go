package takeout

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"vitals/internal/health"
)

// table reads a CSV of any kind, told by its header.
func (f *file) table(r *bufio.Reader) error {
	next := records(f.in, decoded(r))
	t := &rows{file: f, name: "CSV"}
	if strings.Contains(strings.ToLower(path.Base(f.member.name)), "ihealth") {
		t.name, t.via = "iHealth", health.ViaIHealth
	}
	for line := 0; ; line++ {
		row, err := next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return first(t.end(), err)
		}
		if google, ok := googleHeader(row); ok && line == 0 {
			return f.googleRows(google, next)
		}
		if err := t.row(row); err != nil {
			return err
		}
		const preamble = 30
		if !t.begun && line >= preamble {
			return errNotOurs
		}
	}
	return t.end()
}

// rows is a table being read, after its header: or several, one below another,
// as Fitbit's old dashboard exports them.
type rows struct {
	*file
	columns
	begun, open bool // a header was found; the table it heads goes on
	name, via   string
	unit        health.WeightUnit // told by a line of its own, or known of the maker
	day         string            // a date on a line of its own, for the rows after it

	weighed []dated[weighed]
	totals  []dated[dayOrHour]
	people  map[string]bool // of a table that has a column for them
	person  int             // that column; -1: none
	log     int             // that of Fitbit's logId; -1: none
	manual  int             // that of whether it was typed in; -1: none
	left    int             // that of why vitals left a reading out; -1: none
	byOwner int             // rows that the owner had left out
}

// dated is something with a date whose order may be open.
type dated[T any] struct {
	at written
	of T
}

type dayOrHour struct {
	of     health.DataType
	amount float64
	hour   bool
}

// row takes one line of cells.
func (t *rows) row(row []string) error {
	filled := slices.IndexFunc(row, func(cell string) bool { return strings.TrimSpace(cell) != "" })
	if filled < 0 {
		return nil
	}
	alone := !slices.ContainsFunc(row[filled+1:], func(cell string) bool { return strings.TrimSpace(cell) != "" })
	if alone {
		return t.alone(row[filled])
	}
	if c, ok := understood(row); ok && !startsWithDigit(strings.TrimSpace(row[filled])) {
		t.header(row, c)
		return nil
	}
	if !t.open {
		return nil // of a section that has nothing for us, or before the header
	}
	return t.data(row)
}

// alone takes a line with a single cell: a title, a unit, a date for what follows.
func (t *rows) alone(cell string) error {
	cell = strings.TrimSpace(cell)
	lower := strings.ToLower(cell)
	switch lower {
	case "body", "activities", "foods", "sleep", "food log":
		t.via, t.name, t.open = health.ViaFitbitExport, "Fitbit export", false
		return nil
	}
	if rest, ok := strings.CutPrefix(strings.TrimLeft(lower, "# "), "units:"); ok {
		t.unit = weightUnit(unitWords[strings.TrimSpace(rest)])
		return nil
	}
	if _, ok := parseWritten(cell); ok && t.open && t.timed {
		t.day = cell
	}
	return nil
}

func (t *rows) header(row []string, c columns) {
	t.columns, t.open, t.day = c, true, ""
	t.person, t.log, t.manual, t.left = -1, -1, -1, -1
	var names []string
	for i, cell := range row {
		name := strings.ToLower(strings.TrimSpace(cell))
		names = append(names, name)
		switch name {
		case "id":
			t.person = i
		case "logid":
			t.log = i
		case "ismanualreport":
			t.manual = i
		case "excluded":
			t.left = i
		}
	}
	fitabase := t.person >= 0 && slices.ContainsFunc(names, func(name string) bool {
		return slices.Contains([]string{"activitydate", "activityday", "activityhour", "activityminute", "weightpounds", "ismanualreport"}, name)
	})
	switch {
	case fitabase:
		t.via, t.name = health.ViaFitabase, "Fitabase"
	case slices.Contains(names, "calories burned"):
		t.via, t.name = health.ViaFitbitExport, "Fitbit export"
	default:
		t.person, t.log, t.manual = -1, -1, -1
		// Calories and steps of unknown tables may be anything.
		if t.via != health.ViaFitbitExport {
			delete(t.at, isCalories)
			delete(t.at, isSteps)
			delete(t.at, isActive)
			if name, unit := maker(row); name != "" {
				t.name = name
				if t.unit == "" {
					t.unit = unit
				}
			}
		}
	}
	if fitabase && slices.Contains(names, "activityminute") {
		t.open = false
		return
	}
	t.begun = true
	if t.via == "" {
		t.via = health.ViaCSV
	}
	t.Format = t.via
}

// data takes a row below a header.
func (t *rows) data(row []string) error {
	if t.person >= 0 && t.person < len(row) {
		const most = 1000
		id := printable(row[t.person], 40)
		if t.people == nil {
			t.people = map[string]bool{}
		}
		if t.people[id] = true; len(t.people) > most {
			return errTooMuch
		}
		if t.Person != "" && id != t.Person {
			return nil
		}
	}
	if t.left >= 0 && t.left < len(row) && row[t.left] == "by you" {
		t.byOwner++
		return nil
	}
	at, ok := t.when(row)
	if !ok {
		t.Skipped++
		return nil
	}
	if len(t.weighed)+len(t.totals) >= mostWeighed {
		return errTooMuch
	}
	if burned, _ := measure(t.cell(row, isCalories), true); burned == 0 {
		t.Skipped++ // nobody burns nothing: nothing was counted that day
		return nil
	}
	hour := t.person >= 0 && at.hasClock && !t.has(isWeight)
	for of, column := range map[health.DataType]meaning{health.TypeCalories: isCalories, health.TypeSteps: isSteps, health.TypeActiveCalories: isActive} {
		if text := t.cell(row, column); text != "" {
			amount, _ := measure(text, true)
			t.totals = append(t.totals, dated[dayOrHour]{at, dayOrHour{of, amount, hour}})
		}
	}
	if !t.has(isWeight) && !t.has(isFat) && !t.has(isValue) {
		return nil
	}
	w, ok := t.weigh(row)
	if !ok {
		if t.cell(row, isWeight) != "" || t.cell(row, isFat) != "" {
			t.Skipped++
		}
		return nil
	}
	t.weighed = append(t.weighed, dated[weighed]{at, w})
	return nil
}

// when is the date of a row, with its time where a column tells it.
func (t *rows) when(row []string) (written, bool) {
	text := t.cell(row, isDate)
	clock := t.cell(row, isTime)
	if t.day != "" { // only a time stands in the row
		text, clock = t.day, text
	}
	if at, ok := parseWritten(text); ok && (clock == "" || at.hasClock) {
		return at, true
	}
	if !strings.Contains(clock, ":") {
		clock = strings.ReplaceAll(clock, ".", ":")
	}
	return parseWritten(text + " " + clock)
}

// unguarded is a cell without the apostrophe by which exports, our own too, keep
// spreadsheets from taking it for a formula.
func unguarded(cell string) string {
	if bare, led := strings.CutPrefix(cell, "'"); led && bare != "" && strings.ContainsRune("=+-@", rune(bare[0])) {
		return bare
	}
	return cell
}

// weigh reads the weight and body fat of a row.
func (t *rows) weigh(row []string) (w weighed, ok bool) {
	nan := math.NaN()
	w = weighed{weight: nan, bmi: nan, fat: nan}
	w.source = health.Source{Name: t.name, Kind: health.SourceUnknown, Via: t.via}
	if name := printable(unguarded(t.cell(row, isSource)), 60); name != "" {
		w.source = sourceNamed(name, t.via)
	}
	if t.manual >= 0 && t.manual < len(row) {
		switch strings.ToLower(row[t.manual]) {
		case "true":
			w.source = fitbitSource("API", t.via)
		case "false":
			w.source = health.Source{Name: "scale", Kind: health.SourceScale, Via: t.via}
		}
	}
	if t.log >= 0 && t.log < len(row) {
		if id := row[t.log]; len(id) == 13 && strings.Trim(id, "0123456789") == "" { // spreadsheets round it
			w.id = t.via + ":" + id
		}
	}
	if t.has(isValue) && t.has(isUnit) {
		return w, t.measured(row, &w)
	}
	fat, _ := measure(t.cell(row, isFat), false)
	w.bmi, _ = measure(t.cell(row, isBMI), false)
	weight, unit := measure(t.cell(row, isWeight), false)
	if positive(weight) {
		given := weightUnit(unit)
		for _, known := range []health.WeightUnit{weightUnit(t.units[isWeight]), t.unit, t.Units} {
			if given == "" {
				given = known
			}
		}
		w.weight = weight
		if given != "" {
			w.weight, w.known = kilograms(weight, given), true
		}
		if mass, unit := measure(t.cell(row, isFatMass), false); positive(mass) && !positive(fat) && w.known {
			if unit == "" {
				unit = t.units[isFatMass]
			}
			if of := weightUnit(unit); of != "" {
				fat = kilograms(mass, of) / w.weight * 100
			}
		}
	}
	w.fat = fat
	return w, positive(w.weight) || positive(w.fat)
}

// measured reads a row whose unit stands in a column of its own, as in vitals'
// own export.
func (t *rows) measured(row []string, w *weighed) bool {
	value, _ := measure(t.cell(row, isValue), false)
	metric, _ := column(t.cell(row, isMetric))
	if t.has(isMetric) && metric != isWeight && metric != isFat {
		return false
	}
	switch unit := unitWords[strings.ToLower(t.cell(row, isUnit))]; {
	case unit == "%" && metric != isWeight:
		w.fat = value
	case weightUnit(unit) != "" && metric != isFat:
		w.weight, w.known = kilograms(value, weightUnit(unit)), true
	}
	return positive(w.weight) || positive(w.fat)
}

// end takes all rows, once it is known who, when and in which unit.
func (t *rows) end() error {
	if !t.begun {
		return errNotOurs
	}
	if err := t.onePerson(); err != nil {
		return err
	}
	told := t.Dates
	if told == AnyOrder && t.via == health.ViaFitabase {
		told = MonthFirst // as they write them
	}
	order, ok := orderOf(func(yield func(written) bool) {
		for _, w := range t.weighed {
			if !yield(w.at) {
				return
			}
		}
		for _, total := range t.totals {
			if !yield(total.at) {
				return
			}
		}
	}, told)
	if !ok {
		return ask("--dates", "its dates can be read day first or month first: say which with --dates dmy or --dates mdy")
	}
	for _, total := range t.totals {
		t.take(total.at.in(order), total.of)
	}
	var known, unknown []weighed
	for _, w := range t.weighed {
		w.of.at = w.at.in(order)
		switch {
		case !w.of.at.valid():
			t.Skipped++
		case w.of.known || !positive(w.of.weight):
			known = append(known, w.of)
		default:
			unknown = append(unknown, w.of)
		}
	}
	if t.byOwner > 0 {
		t.add(fmt.Sprintf("%d that its owner had left out stay out", t.byOwner))
	}
	if len(t.weighed)+len(t.totals)+t.byOwner == 0 && t.Skipped == 0 {
		if t.has(isBMI) && !t.has(isWeight) {
			t.add("it has body mass indices alone: vitals computes them from weight and height")
		} else {
			t.add("it is empty")
		}
	}
	return first(t.emitIn(known, health.Kilograms), t.emit(unknown, "", false))
}

// take takes a total of a date or an hour.
func (t *rows) take(at wall, total dayOrHour) {
	switch {
	case !at.valid():
		t.Skipped++
	case total.hour:
		t.hour(total.of, t.local(at).Truncate(time.Minute), total.amount)
	default:
		t.file.day(total.of, at.date, total.amount)
	}
}

// onePerson refuses a table of several people, unless it is known whose rows to take.
func (t *rows) onePerson() error {
	if len(t.people) == 0 {
		return nil
	}
	ids := slices.Sorted(func(yield func(string) bool) {
		for id := range t.people {
			if !yield(id) {
				return
			}
		}
	})
	named := strings.Join(ids[:min(len(ids), 10)], ", ")
	if len(ids) > 10 {
		named += ", …"
	}
	switch {
	case t.Person != "" && !t.people[t.Person]:
		return ask("--person", "it has no rows of %s, but of %s", t.Person, named)
	case t.Person == "" && len(ids) > 1:
		return ask("--person", "it has rows of %d people: say whose to read with --person ID, one of %s", len(ids), named)
	case t.Person == "":
		if t.reader.person == "" {
			t.reader.person = ids[0]
		}
		if t.reader.person != ids[0] {
			return ask("--person", "it is of person %s and other files are of %s: say whose to read with --person ID", ids[0], t.reader.person)
		}
	}
	return nil
}
