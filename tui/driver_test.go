package tui

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"vitals/internal/health"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

// driver runs a Model without a terminal: commands run at once, in the fake
// time of a synctest bubble, and their messages go back into the model.
type driver struct {
	t       *testing.T
	m       *Model
	printed []string // lines printed above the view
	quit    bool
	clock   time.Time // advanced by hand, for what depends on Now
}

// drive calls test with a driver of a model with the given dependencies, after
// its first commands have run.
func drive(t *testing.T, d Dependencies, width, height int, test func(d *driver)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &driver{t: t, clock: time.Date(2026, 11, 22, 13, 39, 30, 0, london(t))}
		d.Now = func() time.Time { return r.clock }
		if d.Refresh == nil {
			d.Refresh = func() {}
		}
		r.m = New(d)
		r.send(tea.WindowSizeMsg{Width: width, Height: height})
		r.run(r.m.Init())
		test(r)
	})
}

func (r *driver) send(msgs ...tea.Msg) {
	for _, msg := range msgs {
		_, cmd := r.m.Update(msg)
		r.run(cmd)
	}
}

func (r *driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil, outdated: // time passes when a test says so
	case tea.BatchMsg:
		for _, c := range msg {
			r.run(c)
		}
	case tea.QuitMsg:
		r.quit = true
	default:
		if sequence := reflect.ValueOf(msg); sequence.Kind() == reflect.Slice && sequence.Type().Elem() == reflect.TypeFor[tea.Cmd]() {
			for i := range sequence.Len() { // of tea.Sequence, whose message has no exported type
				r.run(sequence.Index(i).Interface().(tea.Cmd))
			}
			return
		}
		if text, ok := printedText(msg); ok {
			r.printed = append(r.printed, text)
			return
		}
		r.send(msg)
	}
}

// printedText is what tea.Println prints; its message has no exported type.
func printedText(msg tea.Msg) (string, bool) {
	text := fmt.Sprintf("%T%v", msg, msg)
	text, ok := strings.CutPrefix(text, "tea.printLineMessage{")
	return strings.TrimSuffix(text, "}"), ok
}

// keys presses keys by their names, a second apart.
func (r *driver) keys(names ...string) {
	special := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "left": tea.KeyLeft,
		"right": tea.KeyRight, "up": tea.KeyUp, "down": tea.KeyDown, "home": tea.KeyHome, "end": tea.KeyEnd, "backspace": tea.KeyBackspace}
	for _, name := range names {
		r.clock = r.clock.Add(time.Second)
		var k tea.KeyPressMsg
		switch letter, ctrl := strings.CutPrefix(name, "ctrl+"); {
		case ctrl:
			k = tea.KeyPressMsg{Code: rune(letter[0]), Mod: tea.ModCtrl}
		case name == "shift+tab":
			k = tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}
		case special[name] != 0:
			k = tea.KeyPressMsg{Code: special[name]}
		default:
			k = tea.KeyPressMsg{Code: rune(name[0]), Text: name}
		}
		r.send(k)
	}
}

// typed presses the keys of a text.
func (r *driver) typed(text string) {
	for _, c := range text {
		r.clock = r.clock.Add(time.Second)
		r.send(tea.KeyPressMsg{Code: c, Text: string(c)})
	}
}

// frame is the screen as plain text, without blanks at the ends of lines.
func (r *driver) frame() string {
	lines := strings.Split(ansi.Strip(r.m.View().Content), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

func (r *driver) expect(texts ...string) {
	r.t.Helper()
	frame := r.frame()
	for _, text := range texts {
		if !strings.Contains(frame, text) {
			r.t.Errorf("the screen lacks %q:\n%s", text, frame)
		}
	}
}

func (r *driver) expectNot(texts ...string) {
	r.t.Helper()
	frame := r.frame()
	for _, text := range texts {
		if strings.Contains(frame, text) {
			r.t.Errorf("the screen shows %q:\n%s", text, frame)
		}
	}
}

func london(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// past answers like a Viewer, from figures made up for the tests.
type past struct {
	snapshot view.Snapshot
	portions []timeline.Portion // kWh; nil: no meter
	burned   []timeline.Portion // kcal
	readings []view.BodyReading
	err      error
	widened  bool
	asked    []view.Subject // of Why
	excess   health.Excess  // of burned
}

func (p *past) Snapshot(context.Context) (view.Snapshot, error) { return p.snapshot, p.err }

func (p *past) Energy(_ context.Context, w view.Window, source view.EnergySource) (view.Energy, error) {
	var data view.Extent
	if n := len(p.portions); n > 0 {
		zone := p.snapshot.AsOf.Location()
		data = view.Extent{First: time.Unix(p.portions[0].Start, 0).In(zone), Last: time.Unix(p.portions[n-1].End, 0).In(zone)}
	}
	from, to := w.Bounds(p.snapshot.AsOf, data)
	e := view.Energy{From: from, To: to, Unit: w.Unit, Data: data, Widened: p.widened}
	if source != view.Burned && p.portions != nil {
		e.House = timeline.Resample(p.portions, from, to, w.Unit, 2*time.Minute)
		for _, b := range e.House {
			e.HouseTotal.Amount += b.Amount
			e.HouseTotal.Covered += b.Covered
			e.HouseTotal.Known = e.HouseTotal.Known || b.Status != timeline.Empty
		}
		e.HouseTotal.Passed = p.snapshot.AsOf.Sub(from)
		e.Costs = make([]view.Cost, len(e.House))
		for i, b := range e.House {
			e.Costs[i] = view.Cost{Amount: b.Amount * 0.245, Known: b.Status != timeline.Empty}
		}
	}
	if source != view.House && p.burned != nil {
		e.BurnedExcess = p.excess
		e.Burned = timeline.Resample(p.burned, from, to, w.Unit, 0)
		for _, b := range e.Burned {
			e.BurnedTotal.Amount += b.Amount
			e.BurnedTotal.Covered += b.Covered
			e.BurnedTotal.Known = true
		}
		e.BurnedTotal.Passed = p.snapshot.AsOf.Sub(from)
	}
	return e, p.err
}

func (p *past) Habits(_ context.Context, w view.Window, source view.EnergySource, data view.Extent) (view.Habits, error) {
	h := view.Habits{Unit: max(timeline.Day, min(w.Unit, timeline.Week))}
	w.Unit = h.Unit
	h.From, h.To = w.Bounds(p.snapshot.AsOf, data)
	h.Widened = w.Widened(p.snapshot.AsOf, data)
	h.Columns = timeline.Spans(h.From, h.To, h.Unit)
	add := func(portions []timeline.Portion) ([][24]timeline.HourOfDay, view.Total) {
		to := timeline.Hour.Next(p.snapshot.AsOf)
		if h.To.Before(to) {
			to = h.To
		}
		hours := timeline.Resample(portions, h.From, to, timeline.Hour, 2*time.Minute)
		sum := view.Total{Passed: p.snapshot.AsOf.Sub(h.From)}
		for _, b := range hours {
			sum.Amount += b.Amount
			sum.Covered += b.Covered
			sum.Known = sum.Known || b.Status != timeline.Empty
		}
		return timeline.ByHourOfDay(hours, h.Columns), sum
	}
	if source != view.Burned && p.portions != nil {
		h.House, h.HouseTotal = add(p.portions)
	}
	if source != view.House && p.burned != nil {
		h.Burned, h.BurnedTotal = add(p.burned)
	}
	return h, p.err
}

func (p *past) Compare(_ context.Context, w view.Window, e *view.Energy) error {
	days := int(e.To.Sub(e.From).Hours()+12) / 24
	n := max(len(e.House), len(e.Burned))
	e.Stride = w.Stride(n, days)
	y, m, d := e.From.Date()
	switch e.Stride.Of {
	case timeline.Year:
		y -= e.Stride.N
	case timeline.Month:
		m -= time.Month(e.Stride.N)
	case timeline.Week:
		d -= 7 * e.Stride.N
	default:
		d -= e.Stride.N
	}
	from := time.Date(y, m, d, e.From.Hour(), 0, 0, 0, e.From.Location())
	to := w.Unit.Back(from, -n)
	cut := func(portions []timeline.Portion, step time.Duration) ([]timeline.Bucket, view.Compared) {
		before := timeline.Resample(portions, from, to, w.Unit, step)
		var sum view.Compared
		for _, b := range before {
			sum.Before += b.Amount
			sum.BeforeCovered += b.Covered
			sum.Known = sum.Known || b.Status != timeline.Empty
		}
		return before, sum
	}
	if e.House != nil {
		e.HouseBefore, e.HouseCompared = cut(p.portions, 2*time.Minute)
		e.HouseCompared.Own, e.HouseCompared.OwnCovered = e.HouseTotal.Amount, e.HouseTotal.Covered
	}
	if e.Burned != nil {
		e.BurnedBefore, e.BurnedCompared = cut(p.burned, 0)
		e.BurnedCompared.Own, e.BurnedCompared.OwnCovered = e.BurnedTotal.Amount, e.BurnedTotal.Covered
	}
	return p.err
}

func (p *past) BodyLine(_ context.Context, w view.Window) (view.BodyLine, error) {
	line := view.BodyLine{Unit: w.Unit}
	if n := len(p.readings); n > 0 {
		line.Data = view.Extent{First: p.readings[0].At, Last: p.readings[n-1].At}
	}
	line.From, line.To = w.Bounds(p.snapshot.AsOf, line.Data)
	var stretch []view.Point
	for _, r := range p.readings {
		if !r.At.Before(line.From) && r.At.Before(line.To) {
			point := view.Point{At: r.At, KG: r.Value}
			if w.Unit <= timeline.Day {
				point.Reading, point.TrendKG = &r, *r.Trend
			}
			line.Points = append(line.Points, point)
			if r.Counts() {
				stretch = append(stretch, view.Point{At: r.At, KG: *r.Trend})
			}
		}
	}
	if stretch != nil {
		line.Trend = [][]view.Point{stretch}
	}
	return line, p.err
}

// Why explains as much as the screen needs to be seen.
func (p *past) Why(_ context.Context, s view.Subject) ([]view.Explanation, error) {
	p.asked = append(p.asked, s)
	if s.Topic != view.AboutBody {
		return []view.Explanation{{Figure: "now", Value: "412 W", Source: "energymonitor.db: readings"}}, p.err
	}
	e := view.Explanation{Figure: "rate", Value: "−0.310 ± 0.080 kg a week (one standard error)",
		Formula: "least squares through the 24 weigh-ins of the 28 dates that end with the newest",
		LeftOut: []string{"Wed 14 Oct 2026 07:10  88.00 kg  Aria 2: held back, 15.20 kg off the trend of 72.80 kg"},
		Gaps:    []string{"no weigh-in on 4 of the 28 dates"}, Source: "Aria 2"}
	for _, r := range p.readings[max(0, len(p.readings)-24):] {
		e.From = append(e.From, fmt.Sprintf("%s  %.2f kg", r.Date(), r.Value))
	}
	return []view.Explanation{{Figure: "weight", Value: "71.40 kg", From: []string{"Sun 22 Nov 2026 07:12 +00:00"}, Source: "Aria 2"}, e}, p.err
}

// nothing is what is known on the first start.
func nothing(t testing.TB) *past {
	return &past{snapshot: view.Snapshot{AsOf: time.Date(2026, 11, 22, 13, 39, 0, 0, london(t)), Units: health.Kilograms}}
}

// ann is everything about a made-up person and house.
func ann(t testing.TB) *past {
	p := nothing(t)
	at := func(month time.Month, day, hour, min int) time.Time {
		return time.Date(2026, month, day, hour, min, 0, 0, london(t))
	}
	value := func(v float64) *float64 { return &v }
	s := &p.snapshot
	s.HeightM, s.ZoneChosen = 1.72, true
	s.Person = health.Person{
		Identity: health.Identity{HealthUserID: "1", FitbitUserID: "1ABCDE"},
		Profile:  health.Profile{Name: "Ann E.", Age: 41, MemberSince: health.Date{Year: 2014, Month: time.March, Day: 2}},
		Devices: []health.Device{
			{Name: "Aria 2", Type: "SCALE", Battery: "High", LastSync: at(time.November, 22, 7, 13)},
			{Name: "Charge 6", Type: "TRACKER", Battery: "Medium", LastSync: at(time.November, 22, 13, 20)},
		},
	}
	for _, fetched := range health.DataTypes() {
		s.Fetches = append(s.Fetches, health.Fetch{Type: fetched, LastSuccess: at(time.November, 22, 13, 37)})
	}
	s.Grant = &view.Grant{Kept: true, SignedInAt: at(time.November, 2, 9, 12)}
	s.Body = &view.Body{
		Weighing: health.Weighing{At: at(time.November, 22, 7, 12), KG: 71.4, Source: health.Source{Name: "Aria 2", Kind: health.SourceScale}},
		BMI:      value(24.13), Fat: value(27.3), TrendKG: 71.9, Trend: &health.Composition{FatKG: 19.8, LeanKG: 52.1}, Rate: &health.Rate{KGPerDay: -0.31 / 7, StdErr: 0.08 / 7},
		GoalKG:    value(68),
		GoalDates: &[2]health.Date{{Year: 2027, Month: time.February, Day: 1}, {Year: 2027, Month: time.March, Day: 21}},
	}
	s.Burn = &view.Burn{Today: value(1432), Yesterday: value(2251)}
	s.Electricity = &view.Electricity{Source: "energymonitor.db: readings", LastReading: at(time.November, 22, 13, 39), NowW: value(412),
		IdleW: value(140), TodayKWh: value(5.18), YesterdayKWh: value(9.1), YesterdayByNowKWh: value(5.6), TodayCost: value(1.2691), Currency: "GBP"}
	for day := range 80 {
		kg := 74 - 0.03*float64(day) + 0.3*float64(day*7%5-2)/2
		trend := 74 - 0.03*float64(day)
		p.readings = append(p.readings, view.BodyReading{At: at(time.September, 4+day, 7, 10), Value: kg, Trend: &trend, Source: "Aria 2"})
	}
	p.readings[40].Value, p.readings[40].Verdict, p.readings[40].Reason = 88, health.HeldBack, health.OffTrend
	for quarter, start := 0, at(time.January, 1, 0, 0); ; quarter++ {
		from := start.Add(time.Duration(quarter) * 15 * time.Minute)
		if from.After(s.AsOf) {
			break
		}
		hour := from.Hour()
		if from.Month() == time.November && from.Day() == 22 && hour >= 2 && hour < 4 {
			continue // the logger was out
		}
		watts := 150 + 60*float64(hour*hour%11) + 400*float64(min(1, hour/18))
		covered := min(15*time.Minute, s.AsOf.Sub(from))
		p.portions = append(p.portions, timeline.Portion{Start: from.Unix(), End: from.Unix() + timeline.QuarterHour,
			Amount: watts * covered.Hours() / 1000, Covered: covered})
		p.burned = append(p.burned, timeline.Portion{Start: from.Unix(), End: from.Unix() + timeline.QuarterHour,
			Amount: (60 + 8*float64(hour*5%13)) / 4, Covered: covered})
	}
	return p
}

// hinted is an error with a hint.
type hinted struct{ text, hint string }

func (e hinted) Error() string { return e.text }
func (e hinted) Hint() string  { return e.hint }
