package store

import (
	"slices"
	"testing"
	"time"

	"vitals/internal/health"
)

func TestHoursAreMissingUntilTheyAreMarked(t *testing.T) {
	s := openMemory(t)
	day := func(n int) health.Date { return health.Date{Year: 2024, Month: time.February, Day: 26}.Add(n) }
	missing := func(kind health.DataType, from, to int) (days []int) {
		t.Helper()
		dates, err := s.HoursMissing(t.Context(), kind, day(from), day(to))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range dates {
			days = append(days, d.Number()-day(0).Number())
		}
		return days
	}
	if got := missing(health.TypeCalories, 0, 3); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("of nothing %v are missing", got)
	}
	for _, marked := range [][2]int{{1, 3}, {2, 5}, {7, 8}, {9, 9}, {9, 8}} {
		if err := s.MarkHours(t.Context(), health.TypeCalories, day(marked[0]), day(marked[1])); err != nil {
			t.Fatal(err)
		}
	}
	if got := missing(health.TypeCalories, -1, 10); !slices.Equal(got, []int{-1, 0, 5, 6, 8, 9}) {
		t.Errorf("%v are missing", got)
	}
	if got := missing(health.TypeCalories, 1, 5); got != nil {
		t.Errorf("%v are missing", got)
	}
	if got := missing(health.TypeSteps, 1, 3); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("of another type %v are missing", got)
	}
}
