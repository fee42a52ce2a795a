package config

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// tariffDraft is a tariff before it is known whether it has a price.
type tariffDraft struct {
	Tariff
	line int

	price, nightPrice, standing *float64
	nightHours                  *[2]time.Duration
}

// tariffDate reads the name of a section: "tariff" alone is valid since ever.
func tariffDate(section string) (from time.Time, ok bool) {
	if section == "tariff" {
		return time.Time{}, true
	}
	date, ok := strings.CutPrefix(section, "tariff ")
	from, err := time.Parse(time.DateOnly, date)
	return from, ok && err == nil
}

// draft returns the tariff valid from a date, a new one when that is met first.
func (d *decoder) draft(from time.Time) *tariffDraft {
	for _, t := range d.drafts {
		if t.ValidFrom.Equal(from) {
			return t
		}
	}
	t := &tariffDraft{line: d.line, Tariff: Tariff{ValidFrom: from}}
	d.drafts = append(d.drafts, t)
	return t
}

// finishTariffs keeps the drafts that have a price. One without, as in the
// example file, is no tariff; but a price for nights alone is a mistake.
func (d *decoder) finishTariffs(path string) error {
	for _, t := range d.drafts {
		refuse := func(problem string) error {
			return &Error{Path: path, Line: t.line, problem: "this tariff " + problem,
				hint: "complete the section, or empty its values"}
		}
		switch {
		case t.price == nil && (t.nightPrice != nil || t.standing != nil):
			return refuse("has no price_per_kwh")
		case t.price == nil:
			continue
		case t.nightPrice != nil && t.nightHours == nil:
			return refuse("has a night_price but no night_hours")
		}
		t.PricePerKWh = *t.price
		if t.nightPrice != nil {
			t.Night = &Night{PricePerKWh: *t.nightPrice, From: t.nightHours[0], To: t.nightHours[1]}
		}
		if t.standing != nil {
			t.StandingCharge = *t.standing
		}
		d.Tariffs = append(d.Tariffs, t.Tariff)
	}
	slices.SortFunc(d.Tariffs, func(a, b Tariff) int { return a.ValidFrom.Compare(b.ValidFrom) })
	return nil
}

var currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)

func currency(target *string) kind {
	return kind{allowed: "a code of three capital letters such as GBP", set: func(value string) bool {
		*target = value
		return currencyPattern.MatchString(value)
	}}
}

func price(target **float64) kind {
	return kind{allowed: "a number such as 0.2450, 0 or more", set: func(value string) bool {
		n, ok := number(value)
		*target = &n
		return ok && n >= 0
	}}
}

// hours reads two times on the clock on the wall, as durations since 00:00.
func hours(target **[2]time.Duration) kind {
	return kind{allowed: "two different local times such as 00:30-07:30", set: func(value string) bool {
		from, to, _ := strings.Cut(value, "-")
		start, err1 := time.Parse("15:04", strings.TrimSpace(from))
		end, err2 := time.Parse("15:04", strings.TrimSpace(to))
		midnight := start.Truncate(24 * time.Hour)
		*target = &[2]time.Duration{start.Sub(midnight), end.Sub(midnight)}
		return err1 == nil && err2 == nil && !start.Equal(end)
	}}
}
