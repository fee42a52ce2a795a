package energy

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func inspect(tb testing.TB, path string, mapping Mapping) Inspection {
	tb.Helper()
	found, err := Inspect(tb.Context(), path, mapping, time.UTC, testNow)
	if err != nil {
		tb.Fatal(err)
	}
	return found
}

// The newest reading is that of all rows, wherever it lies.
func TestInspectFindsTheNewestReading(t *testing.T) {
	stamp := func(minutesAgo int) float64 { return float64(testNow.Unix() - 60*int64(minutesAgo)) }
	var grows, falls, shared [][]any
	for i := range 9000 {
		grows = append(grows, []any{stamp(9010 - i), 600})
		falls = append(falls, []any{stamp(10 + i), 600})
		shared = append(shared, []any{"other", stamp(9005 - i), 600})
	}
	for i := range 200 {
		shared[i][0] = "house"
	}
	house := Mapping{Where: "meter = house", Table: "samples", Time: "ts", Value: "w", Kind: Power, Unit: Watt}
	const ofSeveral = "CREATE TABLE samples (meter TEXT, ts, w)"
	indexed := database(t, ofSeveral, shared...)
	exec(t, writer(t, indexed), "CREATE INDEX i ON samples (meter, ts)")
	for name, c := range map[string]struct {
		path    string
		mapping Mapping
		newest  float64
		future  bool
	}{
		"at the end":        {database(t, samplesTable, grows...), samples, stamp(11), false},
		"at the beginning":  {database(t, samplesTable, falls...), samples, stamp(10), false},
		"one row":           {database(t, samplesTable, grows[0]), samples, stamp(9010), false},
		"no row":            {database(t, samplesTable), samples, 0, false},
		"behind others'":    {database(t, ofSeveral, shared...), house, stamp(9005 - 199), false},
		"where an index is": {indexed, house, stamp(9005 - 199), false},
		"after next week":   {database(t, samplesTable, append(slices.Clone(grows), []any{stamp(-7 * 24 * 60), 600})...), samples, stamp(11), true},
		"all in one go":     {database(t, "CREATE TABLE samples (ts REAL PRIMARY KEY, w) WITHOUT ROWID", falls...), samples, stamp(10), false},
	} {
		found := inspect(t, c.path, c.mapping)
		if got := found.Newest; c.newest == 0 != got.IsZero() || c.newest != 0 && float64(got.Unix()) != c.newest {
			t.Errorf("%s: the newest is of %v, want %v", name, got, time.Unix(int64(c.newest), 0).UTC())
		}
		if found.Future != c.future || !found.Checked || found.Size == 0 || found.Journal != rollback {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

// A Meter's look and this one are of the same opinion on each shared layout.
func TestInspectFitsDetection(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(shared(t, "layouts"), "*.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		found, err := Detect(t.Context(), path, Mapping{}, time.UTC, testNow, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		seen, err := Inspect(t.Context(), path, Mapping{Series: found.Series[0].Name}, time.UTC, testNow)
		// A counter's state may be newer than the statistics that Detect counts.
		ahead := seen.Newest.Sub(found.Series[0].Last)
		if err != nil || seen.Layout != found.Layout || seen.Journal != found.Journal || ahead < 0 || ahead >= 5*time.Minute {
			t.Errorf("%s: %s to %v, %v; Detect says %s to %v", path, seen.Layout, seen.Newest, err, found.Layout, found.Series[0].Last)
		}
	}
}

func TestInspectLeavesNothingBehind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meter.db")
	conn := writer(t, path)
	setJournal(t, conn, writeAhead)
	exec(t, conn, samplesTable)
	insert(t, conn, sampleRows(0, 10)...)
	for _, endings := range [][]string{{"", "-wal", "-shm"}, {"", "-wal"}} {
		copied := copyTo(t, path, t.TempDir(), endings...)
		before := files(t, copied)
		if found := inspect(t, copied, samples); found.Journal != writeAhead || !found.Checked {
			t.Errorf("%+v", found)
		}
		if after := files(t, copied); !slices.Equal(before, after) {
			t.Errorf("was %v, is %v", before, after)
		}
	}
}

// A page is damaged that no reading of the newest rows comes upon.
func TestInspectFindsDamage(t *testing.T) {
	path := database(t, samplesTable, sampleRows(0, 40_000)...)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size := int(binary.BigEndian.Uint16(content[16:]))
	page := len(content) / size / 3
	for i := range 32 {
		content[page*size+i] ^= 0xff
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Inspect(t.Context(), path, samples, time.UTC, testNow)
	checkProblem(t, err, "damaged")
}

// What is too large to be looked through in passing is not.
func TestInspectDoesNotHoldUpAWriter(t *testing.T) {
	path := database(t, samplesTable, sampleRows(0, 10)...)
	conn := writer(t, path)
	exec(t, conn, "CREATE TABLE other (b)")
	exec(t, conn, "INSERT INTO other VALUES (zeroblob(?))", mostCheckedWaiting)
	for _, c := range []struct {
		journal Journal
		checked bool
	}{{rollback, false}, {writeAhead, true}} {
		setJournal(t, conn, c.journal)
		if found := inspect(t, path, samples); found.Checked != c.checked || found.Size <= mostCheckedWaiting {
			t.Errorf("%s: %+v", c.journal, found)
		}
	}
}

func TestOverdue(t *testing.T) {
	for name, c := range map[string]struct {
		i    Inspection
		ago  time.Duration
		want bool
	}{
		"just now":          {Inspection{Series: Series{Step: time.Minute}}, time.Minute, false},
		"a break":           {Inspection{Series: Series{Step: time.Minute}}, 2 * time.Hour, false},
		"since":             {Inspection{Series: Series{Step: time.Minute}}, 2*time.Hour + time.Second, true},
		"by the day":        {Inspection{Series: Series{Step: 24 * time.Hour}}, 72 * time.Hour, false},
		"a day missing":     {Inspection{Series: Series{Step: 24 * time.Hour}}, 73 * time.Hour, true},
		"finer lately":      {Inspection{Series: Series{Step: 24 * time.Hour, finer: &Series{Step: time.Minute}}}, 3 * time.Hour, true},
		"from the supplier": {Inspection{Layout: Octodata, Series: Series{Step: 30 * time.Minute}}, 71 * time.Hour, false},
		"of the future":     {Inspection{Series: Series{Step: time.Minute}}, -time.Hour, false},
	} {
		if c.i.Newest = testNow.Add(-c.ago); c.i.Overdue(testNow) != c.want {
			t.Errorf("%s: got %v", name, !c.want)
		}
	}
	if (Inspection{}).Overdue(testNow) {
		t.Error("nothing is overdue where there is nothing")
	}
}
