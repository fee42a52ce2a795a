package push_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitals/internal/health"
	"vitals/internal/postgres/trial"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

// Whatever changes, here and there, and wherever pushes break off: the next whole one
// leaves the tables as exports print them, and one more writes nothing.
func TestPushesThatBreakOffEndEqual(t *testing.T) {
	address := trial.Database(t)
	way := newWire(t, address)
	person := 0
	rapid.Check(t, func(rt *rapid.T) {
		s := siteIn(t, address)
		defer s.conn.Close()
		person++
		id := fmt.Sprint("person ", person)
		s.history = "history of " + id
		if _, _, err := s.store.SaveIdentity(t.Context(), health.Identity{HealthUserID: id}); err != nil {
			rt.Fatal(err)
		}
		day := func() time.Time {
			return moment.AddDate(0, 0, -rapid.SampledFrom([]int{0, 1, 2, 20, 21, 40}).Draw(rt, "days ago"))
		}
		readings := 0
		steps := map[string]func(*rapid.T){
			"weigh": func(rt *rapid.T) {
				readings++
				source := health.Source{Name: strings.NewReplacer("\r", "", "\x00", "", "'", "").Replace(rapid.String().Draw(rt, "source")), Kind: health.SourceKind(rapid.IntRange(0, 4).Draw(rt, "kind"))}
				at := day().Add(time.Duration(rapid.IntRange(0, 90).Draw(rt, "seconds")) * time.Second).In(time.FixedZone("", rapid.SampledFrom([]int{0, 3600, -30600}).Draw(rt, "offset")))
				s.weigh(fmt.Sprint(readings), at, rapid.SampledFrom([]float64{70, 70.02, 71.3, 95}).Draw(rt, "kg"), source)
			},
			"rule": func(rt *rapid.T) {
				weighings, err := s.store.Weighings(t.Context())
				if err != nil || len(weighings) == 0 {
					return
				}
				w := rapid.SampledFrom(weighings).Draw(rt, "weigh-in")
				if err := s.store.SaveRuling(t.Context(), []health.Weighing{w}, health.Ruling(rapid.IntRange(0, 2).Draw(rt, "ruling"))); err != nil {
					rt.Fatal(err)
				}
			},
			"burn": func(rt *rapid.T) {
				of := rapid.SampledFrom([]health.DataType{health.TypeCalories, health.TypeActiveCalories, health.TypeSteps}).Draw(rt, "type")
				s.burn(of, health.DateOf(day()), float64(rapid.IntRange(0, 5000).Draw(rt, "amount")))
			},
			"use": func(rt *rapid.T) {
				s.use(day(), rapid.IntRange(1, 300).Draw(rt, "quarters"), rapid.Float64Range(0, 1).Draw(rt, "kwh"))
			},
			"lose": func(rt *rapid.T) {
				if err := s.store.SaveRollUp(t.Context(), "m", timeline.RollUp{Anew: true}); err != nil {
					rt.Fatal(err)
				}
			},
			"height": func(rt *rapid.T) {
				s.viewer.Preferences.HeightM = rapid.SampledFrom([]float64{0, 1.72, 1.8}).Draw(rt, "m")
			},
			"zone": func(rt *rapid.T) {
				s.viewer.Preferences.Zone = zone(t, rapid.SampledFrom([]string{"Europe/London", "Asia/Kathmandu", "America/St_Johns"}).Draw(rt, "zone"))
			},
			"tariff": func(rt *rapid.T) {
				s.viewer.Preferences.Tariffs = []view.Tariff{{Currency: "GBP", PricePerKWh: rapid.Float64Range(0, 1).Draw(rt, "price")}}
			},
			"meddle": func(rt *rapid.T) {
				if len(s.rows("SELECT FROM pg_tables WHERE tablename = 'vitals_weigh_in'")) == 0 {
					return
				}
				s.run(rapid.SampledFrom([]string{
					"DELETE FROM vitals_electricity_hour WHERE ctid IN (SELECT ctid FROM vitals_electricity_hour LIMIT 3)",
					"UPDATE vitals_weigh_in SET weight_kg = -1",
					"UPDATE vitals_energy_day SET steps = 7",
					"DELETE FROM vitals_electricity_day",
					"TRUNCATE vitals_part",
				}).Draw(rt, "statement"))
			},
			"push":        func(rt *rapid.T) { s.push() },
			"push, twice": func(rt *rapid.T) { s.push(); s.push() },
			"break off": func(rt *rapid.T) {
				way.cutAfter(rapid.IntRange(0, 60_000).Draw(rt, "bytes"))
				p := s.pusher()
				p.Address, p.Full = parsed(t, way.address), rapid.Bool().Draw(rt, "full")
				_, _ = p.Push(t.Context()) // it may be through by then
			},
		}
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			steps[rapid.SampledFrom([]string{"weigh", "weigh", "rule", "burn", "burn", "use", "use", "lose", "height", "zone", "tariff", "meddle", "push", "push, twice", "break off", "break off"}).Draw(rt, "step")](rt)
		}
		s.push()
		s.matches(id)
		if written, removed := s.push(); written != 0 || removed != 0 {
			rt.Errorf("once more: %d rows written, %d removed", written, removed)
		}
	})
}
