package energy

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// Database is what was understood of a meter's database.
type Database struct {
	Path    string // or what the mapping calls it
	Layout  Layout
	Journal Journal
	Series  []Series // at least one
}

// Detect finds the series of readings in the SQLite file at path, and looks at
// every row of them once. Zone is that of stamps without one, unless the
// mapping names another; now is needed to tell stamps of the future. Nothing
// is written to the file or beside it. A file that cannot be read or
// understood is an *Error. Progress, unless nil, is told how many rows of about
// how many were looked at.
func Detect(ctx context.Context, path string, mapping Mapping, zone *time.Location, now time.Time, progress func(done, total int64)) (Database, error) {
	var found Database
	err := readOnly(ctx, path, busyTimeout, func(conn *sqlite.Conn) error {
		var err error
		if found, err = detect(ctx, conn, path, mapping, zone, now); err != nil {
			return err
		}
		if found.Journal, err = journalOf(conn); err != nil {
			return err
		}
		told, err := told(conn, found.Series, progress)
		if err != nil {
			return err
		}
		for i := range found.Series {
			if err := found.Series[i].survey(conn, now, told); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Database{}, err
	}
	return found, nil
}

// survey counts the rows of a series, finer ones included, and finds the oldest
// and the newest stamp.
func (s *Series) survey(conn *sqlite.Conn, now time.Time, told func(rows int64)) error {
	rows := newScan(conn, *s, now)
	rows.progress = told
	err := rows.run(func(r reading) error {
		at := time.Unix(0, s.stamp(r.At))
		if r.Known && (s.First.IsZero() || at.Before(s.First)) {
			s.First = at
		}
		if r.Known && at.After(s.Last) {
			s.Last = at
		}
		return nil
	})
	s.Rows = rows.matched
	if err != nil || s.finer == nil {
		return err
	}
	if err := s.finer.survey(conn, now, told); err != nil {
		return err
	}
	s.Rows += s.finer.Rows
	if s.finer.Last.After(s.Last) {
		s.Last = s.finer.Last
	}
	return nil
}

// told counts rows of several series, and tells progress of how many in all; it
// is nil where progress is.
func told(conn *sqlite.Conn, series []Series, progress func(done, total int64)) (func(rows int64), error) {
	if progress == nil {
		return nil, nil
	}
	var done, total int64
	for i := range series {
		for s := &series[i]; s != nil; s = s.finer {
			n, err := s.about(conn)
			if err != nil {
				return nil, err
			}
			total += n
		}
	}
	return func(rows int64) {
		done += rows
		progress(done, max(done, total))
	}, nil
}

// about is how many rows lie where those of a series are, about: not every row
// number need be in use.
func (s Series) about(conn *sqlite.Conn) (int64, error) {
	if s.whole() {
		return countRows(conn, s)
	}
	first, last, err := s.positions(conn)
	if s.byTime {
		return (last - first) / max(1, int64(s.Step.Seconds())), err
	}
	return last - first + 1, err
}

// detection is what the layouts need to recognise themselves.
type detection struct {
	ctx     context.Context
	conn    *sqlite.Conn
	path    string
	called  string // by what messages name it
	tables  []table
	mapping Mapping
	zone    *time.Location // of stamps without one
	now     time.Time
}

// detect recognises a database without looking at every row.
func detect(ctx context.Context, conn *sqlite.Conn, path string, mapping Mapping, zone *time.Location, now time.Time) (Database, error) {
	if err := mapping.check(); err != nil {
		return Database{}, err
	}
	if mapping.ClockZone != nil {
		zone = mapping.ClockZone
	}
	called := cmp.Or(mapping.Called, path)
	tables, err := readTables(conn)
	if err != nil {
		return Database{}, err
	}
	if len(tables) == 0 {
		return Database{}, problem(nil, "the logger has not written to it yet, or it writes to another file", "the database %s holds no table", called)
	}
	own, err := isOwnHistory(conn)
	if err != nil {
		return Database{}, err
	}
	if own {
		return Database{}, problem(nil, "name the file that the meter's logger writes", "%s is the history of vitals itself", path)
	}
	d := detection{ctx: ctx, conn: conn, path: path, called: called, tables: tables, mapping: mapping, zone: zone, now: now}
	if !mapping.Places() {
		for _, l := range d.layouts() {
			series, err := l.recognise()
			if err != nil || len(series) > 0 {
				return Database{Path: called, Layout: l.layout, Series: series}, err
			}
		}
	}
	series, err := d.generic()
	return Database{Path: called, Layout: Generic, Series: series}, err
}

// isOwnHistory reports whether the database has the application_id of the
// program's own store.
func isOwnHistory(conn *sqlite.Conn) (own bool, err error) {
	const vitals = 0x76746c73
	id, err := pragma(conn, "application_id")
	return id == vitals, err
}

// pragma returns the whole number that a PRAGMA tells.
func pragma(conn *sqlite.Conn, name string) (value int64, err error) {
	err = sqlitex.ExecuteTransient(conn, "PRAGMA "+name, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		value = stmt.ColumnInt64(0)
		return nil
	}})
	return value, err
}

// describe completes a series whose place, kind and unit are known, from what
// its cells hold and what the mapping says. It returns false when they do not
// hold times and numbers.
func (d *detection) describe(s Series) (Series, bool, error) {
	if s.values == nil {
		s.values = []string{s.Value}
	}
	s.Value = strings.Join(s.values, "+")
	rows, err := takeSample(d.conn, s.table, append([]string{s.Time}, s.values...), s.Where)
	if err != nil {
		return Series{}, false, err
	}
	// Names that are a layout's own are believed whatever else the cells hold.
	exact := s.Confidence == Certain || s.lenient
	numbers, negative, filled := tally(rows.column(1))
	switch {
	case d.mapping.Value == "" && !mostly(numbers, filled) && (!exact || numbers == 0):
		return Series{}, false, nil
	case numbers == 0 && filled > 0:
		return Series{}, false, problem(ErrMapping, "name the column of the readings as value", "column %s of table %s holds no numbers", s.Value, s.Table)
	}
	s.Empty = len(rows.column(0)) == 0
	s.ClockZone, s.settled, s.order = d.zone, true, dayOrder(rows.column(0))
	if d.mapping.TimeFormat != "" {
		s.TimeFormat = d.mapping.TimeFormat
		if err := d.tryFormat(s, rows.column(0)); err != nil {
			return Series{}, false, err
		}
	} else if s.TimeFormat == "" {
		share := 99
		if exact {
			share = 50
		}
		format, ok := settleFormat(rows.column(0), share)
		switch {
		case s.Empty:
			format = FormatLocal // it does not matter yet
		case !ok:
			return Series{}, false, nil
		case format == FormatLocal:
			if format, s.settled, err = d.settleClock(s, rows); err != nil {
				return Series{}, false, err
			}
			if !s.settled && s.Confidence != Certain {
				s.Confidence = Guess
			}
		}
		s.TimeFormat = format
	}
	s.signed = s.Kind != Counter && negative*100 > numbers
	s.byTime = d.indexed(s)
	if d.mapping.Nominal != 0 {
		s.Step = d.mapping.Nominal
	} else if s.Step == 0 {
		if s.Step, err = d.nominalStep(s, rows); err != nil {
			return Series{}, false, err
		}
	}
	s.limits(d.mapping)
	if s.Name == "" {
		s.Name = s.Table + "." + s.Value
		if len(s.Where) > 0 {
			s.Name += " " + s.Where.text()
		}
	}
	s.Name = printable(s.Name)
	return s, true, nil
}

// limits sets what a series is read by where its layout does not say: as the
// mapping has it, else the usual.
func (s *Series) limits(m Mapping) {
	if s.Label == "" || m.Label != "" {
		s.Label = m.Label
	}
	switch {
	case s.Label != "":
	case s.Kind == Interval:
		s.Label = LabelStart
	default:
		s.Label = LabelInstant
	}
	switch {
	case m.MaxGap != 0:
		s.MaxGap = m.MaxGap
	case s.MaxGap != 0:
	case s.Kind == Counter:
		s.MaxGap = max(2*time.Hour, 3*s.Step)
	default:
		s.MaxGap = max(5*time.Minute, 3*s.Step)
	}
	switch {
	case m.MaxKW != 0:
		s.MaxKW = m.MaxKW
	case s.MaxKW != 0:
	case s.Kind == Counter:
		s.MaxKW = 25 // more is looked at twice
	default:
		s.MaxKW = 100 // more than the supply of any household lets through
	}
}

// nominalStep is the median time between readings, as far as a sample tells.
// Of a table without any order it takes all rows, once they are sorted.
func (d *detection) nominalStep(s Series, rows sample) (time.Duration, error) {
	step, scattered := rows.medianStep(func() *stamps { return s.stamps(d.now) })
	if scattered {
		readings, err := newSpool(d.ctx)
		if err != nil {
			return 0, err
		}
		defer readings.close()
		s.MaxKW = math.Inf(1)
		if err := newScan(d.conn, s, d.now).run(readings.put); err != nil {
			return 0, err
		}
		steps, last := map[time.Duration]int{}, int64(0)
		err = readings.each(func(r reading) error {
			if last != 0 && r.At > last {
				steps[coarse(r.At-last)]++
			}
			last = r.At
			return nil
		})
		if err != nil {
			return 0, err
		}
		step = median(steps)
	}
	if step == 0 {
		step = time.Minute // there are not two readings to tell it from
	}
	return step, nil
}

// tryFormat says when a time format that the mapping sets reads none of cells.
func (d *detection) tryFormat(s Series, cells []*cell) error {
	stamps := s.stamps(d.now)
	for _, c := range cells {
		if _, doubt := stamps.read(c); doubt != reasonUnreadable {
			return nil
		}
	}
	if len(cells) == 0 {
		return nil
	}
	return problem(ErrMapping, "leave time_format out to have it found, or name another column as time",
		"time_format = %s in [energy] does not fit column %s of table %s", s.TimeFormat, s.Time, s.Table)
}

// tally counts value cells: the numbers, those below zero, and all that are
// not NULL.
func tally(cells []*cell) (numbers, negative, filled int) {
	for _, c := range cells {
		if c.kind == sqlite.TypeNull {
			continue
		}
		filled++
		if number, ok := c.number(); ok {
			numbers++
			if number < 0 {
				negative++
			}
		}
	}
	return numbers, negative, filled
}

// mostly says that a column holds numbers but for a 'Null' now and then.
func mostly(numbers, filled int) bool { return numbers*100 >= filled*95 }

// ChoiceError says that a database holds several series, or one of which it is
// not sure what it means, and that its owner has to choose one. It wraps
// ErrMapping.
type ChoiceError struct {
	Path   string
	Series []Series // those that may be what the house uses, the likeliest first
}

// Error names the series.
func (e *ChoiceError) Error() string {
	names := make([]string, len(e.Series))
	for i, s := range e.Series {
		names[i] = s.Name
	}
	if len(names) == 1 {
		return printable(e.Path + " holds one series, and what it means is a guess: " + names[0])
	}
	return printable(e.Path + " holds several series: " + listed(names))
}

// Hint says how to choose.
func (e *ChoiceError) Hint() string {
	return "set series in [energy] to one of them; vitals energy detect tells more"
}

// Unwrap returns ErrMapping.
func (e *ChoiceError) Unwrap() error { return ErrMapping }

// choose picks the one series of a database to read: the one of that name or,
// without a name, the one that is likelier than all others. An unlike one is
// never added to it.
func (found Database) choose(name string) (Series, error) {
	if name != "" {
		var names []string
		for _, s := range found.Series {
			if strings.EqualFold(s.Name, printable(strings.TrimSpace(name))) {
				return s, nil
			}
			names = append(names, s.Name)
		}
		return Series{}, problem(ErrMapping, "set series in [energy] to one of them",
			"there is no series %s in %s; it has %s", name, found.Path, listed(names))
	}
	ordered := found.Likeliest()
	best := ordered[0]
	if best.unsure || len(ordered) > 1 && ordered[1].weight() == best.weight() {
		return Series{}, &ChoiceError{Path: found.Path, Series: ordered}
	}
	return best, nil
}

// Likeliest returns the series in order of how likely they are what a household
// uses.
func (found Database) Likeliest() []Series {
	ordered := slices.Clone(found.Series)
	slices.SortStableFunc(ordered, func(a, b Series) int { return b.weight() - a.weight() })
	return ordered
}

// weight orders series by how likely they are what a household uses. A counter
// knows more than readings of power.
func (s Series) weight() int {
	weight := map[Confidence]int{Certain: 8, Likely: 4}[s.Confidence]
	if s.Direction == Import {
		weight += 2
	}
	if s.Kind != Power {
		weight++
	}
	return weight
}
