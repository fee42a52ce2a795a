package push_test

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// tenYears fills a history with 87,660 hours, 3,652 days and as many weigh-ins.
func (s *site) tenYears() {
	s.t.Helper()
	ctx, begin := s.t.Context(), moment.AddDate(-10, 0, 0)
	if _, _, err := s.store.SaveIdentity(ctx, health.Identity{HealthUserID: "100"}); err != nil {
		s.t.Fatal(err)
	}
	var weighings []health.Weighing
	totals := map[health.DataType][]health.DayTotal{}
	for at := begin; at.Before(moment); at = at.AddDate(0, 0, 1) {
		weighings = append(weighings, health.Weighing{ID: at.String(), At: at, KG: 75 + 3*math.Sin(float64(at.Unix())/1e7), Source: scale()})
		for _, of := range []health.DataType{health.TypeCalories, health.TypeActiveCalories, health.TypeSteps} {
			totals[of] = append(totals[of], health.DayTotal{Date: health.DateOf(at), Amount: 2000 + math.Mod(float64(at.Unix()), 999), AsOf: moment})
		}
	}
	_, _, err := s.store.SaveWeighings(ctx, weighings)
	for of, days := range totals {
		if err == nil {
			_, _, err = s.store.SaveDayTotals(ctx, of, days)
		}
	}
	r := timeline.RollUp{Source: "meter.db: readings", Step: time.Minute}
	for at := begin.Unix() - begin.Unix()%timeline.QuarterHour; at < moment.Unix()-timeline.QuarterHour; at += timeline.QuarterHour {
		r.Portions = append(r.Portions, timeline.Portion{Start: at, End: at + timeline.QuarterHour, Amount: 0.1 + 0.05*math.Sin(float64(at)/13500), Covered: timeline.QuarterHour * time.Second})
	}
	if err == nil {
		err = s.store.SaveRollUp(ctx, "m", r)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

const everyTable = "vitals_format, vitals_push, vitals_part, vitals_person, vitals_weigh_in, vitals_energy_day, vitals_meter, vitals_electricity_hour, vitals_electricity_day"

// Ten years: the first push, one of nothing new, one of an hour's news, and psql's
// \copy of the same rows into the same empty tables.
func BenchmarkTenYears(b *testing.B) {
	s := newSite(b)
	s.tenYears()
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			s.run("DROP TABLE IF EXISTS " + everyTable)
			s.push()
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		for b.Loop() {
			s.push()
		}
	})
	b.Run("full, unchanged", func(b *testing.B) {
		p := s.pusher()
		p.Full = true
		for b.Loop() {
			s.pushBy(p)
		}
	})
	n := 0
	b.Run("an hour's news", func(b *testing.B) {
		for b.Loop() {
			n++
			s.use(moment.Add(-2*time.Hour), 4, float64(n%10))
			s.push()
		}
	})
	b.Run("psql copy", func(b *testing.B) {
		found, err := filepath.Glob("/usr/lib/postgresql/*/bin/psql")
		if err != nil || len(found) == 0 {
			b.Skip("there is no psql")
		}
		folder := b.TempDir()
		var in strings.Builder
		for i, table := range strings.Split(everyTable, ", ") {
			file := filepath.Join(folder, fmt.Sprint(i, ".csv"))
			fmt.Fprintf(&in, "\\copy %s from '%s' csv\n", table, file)
			psql(b, found[0], s.address, fmt.Sprintf("\\copy %s to '%s' csv", table, file))
		}
		for b.Loop() {
			s.run("TRUNCATE " + everyTable)
			psql(b, found[0], s.address, in.String())
		}
	})
}

func psql(b *testing.B, program, address, script string) {
	b.Helper()
	cmd := exec.Command(program, "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", address)
	cmd.Stdin, cmd.Stderr = strings.NewReader(script), os.Stderr
	if err := cmd.Run(); err != nil {
		b.Fatal(err)
	}
}
