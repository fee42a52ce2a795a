package view

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"vitals/internal/timeline"
)

// ParseRange reads a range as people type it, in the zone of now: two times as
// timeline.ParseTime reads them, "2024-03-01 2024-04-01" (with "to", "–", "-"
// or ".." between if one likes; the second is excluded), or months ("2024-03
// 2024-05") or years, one time that the range begins with and that ends now
// ("-7d"), or the name of a bucket:
// "2024-03-31", "2024-W13", "2024-03", "2024", "today", "yesterday", "this week",
// "last week", and so on with month and year.
func ParseRange(text string, now time.Time) (from, to time.Time, err error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return from, to, errors.New("write a range like 2024-03-01 2024-04-01, 2024-03, or -7d")
	}
	if from, to, ok := namedRange(strings.ToLower(text), now); ok {
		return from, to, nil
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t–→", r) })
	var times []string
	for _, word := range words {
		a, b, both := strings.Cut(word, "..")
		switch {
		case word == "to" || word == "-" || word == "..":
		case both:
			times = append(times, a, b)
		default:
			times = append(times, word)
		}
	}
	if len(times) == 0 || len(times) > 2 {
		return from, to, errors.New("a range has a beginning and an end: 2024-03-01 2024-04-01")
	}
	if from, err = beginning(times[0], now); err != nil {
		return from, to, err
	}
	to = now
	if len(times) == 2 {
		if to, err = beginning(times[1], now); err != nil {
			return from, to, err
		}
	}
	switch {
	case !from.Before(to):
		return from, to, errors.New("the range ends before it begins")
	case to.Sub(from) > longestRange:
		return from, to, errors.New("a range is at most a hundred years long")
	}
	return from, to, nil
}

// beginning is the first instant of a month or a year, or any other time.
func beginning(text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{"2006-01", "2006"} {
		if wall, err := time.Parse(layout, text); err == nil {
			return timeline.FirstShowing(wall, now.Location()), nil
		}
	}
	return timeline.ParseTime(text, now)
}

// longestRange bounds a range: by the hour, each year has 8,766 buckets.
const longestRange = 36525 * 24 * time.Hour

func namedRange(text string, now time.Time) (from, to time.Time, ok bool) {
	bucket := func(t time.Time, u timeline.Unit) (time.Time, time.Time, bool) {
		return u.Start(t), u.Next(t), true
	}
	switch text {
	case "today":
		return bucket(now, timeline.Day)
	case "yesterday":
		return bucket(timeline.Day.Back(now, 1), timeline.Day)
	}
	for _, u := range []timeline.Unit{timeline.Week, timeline.Month, timeline.Year} {
		switch text {
		case "this " + u.String():
			return bucket(now, u)
		case "last " + u.String():
			return bucket(u.Back(now, 1), u)
		}
	}
	if start, ok := isoWeek(text, now.Location()); ok {
		return bucket(start, timeline.Week)
	}
	for layout, u := range map[string]timeline.Unit{
		time.DateOnly: timeline.Day, "2006-01": timeline.Month, "2006": timeline.Year,
	} {
		if wall, err := time.Parse(layout, text); err == nil {
			return bucket(timeline.FirstShowing(wall, now.Location()), u)
		}
	}
	return from, to, false
}

// isoWeek reads "2024-w13", a week of ISO 8601, which begins on a Monday. The
// first of a year is the one that holds 4 January.
func isoWeek(text string, zone *time.Location) (start time.Time, ok bool) {
	var year, week int
	if n, err := fmt.Sscanf(text, "%4d-w%2d", &year, &week); n != 2 || err != nil || text != fmt.Sprintf("%04d-w%02d", year, week) {
		return start, false
	}
	start = timeline.Week.Start(time.Date(year, time.January, 4+7*(week-1), 12, 0, 0, 0, zone))
	gotYear, gotWeek := start.AddDate(0, 0, 3).ISOWeek()
	return start, gotYear == year && gotWeek == week
}
