package energy

import "math"

// lookAhead is how many later readings decide on one that a counter cannot have
// shown.
const lookAhead = 6

// counter integrates what a meter counted: the difference of two readings is
// spread evenly over the time between them, as an estimate when that is longer
// than MaxGap.
//
// A reading that does not fit is judged by the six that follow. A rise that no
// household can draw is a spike if one of them fits what was before; so is a
// fall, a dip. A fall that stays is a roll-over when the register was nearly
// full, else the step is unknown, but for one to about zero: that is a reset,
// and the reading what was used since. A rise that stays counts as an estimate;
// one beyond all measure is another meter, the step unknown.
//
// A carried counter (see Series) has been through all this: its differences
// count as they are, as an estimate where they are negative or too large.
type counter struct {
	series Series
	now    int64
	add    func(start, end int64, kWh float64, estimated bool)
	drop   func(reading, string)

	base    reading // the last that was accepted
	started bool
	ahead   []reading // those after it, at most lookAhead and one
	judged  int64     // the instant of the last that was accepted or not

	recent []reading // accepted, in kWh from any zero: those of the last minutes
	sum    float64
	power  reading // in W, of the newest step that is known
}

func (c *counter) take(r reading) {
	if !r.Known {
		return
	}
	switch n := len(c.ahead); {
	case n > 0 && c.ahead[n-1].At == r.At:
		c.ahead[n-1] = r
		return
	case n == 0 && c.started && c.base.At == r.At:
		c.base = r
		return
	}
	c.ahead = append(c.ahead, r)
	if len(c.ahead) > lookAhead || !c.started || c.series.carried {
		c.decide()
	}
}

func (c *counter) begin(held []reading) {
	if len(held) == 0 {
		return
	}
	c.started = true
	c.become(held[0], math.NaN())
	for _, r := range held[1:] {
		c.take(r)
	}
}

func (c *counter) held() []reading {
	if !c.started {
		return nil
	}
	return append([]reading{c.base}, c.ahead...)
}

func (c *counter) finish(int64) {
	for len(c.ahead) > 0 {
		c.decide()
	}
}

// decide judges the first reading of those ahead.
func (c *counter) decide() {
	v := c.ahead[0]
	c.ahead = c.ahead[:copy(c.ahead, c.ahead[1:])]
	c.judged = v.At
	switch {
	case !c.started:
		c.started = true
		c.become(v, c.first(v))
	case c.series.carried:
		delta := c.kilo(v.Value - c.base.Value)
		c.become(v, delta)
	case v.Value >= c.base.Value && c.fits(c.base, v):
		c.become(v, c.kilo(v.Value-c.base.Value))
	case v.Value >= c.base.Value:
		if c.anyAhead(func(w reading) bool { return w.Value < v.Value && c.fits(c.base, w) }) {
			c.drop(v, reasonSpike)
		} else if delta := c.kilo(v.Value - c.base.Value); delta <= 10*c.most(c.base, v) {
			v.Estimated = true
			c.become(v, delta)
		} else {
			c.become(v, math.NaN())
		}
	case c.anyAhead(func(w reading) bool { return c.fits(c.base, w) }):
		c.drop(v, reasonDip)
	default:
		c.become(v, c.afterFall(v))
	}
}

// first is the energy of the very first reading: that of a carried counter
// begins at 0 where it is small enough for one step.
func (c *counter) first(v reading) float64 {
	if !c.series.carried || v.Value < 0 || c.kilo(v.Value) > c.series.MaxKW*c.series.Step.Hours() {
		return math.NaN()
	}
	c.base = reading{At: v.At - int64(c.series.Step)}
	return c.kilo(v.Value)
}

// afterFall is the energy of a step in which the counter fell for good, NaN
// when that is not known.
func (c *counter) afterFall(v reading) float64 {
	const smallest = 10_000 // kWh: no register rolls over sooner
	full := math.Pow(10, math.Ceil(math.Log10(c.base.Value)))
	over := reading{At: v.At, Value: v.Value + full}
	switch {
	case c.kilo(full) >= smallest && c.fits(c.base, over):
		return c.kilo(over.Value - c.base.Value)
	case v.Value >= 0.9*c.base.Value:
		return math.NaN()
	case c.kilo(v.Value) <= c.most(c.base, v):
		return c.kilo(v.Value)
	}
	return math.NaN()
}

// become makes v the last accepted reading; so many kWh were used before it,
// NaN for nobody knows.
func (c *counter) become(v reading, kWh float64) {
	if math.IsNaN(kWh) {
		c.recent = c.recent[:0]
	} else {
		gap := c.series.MaxGap
		if opening := c.series.opening; opening != nil && c.base.At == opening.At {
			gap = max(gap, c.series.openingGap)
		}
		estimated := v.Estimated || v.At-c.base.At > int64(gap)
		if c.series.carried {
			estimated = estimated || kWh < 0 || kWh > c.most(c.base, v)
		}
		c.add(c.base.At, v.At, kWh, estimated)
		c.sum += kWh
	}
	c.base = v
	if v.At > c.now {
		return
	}
	const minutes = 5 * 60 * second
	c.recent = append(c.recent, reading{At: v.At, Value: c.sum})
	for len(c.recent) > 2 && c.recent[1].At <= v.At-minutes {
		c.recent = c.recent[1:]
	}
	if first := c.recent[0]; v.At > first.At {
		c.power = reading{At: v.At, Value: max(0, c.sum-first.Value) * 3.6e15 / float64(v.At-first.At), Known: true}
	}
}

// latest is the mean power of the last five minutes or, where readings are
// farther apart, since the one before.
func (c *counter) latest() (at int64, watts float64, ok bool) {
	return c.power.At, c.power.Value, c.power.Known
}

func (c *counter) anyAhead(is func(reading) bool) bool {
	for _, w := range c.ahead {
		if is(w) {
			return true
		}
	}
	return false
}

// fits says that a household can have gone from one reading to a later one.
func (c *counter) fits(from, to reading) bool {
	return to.Value >= from.Value && c.kilo(to.Value-from.Value) <= c.most(from, to)
}

// most is the kWh a household can draw between two readings. Stamps may be off
// by a step.
func (c *counter) most(from, to reading) float64 {
	hours := float64(max(to.At-from.At, int64(c.series.Step))) / 3.6e12
	return c.series.MaxKW*hours + 1e-9
}

func (c *counter) kilo(value float64) float64 { return value * c.series.Unit.inKilo() }
