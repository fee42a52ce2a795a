package energy

import (
	"maps"
	"time"

	"vitals/internal/timeline"
)

const (
	second     = 1_000_000_000 // in Unix nanoseconds
	lateWindow = 48 * 3600     // seconds: how far back readings are read anew, for rows that come late
)

// mark is a place in a table where reading can begin anew: all rows before it
// are earlier than Rows, and it and all rows after it are not.
type mark struct {
	Rows     int64 // Unix seconds at a full quarter-hour; 0 for the beginning of the table
	Position int64 // of the first row to read
	Clock    int64 // what the clock showed at the row before it
	Dropped  int   // how many readings before it were dropped

	// From is the quarter-hour, in Unix seconds, from which energy depends on
	// what follows; Held are the readings before the mark that it depends on,
	// too, and Begun what of that quarter-hour lies before the first of them.
	From  int64
	Held  []reading
	Begun *timeline.Portion `json:",omitempty"`

	// Shown is what each of several counters that are added showed last.
	Shown map[string]float64 `json:",omitempty"`

	// Judged is the instant of the newest reading that a counter had judged,
	// in Unix nanoseconds; those after it are judged by who begins here.
	Judged int64
}

func (m mark) isZero() bool { return m.Rows == 0 }

// trail follows readings as they are stored and keeps the marks among them
// that a later reading may begin at: one a quarter-hour, back to the newest
// that lies before the late window.
type trail struct {
	series Series
	newest int64 // Unix nanoseconds of the newest reading so far; 0 for none
	until  int64 // those at which its quarter-hour ends
	first  int64 // that of the first one as they are stored
	marks  []mark
}

// see takes note of the row that the scan is at, before the integrator takes
// it.
func (t *trail) see(s *scan, r reading, p *pass) {
	for n := len(t.marks); n > 0 && r.At < t.marks[n-1].Rows*second; n-- {
		t.marks = t.marks[:n-1]
	}
	if t.first == 0 {
		t.first = r.At
	}
	if r.At < t.newest {
		return
	}
	if r.At < t.until {
		t.newest = r.At
		return
	}
	quarter := quarterOf(r.At)
	if t.newest != 0 && t.newest < quarter*second {
		m := mark{Rows: quarter, Position: s.position, Clock: s.clockBefore, Dropped: s.droppedTotal}
		if t.series.byTime {
			m.Position = quarter - int64(t.series.shift()/time.Second)
		}
		p.hold(&m)
		t.marks = append(t.marks, m)
		for len(t.marks) > 1 && t.marks[1].Rows <= quarter-lateWindow {
			t.marks = t.marks[1:]
		}
	}
	t.newest, t.until = r.At, (quarter+timeline.QuarterHour)*second
}

// quarterOf is the Unix second at which the quarter-hour of an instant, given in
// Unix nanoseconds, begins.
func quarterOf(at int64) int64 { return at / second / timeline.QuarterHour * timeline.QuarterHour }

// hold completes a mark with what the pass knows. A late row may still end what
// a reading before the mark stands for, but for power that holds up to there.
func (p *pass) hold(m *mark) {
	m.From, m.Held, m.Shown = m.Rows, p.held(), maps.Clone(p.rows.latest)
	if c, counts := p.integrator.(*counter); counts {
		m.Judged = c.judged
	}
	if len(m.Held) == 0 {
		return
	}
	first := m.Held[0].At
	if p.rows.series.Kind == Power && m.Rows*second-first <= int64(p.rows.series.MaxGap) {
		return
	}
	m.From = min(m.From, quarterOf(first))
	if portions := p.hours.Portions(); len(portions) > 0 {
		if last := portions[len(portions)-1]; last.Start == m.From {
			m.Begun = &last
		}
	}
}
