package command

import (
	"strings"
	"testing"
	"time"

	"vitals/fitbit/fake"
	"vitals/internal/health"
)

// What no person weighs, burns or walks is told in one line, kept in the record,
// and out of all figures; telling it once is enough.
func TestAbsurdFiguresAreToldAndKeptAndCountNowhere(t *testing.T) {
	b := newBox(t)
	person := fake.Ann(moment)
	person.Profile.MemberSince = health.Date{Year: 2026, Month: time.September, Day: 1}
	latest := person.Weighings[len(person.Weighings)-1].KG
	source := health.Source{Name: "Aria \x1b]0;owned\x07\x1b[31m2", Kind: health.SourceScale}
	at := func(year int, month time.Month, day, hour int) time.Time {
		return time.Date(year, month, day, hour, 30, 0, 0, person.Zone)
	}
	person.Weighings = append(person.Weighings,
		health.Weighing{ID: "absurd-1", At: at(2026, time.November, 22, 9), KG: 7000, Source: source},
		health.Weighing{ID: "absurd-2", At: at(1970, time.January, 1, 1), KG: 71, Source: source},
		health.Weighing{ID: "absurd-3", At: at(2099, time.March, 2, 1), KG: 71, Source: source})
	person.BodyFats = append(person.BodyFats, health.BodyFat{ID: "absurd-4", At: at(2026, time.November, 20, 18), Percent: 0.26, Source: source})
	tenth := time.Date(2026, time.November, 10, 0, 0, 0, 0, person.Zone).Unix()
	for i, p := range person.Totals[health.TypeCalories] {
		if p.Start >= tenth && p.Start < tenth+24*60*60 {
			person.Totals[health.TypeCalories][i].Amount = 229_313.0 / 24
		}
	}
	b.google.Become(person)
	b.signIn("")
	r := b.run("sync")
	r.expect(t, 0,
		"vitals: weight: 3 weigh-ins held back, the newest: 71 kg on 2 Mar 2099, in the future",
		"vitals: body-fat: 1 body fat reading held back: 0.26 % on 20 Nov 2026",
		"vitals: calories: 1 day left out: 229,313 kcal on 10 Nov 2026")
	if n := strings.Count(r.stderr, "\n"); n != 3 || strings.ContainsAny(r.stdout+r.stderr, "\x1b\x07") {
		t.Errorf("%d lines: %q", n, r.stderr)
	}
	b.run("sync").expect(t, 0)

	for _, row := range b.run("export", "calories", "--from", "2026-11-09", "--to", "2026-11-12").rows(t) {
		if absurd := row["label"] == "2026-11-10"; absurd != (row["value"] == "") || absurd != (row["status"] == "empty") {
			t.Errorf("exported %v", row)
		}
	}
	for _, by := range []string{"hour", "month"} {
		for _, row := range b.run("export", "calories", "--by", by, "--from", "2026-11-01").rows(t) {
			if strings.HasPrefix(row["label"], "2026-11-10") && row["status"] != "empty" || len(row["value"]) > len("12345.123456") {
				t.Errorf("exported %v", row)
			}
		}
	}
	held := map[string]bool{}
	raw := b.run("export", "weight", "--by", "raw")
	for _, row := range raw.rows(t) {
		if row["excluded"] == "held back" {
			held[row["value"]+" "+row["civil_date"]] = true
		}
	}
	for _, reading := range []string{"7000.000000 2026-11-22", "71.000000 1970-01-01", "71.000000 2099-03-02"} {
		if !held[reading] {
			t.Errorf("%s is not in the record as held back: %v", reading, held)
		}
	}
	if strings.ContainsAny(raw.stdout, "\x1b\x07") {
		t.Error("the export holds escape codes")
	}
	body := b.run("report", "--json").object(t)["body"].(map[string]any)
	if body["weight_kg"] != latest || body["trend_kg"].(float64) > 100 {
		t.Errorf("body %v, want %v kg", body, latest)
	}
}
