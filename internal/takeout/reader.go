package takeout

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"vitals/internal/health"
)

// reader is a Read under way.
type reader struct {
	Options
	ctx    context.Context
	from   *Collection
	sink   Sink
	report Report

	heights []health.Height // all that are known, in time order
	totals  map[totalKey]*Total
	person  string // whose rows the files of several people were about

	// What stands in minutes, by the series it belongs to.
	classicCalories, classicSteps *minutes
	google                        map[health.DataType]map[string]*minutes // by type and data source
	whole                         map[health.Date]bool                    // dates all of whose calories were told
}

type totalKey struct {
	of   health.DataType
	what string
}

func newReader(ctx context.Context, c *Collection, o Options, sink Sink) *reader {
	r := &reader{Options: o, ctx: ctx, from: c, sink: sink, totals: map[totalKey]*Total{},
		classicCalories: newMinutes(), classicSteps: newMinutes(), google: map[health.DataType]map[string]*minutes{}, whole: map[health.Date]bool{}}
	r.heights = slices.Concat(c.heights, o.Heights)
	for _, owner := range c.Owners {
		if owner.HeightM > 0 && len(c.heights) == 0 {
			r.heights = append(r.heights, health.Height{At: o.Now, Metres: owner.HeightM})
		}
	}
	slices.SortStableFunc(r.heights, func(a, b health.Height) int { return a.At.Compare(b.At) })
	r.report.Files = c.problems
	return r
}

// errSink wraps what the sink answered: it ends everything.
type errSink struct{ error }

func (e errSink) Unwrap() error { return e.error }

// container reads all files of one.
func (r *reader) container(one *container) error {
	locked := false
	err := one.each(r.ctx, func(m member, open func() (io.ReadCloser, error)) error {
		if err := r.ctx.Err(); err != nil {
			return errSink{err}
		}
		sorted := sortOut(m.name)
		switch {
		case sorted.sort == leftAlone && one.single:
			sorted.sort = unknownTable // named by the user: look inside whatever its name
		case sorted.sort == leftAlone || sorted.sort == packedArchive && !one.single:
			r.from.leave(sorted.reason, sorted.family, m.name)
			return nil
		}
		if m.locked {
			if !locked {
				r.fail(one.label, "it is encrypted: unpack it with its password first")
			}
			locked = true
			return nil
		}
		return r.member(one, m, sorted, open)
	})
	var fatal errSink
	switch {
	case errors.As(err, &fatal):
		return fatal.error
	case errors.Is(err, errNoDirectory):
		r.fail(one.label, "it is cut short: its end is missing, what came before was read")
	case err != nil:
		r.fail(one.label, explain(err)+"; what came before was read")
	}
	return nil
}

func (r *reader) fail(label, sentence string) {
	r.report.Files = append(r.report.Files, File{Path: printable(label, 200), Failed: true, Problem: sentence})
}

// file is one that is being read.
type file struct {
	*reader
	File
	member member
	asOf   time.Time // when the export was made, or the file written
	in     *stream

	weighings []health.Weighing
	fats      []health.BodyFat
	heights   []health.Height
	days      map[health.DataType]map[health.Date]health.DayTotal
	hours     map[health.DataType]map[int64]health.HourTotal
	counts    map[string]int
	seen      map[string]float64 // values by type and ID: an ID that comes twice with two values is told of
	conflicts int
}

// errNotOurs is that a file is of another kind than its name let hope.
var errNotOurs = errors.New(reasonOther)

// member reads one file.
func (r *reader) member(one *container, m member, sorted byName, open func() (io.ReadCloser, error)) error {
	f := &file{reader: r, File: File{Path: r.from.name(one, m)}, member: m, asOf: r.made(one, m),
		days: map[health.DataType]map[health.Date]health.DayTotal{}, hours: map[health.DataType]map[int64]health.HourTotal{}, counts: map[string]int{}, seen: map[string]float64{}}
	content, err := open()
	if errors.Is(err, errLink) || errors.Is(err, errDevice) {
		r.from.leave(err.Error(), "", m.name)
		return nil
	}
	if err == nil {
		var heard func(int)
		if one.size == 0 {
			heard = r.from.heard
		}
		f.in = newStream(r.ctx, content, m.packed, heard)
		if err = f.read(sorted); err == nil {
			// Only at its end does a packed file tell whether it came out as it went in.
			_, err = io.Copy(io.Discard, unlimited{f.in})
		}
		if closing := content.Close(); err == nil {
			err = closing
		}
	}
	var fatal errSink
	if errors.As(err, &fatal) || r.ctx.Err() != nil {
		return errSink{err}
	}
	if errors.Is(err, errNotOurs) && !one.single && f.empty() {
		r.from.leave(reasonOther, sorted.family, m.name)
		return nil
	}
	if damaged(err) {
		f.forget()
		err = fmt.Errorf("%w: what it told was left out", err)
	}
	var flag *asking
	if errors.As(err, &flag) {
		f.Ask = flag.flag
	}
	if err != nil {
		f.Failed, f.Problem = true, explain(err)
	}
	if err := first(f.flush(), f.saveTotals()); err != nil {
		return err
	}
	f.close()
	return nil
}

// made is when what a file tells was known.
func (r *reader) made(one *container, m member) time.Time {
	const founded = 2007 // Fitbit; older stamps are of tools that write none
	made := one.stamp
	if made.IsZero() {
		made = m.modified
	}
	if made.Year() < founded || made.After(r.Now) {
		made = r.Now
	}
	return made.UTC().Truncate(time.Second)
}

// read reads what a file is by its name, else by how it begins.
func (f *file) read(sorted byName) error {
	switch sorted.sort {
	case profileFile:
		return f.profile()
	case weightArray:
		return f.classicWeights(withoutMark(f.in, 1<<16))
	case heightArray:
		return f.classicHeights()
	case caloriesArray:
		return f.classicMinutes(f.classicCalories, true)
	case stepsArray:
		return f.classicMinutes(f.classicSteps, false)
	}
	begin := withoutMark(f.in, 1<<16)
	head, _ := begin.Peek(4096)
	text := strings.TrimLeft(string(head), " \t\r\n")
	switch {
	case text == "" || strings.TrimSpace(text) == "no data":
		f.Problem = "it is empty"
		return nil
	case text[0] == '{' || text[0] == '[':
		return f.json(begin, text[0] == '[')
	case bytes.HasPrefix(head, []byte("SQLite format 3")), bytes.HasPrefix(head, []byte("%PDF")), bytes.HasPrefix(head, []byte("<")):
		return errNotOurs
	}
	return f.table(begin)
}

// withFat is what of the weigh-ins came with body fat.
const withFat = "with body fat"

// batch is how many readings are saved at once: more than one file has, as a rule,
// so that nothing of a damaged one is.
const batch = 50_000

// forget drops what was read and not yet saved.
func (f *file) forget() {
	f.weighings, f.fats, f.heights, f.days, f.hours = nil, nil, nil, nil, nil
	f.counts = map[string]int{}
}

// damaged reports whether the error is a checksum that is wrong.
func damaged(err error) bool {
	return errors.Is(err, zip.ErrChecksum) || errors.Is(err, gzip.ErrChecksum)
}

func (f *file) empty() bool {
	return len(f.counts) == 0 && f.Skipped == 0 && len(f.weighings)+len(f.fats)+len(f.heights)+len(f.days)+len(f.hours) == 0
}

// again reports whether a reading with that ID stood in the file before. The
// first one is kept.
func (f *file) again(t health.DataType, id string, value float64) bool {
	if id == "" {
		return false
	}
	key := string(t) + id
	before, known := f.seen[key]
	if !known {
		f.seen[key] = value
		return false
	}
	if before != value {
		f.conflicts++
	}
	return true
}

// weighing takes a weigh-in, and its body fat if that is above 0. It reports an
// error only when saving fails.
func (f *file) weighing(w health.Weighing, fat float64) error {
	w.AsOf = f.asOf
	if !positive(w.KG) {
		f.Skipped++
	} else {
		f.counts["weigh-ins"]++
		if !f.again(health.TypeWeight, w.ID, w.KG) {
			f.weighings = append(f.weighings, w)
		}
	}
	if positive(fat) {
		f.fat(health.BodyFat{ID: w.ID, At: w.At, Percent: fat, Source: w.Source}, positive(w.KG))
	}
	if len(f.weighings) < batch && len(f.fats) < batch {
		return nil
	}
	return f.flush()
}

// fat takes a body fat reading; with tells that it came with a weigh-in.
func (f *file) fat(b health.BodyFat, with bool) {
	b.AsOf = f.asOf
	if !positive(b.Percent) || b.Percent > 100 {
		f.Skipped++
		return
	}
	if with {
		f.counts[withFat]++
	} else {
		f.counts["body fat readings"]++
	}
	if !f.again(health.TypeBodyFat, b.ID, b.Percent) {
		f.fats = append(f.fats, b)
	}
}

func (f *file) height(h health.Height) {
	h.AsOf = f.asOf
	if !positive(h.Metres) || len(f.heights) >= mostWeighed {
		f.Skipped++
		return
	}
	f.counts["heights"]++
	f.heights = append(f.heights, h)
}

// day takes the total of a date; of several the largest counts. A date in the
// future is padding. The total of a running day is one as far as it goes.
func (f *file) day(t health.DataType, d health.Date, amount float64) {
	if !counts(t, amount) || d.Year < 2000 {
		f.Skipped++
		return
	}
	ends := f.local(wall{d.Add(1), 0, nil})
	if d.Number() > health.DateOf(f.Now.In(f.Zone)).Number() {
		f.Skipped++
		return
	}
	// A file cannot be older than what stands in it.
	asOf := f.asOf
	if health.DateOf(asOf.In(f.Zone)).Before(d) {
		asOf = ends
	}
	if f.days[t] == nil {
		f.days[t] = map[health.Date]health.DayTotal{}
	}
	if before, known := f.days[t][d]; !known || amount > before.Amount {
		f.days[t][d] = health.DayTotal{Date: d, Amount: amount, AsOf: asOf, Via: f.Format}
	}
}

func (f *file) hour(t health.DataType, start time.Time, amount float64) {
	if !counts(t, amount) || start.After(f.Now) || start.Year() < 2000 {
		f.Skipped++
		return
	}
	if f.hours[t] == nil {
		f.hours[t] = map[int64]health.HourTotal{}
	}
	asOf := f.asOf
	if end := start.Add(time.Hour); asOf.Before(end) {
		asOf = end
	}
	if before, known := f.hours[t][start.Unix()]; !known || amount > before.Amount {
		f.hours[t][start.Unix()] = health.HourTotal{Start: start, Amount: amount, AsOf: asOf, Via: f.Format}
	}
}

// flush saves what was read so far.
func (f *file) flush() error {
	return first(
		save(f, health.TypeWeight, "weigh-ins", &f.weighings, f.sink.SaveWeighings),
		save(f, health.TypeBodyFat, "readings", &f.fats, f.sink.SaveBodyFats),
		save(f, health.TypeHeight, "readings", &f.heights, f.sink.SaveHeights),
	)
}

// first returns the first of errors that is one.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func save[T any](f *file, t health.DataType, what string, things *[]T, to func(context.Context, []T) (int, int, error)) error {
	if len(*things) == 0 {
		return nil
	}
	added, changed, err := to(f.ctx, *things)
	if err != nil {
		return errSink{err}
	}
	f.File.New += added
	f.File.Changed += changed
	f.count(t, what, len(*things), added, changed)
	*things = (*things)[:0]
	return nil
}

// count adds to the total of a data type.
func (r *reader) count(t health.DataType, what string, read, added, changed int) {
	key := totalKey{t, what}
	if r.totals[key] == nil {
		r.totals[key] = &Total{Type: t, What: what}
	}
	total := r.totals[key]
	total.Read += read
	total.New += added
	total.Changed += changed
}

// saveTotals saves the totals of dates and hours that a file tells.
func (f *file) saveTotals() error {
	if err := f.addHours(); err != nil {
		return err
	}
	for t, byDate := range f.days {
		days := slices.SortedFunc(maps.Values(byDate), func(a, b health.DayTotal) int { return a.Date.Number() - b.Date.Number() })
		f.counts["days of "+spoken(t)] += len(days)
		if said := impossible(t, days); said != "" {
			f.add(said)
		}
		err := save(f, t, "days", &days, func(ctx context.Context, days []health.DayTotal) (int, int, error) {
			return f.sink.SaveDayTotals(ctx, t, days)
		})
		if err != nil {
			return err
		}
	}
	for t, byStart := range f.hours {
		hours := slices.SortedFunc(maps.Values(byStart), func(a, b health.HourTotal) int { return a.Start.Compare(b.Start) })
		f.counts["hours of "+spoken(t)] += len(hours)
		err := save(f, t, "hours", &hours, func(ctx context.Context, hours []health.HourTotal) (int, int, error) {
			return f.sink.SaveHourTotals(ctx, t, hours)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// addHours adds the hours of a file up where it tells no days. They count below
// every total of a day, as they may be rounded.
func (f *file) addHours() error {
	for t, byStart := range f.hours {
		if f.days[t] != nil {
			continue
		}
		days := map[health.Date]health.DayTotal{}
		for _, hour := range byStart {
			d := health.DateOf(hour.Start.In(f.Zone))
			sum := days[d]
			if hour.AsOf.After(sum.AsOf) {
				sum.AsOf = hour.AsOf
			}
			sum.Date, sum.Via, sum.Amount = d, hour.Via, sum.Amount+hour.Amount
			sum.Covered += time.Hour
			days[d] = sum
		}
		if _, _, err := f.sink.SaveDayTotals(f.ctx, t, slices.Collect(maps.Values(days))); err != nil {
			return errSink{err}
		}
	}
	return nil
}

// close puts the file into the report.
func (f *file) close() {
	order := []string{"weigh-ins", withFat, "body fat readings", "heights"}
	for _, what := range slices.Concat(order, slices.Sorted(maps.Keys(f.counts))) {
		if n := f.counts[what]; n > 0 {
			f.Counts = append(f.Counts, Count{n, what})
			delete(f.counts, what)
		}
	}
	if f.conflicts > 0 {
		f.add(fmt.Sprintf("%d with the number of another reading and another value were left out", f.conflicts))
	}
	f.report.Files = append(f.report.Files, f.File)
}

// add adds a sentence to the problem.
func (f *file) add(sentence string) {
	if f.Problem != "" {
		f.Problem += "; "
	}
	f.Problem += sentence
}

func positive(v float64) bool { return v > 0 && v < 1e6 }

// counts reports whether a total says anything: nobody burns nothing.
func counts(t health.DataType, amount float64) bool {
	return 0 <= amount && amount < 1e9 && (amount > 0 || t != health.TypeCalories)
}

func spoken(t health.DataType) string { return strings.ReplaceAll(string(t), "-", " ") }
