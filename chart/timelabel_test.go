package chart

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vitals/internal/timeline"
)

// labelsOf returns the labels below bars by the index of their bucket, and
// fails for one that does not start in the column of a bar.
func labelsOf(t *testing.T, b Bars, w int) map[int]string {
	t.Helper()
	l := b.layout(w, 5)
	row := cells(b.Draw(w, 5))[4]
	labels := map[int]string{}
	for x := l.left; x < len(row); x++ {
		if row[x] == ' ' {
			continue
		}
		start := x
		for x < len(row) && (row[x] != ' ' || b.Unit == timeline.Day && l.pitch >= 8 && x+1 < len(row) && row[x-1] >= 'a' && row[x+1] != ' ') {
			x++ // "Mon 2" is one label
		}
		text := string(row[start:x])
		if (start-l.left)%l.pitch != 0 {
			t.Errorf("label %q starts in column %d, between bars", text, start)
		}
		labels[l.first+(start-l.left)/l.pitch] = text
	}
	return labels
}

// The days on which clocks change, in hours: each label stands at its bucket
// and names that bucket's own local hour.
func TestHourLabelsWhereClocksChange(t *testing.T) {
	for _, test := range []struct {
		zone, from string
		buckets    int
	}{
		{"Europe/London", "2024-03-31", 23},
		{"Europe/London", "2024-10-27", 25},
		{"America/St_Johns", "2024-11-03", 25},
		{"America/St_Johns", "2009-11-01", 26}, // back at 00:01, so midnight comes twice
		{"Australia/Lord_Howe", "2024-04-07", 25},
		{"America/Sao_Paulo", "2018-11-04", 23}, // no midnight
		{"America/Havana", "2024-11-03", 25},    // midnight twice
		{"Asia/Kolkata", "2024-03-31", 24},
		{"Pacific/Apia", "2011-12-29", 24},
	} {
		z := zone(t, test.zone)
		noon, err := time.ParseInLocation("2006-01-02 15", test.from+" 12", z)
		if err != nil {
			t.Fatal(err)
		}
		buckets := timeline.Spans(timeline.Day.Start(noon), timeline.Day.Next(noon), timeline.Hour)
		if len(buckets) != test.buckets {
			t.Errorf("%s %s has %d hours, want %d", test.zone, test.from, len(buckets), test.buckets)
		}
		buckets = append(buckets, timeline.Spans(timeline.Day.Next(noon), timeline.Day.Next(noon).Add(6*time.Hour), timeline.Hour)...)
		for i := range buckets {
			buckets[i].Status, buckets[i].Amount = timeline.Full, 1
		}
		for _, w := range []int{40, 76, 120, 200} {
			labels := labelsOf(t, Bars{Buckets: buckets, Unit: timeline.Hour, Cursor: -1}, w)
			if len(labels) < 4 {
				t.Errorf("%s, %d columns: only %v", test.zone, w, labels)
			}
			for i, text := range labels {
				start := buckets[i].Start
				if text != start.Format("15") && text != start.Format("Mon") {
					t.Errorf("%s, %d columns: %s is labelled %q", test.zone, w, start, text)
				}
			}
			if labels[0] != buckets[0].Start.Format("Mon") || labels[len(buckets)-6] == "00" {
				t.Errorf("%s, %d columns: the days are not named: %v", test.zone, w, labels)
			}
		}
	}
}

func TestRepeatedHourShowsTwice(t *testing.T) {
	from := time.Date(2024, time.October, 27, 0, 0, 0, 0, zone(t, "Europe/London"))
	labels := labelsOf(t, Bars{Buckets: household(from, 25, timeline.Hour, 1), Unit: timeline.Hour, Cursor: -1}, 140)
	if labels[1] != "01" || labels[2] != "01" || labels[3] != "02" {
		t.Errorf("%v", labels)
	}
}

func TestBucketLabels(t *testing.T) {
	london := zone(t, "Europe/London")
	for _, test := range []struct {
		unit timeline.Unit
		from time.Time
		n, w int
		want string
	}{
		{timeline.Hour, time.Date(2024, 3, 9, 14, 0, 0, 0, london), 24, 76, "0:14 2:16 4:18 6:20 8:22 10:Sun 12:02 14:04 16:06 18:08 20:10 22:12"},
		{timeline.Hour, time.Date(2024, 3, 9, 14, 0, 0, 0, london), 60, 64, "4:18 10:Sun 16:06 22:12 28:18 34:Mon 40:06 46:12 52:18 58:Tue"},
		{timeline.Day, time.Date(2024, 10, 20, 0, 0, 0, 0, london), 7, 76, "0:Sun 20 1:Mon 21 2:Tue 22 3:Wed 23 4:Thu 24 5:Fri 25 6:Sat 26"},
		{timeline.Day, time.Date(2024, 10, 20, 0, 0, 0, 0, london), 14, 76, "0:Sun 1:Mon 2:Tue 3:Wed 4:Thu 5:Fri 6:Sat 7:Sun 8:Mon 9:Tue 10:Wed 11:Thu 12:Fri 13:Sat"},
		{timeline.Day, time.Date(2024, 10, 20, 0, 0, 0, 0, london), 14, 20, "1:Mon 8:Mon"},
		{timeline.Day, time.Date(2024, 10, 20, 0, 0, 0, 0, london), 24, 76, "1:21 3:23 5:25 7:27 9:29 11:31 12:Nov 14:3 16:5 18:7 20:9 22:11"},
		{timeline.Day, time.Date(2024, 2, 20, 0, 0, 0, 0, london), 30, 76, "0:20 5:25 10:Mar 14:5 19:10 24:15 29:20"},
		{timeline.Day, time.Date(2024, 1, 20, 0, 0, 0, 0, london), 70, 76, "0:20 5:25 12:Feb 16:5 21:10 26:15 31:20 36:25 41:Mar 45:5 50:10 55:15 60:20 65:25"},
		{timeline.Week, time.Date(2024, 12, 16, 0, 0, 0, 0, london), 5, 76, "0:W51 1:W52 2:W01 3:W02 4:W03"},
		{timeline.Week, time.Date(2024, 12, 16, 0, 0, 0, 0, london), 20, 30, "3:2025 11:Mar 16:Apr"},
		{timeline.Month, time.Date(2023, 11, 1, 0, 0, 0, 0, london), 5, 76, "0:Nov 1:Dec 2:2024 3:Feb 4:Mar"},
		{timeline.Month, time.Date(2023, 11, 1, 0, 0, 0, 0, london), 24, 76, "2:2024 5:Apr 8:Jul 11:Oct 14:2025 17:Apr 20:Jul 23:Oct"},
		{timeline.Year, time.Date(2020, 1, 1, 0, 0, 0, 0, london), 3, 76, "0:2020 1:2021 2:2022"},
		{timeline.Year, time.Date(1999, 1, 1, 0, 0, 0, 0, london), 25, 30, "1:2000 11:2010 21:2020"},
	} {
		b := Bars{Buckets: household(test.from, test.n, test.unit, 9), Unit: test.unit, Cursor: -1, Format: func(float64) string { return "9" }}
		labels := labelsOf(t, b, test.w)
		var indexes []int
		for i := range labels {
			indexes = append(indexes, i)
		}
		slices.Sort(indexes)
		var got []string
		for _, i := range indexes {
			got = append(got, fmt.Sprintf("%d:%s", i, labels[i]))
		}
		if got := strings.Join(got, " "); got != test.want {
			t.Errorf("%d %ss in %d columns:\n got %s\nwant %s", test.n, test.unit, test.w, got, test.want)
		}
	}
}
