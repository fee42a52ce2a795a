package refresh

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"vitals/internal/health"
)

// After a second of work a part is told of with how many are done and left: in
// the end all are done, none was counted twice, and none was forgotten.
func TestPartsInWords(t *testing.T) {
	clock := now
	p := newParts(func() time.Time { return clock })
	say := func(left int64, want string) {
		t.Helper()
		if got, ok := p.words("calories", " before 2025-01-01", left); got != want || !ok {
			t.Errorf("%q, want %q", got, want)
		}
	}
	say(10, "calories before 2025-01-01")
	clock = clock.Add(2 * time.Second)
	p.done = 2
	say(8, "calories: 2 of 10 parts · 20 % · about 8 s left · 1/s")
	if text, ok := p.words("calories", "", 8); ok {
		t.Errorf("told %q at once again", text)
	}
	clock = clock.Add(time.Second)
	p.done = 3
	say(-1, "calories before 2025-01-01: 3 parts · 1/s")
}

// told runs syncs until there is no older history, with a second for each part,
// and returns what they told.
func told(t *testing.T, reach Reach, types ...health.DataType) (texts []string, parts *parts) {
	t.Helper()
	a, s := &account{id: "1", since: date("2025-07-01"), zone: "UTC"}, openStore(t)
	clock := now
	parts = newParts(func() time.Time { return clock })
	for len(types) > 0 {
		syncer := &Syncer{Account: a, Store: s, Now: func() time.Time { return clock }, Fallback: time.UTC, Grant: a.grant(), parts: parts}
		syncer.Progress = func(text string) {
			texts = append(texts, text)
			clock = clock.Add(time.Second)
		}
		results, err := syncer.Sync(t.Context(), types, reach)
		if err != nil {
			t.Fatal(err)
		}
		types = nil
		for _, r := range results {
			if r.Older {
				types = append(types, r.Type)
			}
		}
	}
	return texts, parts
}

// In one sync or in several that follow each other: what is told counts up to
// all parts, none twice and none forgotten.
func TestAllPartsAreCountedOnce(t *testing.T) {
	types := []health.DataType{health.TypeIdentity, health.TypeProfile, health.TypeWeight, health.TypeCalories, health.TypeSteps}
	const total = 3 + 37 + 6 // 510 days: 14 of calories a time, 90 of steps
	counted := regexp.MustCompile(`: (\d+) of (\d+) parts`)
	for _, reach := range []Reach{OneStep, AllData, Everything} {
		texts, parts := told(t, reach, types...)
		if parts.done != total {
			t.Errorf("reach %d: %d parts were fetched, want %d", reach, parts.done, total)
		}
		before := 0
		for i, text := range texts {
			found := counted.FindStringSubmatch(text)
			if i < 2 { // young, or the account has not told when it began
				continue
			}
			if found == nil || found[2] != strconv.Itoa(total) {
				t.Fatalf("reach %d: %q does not tell of %d parts", reach, text, total)
			}
			if done, _ := strconv.Atoi(found[1]); done < before || done >= total {
				t.Errorf("reach %d: %q comes after %d parts", reach, text, before)
			} else {
				before = done
			}
		}
		if last := texts[len(texts)-1]; !strings.Contains(last, fmt.Sprintf(" of %d parts", total)) || before != total-1 {
			t.Errorf("reach %d: the last part is told as %q", reach, last)
		}
	}
}
