package energy

// integrator turns readings in time order into stretches of energy.
//
// Power holds from its instant to the next reading; across a longer gap than
// MaxGap it counts for one nominal step only, and so does the last reading of
// all, though never beyond now. Energy by the interval is spread over one step
// without reaching over its neighbour. A row without a value ends what was
// before it. Of readings of the same instant the last counts.
type integrator struct {
	series Series
	add    func(start, end int64, kWh float64) // Unix nanoseconds

	last    reading
	started bool
}

func (g *integrator) take(r reading) {
	if g.started && r.At > g.last.At {
		g.settle(r.At, r.At-g.last.At <= int64(g.series.MaxGap))
	}
	g.last, g.started = r, true
}

// finish counts the last reading.
func (g *integrator) finish(now int64) {
	if g.started {
		g.settle(max(now, g.last.At), false)
	}
}

// settle adds the energy of the last reading, which counts up to the instant
// end at most, and right up to it when it holds.
func (g *integrator) settle(end int64, holds bool) {
	if !g.last.Known {
		return
	}
	start, step := g.last.At, int64(g.series.Step)
	energy := max(0, g.last.Value) * g.series.Unit.inKilo()
	if !holds || g.series.Kind == Interval {
		end = min(end, start+step)
	}
	if g.series.Kind == Power {
		energy *= float64(end-start) / 3.6e12
	}
	g.add(start, end, energy)
}

// watts is the power of a reading or, of energy by the interval, the mean of
// its step.
func (s Series) watts(r reading) float64 {
	kilowatts := max(0, r.Value) * s.Unit.inKilo()
	if s.Kind == Interval {
		kilowatts /= s.Step.Hours()
	}
	return 1000 * kilowatts
}
