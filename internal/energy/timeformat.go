package energy

import (
	"math"
	"strconv"
	"time"

	"vitals/internal/timeline"

	"zombiezen.com/go/sqlite"
)

// TimeFormat is how a series writes its stamps.
type TimeFormat string

// The time formats. Stamps in FormatLocal and FormatUTC are text without an
// offset; where one has an offset after all, that is believed.
const (
	FormatUnix       TimeFormat = "unix"    // seconds since 1970, whole or not
	FormatUnixMillis TimeFormat = "unix_ms" // milliseconds
	FormatUnixMicros TimeFormat = "unix_us" // microseconds
	FormatUnixNanos  TimeFormat = "unix_ns" // nanoseconds
	FormatJulian     TimeFormat = "julian"  // Julian day number, UTC
	FormatISO        TimeFormat = "iso"     // text with an offset or a Z
	FormatLocal      TimeFormat = "local"   // text of a wall clock that follows its zone's clock changes
	FormatUTC        TimeFormat = "utc"     // text of a clock set to UTC
)

// perSecond is how many units of a format that counts from 1970 make a second.
func (f TimeFormat) perSecond() int64 {
	switch f {
	case FormatUnixMillis:
		return 1e3
	case FormatUnixMicros:
		return 1e6
	case FormatUnixNanos:
		return 1e9
	}
	return 1
}

func (f TimeFormat) isText() bool { return f == FormatISO || f == FormatLocal || f == FormatUTC }

// earliest is 2005-01-01 in Unix seconds. A stamp before it is from a clock
// that nobody had set.
const earliest = 1104537600

// stamps reads the time cells of one series in the order of its rows. All its
// instants are Unix nanoseconds.
type stamps struct {
	format TimeFormat
	text   bool            // of format
	scale  int64           // units a second, of a format that counts from 1970
	clock  *timeline.Clock // of FormatLocal
	zone   *time.Location  // of clock
	step   time.Duration   // nominal, 0 while it is not known
	last   int64           // Unix seconds of the stamp before, for clock
	wall   int64           // what it showed
	latest int64           // later stamps cannot be true

	order       dateOrder
	overwritten bool // a local time shown twice means the second
	pass        byte // as in wallTime, of the stamp at hand
}

func newStamps(format TimeFormat, zone *time.Location, now time.Time) *stamps {
	return &stamps{format: format, text: format.isText(), scale: format.perSecond(), clock: timeline.NewClock(zone), zone: zone,
		last: -1 << 62, latest: now.Add(24 * time.Hour).UnixNano()}
}

// stamps reads the time cells of the series.
func (s Series) stamps(now time.Time) *stamps {
	read := newStamps(s.TimeFormat, s.ClockZone, now)
	read.order, read.overwritten = s.order, s.overwritten
	return read
}

// resume makes the next stamp follow one of that Unix second.
func (s *stamps) resume(last int64) {
	at := time.Unix(last, 0).In(s.zone)
	_, offset := at.Zone()
	s.last, s.wall = last, last+int64(offset)
	s.clock.Resume(at)
}

// The reasons why a stamp is not believed.
const (
	reasonUnreadable = "unreadable-time"
	reasonEarly      = "before-2005"
	reasonFuture     = "future"
)

// read returns the instant of a time cell, and a reason if it is not to be
// believed.
func (s *stamps) read(c *cell) (at int64, reason string) {
	seconds, nanos, wall, ok := s.parse(c)
	if !ok {
		return 0, reasonUnreadable
	}
	// No zone is more than 26 hours from UTC; what is too far off even so must
	// not move the clock.
	const day = 26 * 3600
	if !wall || seconds < earliest-day || seconds > s.latest/1e9+day {
		return s.believe(seconds, nanos)
	}
	before := s.last
	s.last = s.clock.Instant(seconds)
	switch {
	case s.overwritten || s.pass != 0:
		instants := timeline.Instants(time.Unix(seconds, 0).UTC(), s.zone)
		if s.last = instants[len(instants)-1].Unix(); s.pass == 'S' {
			s.last = instants[0].Unix()
		}
	case seconds == s.wall && s.step >= time.Minute || s.step >= longStep:
		s.secondPass(seconds, before)
	}
	s.wall = seconds
	at, reason = s.believe(s.last, nanos)
	if reason != "" {
		s.resume(before)
	}
	return at, reason
}

// longStep is a step that shows by itself in which of two passes of an hour a
// stamp lies. No clock change is shorter than half an hour.
const longStep = 25 * time.Minute

// secondPass moves a stamp that a clock shows twice to the second of the two
// instants, when a step is about as long as they are apart and the second is
// about a step after the stamp before: such a step is neither a row that was
// written twice nor one a little out of order.
func (s *stamps) secondPass(wall, before int64) {
	instants := timeline.Instants(time.Unix(wall, 0).UTC(), s.zone)
	first, second := instants[0], instants[len(instants)-1]
	if apart := second.Sub(first); apart <= 0 || apart > s.step+s.step/10 || s.last != first.Unix() {
		return
	}
	late := time.Duration(second.Unix()-before)*time.Second - s.step
	if late.Abs() <= s.step/10 {
		s.resume(second.Unix())
	}
}

func (s *stamps) believe(seconds, nanos int64) (at int64, reason string) {
	// What does not fit an int64 of nanoseconds is cut to what does.
	const most = math.MaxInt64/1_000_000_000 - 1
	at = max(-most, min(seconds, most))*1e9 + nanos
	switch {
	case seconds < earliest:
		return at, reasonEarly
	case at > s.latest:
		return at, reasonFuture
	}
	return at, ""
}

// parse splits a time cell in seconds and nanoseconds since 1970; wall says
// that they are a wall clock's and not yet an instant.
func (s *stamps) parse(c *cell) (seconds, nanos int64, wall, ok bool) {
	switch {
	case !s.text && s.format != FormatJulian && c.kind == sqlite.TypeInteger:
		if s.scale == 1 {
			return c.whole, 0, false, true
		}
		part := c.whole % s.scale
		if part < 0 {
			part += s.scale
		}
		return (c.whole - part) / s.scale, part * (1e9 / s.scale), false, true
	case s.text:
		text := c.text
		switch c.kind {
		case sqlite.TypeInteger: // 20240331140005
			text = strconv.AppendInt(c.space[:0], c.whole, 10)
		case sqlite.TypeText:
		default:
			return 0, 0, false, false
		}
		t, ok := parseOrdered(text, s.order)
		if !ok {
			t, ok = parseTelegram(text)
		}
		s.pass = t.pass
		if !ok || s.format == FormatISO && !t.zoned {
			return 0, 0, false, false
		}
		return t.seconds - t.offset, t.nanos, s.format == FormatLocal && !t.zoned, true
	case s.format == FormatJulian:
		number, ok := c.number()
		const epoch = 2440587.5
		// A float64 holds such a day to 40 µs.
		return floatTime((number-epoch)*86400, 1e3, ok)
	}
	number, ok := c.number()
	return floatTime(number/float64(s.scale), 1e6, ok)
}

// floatTime splits seconds that are known to one part in perSecond of a second.
func floatTime(seconds, perSecond float64, ok bool) (whole, nanos int64, wall, valid bool) {
	if math.Abs(seconds) > 1e15 {
		seconds = math.Copysign(1e15, seconds)
	}
	floor := math.Floor(seconds)
	parts := math.Round((seconds - floor) * perSecond)
	return int64(floor), int64(parts) * int64(1e9/perSecond), false, ok
}
