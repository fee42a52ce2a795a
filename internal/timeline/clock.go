package timeline

import "time"

// Clock turns the readings of a wall clock, written down in order and without
// a zone, into instants. A Clock is for one goroutine.
//
// Where the clocks go back, a local time means two instants. The order of the
// rows decides: the first of the two, unless that would be a step back in time
// by more than a tenth of the change (readings a little out of order step back
// too, but not by most of an hour). A local time that the clocks skipped is
// read with the offset before the change, as a logger that had not noticed yet
// would have meant it.
type Clock struct {
	zone *time.Location
	last int64 // Unix seconds of the row before

	second bool // the row before was in the second pass of a repeated time

	// The stretch of local seconds that one offset explains alone.
	from, to int64
	offset   int64
}

// NewClock returns a Clock for a wall clock set to zone.
func NewClock(zone *time.Location) *Clock {
	return &Clock{zone: zone, last: -1 << 62}
}

// Resume makes the next reading be taken as the one that follows a row at t.
func (c *Clock) Resume(t time.Time) { c.last = t.Unix() }

// Instant returns the Unix second that a clock showing wall stands for, where
// wall is the local date and time as seconds since 1970 with no zone applied.
func (c *Clock) Instant(wall int64) int64 {
	at := wall - c.offset
	if wall < c.from || wall >= c.to {
		first, second := c.find(wall)
		change := second - first
		at = first
		switch {
		case c.second && second-c.last < change && c.last-second < change:
			at = second // this pass goes on
		case first+change/10 < c.last && c.last < second+change:
			at = second
		}
		c.second = at != first
	}
	c.last = at
	return at
}

// Shown returns the first and the last instant, in Unix seconds, at which the
// clock shows wall; ok is false for a time that the clocks skipped. It changes
// nothing for Instant.
func (c *Clock) Shown(wall int64) (first, second int64, ok bool) {
	if wall >= c.from && wall < c.to {
		return wall - c.offset, wall - c.offset, true
	}
	first, second = c.find(wall)
	_, offset := time.Unix(first, 0).In(c.zone).Zone()
	return first, second, first+int64(offset) == wall
}

// find returns the one or two instants that show wall, and keeps the stretch
// around an unambiguous one.
func (c *Clock) find(wall int64) (first, second int64) {
	shown := time.Unix(wall, 0).UTC()
	instants := Instants(shown, c.zone)
	first, second = instants[0].Unix(), instants[len(instants)-1].Unix()
	if first != second {
		return first, second
	}
	at := instants[0]
	_, offset := at.Zone()
	if at.Unix()+int64(offset) != wall {
		return first, second // skipped by the clocks
	}
	begins, ends := zoneBounds(at)
	// The edges of the period may be ambiguous; a day is more than any change.
	const margin = 26 * 3600
	c.offset = int64(offset)
	c.from, c.to = wall, wall+1
	if !begins.IsZero() {
		c.from = min(c.from, begins.Unix()+c.offset+margin)
	} else {
		c.from = -1 << 62
	}
	if !ends.IsZero() {
		c.to = max(c.to, ends.Unix()+c.offset-margin)
	} else {
		c.to = 1 << 62
	}
	return first, second
}

// Instants returns the instants, one or two in time order, at which the clocks
// of zone show the date and time of wall; wall's own zone is ignored. For a
// time that the clocks skipped it returns the one instant that the offset
// before the change gives.
func Instants(wall time.Time, zone *time.Location) []time.Time {
	y, mo, d := wall.Date()
	h, mi, s := wall.Clock()
	wall = time.Date(y, mo, d, h, mi, s, wall.Nanosecond(), time.UTC)
	var found []time.Time
	skipped := time.Time{}
	for t := wall.Add(-26 * time.Hour).In(zone); ; {
		_, offset := t.Zone()
		_, end := zoneBounds(t)
		shown := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		switch {
		case !shown.Before(t) && (end.IsZero() || shown.Before(end)):
			found = append(found, shown)
		case !shown.Before(t):
			skipped = shown // this offset's clock reached wall only after its end
		}
		if end.IsZero() || end.After(wall.Add(26*time.Hour)) {
			break
		}
		t = end
	}
	if len(found) == 0 {
		return []time.Time{skipped}
	}
	return found
}
