package timeline

import "time"

// HourOfDay is what falls into one hour of the local day, such as 07:00 to
// 08:00, on one day or on several. An hour that the clocks showed twice is in it
// with both passes, one that they skipped with none.
type HourOfDay struct {
	Amount             float64       // of all of it; means nothing when Covered is 0
	Covered, Estimated time.Duration // as in Portion
	Length             time.Duration // how long the clocks showed this hour
	Days               int32         // how many days have data in it
	Status             Status        // Full when all of it is
}

// Mean returns the amount of an hour of what is covered: of an hour that came
// twice the mean of both. Without data ok is false.
func (h *HourOfDay) Mean() (amount float64, ok bool) {
	if h.Covered <= 0 {
		return 0, false
	}
	return h.Amount / h.Covered.Hours(), true
}

// ByHourOfDay adds hours up by the hour of their local day, for each column on
// its own. Hours are buckets of an hour without gaps between them, columns those
// of a longer unit, both in time order and in one zone; an hour belongs to the
// column in which it begins.
func ByHourOfDay(hours, columns []Bucket) [][24]HourOfDay {
	sums := make([][24]HourOfDay, len(columns))
	if len(columns) == 0 {
		return sums
	}
	column, hour, counted := 0, -1, false
	ends, even := columns[0].End, time.Time{}
	for i := range hours {
		b := &hours[i]
		for !b.Start.Before(ends) {
			if column++; column == len(columns) {
				return sums
			}
			ends = columns[column].End
		}
		if column == 0 && b.Start.Before(columns[0].Start) {
			continue
		}
		// Asking the zone for each of ten years' hours takes longer than
		// adding them up.
		if hour >= 0 && b.End.Before(even) {
			hour, counted = (hour+1)%24, false
		} else {
			if now := b.Start.Hour(); now != hour { // else the same comes again
				hour, counted = now, false
			}
			even = Hour.evenUntil(b.Start)
		}
		h := &sums[column][hour]
		h.add(b)
		if b.Status != Empty && !counted {
			h.Days++
			counted = true
		}
	}
	return sums
}

func (h *HourOfDay) add(b *Bucket) {
	switch {
	case h.Length == 0:
		h.Status = b.Status
	case b.Status == Estimated || h.Status == Estimated:
		h.Status = Estimated
	case b.Status != h.Status:
		h.Status = Partial
	}
	h.Length += b.Length()
	if b.Status != Empty {
		h.Amount += b.Amount
		h.Covered += b.Covered
		h.Estimated += b.Estimated
	}
}
