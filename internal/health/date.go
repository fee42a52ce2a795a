package health

import (
	"fmt"
	"time"
)

// Date is a civil date, in nobody's zone. The zero Date means "not known".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the date that t shows in its own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads "2024-03-31".
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a date like 2024-03-31", text)
	}
	return DateOf(t), nil
}

// String prints the date as "2024-03-31", the zero Date as "".
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// IsZero reports whether the date is not known.
func (d Date) IsZero() bool { return d == Date{} }

// Number counts days since 1970-01-01; the difference of two is whole days.
func (d Date) Number() int {
	const day = 24 * 60 * 60
	return int(d.midnightUTC().Unix() / day)
}

// Add returns the date n days later, or earlier when n is negative.
func (d Date) Add(n int) Date { return DateOf(d.midnightUTC().AddDate(0, 0, n)) }

// Before reports whether d is earlier than other.
func (d Date) Before(other Date) bool { return d.midnightUTC().Before(other.midnightUTC()) }

func (d Date) midnightUTC() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}
