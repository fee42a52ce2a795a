package command

import (
	"strings"
	"testing"

	"vitals/internal/health"
	"vitals/internal/view"
	"vitals/tui"
)

// The unit is for people: what programs read is in kg whatever is chosen.
func TestUnitsAreForPeople(t *testing.T) {
	b := newBox(t)
	b.signIn("[display]\nunits = kg\ngoal_kg = 68\n")
	b.run("sync").expect(t, 0)
	exports := [][]string{{"export", "weight"}, {"export", "weight", "--by", "raw"}, {"export", "weight", "--format", "json"}, {"report", "--json"}}
	inKG := map[string]string{}
	for _, args := range exports {
		inKG[strings.Join(args, " ")] = b.run(args...).stdout
	}
	config := b.read("config.ini")
	for _, unit := range []string{"lb", "st"} {
		b.write("config.ini", strings.Replace(config, "units = kg", "units = "+unit, 1))
		for _, args := range exports {
			if got := b.run(args...).stdout; got != inKG[strings.Join(args, " ")] {
				t.Errorf("%v is another one with units = %s:\n%s", args, unit, got)
			}
		}
		text := b.run("report").stdout
		if !strings.Contains(text, " lb") || strings.Contains(text, " kg") || strings.Contains(text, " st ") != (unit == "st") {
			t.Errorf("units = %s, but the report is\n%s", unit, text)
		}
	}
}

func TestUnitsAreRemembered(t *testing.T) {
	b := newBox(t)
	want := tui.Remembered{Reach: view.LastDay, Units: health.Stone}
	if err := b.session().remember(want); err != nil {
		t.Fatal(err)
	}
	if got := b.session().remembered(); got != want {
		t.Errorf("remembered %+v, want %+v", got, want)
	}
}
