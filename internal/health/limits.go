package health

import (
	"fmt"
	"strconv"
)

// What is more than these is no person's, but a fault of a service or a device:
// it stays in the record and counts nowhere. They are generous, as a true figure
// left out is worse than a strange one shown.
//
//   - Riders of the Tour de France burn 6,000 to 9,000 kcal a day, the hardest
//     days ever measured (24-hour races, hauling sledges) took 12,000 to 16,000.
//     Services that count what they stored twice and thrice give 229,313.
//   - 450 W at the pedals for an hour, which few can do, take some 1,700 kcal.
//   - The record of a 24-hour race, 319 km, is some 270,000 steps.
//   - Sprinters take 5 steps a second, which would be 18,000 in an hour.
const (
	mostKcalDay, mostKcalHour   = 20_000, 4_000
	mostStepsDay, mostStepsHour = 300_000, 30_000

	leastMetres, mostMetres = 0.4, 2.8 // a newborn, and the tallest there was
)

// PossibleDay reports whether anybody can burn (kcal) or walk (steps) an amount
// on one civil date; zero is possible.
func PossibleDay(t DataType, amount float64) bool {
	if t == TypeSteps {
		return 0 <= amount && amount <= mostStepsDay
	}
	return 0 <= amount && amount <= mostKcalDay
}

// PossibleHour is PossibleDay for an hour.
func PossibleHour(t DataType, amount float64) bool {
	if t == TypeSteps {
		return 0 <= amount && amount <= mostStepsHour
	}
	return 0 <= amount && amount <= mostKcalHour
}

// PossibleHeight reports whether anybody can be that tall, in metres.
func PossibleHeight(metres float64) bool { return leastMetres <= metres && metres <= mostMetres }

// Excess is the totals that are no person's and therefore count nowhere.
type Excess struct {
	Count int
	Worst float64 // the largest of them, in kcal or steps
	On    Date    // its civil date
}

// Add adds one.
func (x *Excess) Add(amount float64, on Date) {
	if x.Count++; x.Count == 1 || amount > x.Worst {
		x.Worst, x.On = amount, on
	}
}

// AddDays adds those of the days that nobody can have had.
func (x *Excess) AddDays(t DataType, days []DayTotal) {
	for _, d := range days {
		if !PossibleDay(t, d.Amount) {
			x.Add(d.Amount, d.Date)
		}
	}
}

// UnitOf is what totals of a type are counted in: "kcal" or "steps".
func UnitOf(t DataType) string {
	if t == TypeSteps {
		return "steps"
	}
	return "kcal"
}

// Words say what was left out: "1 day left out: 229,313 kcal on 1 Mar 2024". Of
// names one of them: "day".
func (x Excess) Words(of, unit string) string {
	worst := strconv.FormatFloat(x.Worst, 'f', 0, 64)
	for i := len(worst) - 3; i > 0; i -= 3 {
		worst = worst[:i] + "," + worst[i:]
	}
	worst += " " + unit + " on " + x.On.midnightUTC().Format("2 Jan 2006")
	if x.Count == 1 {
		return fmt.Sprintf("1 %s left out: %s", of, worst)
	}
	return fmt.Sprintf("%d %ss left out, at worst %s", x.Count, of, worst)
}
