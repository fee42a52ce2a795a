package takeout

import (
	"strings"
	"testing"

	"vitals/internal/health"
)

// iHealth tells the clock on the wall as if it were UTC, and the offset beside it.
func TestIHealth(t *testing.T) {
	row := `{"DataID":"5f%","DataSource":"FromDevice","FatValue":10,"MDate":1442491449,"TimeZone":@,"WeightValue":77.5,"Note":"\u001b[31mred"}`
	for offset, want := range map[string]string{
		`"-0800"`: "2015-09-17T12:04:09-08:00", `"+0530"`: "2015-09-17T12:04:09+05:30", `8`: "2015-09-17T12:04:09+08:00",
		`-8`: "2015-09-17T12:04:09-08:00", `""`: "2015-09-17T12:04:09+01:00", `"?"`: "2015-09-17T12:04:09+01:00",
	} {
		got := readFile(t, Options{}, "page1.json", `{"WeightDataList":[`+strings.Replace(row, "@", offset, 1)+`],"WeightUnit":0}`)
		equal(t, got.body(t), want+" 77.500 kg iHealth scale/4/ihealth ihealth:5f%\n"+want+" 10.00 % iHealth scale/4/ihealth ihealth:5f%")
	}
	row = strings.Replace(row, "@", `"+0000"`, 1)
	for unit, want := range map[string]string{"1": "35.153 kg", "2": "492.148 kg"} {
		got := readFile(t, Options{}, "page1.json", `{"WeightUnit":`+unit+`,"WeightDataList":[`+row+`]}`)
		if !strings.Contains(got.body(t), want) {
			t.Errorf("unit %s: %s", unit, got.body(t))
		}
	}
	if f := readFile(t, Options{}, "page1.json", `{"WeightDataList":[`+row+`],"WeightUnit":7}`).only(t); !f.Failed || !strings.Contains(f.Problem, "unit 7") {
		t.Errorf("%+v", f)
	}
}

func TestNullIsNothing(t *testing.T) {
	got := readFile(t, Options{}, "weight-2019-03-18.json", `[{"logId":7,"weight":189.3,"bmi":27.41,"fat":null,"date":"03/27/19","time":"14:34:01","source":null}]`)
	equal(t, got.body(t), "2019-03-27T14:34:01Z 85.865 kg Fitbit archive/0/fitbit-archive fitbit-archive:7")
}

// A file that the user names is looked into, whatever its name.
func TestNamedFilesAreLookedInto(t *testing.T) {
	for _, name := range []string{"UserWeights.csv", "sleep.csv", "readme.txt", "weights.dat", "weights"} {
		if got := readFile(t, Options{}, name, "date,weight kg\n2019-03-02,71.4\n"); got.only(t).Read() != 1 {
			t.Errorf("%s: %+v", name, got.report)
		}
	}
}

// Snapshots of a running day are not added up.
func TestIHealthActivity(t *testing.T) {
	got := readFile(t, Options{}, "activity.json", `{"ARDataList":[
{"Calories":800,"MDate":1447698000,"Steps":2100,"TimeZone":"+0500"},{"Calories":1571,"MDate":1447700000,"Steps":4000,"TimeZone":"+0500"},
{"Calories":1200,"MDate":1447699000,"Steps":3000,"TimeZone":"+0500"},{"Calories":0,"MDate":1447800000,"Steps":5,"TimeZone":"+0500"}]}`)
	equal(t, got.days(t, health.TypeCalories), "2015-11-16 1571.0000 ihealth 0s")
	equal(t, got.days(t, health.TypeSteps), "2015-11-16 4000.0000 ihealth 0s\n2015-11-17 5.0000 ihealth 0s")
}

func TestBodiesOfTheClosedAPI(t *testing.T) {
	got := readFile(t, Options{}, "w.json", "\ufeff"+`{"weight":[{"bmi":23.57,"date":"2019-03-05","fat":14.5,"logId":1551830399000,"source":"API","time":"23:59:59","weight":73}]}`)
	equal(t, got.body(t), `
2019-03-05T23:59:59Z 73.000 kg typed in or from an app/1/fitbit-api fitbit-api:1551830399000
2019-03-05T23:59:59Z 14.50 % typed in or from an app/1/fitbit-api fitbit-api:1551830399000`)
	got = readFile(t, Options{}, "c.json", `{"activities-calories":[{"dateTime":"2018-12-26","value":"2504"}],"activities-calories-intraday":{"dataset":[{"value":9}]}}`)
	equal(t, got.days(t, health.TypeCalories), "2018-12-26 2504.0000 fitbit-api 0s")
	for text, says := range map[string]string{
		`{"weight":[{"date":"2019-03-05","logId":1,"time":"07:00:00","weight":73}]}`:                           "no unit",
		`{"errors":[{"errorType":"expired_token","message":"Access token expired\u001b[2J"}],"success":false}`: "Access token expired",
		`{"Error":"unauthorized_token","ErrorCode":2002,"ErrorDescription":"The token is wrong"}`:              "The token is wrong",
		`[{"dateTime":"03/27/19 00:00:00","value":"1"}]`:                                                       "its name does not tell",
		`{"body-weight":[{"dateTime":"2019-03-13","value":"77.1"}]`:                                            "cut short",
	} {
		if f := readFile(t, Options{}, "x.json", text).only(t); !f.Failed || !strings.Contains(f.Problem, says) || strings.Contains(f.Problem, "\x1b") {
			t.Errorf("%s: %+v", text, f)
		}
	}
	if f := readFile(t, Options{}, "x.json", `{"body-weight":[{"dateTime":"2019-03-13","value":"77.1"}]}`).only(t); f.Failed || !strings.Contains(f.Problem, "filled in") || f.Read() != 0 {
		t.Errorf("%+v", f)
	}
}
