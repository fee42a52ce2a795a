package energy

import (
	"encoding/json"
	"errors"
	"time"

	"vitals/internal/timeline"
)

// rollUp adds up the next rows: those that are new since a bookmark, or those
// of the next older block where there are some left. Late reads the last days
// anew, too.
func (b build) rollUp(data []byte, late bool) (timeline.RollUp, error) {
	left, ok := openBookmark(b.series, data)
	if left.Version > bookmarkVersion {
		return timeline.RollUp{}, problem(nil, "install the newer version; what it kept is shown and stays as it is",
			"the roll-up of this meter was made by a newer vitals")
	}
	var from place
	var err error
	if ok {
		if from, err = left.fits(b.conn, b.series, late && left.Older.isZero()); err != nil {
			return timeline.RollUp{}, err
		}
		if !from.isZero() && !left.Older.isZero() {
			r, err := b.rollUpOlder(left)
			if !errors.Is(err, errDisorder) {
				return r, err
			}
			return b.rollUpAll(place{purged: from.purged})
		}
	}
	if from.isZero() {
		return b.rollUpNewest(from)
	}
	r, err := b.rollUpFrom(from, left)
	if errors.Is(err, errEarlier) && from.Rows == left.Recent.Rows && from.Position == left.Recent.Position {
		r, err = b.rollUpFrom(left.at(left.Late, from.purged), left)
	}
	if errors.Is(err, errEarlier) {
		return b.rollUpNewest(place{purged: from.purged})
	}
	return r, err
}

// rollUpNewest begins anew: with the newest block of a large table, else with
// all of it.
func (b build) rollUpNewest(from place) (timeline.RollUp, error) {
	begin, err := b.newestBlock()
	if err != nil || begin.isZero() {
		if err == nil {
			return b.rollUpAll(from)
		}
		return timeline.RollUp{}, err
	}
	p := b.begin(begin, mark{}, nil)
	switch err := p.read(); {
	case errors.Is(err, errDisorder), errors.Is(err, errEarlier):
		return b.rollUpAll(from)
	case err != nil:
		return timeline.RollUp{}, err
	}
	p.finish(b.now.UnixNano())
	next := bookmark{Purged: from.purged, Older: begin, OlderRows: p.rows.read}
	r, err := b.result(p, next, place{mark: begin})
	r.Anew = !from.purged
	return r, err
}

// rollUpAll adds up every row in one go.
func (b build) rollUpAll(from place) (timeline.RollUp, error) {
	return b.rollUpFrom(place{purged: from.purged}, bookmark{})
}

// rollUpFrom adds up the rows from a place on.
func (b build) rollUpFrom(from place, left bookmark) (timeline.RollUp, error) {
	p, err := b.run(from.mark, from.listed)
	if err != nil {
		return timeline.RollUp{}, err
	}
	next := bookmark{Purged: from.purged}
	if from.Rows > left.Late.Rows {
		next.Late = left.Late
	}
	return b.result(p, next, from)
}

// rollUpOlder adds up the next older blocks of a table that is partly read.
func (b build) rollUpOlder(left bookmark) (timeline.RollUp, error) {
	blocks, err := b.readOlder(left.Older)
	if err != nil {
		return timeline.RollUp{}, err
	}
	r := b.resultOf(left)
	r.From, r.To = instantOf(blocks.begin), instantOf(left.Older)
	if left.Purged && r.From.IsZero() {
		r.From = firstWhole(blocks.first)
		blocks.portions = within(blocks.portions, r.From, r.To)
	}
	r.Portions = blocks.portions
	for _, m := range []*mark{&left.Late, &left.Recent} {
		m.Dropped += blocks.total
	}
	left.Total += blocks.total
	left.Dropped = lastOf(append(blocks.dropped, left.Dropped...))
	left.Older, left.OlderRows = blocks.begin, left.OlderRows+blocks.rows
	r.Dropped, r.DroppedTotal = left.Dropped, left.Total
	r.More = !left.Older.isZero()
	if !r.More {
		if err := left.anchor(b.conn, b.series); err != nil {
			return r, err
		}
		_, end, err := b.series.positions(b.conn)
		if err != nil {
			return r, err
		}
		r.More = end > left.Newest.Position
	}
	r.Bookmark, err = json.Marshal(left)
	return r, err
}

// result makes a roll-up of a finished pass that began at a place.
func (b build) result(p *pass, next bookmark, from place) (timeline.RollUp, error) {
	next.Version, next.Until = bookmarkVersion, p.trail.newest
	next.Source, next.Reading = b.series.identity()
	if b.series.settled {
		next.Clock = b.series.TimeFormat
	}
	next.Dropped, next.Total = lastOf(p.rows.dropped), p.rows.droppedTotal
	next.Latest = latestOf(p, from.latest)
	if n := len(p.trail.marks); n > 0 {
		next.Recent = p.trail.marks[n-1]
		if next.Late.isZero() {
			next.Late = p.trail.marks[0]
		}
	}
	r := b.resultOf(next)
	r.Portions = p.hours.Portions()
	r.From = instantOf(from.mark)
	if r.From.IsZero() && from.purged && p.trail.first != 0 { // with the first whole quarter-hour that is left
		r.From = firstWhole(p.trail.first)
	}
	r.Portions = within(r.Portions, r.From, instantOf(mark{}))
	r.More = !next.Older.isZero()
	if p.trail.newest == 0 || b.series.whole() {
		return r, nil // the next one has to read everything
	}
	end := p.rows.position
	if err := next.proofs(b.conn, b.series, end); err != nil {
		return r, err
	}
	var err error
	r.Bookmark, err = json.Marshal(next)
	return r, err
}

// firstWhole is the first whole quarter-hour after an instant in Unix
// nanoseconds.
func firstWhole(at int64) time.Time {
	return time.Unix((at/second/timeline.QuarterHour+1)*timeline.QuarterHour, 0).UTC()
}

// resultOf is what a roll-up tells of a series besides its portions.
func (b build) resultOf(left bookmark) timeline.RollUp {
	r := timeline.RollUp{Source: b.series.Name, Latest: left.Latest, Dropped: left.Dropped, DroppedTotal: left.Total}
	switch {
	case b.series.Kind == Power && b.series.Label == LabelInstant:
		r.Step = b.series.Step // whole steps leave no time uncovered where they meet
	case b.series.Kind == Counter:
		r.Step = min(b.series.Step, time.Minute) // for a stamp some seconds late
	}
	return r
}
