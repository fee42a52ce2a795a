package store

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// What may be missing is said in words of people, weigh-ins first.
func TestLossesInWords(t *testing.T) {
	t.Parallel()
	const (
		fetched = "what the account has comes back with vitals sync --full; what came from files with vitals import; "
		read    = "electricity comes back by itself, as far as the meter's database goes"
		backup  = "a backup, if you have one, with vitals restore FILE"
	)
	for _, c := range []struct {
		losses
		what, remedy string
	}{
		{losses{of: 9}, "nothing is lost", ""},
		{losses{of: 9, nothing: true, pages: 9}, "nothing in it could be read, and an empty one is begun", fetched + read + "; " + backup},
		{losses{of: 120, pages: 3, data: true, weighIns: 1843}, "weigh-ins and all else may be missing, 1843 weigh-ins are kept (3 of the 120 pages of the file could not be read)", fetched + backup},
		{losses{of: 120, pages: 1, data: true, what: []string{"calories and steps", "electricity"}}, "calories and steps, electricity may be missing (1 of the 120 pages of the file could not be read)", fetched + backup},
		{losses{of: 120, pages: 1, meter: true, what: []string{"electricity"}}, "electricity may be missing (1 of the 120 pages of the file could not be read)", read},
	} {
		if what, remedy := c.words(newPath(t)); what != c.what || remedy != c.remedy {
			t.Errorf("%+v: %q, %q", c.losses, what, remedy)
		}
	}
}

// Of a page of readings it is said that weigh-ins may be missing, and how many are
// not.
func TestALostPageOfReadings(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := openFile(t, path)
	fill(t, s)
	closeStore(t, s)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := pageOf(t, path, "reading")
	clear(text[(n-1)*pageSize:][:pageSize])
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	markDamaged(path)
	s = openFile(t, path)
	defer closeStore(t, s)
	weighings, err := s.Weighings(t.Context())
	want := fmt.Sprintf("is repaired: weigh-ins, body fat, heights may be missing, %d weigh-ins are kept (1 of the %d pages", len(weighings), len(text)/pageSize)
	if said := strings.Join(s.Repaired(), " "); err != nil || !strings.Contains(said, want) {
		t.Errorf("no %q in %q, %v", want, said, err)
	}
}
