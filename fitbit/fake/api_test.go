package fake_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"vitals/fitbit/fake"
	"vitals/internal/health"
	"vitals/internal/timeline"
)

const weight = "/v4/users/me/dataTypes/weight/dataPoints"

// listed is a page of points.
type listed struct {
	DataPoints []struct {
		Name, DataPointName string
		DataSource          *json.RawMessage
		Weight              struct {
			SampleTime struct {
				PhysicalTime time.Time
				CivilTime    struct{ Date health.Date }
			}
			WeightGrams float64
		}
	}
	NextPageToken *string
}

func (h *house) list(path string) listed {
	h.t.Helper()
	status, body := h.api(path, "")
	if status != http.StatusOK {
		h.t.Fatalf("%s: %d %s", path, status, body)
	}
	var page listed
	if err := json.Unmarshal([]byte(body), &page); err != nil {
		h.t.Fatal(err)
	}
	return page
}

func TestDoors(t *testing.T) {
	h := newHouse(t)
	good := h.token
	for _, c := range []struct {
		token, path string
		status      int
		reason      string
	}{
		{"", "/v4/users/me/identity", 401, "CREDENTIALS_MISSING"},
		{"bogus", "/v4/users/me/identity", 401, ""},
		{h.access(h.SignIn("openid")), "/v4/users/me/identity", 403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"},
		{h.access(h.SignIn(fake.Scopes()[1:]...)), weight, 403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"},
		{h.access(h.SignIn(fake.Scopes()[:3]...)), "/v4/users/me/pairedDevices", 403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"},
		{h.access(h.SignIn(append(fake.Scopes(), "https://www.googleapis.com/auth/drive")...)), weight, 403, "DISALLOWED_OAUTH_SCOPES"},
		{good, "/v4/users/222/identity", 403, "RESOURCE_PERMISSION_DENIED"},
		{good, "/v4/users/me/dataTypes/bodyFat/dataPoints", 400, "INVALID_PARENT_DATA_TYPE_COLLECTION"},
		{good, "/v4/users/me/dataTypes/total-calories/dataPoints", 400, "UNSUPPORTED_DATA_TYPE_ACTION"},
		{good, "/v4/users/me/dataTypes/floors/dataPoints", 400, "UNSUPPORTED_DATA_TYPE_ACTION"},
		{good, weight + "?limit=1", 400, ""},
		{good, "/v4/users/me/identity?pageSize=1", 400, ""},
		{good, weight + "?pageSize=many", 400, ""},
		{good, weight + "?pageSize=-1", 400, ""},
		{good, weight + "?pageToken=bogus", 400, "INVALID_PAGE_TOKEN"},
		{good, weight + "?dataSourceFamily=all-sources", 400, "INVALID_DATA_POINT_DATA_SOURCE_FAMILY"},
		{good, weight + "?dataSourceFamily=users/me/dataSourceFamilies/health-connect", 400, "INVALID_DATA_POINT_DATA_SOURCE_FAMILY"},
		{good, weight + "/0", 404, "RESOURCE_NOT_FOUND"},
	} {
		h.token = c.token
		status, reasons, _ := h.refused(c.path, "")
		if status != c.status || strings.Join(reasons, " ") != c.reason {
			t.Errorf("%s: %d %v, want %d %s", c.path, status, reasons, c.status, c.reason)
		}
	}
	h.token = good
	for _, path := range []string{"/", "/v4/", "/v4/users", "/v4/users/me", "/v4/users/me/bmi", "/v4/users/me/dataTypes", "/v4/users/me/dataTypes/weight", "/v1/user/-/profile.json"} {
		if status, body := h.api(path, ""); status != http.StatusNotFound || !strings.Contains(body, "<html>") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	for _, path := range []string{"/v4/users/1000000000000000041/identity?alt=json&prettyPrint=false&quotaUser=x", weight + "?page_size=3&data_source_family="} {
		if status, body := h.api(path, ""); status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

func TestListing(t *testing.T) {
	h := newHouse(t)
	all := h.list(weight)
	if len(all.DataPoints) != len(ann().Weighings) || all.NextPageToken != nil {
		t.Errorf("%d points, want %d", len(all.DataPoints), len(ann().Weighings))
	}
	for i, p := range all.DataPoints[1:] {
		if p.Weight.SampleTime.PhysicalTime.After(all.DataPoints[i].Weight.SampleTime.PhysicalTime) {
			t.Errorf("point %d is newer than the one before it", i+1)
		}
	}
	if name := all.DataPoints[0].Name; !strings.HasPrefix(name, "users/1000000000000000041/dataTypes/weight/dataPoints/") {
		t.Error(name)
	}
	if status, body := h.api("/v4/"+all.DataPoints[5].Name, ""); status != http.StatusOK || !strings.Contains(body, all.DataPoints[5].Name) {
		t.Errorf("%d %s", status, body)
	}

	merged := 0
	path := weight + ":reconcile?pageSize=1000"
	for page := h.list(path); ; {
		for _, p := range page.DataPoints {
			merged++
			if p.DataSource != nil || p.Name != "" || p.DataPointName == "" {
				t.Fatalf("%+v", p)
			}
		}
		if page.NextPageToken == nil {
			break
		}
		page = h.list(path + "&pageToken=" + *page.NextPageToken)
	}
	if merged != len(ann().Weighings)-1 {
		t.Errorf("%d merged points, want one less than %d", merged, len(ann().Weighings))
	}
	for family, want := range map[string]int{"all-sources": 20, "google-sources": 20, "google-wearables": 0, "self-sources": 0} {
		if got := len(h.list(weight + "?pageSize=20&dataSourceFamily=users/me/dataSourceFamilies/" + family).DataPoints); got != want {
			t.Errorf("%s: %d points", family, got)
		}
	}
}

func TestPaging(t *testing.T) {
	h := newHouse(t)
	pages := func(query string) (sizes []int, last string) {
		path := weight + "?" + query
		for token := ""; ; {
			status, body := h.api(path+"&pageToken="+token, "")
			var page listed
			if err := json.Unmarshal([]byte(body), &page); status != http.StatusOK || err != nil {
				t.Fatalf("%d %s", status, body)
			}
			sizes = append(sizes, len(page.DataPoints))
			if page.NextPageToken == nil || *page.NextPageToken == "" {
				return sizes, strings.Join(strings.Fields(body), "")
			}
			token = *page.NextPageToken
		}
	}
	filter := url.Values{"filter": {`weight.sample_time.civil_time >= "2026-10-01"`}}.Encode()
	n := 0
	for _, w := range ann().Weighings {
		if w.Date().Number() >= (health.Date{Year: 2026, Month: time.October, Day: 1}).Number() {
			n++
		}
	}
	if sizes, _ := pages(filter + "&pageSize=20"); !reflect.DeepEqual(sizes, []int{20, 20, n - 40}) {
		t.Errorf("%v of %d", sizes, n)
	}
	h.Set(func(k *fake.Knobs) { k.MostPerPage = 30 })
	if sizes, _ := pages(filter + "&pageSize=10000"); !reflect.DeepEqual(sizes, []int{30, n - 30}) {
		t.Errorf("%v of %d", sizes, n)
	}
	h.Set(func(k *fake.Knobs) { *k = fake.Knobs{EmptyPage: true, EmptyLast: true} })
	if sizes, last := pages(filter + "&pageSize=1000"); !reflect.DeepEqual(sizes, []int{0, n, 0}) || last != "{}" {
		t.Errorf("%v, %s", sizes, last)
	}
	h.Set(func(k *fake.Knobs) { *k = fake.Knobs{EmptyToken: true} })
	if sizes, last := pages(filter + "&pageSize=1000"); len(sizes) != 1 || !strings.HasSuffix(last, `"nextPageToken":""}`) {
		t.Errorf("%v, %s", sizes, last[len(last)-40:])
	}
	h.Set(func(k *fake.Knobs) { *k = fake.Knobs{} })
	token := *h.list(weight + "?pageSize=20").NextPageToken
	if status, _, _ := h.refused(weight+"?pageSize=21&pageToken="+token, ""); status != http.StatusBadRequest {
		t.Error("a token was good for another query")
	}
}

func TestFilters(t *testing.T) {
	h := newHouse(t)
	for filter, want := range map[string]string{
		`body_fat.sample_time.civil_time >= "2026-08-01"`:                          "COLLECTION_MISMATCH",
		`body-fat.sample_time.civil_time >= "2026-08-01"`:                          "DATA_TYPE_RESTRICTION",
		`weightGrams.sample_time.civil_time >= "2026-08-01"`:                       "DATA_TYPE_RESTRICTION",
		`weight.date >= "2026-08-01"`:                                              "DATA_TYPE_MEMBER",
		`weight.date >= "2026-08-01" AND weight.x < "2026-08-01"`:                  "DATA_TYPE_MEMBER DATA_TYPE_MEMBER",
		`weight.sample_time.civil_time > "2026-08-01"`:                             "RESTRICTION_COMPARATOR",
		`weight.sample_time.civil_time = "2026-08-01"`:                             "RESTRICTION_COMPARATOR",
		`weight.sample_time.physical_time >= "2026-08-01"`:                         "RESTRICTION_COMPARABLE",
		`weight.sample_time.civil_time >= "2026-08-01T00:00:00Z"`:                  "CIVIL_DATE_TIME_FORMAT",
		`weight.sample_time.civil_time >= "1 August"`:                              "CIVIL_DATE_TIME_FORMAT",
		`weight.sample_time.civil_time >=`:                                         "MISSING_TOKEN",
		`weight.sample_time.civil_time >= 2026-08-01 and`:                          "SYNTAX",
		`weight.sample_time.civil_time >= "2026-08-01" AND `:                       "MISSING_TOKEN",
		`weight.sample_time.civil_time >= "2026-08-01" OR weight.x < "2026-09-01"`: "SYNTAX",
		`weight.sample_time.civil_time >= "2026-08-01"; drop`:                      "SYNTAX",
	} {
		var expected []string
		for _, reason := range strings.Fields(want) {
			expected = append(expected, "INVALID_DATA_POINT_FILTER_"+reason)
		}
		status, reasons, _ := h.refused(weight+"?"+url.Values{"filter": {filter}}.Encode(), "")
		if status != http.StatusBadRequest || len(reasons) < 2 || reasons[0] != "INVALID_DATA_POINT_FILTER" || !slices.Equal(reasons[1:], expected) {
			t.Errorf("%s: %d %v, want %s", filter, status, reasons, want)
		}
	}
	count := func(filter string) int {
		return len(h.list(weight + "?" + url.Values{"filter": {filter}}.Encode()).DataPoints)
	}
	civil := count(`weight.sample_time.civil_time >= "2026-10-01" AND weight.sample_time.civil_time < "2026-10-31T20:00:00"`)
	physical := count(`weight.sample_time.physical_time >= "2026-09-30T23:00:00Z" AND weight.sample_time.physical_time < "2026-10-31T20:00:00Z"`)
	if civil == 0 || civil != physical {
		t.Errorf("%d by civil, %d by physical time", civil, physical)
	}
	for _, good := range []string{"/sleep/dataPoints?filter=sleep.interval.civil_end_time+>%3D+%222026-10-01%22+OR+sleep.interval.end_time+<+%222026-10-01T00:00:00Z%22",
		"/daily-resting-heart-rate/dataPoints?filter=daily_resting_heart_rate.date+>%3D+%222026-10-01%22",
		"/steps/dataPoints?pageSize=1&filter=steps.interval.civil_start_time+<+%222026-10-01%22"} {
		h.token = h.access(h.SignIn(append(fake.Scopes(), "https://www.googleapis.com/auth/googlehealth.sleep.readonly")...))
		if status, body := h.api("/v4/users/me/dataTypes"+good, ""); status != http.StatusOK {
			t.Errorf("%s: %d %s", good, status, body)
		}
	}
}

func TestRollUpRefuses(t *testing.T) {
	h := newHouse(t)
	const calories, steps = "/v4/users/me/dataTypes/total-calories/dataPoints", "/v4/users/me/dataTypes/steps/dataPoints"
	hours := func(from, to, more string) string {
		return fmt.Sprintf(`{"range":{"startTime":"2026-11-%sT00:00:00Z","endTime":"2026-11-%sT00:00:00Z"}%s}`, from, to, more)
	}
	days := func(from, to int, more string) string {
		return fmt.Sprintf(`{"range":{"start":{"date":{"year":2026,"month":11,"day":%d}},"end":{"date":{"year":2026,"month":11,"day":%d}}}%s}`, from, to, more)
	}
	for _, c := range []struct{ path, body, reason, says string }{
		{calories + ":rollUp", hours("01", "16", `,"windowSize":"3600s","pageSize":24`), "INVALID_ROLLUP_QUERY_DURATION", "14 days"},
		{calories + ":rollUp", hours("01", "02", `,"windowSize":"3600s"`), "INVALID_ROLLUP_QUERY_DURATION", "14 days"},
		{calories + ":rollUp", hours("01", "02", `,"windowSize":"3600s","pageSize":337`), "INVALID_ROLLUP_QUERY_DURATION", "14 days"},
		{calories + ":rollUp", hours("02", "01", `,"windowSize":"3600s","pageSize":24`), "INVALID_TIME_RANGE", ""},
		{calories + ":rollUp", `{"windowSize":"3600s"}`, "INVALID_TIME_RANGE", ""},
		{calories + ":rollUp", hours("01", "02", `,"windowSize":"0.5s","pageSize":24`), "", "window_size"},
		{calories + ":rollUp", hours("01", "02", `,"windowSize":"1h","pageSize":24`), "", "window_size"},
		{calories + ":rollUp", days(1, 2, ""), "", `Unknown name "start"`},
		{calories + ":rollUp", `{`, "", "Unable to parse"},
		{calories + ":dailyRollUp", hours("01", "02", ""), "", `Unknown name "startTime"`},
		{calories + ":dailyRollUp", days(1, 16, ""), "INVALID_ROLLUP_QUERY_DURATION", ""},
		{calories + ":dailyRollUp", days(1, 15, `,"pageSize":5`), "INVALID_ROLLUP_QUERY_DURATION", "page_size (5) is too small. Must be at least 14"},
		{calories + ":dailyRollUp", days(1, 15, `,"pageSize":100`), "INVALID_ROLLUP_QUERY_DURATION", ""},
		{calories + ":dailyRollUp", days(2, 2, ""), "INVALID_TIME_RANGE", ""},
		{calories + ":dailyRollUp", `{}`, "INVALID_TIME_RANGE", ""},
		{calories + ":dailyRollUp", `{"range":{"start":{"date":{"year":2026,"month":11,"day":1},"time":{"hours":1}},"end":{"date":{"year":2026,"month":11,"day":2}}}}`, "INVALID_TIME_RANGE", "aligned"},
		{"/v4/users/me/dataTypes/height/dataPoints:dailyRollUp", days(1, 2, ""), "UNSUPPORTED_DATA_TYPE_ACTION", "list, get, reconcile"},
		{steps + ":rollUp", strings.Replace(hours("01", "02", `,"windowSize":"3600s","pageSize":24`), "2026-11-01", "2026-08-01", 1), "INVALID_ROLLUP_QUERY_DURATION", "90 days"},
	} {
		status, reasons, message := h.refused(c.path, c.body)
		if status != http.StatusBadRequest || strings.Join(reasons, " ") != c.reason || !strings.Contains(message, c.says) {
			t.Errorf("%s %s: %d %v %s", c.path, c.body, status, reasons, message)
		}
	}
	for path, body := range map[string]string{
		calories + ":rollUp":      hours("01", "15", `,"windowSize":"3600s","pageSize":336`),
		steps + ":rollUp":         hours("01", "02", `,"windowSize":"3600s"`),
		calories + ":dailyRollUp": `{"range":{"start":{"date":{"year":2026,"month":11,"day":1}},"end":{"date":{"year":2026,"month":11,"day":14},"time":{"hours":23,"minutes":59,"seconds":59}}},"windowSizeDays":1}`,
		steps + ":dailyRollUp":    days(1, 22, `,"windowSizeDays":7`),
	} {
		status, answer := h.api(path, body)
		if status != http.StatusOK || !strings.Contains(answer, "rollupDataPoints") {
			t.Errorf("%s %s: %d %s", path, body, status, answer)
		}
	}
}

func TestRollUpPaging(t *testing.T) {
	h := newHouse(t)
	const path = "/v4/users/me/dataTypes/total-calories/dataPoints:rollUp"
	const body = `{"range":{"startTime":"2026-11-01T00:00:00Z","endTime":"2026-11-01T10:00:00Z"},"windowSize":"3600s","pageSize":4%s}`
	var starts []string
	for token := ""; ; {
		_, text := h.api(path, fmt.Sprintf(body, token))
		var page struct {
			RollupDataPoints []struct{ StartTime string }
			NextPageToken    string
		}
		if err := json.Unmarshal([]byte(text), &page); err != nil {
			t.Fatal(text)
		}
		for _, p := range page.RollupDataPoints {
			starts = append(starts, p.StartTime)
		}
		if page.NextPageToken == "" {
			break
		}
		token = `,"pageToken":"` + page.NextPageToken + `"`
	}
	if len(starts) != 10 || starts[0] != "2026-11-01T09:00:00Z" || starts[9] != "2026-11-01T00:00:00Z" {
		t.Errorf("%v", starts)
	}
}

// Windows without steps are left out; a day without is a value without a
// figure.
func TestNoSteps(t *testing.T) {
	h := newHouse(t)
	person := ann()
	person.Totals = map[health.DataType][]timeline.Portion{health.TypeSteps: {
		{Start: noon().Add(-3 * time.Hour).Unix(), End: noon().Add(-2 * time.Hour).Unix(), Amount: 0},
	}}
	h.Become(person)
	const steps = "/v4/users/me/dataTypes/steps/dataPoints"
	_, hours := h.api(steps+":rollUp", `{"range":{"startTime":"2026-11-22T00:00:00Z","endTime":"2026-11-22T12:00:00Z"},"windowSize":"3600s","pageSize":12}`)
	if strings.TrimSpace(hours) != "{}" {
		t.Error(hours)
	}
	_, days := h.api(steps+":dailyRollUp?prettyPrint=false", `{"range":{"start":{"date":{"year":2026,"month":11,"day":1}},"end":{"date":{"year":2026,"month":11,"day":30}}}}`)
	if strings.Count(days, `"steps":{}`) != 1 || strings.Count(days, "steps") != 1 {
		t.Error(days)
	}
}

// Averages of samples go by the date the sample was taken at.
func TestWeightRollUp(t *testing.T) {
	h := newHouse(t)
	_, body := h.api(weight+":dailyRollUp", `{"range":{"start":{"date":{"year":2026,"month":10,"day":30}},"end":{"date":{"year":2026,"month":10,"day":31}}}}`)
	sum, n := 0.0, 0
	for _, w := range ann().Weighings {
		if w.Date() == (health.Date{Year: 2026, Month: time.October, Day: 30}) {
			sum += w.KG * 1000
			n++
		}
	}
	if n != 2 || !strings.Contains(body, fmt.Sprintf(`"weightGramsAvg": %.0f`, sum/2)) {
		t.Errorf("%d weigh-ins: %s", n, body)
	}
}

func TestTroubles(t *testing.T) {
	h := newHouse(t)
	h.Set(func(k *fake.Knobs) {
		k.Troubles = []fake.Trouble{
			{Path: "/settings", Times: 2, Status: 429, Reason: "RATE_LIMIT_EXCEEDED", RetryAfter: "7"},
			{Path: "/profile", Status: 403, Reason: "SERVICE_DISABLED"},
			{Path: "/identity", HTML: true},
			{Path: "/weight", Half: true},
		}
	})
	for _, want := range []int{429, 429, 200} {
		if status, _ := h.api("/v4/users/me/settings", ""); status != want {
			t.Errorf("%d, want %d", status, want)
		}
	}
	if status, reasons, _ := h.refused("/v4/users/me/profile", ""); status != 403 || reasons[0] != "SERVICE_DISABLED" {
		t.Errorf("%d %v", status, reasons)
	}
	if status, body := h.api("/v4/users/me/identity", ""); status != 200 || !strings.Contains(body, "<html>") {
		t.Errorf("%d %s", status, body)
	}
	if status, body := h.api(weight, ""); status != 200 || json.Valid([]byte(body)) {
		t.Errorf("%d %s", status, body)
	}
	received := h.Requests("/settings")
	if len(received) != 3 || received[0].Method != http.MethodGet || !received[0].At.Equal(noon()) {
		t.Errorf("%+v", received)
	}
	h.Become(fake.Person{Identity: health.Identity{HealthUserID: "7"}, Zone: time.UTC})
	if status, body := h.api("/v4/users/me/dataTypes/height/dataPoints", ""); status != 200 || strings.TrimSpace(body) != "{}" {
		t.Errorf("%d %s", status, body)
	}
}

func TestListen(t *testing.T) {
	base, stop, err := fake.New(ann(), noon).Listen()
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(base + "/v4/users/me/identity")
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		t.Fatalf("%v, %v", resp, err)
	}
	_ = resp.Body.Close()
	stop()
	if _, err := http.Get(base); err == nil {
		t.Error("it still listens")
	}
}
