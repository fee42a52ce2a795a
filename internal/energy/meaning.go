package energy

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

// What the names of columns tell, matched against the name as spelled.
var (
	namesTime    = regexp.MustCompile(`(?i)time|date|stamp|created|start|interval|epoch|(^|[^a-z])(ts|unix)([^a-z]|$)`)
	namesEdge    = regexp.MustCompile(`(?i)end|stop|updated|received|expire`)
	namesEnergy  = regexp.MustCompile(`(?i)energy|energie|joule|counter|(^|[^a-z])(consumption|usage|verbrauch|import|export|delivered|redelivered|redelivery|afname)([^a-z]|$)`)
	namesWh      = regexp.MustCompile(`(?i)(^|[^a-z])wh([^a-z]|$)|[a-z_]Wh$`)
	namesKWh     = regexp.MustCompile(`(?i)kwh|kw_h`)
	namesMWh     = regexp.MustCompile(`(?i)(^|[^a-z])mwh`)
	namesJoule   = regexp.MustCompile(`(?i)joule`)
	namesKW      = regexp.MustCompile(`(?i)kw|kilowatt`)
	namesWatt    = regexp.MustCompile(`(?i)watt|(^|[^a-z])w([^a-z]|$)`)
	namesW       = regexp.MustCompile(`[a-z]W$`) // loadW
	namesPower   = regexp.MustCompile(`(?i)power|(^|[^a-z])(load|demand|leistung|live|actual|actueel)`)
	namesValue   = regexp.MustCompile(`(?i)^(value|val|v|reading|measurement|data|y|total)$`)
	namesOther   = regexp.MustCompile(`(?i)temp|volt|hum|price|cost|freq|factor|reactive|apparent|battery|gas|water|(^|[^a-z])(soc|pf|id|va|var|amps?|current)$`)
	namesExtreme = regexp.MustCompile(`(?i)(^|[^a-z])(min|max|peak)`)
	namesMeter   = regexp.MustCompile(`(?i)^(id|device|sensor|channel|meter|entity|serial|circuit|appliance|room|location|source|pod|phase|name|reading_type)(_?(id|no|nr|number|name|serial))?$`)
	namesExport  = regexp.MustCompile(`(?i)export|return|redeliver|gelvr|feed|inject|2[._]8[._]0|(^|[^0-9])28[0-2]([^0-9]|$)`)
	namesSolar   = regexp.MustCompile(`(?i)production|solar|generat|(^|[^a-z])pv([^a-z]|$)|(?-i:(^|[^a-zA-Z])pv[A-Z])`)

	// Registers of one meter, of which one counts at a time.
	namesRegister = regexp.MustCompile(`(?i)off_?peak|peak|day|night|(^|_)(dag|nacht|dal|piek|laag|hoog)(_|$)|(^|_)(low|high|normal)(_|$)|(^|_)t(arif|ariff)?_?[12](_|$)|18[12]|28[12]|1[._]8[._][12]|2[._]8[._][12]`)
)

// NamedLikeTime reports whether a column's name says that it holds times.
func NamedLikeTime(name string) bool { return namesTime.MatchString(name) }

// energyNamed says whether a name is one of energy and, unless it leaves that
// open, in which unit.
func energyNamed(name string) (energy bool, unit Unit) {
	switch {
	case namesKWh.MatchString(name):
		return true, KilowattHour
	case namesMWh.MatchString(name):
		return true, MegawattHour
	case namesWh.MatchString(name):
		return true, WattHour
	case namesJoule.MatchString(name):
		return true, Joule
	}
	return namesEnergy.MatchString(name), ""
}

// powerUnit is the unit of a column of power; named says that its name tells.
func powerUnit(name string, shape shape) (unit Unit, named bool) {
	switch {
	case namesKW.MatchString(name):
		return Kilowatt, true
	case namesWatt.MatchString(name), namesW.MatchString(name):
		return Watt, true
	}
	return shape.unit(), false
}

// guess says by its name and by what it holds what a column means, or that it
// is no reading of power or energy.
func (s *Series) guess(t table, c column, shape shape) bool {
	if shape.numbers == 0 || !mostly(shape.numbers, shape.filled) || c.primaryKey || namesOther.MatchString(c.name) {
		return false
	}
	s.Confidence = Likely
	energy, unit := energyNamed(c.name)
	power, named := powerUnit(c.name, shape)
	inEnergyTable, tableUnit := energyNamed(t.name)
	switch {
	case unit != "", energy && !named && !(namesPower.MatchString(c.name) && !shape.counts), namesRegister.MatchString(c.name) && shape.counts:
		return s.guessEnergy(unit, shape)
	case named, namesPower.MatchString(c.name) && !shape.counts, namesValue.MatchString(c.name) && namesPower.MatchString(t.name) && !shape.counts:
		s.Kind, s.Unit = Power, power
	case namesValue.MatchString(c.name) && (inEnergyTable || shape.counts):
		ok := s.guessEnergy(tableUnit, shape)
		if !inEnergyTable {
			s.unsure = true
		}
		if s.unsure {
			s.Confidence = Guess
		}
		return ok
	case namesValue.MatchString(c.name) && shape.likePower():
		s.Kind, s.Unit, s.unsure = Power, power, true
	default:
		return false
	}
	if s.unsure || namesExtreme.MatchString(c.name) {
		s.Confidence = Guess
	}
	return true
}

// guessEnergy tells a counter from energy by the interval, and finds the unit
// if the name leaves it open: the one in which a household uses 0.5 to 200 kWh
// a day.
func (s *Series) guessEnergy(unit Unit, shape shape) bool {
	var daily float64 // in units
	switch {
	case shape.counts:
		s.Kind, daily = Counter, shape.growth
	case shape.numbers < 3 || shape.rises+shape.falls == 0:
		s.Kind, s.unsure = Counter, unit == ""
	case unit == "" && shape.perDay > 24*12 && shape.likePower(): // nobody writes down energy by the minute
		s.Kind, s.Unit, s.unsure, s.Confidence = Power, shape.unit(), true, Guess
		return true
	case shape.regular:
		s.Kind, daily = Interval, shape.mean*shape.perDay
	default:
		return false
	}
	likely := func(u Unit) bool { kWh := daily * u.inKilo(); return kWh >= 0.5 && kWh <= 200 }
	s.Unit = unit
	if unit != "" && (daily*unit.inKilo() < 500 || likely(unit)) {
		return true
	}
	for _, u := range []Unit{KilowattHour, WattHour, Joule, MegawattHour} {
		if likely(u) {
			if s.Unit = u; unit != "" { // its name says another
				s.unsure, s.Confidence = true, Guess
			}
			return true
		}
	}
	if s.Unit == "" {
		s.Unit = KilowattHour
	}
	s.unsure, s.Confidence = true, Guess
	return true
}

// joinRegisters makes one series of the registers of a meter that count by
// turns, such as by day and by night.
func joinRegisters(series []Series) []Series {
	var joined []Series
	at := map[string]int{}
	for _, s := range series {
		name := s.values[0]
		stem := namesRegister.ReplaceAllStringFunc(name, func(register string) string {
			if strings.HasPrefix(register, "2") { // of OBIS, what is given back
				return "2*"
			}
			return "*"
		})
		key := strings.ToLower(stem) + " " + string(s.Unit) + " " + string(s.Kind)
		i, found := at[key]
		if s.Kind == Power || stem == name || !found {
			if s.Kind != Power && stem != name {
				at[key] = len(joined)
			}
			joined = append(joined, s)
			continue
		}
		joined[i].values = append(joined[i].values, name)
	}
	return joined
}

// shape is what a sample of numbers looks like.
type shape struct {
	filled, numbers int
	mean, most      float64
	fractions       bool // some are not whole
	rises, falls    int
	counts          bool    // they only ever grow, as those of a counter do
	growth          float64 // a day
	regular         bool    // they come by steps of minutes that fit an hour, or of days
	perDay          float64 // how many of them
}

// shape looks at a column of a sample, and at its time column. Neighbours in
// the table need not be neighbours in time.
func (s sample) shape(d *detection, t table, stamp string, of int) shape {
	at := slices.IndexFunc(t.columns, func(c column) bool { return c.name == stamp })
	format, _ := settleFormat(s.column(at), 99)
	if d.mapping.TimeFormat != "" {
		format = d.mapping.TimeFormat
	}
	var x shape
	var sum float64
	blocks := make([][]reading, len(s))
	for i, block := range s {
		stamps := newStamps(format, d.zone, d.now)
		stamps.order = dayOrder(s.column(at))
		for row := range block {
			c := &block[row][of]
			if c.filled() {
				x.filled++
			}
			number, ok := c.number()
			if !ok {
				continue
			}
			x.numbers++
			sum += number
			x.most = max(x.most, number)
			x.fractions = x.fractions || number != math.Trunc(number)
			if instant, doubt := stamps.read(&block[row][at]); doubt == "" {
				blocks[i] = append(blocks[i], reading{At: instant, Value: number})
			}
		}
	}
	x.mean = sum / float64(max(1, x.numbers))
	x.follow(inOrder(blocks))
	return x
}

// inOrder puts the readings of each block in order of time and, where they were
// in none, those of all blocks.
func inOrder(blocks [][]reading) [][]reading {
	up, down := 0, 0
	for _, block := range blocks {
		for i := 1; i < len(block); i++ {
			if block[i].At < block[i-1].At {
				down++
			} else {
				up++
			}
		}
	}
	if 10*min(up, down) > up+down {
		blocks = [][]reading{slices.Concat(blocks...)}
	}
	for _, block := range blocks {
		slices.SortStableFunc(block, func(a, b reading) int { return cmp.Compare(a.At, b.At) })
	}
	return blocks
}

// follow looks at how readings follow one another.
func (s *shape) follow(blocks [][]reading) {
	steps := map[time.Duration]int{}
	var grown, passed, last float64
	var rises []float64
	for _, block := range blocks {
		for i, r := range block {
			if i == 0 {
				continue
			}
			before := block[i-1]
			last = r.Value
			switch {
			case r.Value > before.Value:
				rises = append(rises, r.Value-before.Value)
			case r.Value < before.Value:
				s.falls++
			}
			if r.At > before.At {
				steps[coarse(r.At-before.At)]++
				if r.Value >= before.Value {
					grown += r.Value - before.Value
					passed += float64(r.At-before.At) / (24 * 3600 * second)
				}
			}
		}
	}
	s.rises = len(rises)
	if s.rises > 0 {
		slices.Sort(rises)
		s.counts = s.rises > 2*s.falls && s.falls*100 <= s.numbers && last > 3*rises[s.rises/2]
	}
	if passed > 0 {
		s.growth = grown / passed
	}
	if step := median(steps); step > 0 {
		all := 0
		for _, n := range steps {
			all += n
		}
		s.regular = steps[step]*10 >= all*8 && step >= time.Minute && (time.Hour%step == 0 || step >= 23*time.Hour)
		s.perDay = float64(24*time.Hour) / float64(step)
	}
}

// varies says that the numbers rise and fall.
func (s shape) varies() bool { return s.rises*20 > s.numbers && s.falls*20 > s.numbers }

// unit tells kW from W: no household of more than one plug stays below 30 W
// and none reaches 30 kW, and nobody logs whole kW.
func (s shape) unit() Unit {
	if s.fractions && s.most <= 30 {
		return Kilowatt
	}
	return Watt
}

// likePower says that the numbers by themselves look like the power of a
// household, 0.5 to 200 kWh a day.
func (s shape) likePower() bool {
	daily := s.mean * s.unit().inKilo() * 24
	return s.varies() && !s.counts && daily >= 0.5 && daily <= 200
}
