package refresh

import (
	"fmt"
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
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	resumed := p.last == 0 && now.Sub(p.began) < time.Second/10 // what was done before says nothing of the rate
	if resumed || done < p.last {
		p.since, p.from = now, done
	}
	p.last = done
	if now.Sub(p.began) < time.Second || now.Sub(p.told) < time.Second/4 {
		return "", false
	}
	p.told = now
	text = p.doing + ": " + thousands(done)
	if total <= 0 || done > total { // a logger may add rows meanwhile
		return text + " " + p.units, true
	}
	text += fmt.Sprintf(" of %s %s · %d %%", thousands(total), p.units, done*100/total)
	if left := p.left(now, done, total); left > 0 {
		text += " · about " + roughly(left) + " left"
	}
	return text, true
}

// left is how long the rest will take at the rate so far, 0 when that is not
// known.
func (p *Progress) left(now time.Time, done, total int64) time.Duration {
	took := now.Sub(p.since)
	if took < time.Second || done <= p.from {
		return 0
	}
	return time.Duration(float64(took) * float64(total-done) / float64(done-p.from))
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
