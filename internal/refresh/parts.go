package refresh

import (
	"time"

	"vitals/internal/health"
)

// parts counts what is fetched in many requests: windows of days, and what comes
// as a whole. Several Syncers may go on with the same count. It is for one
// goroutine.
type parts struct {
	progress *Progress
	done     int64
}

func newParts(now func() time.Time) *parts {
	return &parts{progress: NewProgress("", "parts", now)}
}

// words says what is being fetched and, once that has taken a second, how much
// of it is done and left; till then, and where what is left is not known (below
// 0), the detail says how far it is. Ok is false when nothing is to be said.
func (p *parts) words(doing, detail string, left int64) (text string, ok bool) {
	total := int64(0)
	if left >= 0 {
		total = p.done + left
	}
	figures, young := p.progress.figures(p.done, total)
	switch {
	case figures == "":
		return doing + detail, young
	case left < 0:
		return doing + detail + ": " + figures, true
	default:
		return doing + ": " + figures, true
	}
}

// tell says what is fetched next.
func (r *run) tell(doing, detail string) {
	if r.Progress == nil {
		return
	}
	if text, ok := r.parts.words(doing, detail, r.left()); ok {
		r.Progress(text)
	}
}

// left is how many parts are still to be fetched until there is no older
// history, -1 where the account does not tell when that began.
func (r *run) left() int64 {
	person, err := r.Store.Person(r.ctx)
	if err != nil {
		return -1
	}
	begin, told := began(person)
	zone := r.zone(person)
	tomorrow := health.DateOf(r.Now().In(zone)).Add(1)
	n := 0
	for i := range r.results {
		switch result := &r.results[i]; {
		case result.Err != nil:
		case isTotal(result.Type):
			most := r.totals().MaxDays(result.Type)
			fetch := r.fetches[result.Type]
			since := fetch.Since
			if !r.renewed[result.Type] && !r.justFetched(fetch) {
				var first health.Date
				first, since = r.newest(fetch, tomorrow, most, zone)
				n += windows(first, tomorrow, most)
			}
			if result.Complete && r.reach != OneStep || !begin.Before(since) {
				break
			}
			if !told {
				return -1
			}
			n += windows(begin, since, most)
		case !result.Complete:
			n++
		}
	}
	return int64(n)
}

// windows is how many windows of at most so many days there are.
func windows(from, to health.Date, most int) int {
	return (to.Number() - from.Number() + most - 1) / most
}

// isTotal reports whether a type has totals of days, and so a history.
func isTotal(t health.DataType) bool {
	return t == health.TypeCalories || t == health.TypeActiveCalories || t == health.TypeSteps
}
