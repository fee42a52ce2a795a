package refresh

import (
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"
)

// Progress words how far the reading of something has come. It is silent for
// work that takes less than a second, and between two words for a quarter of
// one. It is safe for concurrent use.
type Progress struct {
	doing, units string // "reading the meter", "rows"
	now          func() time.Time

	mu    sync.Mutex
	began time.Time // of all the work
	told  time.Time
	// The rate is measured since here: where the count began, or began anew.
	since time.Time
	from  int64
	last  int64
}

// NewProgress begins to measure work, which is called doing and counted in units.
func NewProgress(doing, units string, now func() time.Time) *Progress {
	t := now()
	return &Progress{doing: doing, units: units, now: now, began: t, since: t}
}

// Words says that done of total units were read; ok is false when there is
// nothing to say yet.
func (p *Progress) Words(done, total int64) (text string, ok bool) {
	figures, _ := p.figures(done, total)
	if figures == "" {
		return "", false
	}
	return p.doing + ": " + figures, true
}

// figures says the same without what the work is called, "" when there is
// nothing to say yet: after less than a second the work is young.
func (p *Progress) figures(done, total int64) (text string, young bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	resumed := p.last == 0 && now.Sub(p.began) < time.Second/10 // what was done before says nothing of the rate
	if resumed || done < p.last {
		p.since, p.from = now, done
	}
	p.last = done
	if young = now.Sub(p.began) < time.Second; young || now.Sub(p.told) < time.Second/4 {
		return "", young
	}
	p.told = now
	text = thousands(done)
	rate := p.rate(now, done)
	if total <= 0 || done > total { // a logger may add rows meanwhile
		text += " " + p.units
	} else {
		text += fmt.Sprintf(" of %s %s · %d %%", thousands(total), p.units, done*100/total)
		if rate > 0 && done < total {
			const longest = 1e9 // seconds, so that a Duration holds them
			left := min(float64(total-done)/rate, longest)
			text += " · about " + roughly(time.Duration(left*float64(time.Second))) + " left"
		}
	}
	const least = 0.1 // a second: what perSecond can say
	if rate >= least {
		text += " · " + perSecond(rate)
	}
	return text, false
}

// rate is how many were read a second so far, 0 when that is not known.
func (p *Progress) rate(now time.Time, done int64) float64 {
	took := now.Sub(p.since)
	if took < time.Second {
		return 0
	}
	return float64(done-p.from) / took.Seconds()
}

// perSecond is a rate of 0.1 and more, to two figures: "2.1 M/s", "120,000/s", "0.5/s".
func perSecond(rate float64) string {
	scale := math.Pow10(int(math.Floor(math.Log10(rate))) - 1)
	switch rate = math.Round(rate/scale) * scale; {
	case rate >= 1e6:
		return strconv.FormatFloat(math.Round(rate/1e5)/10, 'f', -1, 64) + " M/s"
	case rate >= 10:
		return thousands(int64(rate)) + "/s"
	default:
		return strconv.FormatFloat(math.Round(rate*10)/10, 'f', -1, 64) + "/s"
	}
}

// roughly is a duration as one says it: "8 s", "20 s", "3 min", "2 h".
func roughly(d time.Duration) string {
	round := func(step time.Duration) time.Duration { return max(d.Round(step), step) }
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%d s", round(time.Second)/time.Second)
	case d < 55*time.Second:
		return fmt.Sprintf("%d s", round(5*time.Second)/time.Second)
	case d < 90*time.Minute:
		return fmt.Sprintf("%d min", round(time.Minute)/time.Minute)
	default:
		return fmt.Sprintf("%d h", round(time.Hour)/time.Hour)
	}
}

// thousands prints a count with a comma between thousands.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
