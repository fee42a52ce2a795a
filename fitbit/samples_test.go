package fitbit_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"vitals/fitbit"
	"vitals/fitbit/fake"
	"vitals/internal/health"
)

// instants replaces times by what must survive: the instant and the local
// clock. Locations differ, as an offset is all that is sent.
func instants[T any](list []T, at func(*T) *time.Time) []T {
	list = slices.Clone(list)
	for i := range list {
		t := at(&list[i])
		_, offset := t.Zone()
		*t = t.In(time.FixedZone(fmt.Sprint(offset), offset))
	}
	return list
}

func whole[T any](t *testing.T, name string, got []T, err error, want []T, at func(*T) *time.Time) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	got, want = instants(got, at), instants(want, at)
	if len(got) != len(want) {
		t.Errorf("%s: %d points, want %d", name, len(got), len(want))
		return
	}
	for i := range got {
		if !at(&got[i]).Equal(*at(&want[i])) || at(&got[i]).String() != at(&want[i]).String() {
			t.Errorf("%s %d: at %v, want %v", name, i, *at(&got[i]), *at(&want[i]))
		}
		*at(&got[i]), *at(&want[i]) = time.Time{}, time.Time{}
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("%s %d: %+v, want %+v", name, i, got[i], want[i])
		}
	}
}

func weighedAt(w *health.Weighing) *time.Time { return &w.At }
func fatAt(f *health.BodyFat) *time.Time      { return &f.At }
func heightAt(h *health.Height) *time.Time    { return &h.At }

// What a person's account holds comes out as it went in, however the server
// cuts its pages.
func TestOnlyTheFirstPageIsNotEnough(t *testing.T) {
	for name, knobs := range map[string]fake.Knobs{
		"healthy":                {},
		"small pages":            {MostPerPage: 9},
		"first page empty":       {EmptyPage: true, MostPerPage: 30},
		"last page empty":        {EmptyLast: true},
		"empty token":            {EmptyToken: true},
		"filters refused":        {RefuseFilters: true},
		"all at once, no filter": {RefuseFilters: true, EmptyPage: true, EmptyLast: true, EmptyToken: true, MostPerPage: 25},
	} {
		t.Run(name, func(t *testing.T) {
			person := lately()
			w := newWorld(t, person)
			w.fake.Set(func(k *fake.Knobs) { *k = knobs })
			var open health.Date
			weighings, err := w.client.Weighings(t.Context(), open, open)
			whole(t, "weighings", weighings, err, person.Weighings, weighedAt)
			fats, err := w.client.BodyFats(t.Context(), open, open)
			whole(t, "body fats", fats, err, person.BodyFats, fatAt)
			heights, err := w.client.Heights(t.Context(), open, open)
			whole(t, "heights", heights, err, person.Heights, heightAt)

			from, to := date(2026, time.October, 1), date(2026, time.November, 1)
			weighings, err = w.client.Weighings(t.Context(), from, to)
			var october []health.Weighing
			for _, weighing := range person.Weighings {
				if d := weighing.Date(); !d.Before(from) && d.Before(to) {
					october = append(october, weighing)
				}
			}
			if len(october) < 20 {
				t.Fatalf("only %d weigh-ins in October", len(october))
			}
			whole(t, "October", weighings, err, october, weighedAt)
			weighings, err = w.client.Weighings(t.Context(), to, from)
			whole(t, "nothing", weighings, err, nil, weighedAt)
		})
	}
}

func TestWholeHistory(t *testing.T) {
	person := sample()
	weighings, err := newWorld(t, person).client.Weighings(t.Context(), health.Date{}, health.Date{})
	whole(t, "weighings", weighings, err, person.Weighings, weighedAt)
	if len(weighings) < 900 {
		t.Errorf("%d weigh-ins in three years", len(weighings))
	}
}

func TestListRequests(t *testing.T) {
	w := newWorld(t, lately())
	from, to := date(2026, time.October, 1), date(2026, time.November, 1)
	for _, c := range []struct {
		from, to health.Date
		filter   string
	}{
		{health.Date{}, health.Date{}, ""},
		{from, health.Date{}, `body_fat.sample_time.civil_time >= "2026-10-01"`},
		{health.Date{}, to, `body_fat.sample_time.civil_time < "2026-11-01"`},
		{from, to, `body_fat.sample_time.civil_time >= "2026-10-01" AND body_fat.sample_time.civil_time < "2026-11-01"`},
	} {
		if _, err := w.client.BodyFats(t.Context(), c.from, c.to); err != nil {
			t.Fatal(err)
		}
		sent := w.fake.Requests("/v4/")
		q := sent[len(sent)-1].Query
		if q.Get("filter") != c.filter || q.Has("dataSourceFamily") || q.Has("pageToken") || q.Get("pageSize") == "" {
			t.Errorf("sent %v, want filter %s", q, c.filter)
		}
	}
}

// Without its filter the service is not read to the beginning of time.
func TestUnfilteredListStopsInTime(t *testing.T) {
	w := newWorld(t, lately())
	w.fake.Set(func(k *fake.Knobs) { k.RefuseFilters, k.MostPerPage = true, 10 })
	if _, err := w.client.Weighings(t.Context(), date(2026, time.November, 1), health.Date{}); err != nil {
		t.Fatal(err)
	}
	if got := len(w.fake.Requests("/v4/")); got > 4 {
		t.Errorf("%d requests", got)
	}
}

func TestEndlessListEnds(t *testing.T) {
	n := 0
	for name, c := range map[string]struct {
		next func() string
		most int
	}{
		"same token": {func() string { return "again" }, 3},
		"new tokens": {func() string { n++; return fmt.Sprint("token", n) }, 1001},
	} {
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == fake.TokenPath {
				canned(http.StatusOK, "").ServeHTTP(w, r)
				return
			}
			_, _ = io.WriteString(w, `{"nextPageToken":"`+c.next()+`"}`)
		})
		client := clientOf(t, handler)
		_, err := client.Weighings(t.Context(), health.Date{}, health.Date{})
		if err == nil || !strings.Contains(err.Error(), "does not end") || client.Requests() > c.most {
			t.Errorf("%s: %v after %d requests", name, err, client.Requests())
			continue
		}
		complain(t, err)
	}
}

// weights lists weight points given as JSON, newest first.
func weights(t *testing.T, points ...string) ([]health.Weighing, error) {
	t.Helper()
	body := `{"dataPoints":[` + strings.Join(points, ",") + `]}`
	return clientOf(t, canned(http.StatusOK, body)).Weighings(t.Context(), health.Date{}, health.Date{})
}

func TestSources(t *testing.T) {
	for _, c := range []struct {
		source string
		want   health.Source
	}{
		{`{"device":{"displayName":"Aria 2","formFactor":"SCALE"},"platform":"FITBIT","recordingMethod":"ACTIVELY_MEASURED"}`, health.Source{Name: "Aria 2", Kind: health.SourceScale}},
		{`{"device":{"displayName":"Aria Air"},"platform":"FITBIT"}`, health.Source{Name: "Aria Air", Kind: health.SourceScale}},
		{`{"device":{"formFactor":"SCALE"},"platform":"FITBIT"}`, health.Source{Name: "scale", Kind: health.SourceScale}},
		{`{"device":{"formFactor":"SCALE"},"application":{"packageName":"org.example.app"},"platform":"HEALTH_CONNECT"}`, health.Source{Name: "scale", Kind: health.SourceDevice}},
		{`{"device":{"displayName":"Charge 6"},"platform":"FITBIT"}`, health.Source{Name: "Charge 6", Kind: health.SourceDevice}},
		{`{"recordingMethod":"MANUAL","platform":"FITBIT"}`, health.Source{Name: "manual", Kind: health.SourceManual}},
		{`{"recordingMethod":"UNKNOWN","device":{},"application":{"packageName":"org.example.app"},"platform":"HEALTH_CONNECT"}`, health.Source{Name: "org.example.app", Kind: health.SourceApp}},
		{`{"platform":"HEALTH_CONNECT"}`, health.Source{Name: "Health Connect"}},
		{`{"platform":"HEALTH_KIT"}`, health.Source{Name: "Apple Health"}},
		{`{"platform":"FIT"}`, health.Source{Name: "Google Fit"}},
		{`{"platform":"FITBIT"}`, health.Source{Name: "Fitbit"}},
		{`{"platform":"FITBIT_WEB_API"}`, health.Source{Name: "Fitbit Web API"}},
		{`{"platform":"SOMETHING_NEW"}`, health.Source{}},
		{`{}`, health.Source{}},
		{`null`, health.Source{}},
		{`{"device":{"displayName":"Aria\u001b[31m\u202e 2"}}`, health.Source{Name: "Aria[31m 2", Kind: health.SourceScale}},
	} {
		got, err := weights(t, `{"name":"users/1/dataTypes/weight/dataPoints/7","dataSource":`+c.source+
			`,"weight":{"sampleTime":{"physicalTime":"2026-11-21T06:42:13Z","utcOffset":"3600s"},"weightGrams":70000}}`)
		if err != nil || len(got) != 1 || got[0].Source != c.want || got[0].ID != "7" {
			t.Errorf("%s: %+v, %v", c.source, got, err)
		}
	}
}

// A reading belongs to the date that the clock showed where it was taken.
func TestCivilDates(t *testing.T) {
	const civil = `"civilTime":{"date":{"year":2026,"month":11,"day":%d},"time":%s}`
	for name, c := range map[string]struct {
		sampleTime string
		want       string
	}{
		"civil time":                    {`"physicalTime":"2026-11-20T22:30:00Z","utcOffset":"46800s",` + fmt.Sprintf(civil, 21, `{"hours":11,"minutes":30}`), "2026-11-21T11:30:00+13:00"},
		"civil time against the offset": {`"physicalTime":"2026-11-20T22:30:00Z","utcOffset":"0s",` + fmt.Sprintf(civil, 21, `{"hours":0,"minutes":30}`), "2026-11-21T00:30:00+02:00"},
		"midnight":                      {`"physicalTime":"2026-11-21T00:00:00Z",` + fmt.Sprintf(civil, 21, `{}`), "2026-11-21T00:00:00Z"},
		"half an hour":                  {`"physicalTime":"2026-11-21T03:00:00.25Z",` + fmt.Sprintf(civil, 20, `{"hours":23,"minutes":30,"nanos":250000000}`), "2026-11-20T23:30:00.25-03:30"},
		"truncated seconds":             {`"physicalTime":"2026-11-21T03:00:00.9Z",` + fmt.Sprintf(civil, 21, `{"hours":4}`), "2026-11-21T04:00:00.9+01:00"},
		"offset alone":                  {`"physicalTime":"2026-11-21T03:00:00Z","utcOffset":"-18000s"`, "2026-11-20T22:00:00-05:00"},
		"date alone":                    {`"physicalTime":"2026-11-21T10:00:00Z","utcOffset":"3600s","civilTime":{"date":{"year":2026,"month":11,"day":21}}`, "2026-11-21T11:00:00+01:00"},
		"nothing but a date":            {`"physicalTime":"2026-11-21T10:00:00Z","civilTime":{"date":{"year":2026,"month":11,"day":21}}`, "2026-11-21T00:00:00-10:00"},
		"no such date":                  {`"physicalTime":"2026-11-21T03:00:00Z","utcOffset":"3600s",` + fmt.Sprintf(civil, 31, `{}`), "2026-11-21T04:00:00+01:00"},
		"no such offset":                {`"physicalTime":"2026-11-21T03:00:00Z","utcOffset":"3600s",` + fmt.Sprintf(civil, 11, `{}`), "2026-11-21T04:00:00+01:00"},
	} {
		got, err := weights(t, `{"weight":{"sampleTime":{`+c.sampleTime+`},"weightGrams":70000}}`)
		if err != nil || len(got) != 1 || got[0].At.Format(time.RFC3339Nano) != c.want {
			t.Errorf("%s: %v, %v; want %s", name, got, err, c.want)
			continue
		}
		if got[0].Date().String() != c.want[:10] || got[0].ID == "" {
			t.Errorf("%s: date %s, id %q", name, got[0].Date(), got[0].ID)
		}
	}
}

// Half an hour before and after midnight, wherever that was, a weigh-in is
// found under the date that the clock showed.
func TestMidnightPutsNothingUnderTheWrongDate(t *testing.T) {
	person := lately()
	person.Weighings = nil
	for i, zone := range []string{"UTC", "Pacific/Auckland", "America/St_Johns", "America/Los_Angeles"} {
		place, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for k, minute := range []int{-30, 30} {
			person.Weighings = append(person.Weighings, health.Weighing{
				ID: fmt.Sprint(10*i + k), KG: 70, At: time.Date(2026, time.October, 15, 0, minute, 0, 0, place),
				Source: health.Source{Name: "manual", Kind: health.SourceManual},
			})
		}
	}
	for _, refuse := range []bool{false, true} {
		w := newWorld(t, person)
		w.fake.Set(func(k *fake.Knobs) { k.RefuseFilters = refuse })
		for day, last := range map[int]string{14: "0", 15: "1"} {
			got, err := w.client.Weighings(t.Context(), date(2026, time.October, day), date(2026, time.October, day+1))
			if err != nil || len(got) != 4 {
				t.Errorf("%d October: %v, %v", day, got, err)
			}
			for _, weighing := range got {
				if weighing.Date() != date(2026, time.October, day) || !strings.HasSuffix(weighing.ID, last) {
					t.Errorf("%d October: %+v", day, weighing)
				}
			}
		}
	}
}

// Points without any offset are in the account's zone, asked for once.
func TestAccountZone(t *testing.T) {
	const points = `{"dataPoints":[
		{"weight":{"sampleTime":{"physicalTime":"2026-11-21T03:00:00Z"},"weightGrams":70000}},
		{"weight":{"sampleTime":{"physicalTime":"2026-07-21T03:00:00Z"},"weightGrams":70000}}]}`
	for zone, want := range map[string][2]string{
		"America/New_York": {"2026-07-20T23:00:00-04:00", "2026-11-20T22:00:00-05:00"},
		"Local":            {"2026-07-21T03:00:00Z", "2026-11-21T03:00:00Z"},
		"Mars/Olympus":     {"2026-07-21T03:00:00Z", "2026-11-21T03:00:00Z"},
		"":                 {"2026-07-21T03:00:00Z", "2026-11-21T03:00:00Z"},
	} {
		asked := 0
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body := points
			if strings.HasSuffix(r.URL.Path, "/settings") {
				asked++
				body = `{"timeZone":"` + zone + `"}`
			}
			canned(http.StatusOK, body).ServeHTTP(w, r)
		})
		client := clientOf(t, handler)
		for range 2 {
			got, err := client.Weighings(t.Context(), health.Date{}, health.Date{})
			if err != nil || len(got) != 2 {
				t.Fatalf("%v, %v", got, err)
			}
			if times := [2]string{got[0].At.Format(time.RFC3339), got[1].At.Format(time.RFC3339)}; times != want {
				t.Errorf("%q: %v, want %v", zone, times, want)
			}
		}
		if asked != 1 {
			t.Errorf("%q: asked %d times", zone, asked)
		}
		client.Forget()
		if _, err := client.Weighings(t.Context(), health.Date{}, health.Date{}); err != nil || asked != 2 {
			t.Errorf("%q: another account: %v, asked %d times", zone, err, asked)
		}
	}
}

// Without access to the settings the zone is UTC; without a network nothing is
// guessed.
func TestAccountZoneNotToBeHad(t *testing.T) {
	for status, fails := range map[int]bool{http.StatusForbidden: false, http.StatusServiceUnavailable: true} {
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/settings") {
				w.WriteHeader(status)
				return
			}
			canned(http.StatusOK, `{"dataPoints":[{"weight":{"sampleTime":{"physicalTime":"2026-11-21T03:00:00Z"},"weightGrams":70000}}]}`).ServeHTTP(w, r)
		})
		got, err := clientOf(t, handler).Weighings(t.Context(), health.Date{}, health.Date{})
		if fails != errors.Is(err, health.ErrOverloaded) || !fails && len(got) != 1 {
			t.Errorf("%d: %v, %v", status, got, err)
		}
	}
}

// Points without a value or a time are counted and left out; the others stay,
// also those that cannot be true: what counts is decided later.
func TestAbsurdReadingsAreKept(t *testing.T) {
	const good = `"sampleTime":{"physicalTime":"2026-11-21T03:00:00Z","utcOffset":"0s"}`
	got, err := weights(t,
		`{"weight":{`+good+`,"weightGrams":70000}}`,
		`{"weight":{`+good+`}}`,
		`{"weight":{`+good+`,"weightGrams":-1}}`,
		`{"weight":{`+good+`,"weightGrams":0}}`,
		`{"name":"users/1/dataTypes/weight/dataPoints/7000","weight":{`+good+`,"weightGrams":7000000}}`,
		`{"weight":{"sampleTime":{"physicalTime":"1970-01-01T00:00:00Z","utcOffset":"0s"},"weightGrams":71000}}`,
		`{"weight":{"sampleTime":{"physicalTime":"2099-01-01T00:00:00Z","utcOffset":"0s"},"weightGrams":72000}}`,
		`{"weight":{"weightGrams":70000}}`,
		`{"weight":{"sampleTime":{},"weightGrams":70000}}`,
		`{"weight":{"sampleTime":{"physicalTime":"yesterday"},"weightGrams":70000}}`,
		`{"bodyFat":{`+good+`,"percentage":20}}`,
		`{}`, `null`)
	var kilograms []float64
	for _, weighing := range got {
		kilograms = append(kilograms, weighing.KG)
	}
	if !slices.Equal(kilograms, []float64{71, 70, 7000, 72}) {
		t.Errorf("got %v", got)
	}
	var counted interface{ Skipped() int }
	if !errors.As(err, &counted) || counted.Skipped() != 9 {
		t.Errorf("got %v", err)
	}
	complain(t, err)

	fats, err := clientOf(t, canned(http.StatusOK, `{"dataPoints":[{"name":"a/1","bodyFat":{`+good+`,"percentage":0.26}},{"bodyFat":{`+good+`}},{"name":"a/2","bodyFat":{`+good+`,"percentage":127.3}},{"name":"a/3","bodyFat":{`+good+`,"percentage":-27.3}}]}`)).
		BodyFats(t.Context(), health.Date{}, health.Date{})
	if len(fats) != 2 || fats[0].Percent != 0.26 || fats[1].Percent != 127.3 || !errors.As(err, &counted) || counted.Skipped() != 2 {
		t.Errorf("%v, %v", fats, err)
	}
	heights, err := clientOf(t, canned(http.StatusOK, `{"dataPoints":[{"height":{`+good+`,"heightMillimeters":"0"}},{"height":{`+good+`,"heightMillimeters":1720}}]}`)).
		Heights(t.Context(), health.Date{}, health.Date{})
	if len(heights) != 1 || heights[0].Metres != 1.72 || !errors.As(err, &counted) || counted.Skipped() != 1 || !strings.HasPrefix(err.Error(), "1 reading of height was") {
		t.Errorf("%v, %v", heights, err)
	}
}

// The pages of a list shift while they are read: what comes twice is kept once.
// Of two readings that share an ID the one listed first is the newer.
func TestAReadingThatIsListedTwiceIsKeptOnce(t *testing.T) {
	point := func(id string, grams int) string {
		return fmt.Sprintf(`{"name":"users/1/dataTypes/weight/dataPoints/%s","weight":{"sampleTime":{"physicalTime":"2026-11-21T03:00:00Z","utcOffset":"0s"},"weightGrams":%d}}`, id, grams)
	}
	pages := []string{
		point("1", 70000) + "," + point("2", 71000) + "," + point("2", 71000),
		point("2", 71000) + "," + point("3", 72000) + "," + point("1", 69000),
	}
	page := 0
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == fake.TokenPath {
			canned(http.StatusOK, "").ServeHTTP(w, r)
			return
		}
		next := map[int]string{0: "next"}[page]
		_, _ = fmt.Fprintf(w, `{"dataPoints":[%s],"nextPageToken":%q}`, pages[page], next)
		page++
	})
	got, err := clientOf(t, handler).Weighings(t.Context(), health.Date{}, health.Date{})
	var kilograms []float64
	for _, weighing := range got {
		kilograms = append(kilograms, weighing.KG)
	}
	var counted interface{ Skipped() int }
	if !slices.Equal(kilograms, []float64{70, 71, 72}) || !errors.As(err, &counted) || counted.Skipped() != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestFixturesOfSamples(t *testing.T) {
	read := func(name string) *fitbit.Client {
		return clientOf(t, canned(http.StatusOK, lastPage(fixture(t, name))))
	}
	open := health.Date{}
	app := health.Source{Name: "jp.healthplanet.healthplanetapp", Kind: health.SourceApp}
	tokyo, berlin := time.FixedZone("", 9*3600), time.FixedZone("", 3600)

	weighings, err := read("captured/weight_list_health_connect.json").Weighings(t.Context(), open, open)
	whole(t, "app's weights", weighings, err, []health.Weighing{
		{ID: "886503075782888464", At: time.Date(2026, 9, 14, 7, 57, 30, 0, tokyo), KG: 88.3, Source: app},
		{ID: "8107172512320991248", At: time.Date(2026, 9, 26, 7, 15, 10, 0, tokyo), KG: 90.2, Source: app},
	}, weighedAt)
	fats, err := read("captured/body_fat_list_health_connect.json").BodyFats(t.Context(), open, open)
	whole(t, "app's fats", fats, err, []health.BodyFat{
		{ID: "4226214199077062968", At: time.Date(2026, 9, 14, 7, 57, 30, 0, tokyo), Percent: 26.6, Source: app},
		{ID: "911827026476164016", At: time.Date(2026, 9, 26, 7, 15, 10, 0, tokyo), Percent: 25.8, Source: app},
	}, fatAt)
	aria := health.Source{Name: "Aria Air", Kind: health.SourceScale}
	weighings, err = read("constructed/weight_list_aria.json").Weighings(t.Context(), open, open)
	whole(t, "Aria", weighings, err, []health.Weighing{
		{ID: "70000000", At: time.Date(2026, 11, 20, 7, 38, 2, 0, berlin), KG: 78.6005, Source: aria},
		{ID: "70000001", At: time.Date(2026, 11, 21, 7, 42, 13, 0, berlin), KG: 78.45, Source: aria},
	}, weighedAt)
	heights, err := read("constructed/height_list.json").Heights(t.Context(), open, open)
	whole(t, "height", heights, err, []health.Height{{ID: "90000001", At: time.Date(2020, 1, 5, 12, 0, 0, 0, berlin), Metres: 1.78}}, heightAt)
	weighings, err = read("captured/empty_page.json").Weighings(t.Context(), open, open)
	whole(t, "empty page", weighings, err, nil, weighedAt)
	weighings, err = weights(t, fixture(t, "captured/weight_point_scale_via_health_connect_trimmed.json"))
	whole(t, "trimmed point", weighings, err, []health.Weighing{
		{ID: "781358263232693160", At: time.Date(2026, 8, 24, 20, 53, 3, 0, time.UTC), KG: 115.33, Source: health.Source{Name: "scale", Kind: health.SourceDevice}},
	}, weighedAt)
}

// lastPage removes the token that names a page the fixtures do not have.
func lastPage(body string) string { return strings.Replace(body, `"opaque-page-2"`, `""`, 1) }
