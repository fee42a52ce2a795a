package energy

// integrator turns readings in time order into stretches of energy.
type integrator interface {
	take(reading)

	// begin takes what another one held; it comes before all else.
	begin(held []reading)

	// held returns the readings that the energy of later ones depends on: one
	// that takes them first goes on as this one would.
	held() []reading

	// finish counts what is left, now being in Unix nanoseconds.
	finish(now int64)

	// latest is the newest instant at which something is known, and the power
	// in W then.
	latest() (at int64, watts float64, ok bool)
}

// newIntegrator returns the integrator of a series. Add gets stretches in Unix
// nanoseconds, drop the readings that a counter cannot have shown. No reading
// after now counts as the latest.
func newIntegrator(s Series, now int64, add func(start, end int64, kWh float64, estimated bool), drop func(reading, string)) integrator {
	if s.Kind == Counter {
		return &counter{series: s, now: now, add: add, drop: drop}
	}
	return &holder{series: s, now: now, add: add, kilo: s.Unit.inKilo(), interval: s.Kind == Interval, step: int64(s.Step), gap: int64(s.MaxGap)}
}

// holder integrates power and energy by the interval.
//
// Power holds from its instant to the next reading; across a longer gap than
// MaxGap it counts for one nominal step only, and so does the last reading of
// all, though never beyond now. Energy by the interval is spread over one step
// without reaching over its neighbour. A row without a value ends what was
// before it. Of readings of the same instant the last counts.
type holder struct {
	series Series
	now    int64
	add    func(start, end int64, kWh float64, estimated bool)

	kilo      float64 // kW or kWh of one of the unit
	interval  bool
	step, gap int64 // nanoseconds

	last    reading
	started bool
	newest  reading // of those with a value that are not of the future
}

func (h *holder) take(r reading) {
	if h.started && r.At > h.last.At {
		h.settle(r.At, r.At-h.last.At <= h.gap)
	}
	h.last, h.started = r, true
	if r.Known && r.At <= h.now {
		h.newest = r
	}
}

func (h *holder) begin(held []reading) {
	for _, r := range held {
		h.take(r)
	}
}

func (h *holder) held() []reading {
	if !h.started {
		return nil
	}
	return []reading{h.last}
}

func (h *holder) finish(now int64) {
	if h.started {
		h.settle(max(now, h.last.At), false)
	}
}

// settle adds the energy of the last reading, which counts up to the instant
// end at most, and right up to it when it holds.
func (h *holder) settle(end int64, holds bool) {
	if !h.last.Known {
		return
	}
	start := h.last.At
	energy := max(0, h.last.Value) * h.kilo
	if !holds || h.interval {
		end = min(end, start+h.step)
	}
	if !h.interval {
		energy *= float64(end-start) / 3.6e12
	}
	h.add(start, end, energy, h.last.Estimated)
}

func (h *holder) latest() (at int64, watts float64, ok bool) {
	kilowatts := max(0, h.newest.Value) * h.series.Unit.inKilo()
	at = h.newest.At
	if h.series.Kind == Interval {
		kilowatts /= h.series.Step.Hours()
		at += int64(h.series.Step)
	} else if h.series.Label != LabelInstant {
		at += int64(h.series.Step)
	}
	return min(at, h.now), 1000 * kilowatts, h.newest.Known
}
