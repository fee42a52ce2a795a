package health

import "time"

// Weighing is one weigh-in.
//
// At carries the UTC offset of the place and moment of the weigh-in, so its
// own date is the civil date the weigh-in belongs to, wherever it is shown.
type Weighing struct {
	ID     string // the source's own; unique within a data type
	At     time.Time
	KG     float64
	Source Source
	AsOf   time.Time // when the file it came in was made; zero for the account's own
	Ruling Ruling
}

// Date is the civil date of the weigh-in.
func (w Weighing) Date() Date { return DateOf(w.At) }

// DateOnly reports whether the time of day is not known: archives then write
// 00:00:00 or 23:59:59.
func (w Weighing) DateOnly() bool { return dateOnly(w.At) }

// Ruling is what the owner decided about a weigh-in.
type Ruling uint8

// The rulings.
const (
	NotRuled Ruling = iota // the rules of Judge decide
	RuledIn                // it counts
	RuledOut               // it does not
)

// BodyFat is one body fat reading; At as in Weighing.
type BodyFat struct {
	ID      string
	At      time.Time
	Percent float64 // 0–100
	Source  Source
	AsOf    time.Time // as in Weighing
}

// Height is a body height from its date on; At as in Weighing.
type Height struct {
	ID     string
	At     time.Time
	Metres float64
	AsOf   time.Time // as in Weighing
}

// DayTotal is what was burned or walked on one civil date of the account.
type DayTotal struct {
	Date   Date
	Amount float64   // kcal or steps
	AsOf   time.Time // when it was fetched; the total of a running day still grows
	Via    string    // as in Source

	// Covered is how much of the date the amount is of, 0 for all of it.
	Covered time.Duration
}

// HourTotal is what was burned or walked in the hour that begins at Start.
type HourTotal struct {
	Start  time.Time
	Amount float64   // kcal or steps
	AsOf   time.Time // as in DayTotal
	Via    string    // as in Source
}

// Reason says why a body fat reading cannot be true: it is outside 2–75 %, as a
// fraction taken for percent is. "" when it can.
func (f BodyFat) Reason() Reason {
	if f.Percent < leastPercent || f.Percent > mostPercent {
		return NotBodyFat
	}
	return ""
}

// HeightAt returns the height in metres that was valid on a date: the newest
// recorded by then, else the first recorded after, else 0. What is nobody's
// height is passed over. Heights must be in time order.
func HeightAt(d Date, heights []Height) float64 {
	valid := 0.0
	for _, h := range heights {
		switch {
		case !PossibleHeight(h.Metres):
		case valid > 0 && d.Before(DateOf(h.At)):
			return valid
		default:
			valid = h.Metres
		}
	}
	return valid
}
