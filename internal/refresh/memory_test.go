package refresh

import (
	"context"
	"errors"
	"sync"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// memory is a Store that keeps just what a Watch needs.
type memory struct {
	mu      sync.Mutex
	fetches map[health.DataType]health.Fetch
	since   health.Date
	rollUp  timeline.RollUp
	version int64
	full    bool
	hours   map[health.Date]bool // nil: all were fetched
}

func (s *memory) dataVersion() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version + 1
}

func (s *memory) Person(context.Context) (health.Person, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return health.Person{Profile: health.Profile{MemberSince: s.since}}, nil
}

func (s *memory) Fetches(context.Context) ([]health.Fetch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []health.Fetch
	for _, t := range health.DataTypes() {
		if f, ok := s.fetches[t]; ok {
			all = append(all, f)
		}
	}
	return all, nil
}

func (s *memory) SaveFetch(_ context.Context, f health.Fetch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fetches == nil {
		s.fetches = map[health.DataType]health.Fetch{}
	}
	s.fetches[f.Type] = f
	return nil
}

func (s *memory) SaveProfile(_ context.Context, p health.Profile) (int, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since = p.MemberSince
	return 1, 0, nil
}

func (*memory) SaveIdentity(context.Context, health.Identity) (int, int, error)    { return 0, 0, nil }
func (*memory) SaveSettings(context.Context, health.Settings) (int, int, error)    { return 0, 0, nil }
func (*memory) SaveDevices(context.Context, []health.Device) (int, int, error)     { return 0, 0, nil }
func (*memory) SaveWeighings(context.Context, []health.Weighing) (int, int, error) { return 0, 0, nil }
func (*memory) SaveBodyFats(context.Context, []health.BodyFat) (int, int, error)   { return 0, 0, nil }
func (*memory) SaveHeights(context.Context, []health.Height) (int, int, error)     { return 0, 0, nil }

func (*memory) DayTotals(context.Context, health.DataType, health.Date, health.Date) ([]health.DayTotal, error) {
	return nil, nil
}

func (*memory) SaveDayTotals(context.Context, health.DataType, []health.DayTotal) (int, int, error) {
	return 0, 0, nil
}

func (*memory) SaveHourTotals(context.Context, health.DataType, []health.HourTotal) (int, int, error) {
	return 0, 0, nil
}

func (s *memory) HoursMissing(_ context.Context, _ health.DataType, from, to health.Date) (missing []health.Date, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for d := from; s.hours != nil && d.Before(to); d = d.Add(1) {
		if !s.hours[d] {
			missing = append(missing, d)
		}
	}
	return missing, nil
}

func (s *memory) MarkHours(_ context.Context, _ health.DataType, from, to health.Date) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for d := from; s.hours != nil && d.Before(to); d = d.Add(1) {
		s.hours[d] = true
	}
	return nil
}

func (s *memory) RollUp(context.Context, string) (timeline.KeptRollUp, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return timeline.KeptRollUp{RollUp: s.rollUp}, s.rollUp.Bookmark != nil, nil
}

func (s *memory) Portions(context.Context, string, time.Time, time.Time) ([]timeline.Portion, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rollUp.Portions, nil
}

func (s *memory) SaveRollUp(_ context.Context, _ string, r timeline.RollUp) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return errors.New("the disk is full")
	}
	s.rollUp = r
	s.version++
	return nil
}
