package push_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

func (s *site) weigh(id string, at time.Time, kg float64, source health.Source) {
	s.t.Helper()
	if _, _, err := s.store.SaveWeighings(s.t.Context(), []health.Weighing{{ID: id, At: at, KG: kg, Source: source}}); err != nil {
		s.t.Fatal(err)
	}
}

// use keeps a meter's quarter-hours from an instant on, of so much each.
func (s *site) use(from time.Time, quarters int, kwh float64) {
	s.t.Helper()
	start := from.Unix() - from.Unix()%timeline.QuarterHour
	r := timeline.RollUp{Source: "meter.db: readings", Step: time.Minute, From: time.Unix(start, 0), To: time.Unix(start+int64(quarters)*timeline.QuarterHour, 0)}
	for i := range quarters {
		at := start + int64(i)*timeline.QuarterHour
		r.Portions = append(r.Portions, timeline.Portion{Start: at, End: at + timeline.QuarterHour, Amount: kwh * float64(1+i%7) / 3, Covered: timeline.QuarterHour * time.Second})
	}
	if err := s.store.SaveRollUp(s.t.Context(), "m", r); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) burn(t health.DataType, d health.Date, amount float64) {
	s.t.Helper()
	if _, _, err := s.store.SaveDayTotals(s.t.Context(), t, []health.DayTotal{{Date: d, Amount: amount, AsOf: moment}}); err != nil {
		s.t.Fatal(err)
	}
}

func scale() health.Source { return health.Source{Name: "Aria 2", Kind: health.SourceScale} }

// someone fills a history with a bit of everything.
func (s *site) someone(id string) {
	s.t.Helper()
	ctx := s.t.Context()
	if id != "" {
		if _, _, err := s.store.SaveIdentity(ctx, health.Identity{HealthUserID: id, FitbitUserID: "1ABCDE"}); err != nil {
			s.t.Fatal(err)
		}
	}
	_, _, err := s.store.SaveProfile(ctx, health.Profile{Name: "Ann E.", Age: 41, MemberSince: health.Date{Year: 2014, Month: time.March, Day: 2}})
	if err == nil {
		_, _, err = s.store.SaveHeights(ctx, []health.Height{{ID: "h", At: moment.AddDate(-1, 0, 0), Metres: 1.72}})
	}
	if err == nil {
		_, _, err = s.store.SaveBodyFats(ctx, []health.BodyFat{{ID: "f", At: moment.AddDate(0, 0, -1), Percent: 27.3, Source: scale()}})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	for i := range 40 {
		at := moment.AddDate(0, 0, -i)
		s.weigh(fmt.Sprint(id, "w", i), at, 71.4+float64(i)/50, scale())
		s.burn(health.TypeCalories, health.DateOf(at), 2200+float64(i))
		if i > 3 {
			s.burn(health.TypeSteps, health.DateOf(at), 8000)
		}
	}
	s.weigh(id+"guest", moment.Add(-time.Hour), 95, scale())
	s.use(moment.AddDate(0, 0, -40), 39*96, 0.1)
	s.viewer.Preferences.Tariffs = []view.Tariff{{Currency: "GBP", PricePerKWh: 0.245, StandingCharge: 0.53}}
}

func TestTheTablesHoldWhatExportsPrint(t *testing.T) {
	s := newSite(t)
	s.someone("100")
	if written, removed := s.push(); written == 0 || removed != 0 {
		t.Errorf("%d rows written, %d removed", written, removed)
	}
	s.matches("100")
	got := s.rows("SELECT name, age, height_m, member_since, time_zone, health_user_id, fitbit_user_id FROM vitals_person")
	if fmt.Sprint(got) != "[[Ann E. 41 1.72 2014-03-02 Europe/London 100 1ABCDE]]" {
		t.Errorf("the person: %q", got)
	}
	if got := s.rows("SELECT fat_percent, excluded FROM vitals_weigh_in WHERE fat_percent IS NOT NULL OR excluded IS NOT NULL ORDER BY time"); fmt.Sprint(got) != "[[27.3 ] [ held back]]" {
		t.Errorf("body fat and what is held back: %q", got)
	}
	if got := s.rows("SELECT DISTINCT currency, time_zone FROM vitals_electricity_day WHERE cost > 0"); fmt.Sprint(got) != "[[GBP Europe/London]]" {
		t.Errorf("costs: %q", got)
	}
}

// versions is which transactions the rows are of.
func (s *site) versions() string {
	s.t.Helper()
	var all string
	for _, table := range []string{"vitals_person", "vitals_weigh_in", "vitals_energy_day", "vitals_meter", "vitals_electricity_hour", "vitals_electricity_day", "vitals_part"} {
		all += fmt.Sprint(s.rows("SELECT ctid, xmin FROM " + table + " ORDER BY ctid"))
	}
	return all
}

func TestAPushOfNothingNewWritesNothing(t *testing.T) {
	s := newSite(t)
	s.someone("100")
	s.push()
	before := s.versions()
	full := s.pusher()
	full.Full = true
	if written, removed := s.push(); written != 0 || removed != 0 || s.versions() != before {
		t.Errorf("%d rows written, %d removed", written, removed)
	}
	if written, removed := s.pushBy(full); written != 0 || removed != 0 {
		t.Errorf("full: %d rows written, %d removed", written, removed)
	}
}

func TestWhatChangedIsCorrected(t *testing.T) {
	s := newSite(t)
	s.someone("100")
	s.push()
	changes := []struct {
		name   string
		change func()
		most   int64 // rows written
	}{
		{"a new weigh-in", func() { s.weigh("new", moment, 71, scale()) }, 2},
		{"an app's weigh-in", func() {
			s.weigh("app", moment.AddDate(0, 0, -20).Add(2*time.Hour), 71.9, health.Source{Name: "app", Kind: health.SourceApp})
		}, 2},
		{"that turns out a copy", func() { s.weigh("original", moment.AddDate(0, 0, -20).Add(2*time.Hour+30*time.Second), 71.9, scale()) }, 2},
		{"an hour of long ago", func() { s.use(moment.AddDate(0, 0, -39), 4, 0.7) }, 10},
		{"another tariff", func() {
			s.viewer.Preferences.Tariffs = []view.Tariff{{Currency: "EUR", PricePerKWh: 0.3}}
		}, 41},
		{"another zone", func() { s.viewer.Preferences.Zone = zone(t, "Asia/Kathmandu") }, 3000},
		{"readings of years ago", func() {
			s.weigh("old", moment.AddDate(-12, 0, 0), 80, scale())
			s.burn(health.TypeActiveCalories, health.DateOf(moment.AddDate(-1, 0, 0)), 500)
		}, 3000},
		{"rows that somebody changed", func() {
			s.run("UPDATE vitals_weigh_in SET weight_kg = 1 WHERE ordinal = 0 AND time > '2026-11-01'", "DELETE FROM vitals_electricity_day WHERE civil_date = '2026-11-01'")
		}, 40},
		{"rows that are not ours to have", func() {
			s.run("INSERT INTO vitals_electricity_hour (meter_id, starts, ends) VALUES ('meter of history', '2026-11-03 00:01Z', '2026-11-03 01:00Z')")
		}, 0},
		{"a table that went", func() { s.run("DROP TABLE vitals_energy_day") }, 1000},
		{"what was remembered", func() { s.run("DELETE FROM vitals_part") }, 0},
	}
	for _, c := range changes {
		c.change()
		written, removed := s.push()
		if written > c.most || written == 0 && removed == 0 && c.name != "what was remembered" {
			t.Errorf("%s: %d rows written, %d removed", c.name, written, removed)
		}
		s.matches("100")
	}
}

// A history that begins later than before – a meter's database that was named anew,
// a backup that was brought back – takes its own rows away, and nobody else's.
func TestWhatIsGoneIsRemoved(t *testing.T) {
	s := newSite(t)
	s.someone("100")
	s.use(moment.AddDate(-3, 0, 0), 96, 0.1)
	s.push()
	r := timeline.RollUp{Source: "meter.db: readings", Step: time.Minute, Anew: true}
	if err := s.store.SaveRollUp(t.Context(), "m", r); err != nil {
		t.Fatal(err)
	}
	if _, removed := s.push(); removed < 26000 {
		t.Errorf("%d rows removed", removed)
	}
	s.matches("100")
	s.use(moment.AddDate(0, 0, -2), 96, 0.1)
	s.push()
	s.matches("100")
}

func TestPeopleOfAHouseholdKeepApart(t *testing.T) {
	ann := newSite(t)
	ann.someone("100")
	ann.push()
	before := ann.versions()
	bob := siteIn(t, ann.address)
	bob.history = "bob's"
	bob.someone("200")
	bob.weigh("bob", moment.Add(-2*time.Hour), 80, scale())
	bob.push()
	carol := siteIn(t, ann.address) // has no account
	carol.history = "carol's"
	carol.someone("")
	carol.push()
	for _, s := range []*site{ann, bob} {
		s.matches(map[*site]string{ann: "100", bob: "200"}[s])
	}
	carol.matches("carol's")
	bob.push()
	bob.run("DELETE FROM vitals_person WHERE person_id <> '100'; DELETE FROM vitals_weigh_in WHERE person_id <> '100'; DELETE FROM vitals_energy_day WHERE person_id <> '100';" +
		"DELETE FROM vitals_meter WHERE meter_id <> 'meter of history'; DELETE FROM vitals_electricity_hour WHERE meter_id <> 'meter of history'; DELETE FROM vitals_electricity_day WHERE meter_id <> 'meter of history'; DELETE FROM vitals_part WHERE pushed_by <> 'history'")
	if ann.versions() != before {
		t.Error("others wrote to the first one's rows")
	}
}

// Two machines with one account: the one that knows less takes no month away that
// the other alone knows. One that both know is the last one's, and the first's again.
func TestAnotherMachineRemovesNoOtherMonth(t *testing.T) {
	pi := newSite(t)
	pi.someone("100")
	pi.weigh("old", moment.AddDate(-5, 0, 0), 80, scale())
	pi.weigh("newest", moment.Add(-time.Minute), 71, scale())
	pi.push()
	laptop := siteIn(t, pi.address)
	laptop.history = "laptop's"
	laptop.someone("100")
	laptop.push()
	if got := pi.rows("SELECT count(*) FROM vitals_weigh_in WHERE time < '2022-01-01'"); got[0][0] != "1" {
		t.Errorf("%s weigh-ins of long ago", got)
	}
	if got := pi.rows("SELECT count(*) FROM vitals_weigh_in WHERE time = '2026-11-22 13:36Z'"); got[0][0] != "0" {
		t.Errorf("%s weigh-ins that the last one does not know", got)
	}
	pi.push()
	pi.matches("100")
}

func TestSigningInGivesAPersonTheirName(t *testing.T) {
	s := newSite(t)
	s.someone("")
	s.push()
	s.matches("history")
	if _, _, err := s.store.SaveIdentity(t.Context(), health.Identity{HealthUserID: "100"}); err != nil {
		t.Fatal(err)
	}
	s.push()
	s.matches("100")
	for _, table := range []string{"vitals_person", "vitals_weigh_in", "vitals_energy_day"} {
		if got := s.rows("SELECT DISTINCT person_id FROM " + table); fmt.Sprint(got) != "[[100]]" {
			t.Errorf("%s has rows of %v", table, got)
		}
	}
}

func TestAnEmptyHistory(t *testing.T) {
	s := newSite(t)
	if written, removed := s.push(); written != 0 || removed != 0 {
		t.Errorf("%d rows written, %d removed", written, removed)
	}
	s.matches("history")
	if got := s.rows("SELECT count(*) FROM vitals_push WHERE pushed_at = '2026-11-22 13:37Z'"); got[0][0] != "1" {
		t.Errorf("the push is remembered %s times", got)
	}
}

func TestHostileTexts(t *testing.T) {
	s := newSite(t)
	texts := []string{`'); DROP TABLE vitals_person; --`, `","NULL",{}\`, "NULL", "a\x00b", "\xff\xfe", "a\tb\nc\r", `\N`, "=1+1", "$1", "\u202e"}
	for i, text := range texts {
		s.weigh(fmt.Sprint(i), moment.Add(-time.Duration(i)*time.Hour), 70, health.Source{Name: text})
	}
	if _, _, err := s.store.SaveProfile(t.Context(), health.Profile{Name: texts[0] + texts[1]}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.store.SaveIdentity(t.Context(), health.Identity{HealthUserID: texts[1]}); err != nil {
		t.Fatal(err)
	}
	s.push()
	got := s.rows("SELECT source FROM vitals_weigh_in WHERE person_id = $1 ORDER BY time DESC", texts[1])
	for i, text := range texts {
		want := text
		switch i {
		case 3:
			want = "ab"
		case 4:
			want = "\ufffd"
		}
		if len(got) != len(texts) || got[i][0] != want {
			t.Fatalf("%q is %q", text, got)
		}
	}
	if got := s.rows("SELECT name FROM vitals_person"); got[0][0] != texts[0]+texts[1] {
		t.Errorf("the name is %q", got)
	}
}

// What a vendor's mistake or a broken clock says is left out, and the rest goes there.
func TestFiguresThatNoTableHolds(t *testing.T) {
	s := newSite(t)
	s.someone("100")
	age := math.MaxInt32
	age++ // less than nothing where numbers have 32 bits
	if _, _, err := s.store.SaveProfile(t.Context(), health.Profile{Name: "Ann E.", Age: age, MemberSince: health.Date{Year: 0, Month: time.March, Day: 2}}); err != nil {
		t.Fatal(err)
	}
	for id, year := range map[string]int{"early": -200, "late": 9999} {
		s.weigh(id, time.Date(year, time.March, 2, 7, 0, 0, 0, time.UTC), 71, scale())
	}
	s.push()
	if got := s.rows("SELECT name, age, member_since FROM vitals_person"); fmt.Sprint(got) != "[[Ann E.  ]]" {
		t.Errorf("the person: %q", got)
	}
	if got := s.rows("SELECT count(*) FROM vitals_weigh_in"); got[0][0] != "41" {
		t.Errorf("%s weigh-ins", got)
	}
	if written, removed := s.push(); written != 0 || removed != 0 {
		t.Errorf("once more: %d rows written, %d removed", written, removed)
	}
}
