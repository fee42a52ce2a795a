package fitbit_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"vitals/fitbit/fake"
	"vitals/internal/health"
	"vitals/internal/timeline"
)

func totalTypes() []health.DataType {
	return []health.DataType{health.TypeCalories, health.TypeActiveCalories, health.TypeSteps}
}

// The days of a person's account add up to their hours, in the person's zone,
// days of 23 and 25 hours included.
func TestDayTotals(t *testing.T) {
	person := sample()
	w := newWorld(t, person)
	from, to := date(2026, time.March, 20), date(2026, time.November, 23)
	for _, kind := range totalTypes() {
		got, err := w.client.DayTotals(t.Context(), kind, from, to)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Date(2026, time.March, 20, 0, 0, 0, 0, person.Zone)
		want := timeline.Resample(person.Totals[kind], start, noon(), timeline.Day, time.Hour)
		if len(got) != len(want) {
			t.Fatalf("%s: %d days, want %d", kind, len(got), len(want))
		}
		for i, total := range got {
			if total.Date != health.DateOf(want[i].Start) || math.Abs(total.Amount-want[i].Amount) > 1e-3 || !total.AsOf.Equal(noon()) {
				t.Errorf("%s: %+v, want %v %v", kind, total, want[i].Start, want[i].Amount)
			}
		}
		requests := w.fake.Requests(map[health.DataType]string{
			health.TypeCalories: "total-calories", health.TypeActiveCalories: "active-energy-burned", health.TypeSteps: "steps",
		}[kind])
		if most := w.client.MaxDays(kind); len(requests) != (248+most-1)/most {
			t.Errorf("%s: %d requests of at most %d days", kind, len(requests), most)
		}
	}
}

func TestDayTotalRequest(t *testing.T) {
	w := newWorld(t, sample())
	if _, err := w.client.DayTotals(t.Context(), health.TypeCalories, date(2026, time.November, 9), date(2026, time.November, 23)); err != nil {
		t.Fatal(err)
	}
	sent := w.fake.Requests("/v4/")
	const want = `{"range":{"end":{"date":{"day":23,"month":11,"year":2026}},"start":{"date":{"day":9,"month":11,"year":2026}}},"windowSizeDays":1}`
	if got := strings.TrimSpace(sent[0].Body); len(sent) != 1 || got != want || !strings.HasSuffix(sent[0].Path, "total-calories/dataPoints:dailyRollUp") {
		t.Errorf("%d requests, %s %s", len(sent), sent[0].Path, got)
	}
	if got, err := w.client.DayTotals(t.Context(), health.TypeSteps, date(2026, time.November, 9), date(2026, time.November, 9)); err != nil || got != nil {
		t.Errorf("an empty range: %v, %v", got, err)
	}
	if len(w.fake.Requests("/v4/")) != 1 {
		t.Error("an empty range was asked for")
	}
}

func TestHourTotals(t *testing.T) {
	person := sample()
	w := newWorld(t, person)
	now := time.Date(2026, time.November, 22, 12, 37, 5, 0, time.UTC)
	person = fake.Ann(now)
	w.fake.Become(person)
	w.t = now.Add(300 * time.Millisecond)
	for _, c := range []struct{ from, to time.Time }{
		{time.Date(2026, 11, 22, 0, 0, 0, 0, person.Zone), time.Date(2026, 11, 23, 0, 0, 0, 0, person.Zone)},
		{time.Date(2026, 10, 25, 0, 0, 0, 0, person.Zone), time.Date(2026, 10, 26, 0, 0, 0, 0, person.Zone)}, // 25 hours
		{time.Date(2026, 10, 1, 0, 0, 0, 0, person.Zone), time.Date(2026, 11, 8, 0, 0, 0, 0, person.Zone)},
	} {
		for _, kind := range totalTypes() {
			got, err := w.client.HourTotals(t.Context(), kind, c.from, c.to)
			if err != nil {
				t.Fatal(err)
			}
			end := c.to
			if now.Before(end) {
				end = now
			}
			n := 0
			for _, bucket := range timeline.Resample(person.Totals[kind], c.from, end, timeline.Hour, time.Hour) {
				if bucket.Status == timeline.Empty {
					continue
				}
				if n >= len(got) || !got[n].Start.Equal(bucket.Start) || math.Abs(got[n].Amount-bucket.Amount) > 0.5 {
					t.Fatalf("%s: hour %d is not %v %v", kind, n, bucket.Start, bucket.Amount)
				}
				if got[n].Start.Location() != c.from.Location() || !got[n].AsOf.Equal(w.now()) {
					t.Errorf("%s: %+v", kind, got[n])
				}
				n++
			}
			if n != len(got) || n == 0 {
				t.Errorf("%s: %d hours, want %d", kind, len(got), n)
			}
		}
	}
}

func TestHourTotalRequests(t *testing.T) {
	w := newWorld(t, sample())
	from := time.Date(2026, time.October, 28, 22, 30, 0, 0, time.UTC) // local midnight at UTC+1:30
	if _, err := w.client.HourTotals(t.Context(), health.TypeCalories, from, noon().Add(48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range w.fake.Requests(":rollUp") {
		var body struct {
			Range      struct{ StartTime, EndTime string }
			WindowSize string
			PageSize   int
		}
		if err := json.Unmarshal([]byte(r.Body), &body); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(body.Range.StartTime, " ", body.Range.EndTime, " ", body.WindowSize, " ", body.PageSize))
	}
	want := []string{
		"2026-10-28T22:30:00Z 2026-11-11T22:30:00Z 3600s 336",
		"2026-11-11T22:30:00Z 2026-11-22T12:00:00Z 3600s 254", // not beyond now
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q", got)
	}
	if got, err := w.client.HourTotals(t.Context(), health.TypeCalories, noon(), noon().Add(time.Hour)); err != nil || got != nil {
		t.Errorf("the future: %v, %v", got, err)
	}
}

// A window may be missing, empty, or hold a figure; these are three things.
func TestMissingIsNotZero(t *testing.T) {
	const day = `"civilStartTime":{"date":{"year":2026,"month":11,"day":%d},"time":{}}`
	body := `{"rollupDataPoints":[` +
		`{` + fmt.Sprintf(day, 21) + `,"totalCalories":{"kcalSum":2100.5}},` +
		`{` + fmt.Sprintf(day, 20) + `,"totalCalories":{}},` +
		`{` + fmt.Sprintf(day, 19) + `},` +
		`{` + fmt.Sprintf(day, 18) + `,"steps":{"countSum":"5"}},` +
		`null]}`
	got, err := clientOf(t, canned(http.StatusOK, body)).DayTotals(t.Context(), health.TypeCalories, date(2026, time.November, 15), date(2026, time.November, 22))
	want := []health.DayTotal{
		{Date: date(2026, time.November, 20), Amount: 0, AsOf: noon()},
		{Date: date(2026, time.November, 21), Amount: 2100.5, AsOf: noon()},
	}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, %v", got, err)
	}

	person := sample()
	person.Totals = map[health.DataType][]timeline.Portion{health.TypeSteps: {
		{Start: noon().Add(-3 * time.Hour).Unix(), End: noon().Add(-2 * time.Hour).Unix(), Amount: 0},
	}}
	w := newWorld(t, person)
	got, err = w.client.DayTotals(t.Context(), health.TypeSteps, date(2026, time.November, 1), date(2026, time.November, 23))
	if err != nil || len(got) != 1 || got[0].Amount != 0 {
		t.Errorf("a day of no steps: %v, %v", got, err)
	}
}

// Where Google has no total, there is none: active energy is no total, and
// nothing is added up here.
func TestTheTotalIsNeverActiveEnergyAlone(t *testing.T) {
	person := sample()
	active := person.Totals[health.TypeActiveCalories]
	person.Totals = map[health.DataType][]timeline.Portion{health.TypeActiveCalories: active}
	w := newWorld(t, person)
	days, err := w.client.DayTotals(t.Context(), health.TypeCalories, date(2026, time.November, 9), date(2026, time.November, 23))
	hours, err2 := w.client.HourTotals(t.Context(), health.TypeCalories, noon().Add(-24*time.Hour), noon())
	if err != nil || err2 != nil || len(days) > 0 || len(hours) > 0 {
		t.Errorf("%v, %v, %v, %v", days, hours, err, err2)
	}
	if some, err := w.client.DayTotals(t.Context(), health.TypeActiveCalories, date(2026, time.November, 9), date(2026, time.November, 23)); err != nil || len(some) != 14 {
		t.Errorf("active: %v, %v", some, err)
	}
	for _, r := range w.fake.Requests("dataTypes/total-calories/") {
		if !strings.HasSuffix(r.Path, ":dailyRollUp") && !strings.HasSuffix(r.Path, ":rollUp") {
			t.Errorf("asked %s", r.Path)
		}
	}
}

func TestAbsurdTotalsAreKept(t *testing.T) {
	body := `{"rollupDataPoints":[
		{"civilStartTime":{"date":{"year":2026,"month":11,"day":21}},"totalCalories":{"kcalSum":229313}},
		{"civilStartTime":{"date":{"year":2026,"month":11,"day":21}},"totalCalories":{"kcalSum":229313}},
		{"civilStartTime":{"date":{"year":2026,"month":11,"day":21}},"totalCalories":{"kcalSum":2000}},
		{"civilStartTime":{"date":{"year":2026,"month":11,"day":20}},"totalCalories":{"kcalSum":-1}},
		{"civilStartTime":{"date":{"year":2026,"month":11,"day":2}},"totalCalories":{"kcalSum":2000}},
		{"civilStartTime":{"date":{"year":2026,"month":13,"day":2}},"totalCalories":{"kcalSum":2000}},
		{"totalCalories":{"kcalSum":2000}},
		{"startTime":"2026-11-20T09:00:00Z","civilStartTime":{"date":{"year":2026,"month":11,"day":19}},"totalCalories":{"kcalSum":2000}},
		{"startTime":"2026-11-01T09:00:00Z","civilStartTime":{"date":{"year":2026,"month":11,"day":18}},"totalCalories":{"kcalSum":2000}},
		{"startTime":"noon","totalCalories":{"kcalSum":2000}}]}`
	var counted interface{ Skipped() int }
	client := clientOf(t, canned(http.StatusOK, body))
	days, err := client.DayTotals(t.Context(), health.TypeCalories, date(2026, time.November, 15), date(2026, time.November, 22))
	if len(days) != 3 || days[2].Amount != 229313 || !errors.As(err, &counted) || counted.Skipped() != 6 {
		t.Errorf("%v, %v", days, err)
	}
	hours, err := client.HourTotals(t.Context(), health.TypeCalories, noon().Add(-72*time.Hour), noon())
	if len(hours) != 1 || !errors.As(err, &counted) || counted.Skipped() != 9 {
		t.Errorf("%v, %v", hours, err)
	}
	complain(t, err, "229313")
}

// Should the service come to allow less, it says how much.
func TestTheLimitToldInAnErrorIsKept(t *testing.T) {
	var asked []int
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == fake.TokenPath {
			canned(http.StatusOK, "").ServeHTTP(w, r)
			return
		}
		var body struct {
			Range struct{ Start, End struct{ Date health.Date } }
		}
		text, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(text, &body); err != nil {
			t.Error(err)
		}
		days := body.Range.End.Date.Number() - body.Range.Start.Date.Number()
		asked = append(asked, days)
		if days > 30 {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":{"code":400,"status":"INVALID_ARGUMENT","details":[{"reason":"INVALID_ROLLUP_QUERY_DURATION","metadata":{"maxDurationDays":"30"}}]}}`)
			return
		}
		_, _ = io.WriteString(w, `{}`)
	})
	client := clientOf(t, handler)
	if _, err := client.DayTotals(t.Context(), health.TypeSteps, date(2026, time.January, 1), date(2026, time.March, 12)); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(asked) != "[70 30 30 10]" {
		t.Errorf("asked for %v days", asked)
	}
	// It need not say so twice.
	if got := client.MaxDays(health.TypeSteps); got != 30 || client.MaxDays(health.TypeActiveCalories) != 90 {
		t.Errorf("then at most %d days", got)
	}
}

func TestRollUpPages(t *testing.T) {
	page := 0
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == fake.TokenPath {
			canned(http.StatusOK, "").ServeHTTP(w, r)
			return
		}
		text, _ := io.ReadAll(r.Body)
		if page > 0 != strings.Contains(string(text), `"pageToken":"next"`) {
			t.Errorf("page %d: %s", page, text)
		}
		page++
		next := map[bool]string{true: "next"}[page == 1]
		_, _ = fmt.Fprintf(w, `{"rollupDataPoints":[{"startTime":"2026-11-22T0%d:00:00Z","civilStartTime":{"date":{"year":2026,"month":11,"day":%d}},"steps":{"countSum":"7"}}],"nextPageToken":%q}`, page, page, next)
	})
	days, err := clientOf(t, handler).DayTotals(t.Context(), health.TypeSteps, date(2026, time.November, 1), date(2026, time.November, 5))
	if err != nil || len(days) != 2 {
		t.Errorf("%v, %v", days, err)
	}
	page = 0
	hours, err := clientOf(t, handler).HourTotals(t.Context(), health.TypeSteps, noon().Add(-12*time.Hour), noon())
	if err != nil || len(hours) != 2 {
		t.Errorf("%v, %v", hours, err)
	}
}

func TestFixturesOfTotals(t *testing.T) {
	from, to := date(2026, time.September, 19), date(2026, time.September, 26)
	days, err := clientOf(t, canned(http.StatusOK, fixture(t, "captured/total_calories_daily_rollup.json"))).DayTotals(t.Context(), health.TypeCalories, from, to)
	if err != nil || len(days) != 7 || days[6].Amount != 3028.784634 || days[0].Date != from {
		t.Errorf("calories: %v, %v", days, err)
	}
	days, err = clientOf(t, canned(http.StatusOK, fixture(t, "captured/steps_daily_rollup.json"))).DayTotals(t.Context(), health.TypeSteps, from, to)
	if err != nil || len(days) != 2 || days[1].Amount != 9525 {
		t.Errorf("steps: %v, %v", days, err)
	}
	days, err = clientOf(t, canned(http.StatusOK, fixture(t, "synthetic/active_energy_burned_daily_rollup.json"))).DayTotals(t.Context(), health.TypeActiveCalories, date(2026, time.June, 1), date(2026, time.July, 1))
	if err != nil || len(days) != 1 || days[0].Amount != 350.5 {
		t.Errorf("active calories: %v, %v", days, err)
	}
	start := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	hours, err := clientOf(t, canned(http.StatusOK, fixture(t, "constructed/total_calories_rollup_hourly.json"))).HourTotals(t.Context(), health.TypeCalories, start, start.Add(3*time.Hour))
	if err != nil || len(hours) != 3 || !hours[0].Start.Equal(start) || hours[1].Amount != 240.75 {
		t.Errorf("hours: %v, %v", hours, err)
	}
	numbers := `{"rollupDataPoints":[{"civilStartTime":{"date":{"year":2026,"month":9,"day":20}},"steps":{"countSum": 42}}]}`
	days, err = clientOf(t, canned(http.StatusOK, numbers)).DayTotals(t.Context(), health.TypeSteps, from, to)
	if err != nil || len(days) != 1 || days[0].Amount != 42 {
		t.Errorf("a count as a number: %v, %v", days, err)
	}
}
