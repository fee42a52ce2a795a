package fake_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"vitals/fitbit/fake"
	"vitals/internal/health"
	"vitals/internal/timeline"
)

// answers are good requests of every kind, with the schema of the answer.
func answers() []struct{ path, body, schema string } {
	days := `{"range":{"start":{"date":{"year":2026,"month":11,"day":10}},"end":{"date":{"year":2026,"month":11,"day":23}}},"windowSizeDays":1}`
	hours := `{"range":{"startTime":"2026-11-22T00:00:00Z","endTime":"2026-11-22T12:00:00Z"},"windowSize":"3600s","pageSize":12}`
	list := []struct{ path, body, schema string }{
		{"identity", "", "Identity"}, {"profile", "", "Profile"}, {"settings", "", "Settings"},
		{"pairedDevices", "", "ListPairedDevicesResponse"},
		{"dataTypes/height/dataPoints", "", "ListDataPointsResponse"},
		{"dataTypes/weight/dataPoints:reconcile", "", "ReconcileDataPointsResponse"},
		{"dataTypes/total-calories/dataPoints:rollUp", hours, "RollUpDataPointsResponse"},
		{"dataTypes/total-calories/dataPoints:dailyRollUp", days, "DailyRollUpDataPointsResponse"},
	}
	for _, t := range []string{"weight", "body-fat", "active-energy-burned", "steps"} {
		list = append(list, []struct{ path, body, schema string }{
			{"dataTypes/" + t + "/dataPoints?pageSize=40", "", "ListDataPointsResponse"},
			{"dataTypes/" + t + "/dataPoints:rollUp", hours, "RollUpDataPointsResponse"},
			{"dataTypes/" + t + "/dataPoints:dailyRollUp", days, "DailyRollUpDataPointsResponse"},
		}...)
	}
	return list
}

// schema is a part of the discovery document.
type schema struct {
	Type, Format string
	Ref          string `json:"$ref"`
	Enum         []string
	Properties   map[string]schema
	Items        *schema
}

// Every key and type of every answer is in the published schema, and nothing
// empty or zero is sent but what marks a time or a value.
func TestAnswersFollowTheSchema(t *testing.T) {
	var discovery struct{ Schemas map[string]schema }
	if err := json.Unmarshal(shared(t, "discovery-health-v4-rev20261030.json"), &discovery); err != nil {
		t.Fatal(err)
	}
	h := newHouse(t)
	for _, a := range answers() {
		status, body := h.api("/v4/users/me/"+a.path, a.body)
		var value any
		if err := json.Unmarshal([]byte(body), &value); status != http.StatusOK || err != nil {
			t.Errorf("%s: %d %s", a.path, status, body)
			continue
		}
		if len(value.(map[string]any)) == 0 {
			t.Errorf("%s: empty", a.path)
		}
		for _, fault := range conform(a.path, value, schema{Ref: a.schema}, discovery.Schemas) {
			t.Error(fault)
		}
	}
}

func conform(where string, value any, s schema, all map[string]schema) (faults []string) {
	if s.Ref != "" {
		s = all[s.Ref]
	}
	wrong := func() []string { return []string{fmt.Sprintf("%s: %v is not %s %s", where, value, s.Type, s.Format)} }
	switch value := value.(type) {
	case map[string]any:
		for key, part := range value {
			property, known := s.Properties[key]
			if !known {
				faults = append(faults, where+": unknown key "+key)
				continue
			}
			faults = append(faults, conform(where+"."+key, part, property, all)...)
		}
	case []any:
		if s.Type != "array" || len(value) == 0 {
			return wrong()
		}
		for i, part := range value {
			faults = append(faults, conform(fmt.Sprintf("%s[%d]", where, i), part, *s.Items, all)...)
		}
	case string:
		good := s.Type == "string" && value != "" && (s.Enum == nil || slices.Contains(s.Enum, value))
		switch s.Format {
		case "google-datetime":
			_, err := time.Parse(time.RFC3339, value)
			good = good && err == nil && strings.HasSuffix(value, "Z")
		case "google-duration":
			_, err := time.ParseDuration(value)
			good = good && err == nil && strings.HasSuffix(value, "s")
		case "int64":
			good = good && strings.Trim(value, "0123456789") == "" && value != "0"
		}
		if !good {
			return wrong()
		}
	case float64:
		whole := s.Type == "integer" && s.Format == "int32" && value == math.Trunc(value)
		if !whole && (s.Type != "number" || s.Format != "double") || value == 0 {
			return wrong()
		}
	default:
		return wrong()
	}
	return faults
}

// The fake's answers have the keys of the real ones.
func TestAnswersResembleTheCaptured(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct{ fixture, path, body string }{
		{"captured/weight_list_health_connect.json", "dataTypes/weight/dataPoints?pageSize=40", ""},
		{"captured/body_fat_list_health_connect.json", "dataTypes/body-fat/dataPoints?pageSize=40", ""},
		{"captured/steps_list.json", "dataTypes/steps/dataPoints?pageSize=40", ""},
		{"captured/total_calories_daily_rollup.json", "dataTypes/total-calories/dataPoints:dailyRollUp", answers()[7].body},
		{"captured/steps_daily_rollup.json", "dataTypes/steps/dataPoints:dailyRollUp", answers()[7].body},
		{"constructed/total_calories_rollup_hourly.json", "dataTypes/total-calories/dataPoints:rollUp", answers()[6].body},
		{"constructed/weight_list_aria.json", "dataTypes/weight/dataPoints?pageSize=40", ""},
		{"constructed/height_list.json", "dataTypes/height/dataPoints", ""},
		{"synthetic/identity.json", "identity", ""},
	} {
		_, body := h.api("/v4/users/me/"+c.path, c.body)
		got, want := keys(t, []byte(body)), keys(t, shared(t, c.fixture))
		for key := range want {
			// Ann's steps come by the full hour, and no app passes on her body fat.
			known := strings.Contains(key, "ime.time.") || strings.HasPrefix(c.path, "dataTypes/body-fat") && strings.Contains(key, "application")
			if !got[key] && !known {
				t.Errorf("%s: no %s as in %s", c.path, key, c.fixture)
			}
		}
	}
	for _, c := range []struct{ fixture, path, body, token string }{
		{"captured/error_401_unauthenticated.json", "identity", "", "bogus"},
		{"captured/error_400_unknown_data_type.json", "dataTypes/heartRate/dataPoints", "", h.token},
		{"captured/error_400_filter_member.json", "dataTypes/weight/dataPoints?filter=weight.x+<+%221%22", "", h.token},
		{"captured/error_404_not_found.json", "dataTypes/weight/dataPoints/0", "", h.token},
		{"constructed/error_400_unsupported_action.json", "dataTypes/total-calories/dataPoints", "", h.token},
	} {
		h.token = c.token
		_, body := h.api("/v4/users/me/"+c.path, c.body)
		got, want := keys(t, []byte(body)), keys(t, shared(t, c.fixture))
		for key := range want {
			if !got[key] {
				t.Errorf("%s: no %s as in %s", c.path, key, c.fixture)
			}
		}
		for key := range got {
			if !want[key] {
				t.Errorf("%s: %s is not in %s", c.path, key, c.fixture)
			}
		}
	}
}

// keys lists the paths of all keys, and the types of what they hold.
func keys(t *testing.T, text []byte) map[string]bool {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	found := map[string]bool{}
	var walk func(path string, value any)
	walk = func(path string, value any) {
		switch value := value.(type) {
		case map[string]any:
			for key, part := range value {
				walk(path+"."+key, part)
			}
		case []any:
			for _, part := range value {
				walk(path+"[]", part)
			}
		default:
			found[fmt.Sprintf("%s %T", path, value)] = true
		}
	}
	walk("", value)
	return found
}

func TestMidnightIsAnEmptyTime(t *testing.T) {
	h := newHouse(t)
	_, body := h.api("/v4/users/me/dataTypes/steps/dataPoints:dailyRollUp", answers()[7].body)
	if !strings.Contains(body, `"time": {}`) {
		t.Error(body)
	}
}

func TestAnn(t *testing.T) {
	for _, now := range []time.Time{
		noon(), noon().Add(12 * time.Hour), time.Date(2027, time.April, 15, 5, 59, 59, 999, time.UTC),
		time.Date(2026, time.March, 29, 1, 30, 0, 0, time.UTC), time.Date(2026, time.August, 10, 6, 0, 0, 0, time.FixedZone("", -7*3600)),
	} {
		person := fake.Ann(now)
		judged := health.Judge(person.Weighings, now)
		count := map[health.Verdict]int{}
		for _, j := range judged {
			count[j.Verdict]++
			if j.At.After(now) {
				t.Errorf("%v: a weigh-in at %v", now, j.At)
			}
		}
		if count[health.HeldBack] != 1 || count[health.Mirror] != 1 || count[health.Accepted] < 850 {
			t.Errorf("%v: verdicts %v", now, count)
		}
		latest, _ := health.Latest(judged)
		rate, ok := health.RateOf(health.Daily(judged))
		perWeek, _ := rate.KGPerWeek()
		if latest.KG < 71 || latest.KG > 73 || !ok || perWeek > -0.1 || perWeek < -0.5 {
			t.Errorf("%v: %.1f kg, %.2f kg a week", now, latest.KG, perWeek)
		}
		paired := 0
		health.Pair(judged, person.BodyFats)
		for _, j := range judged {
			if j.Fat != nil {
				paired++
			}
		}
		if share := float64(paired) / float64(len(person.Weighings)); share < 0.85 || share > 0.99 {
			t.Errorf("%v: %.2f of the weigh-ins have body fat", now, share)
		}
		for kind, portions := range person.Totals {
			last := portions[len(portions)-1]
			if last.End > now.Unix() || kind == health.TypeCalories && last.End != now.Unix() {
				t.Errorf("%v: %s ends at %v", now, kind, time.Unix(last.End, 0))
			}
			if !slices.IsSortedFunc(portions, func(a, b timeline.Portion) int { return int(a.End - b.Start) }) {
				t.Errorf("%v: %s overlap", now, kind)
			}
		}
		for _, d := range person.Devices {
			if d.LastSync.After(now) {
				t.Errorf("%v: %s synced at %v", now, d.Name, d.LastSync)
			}
		}
		ids := map[string]bool{}
		for _, w := range person.Weighings {
			if ids[w.ID] {
				t.Errorf("%v: two weigh-ins %s", now, w.ID)
			}
			ids[w.ID] = true
		}
	}
	if fmt.Sprint(fake.Ann(noon())) != fmt.Sprint(ann()) {
		t.Error("not the same person for the same now")
	}
}

func BenchmarkAnn(b *testing.B) {
	for b.Loop() {
		fake.Ann(noon())
	}
}

func BenchmarkThreeYearsOfWeighIns(b *testing.B) {
	h := newHouse(&testing.T{})
	for b.Loop() {
		h.api(weight+"?pageSize=1000&prettyPrint=false", "")
	}
}
