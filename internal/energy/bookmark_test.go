package energy

import (
	"bytes"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"vitals/internal/timeline"

	"zombiezen.com/go/sqlite"
)

// days are readings every quarter-hour for so many days.
func days(n int) [][]any {
	rows := make([]row, n*96)
	for i := range rows {
		rows[i] = row{float64(900 * i), 600}
	}
	return samplesRows(rows)
}

// meterFile makes a database of four days and rolls it up.
func meterFile(t *testing.T, create string) (*sqlite.Conn, *Meter, timeline.RollUp) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "meter.db")
	conn := writer(t, path)
	exec(t, conn, "PRAGMA synchronous = off")
	exec(t, conn, create)
	insert(t, conn, days(4)...)
	m := meterFor(path, samples, time.UTC)
	return conn, m, rollUp(t, m, nil)
}

// later is the meter as another start of the program sees it, which reads the
// last days anew.
func later(m *Meter) *Meter { return meterFor(m.path, m.mapping, m.zone) }

func TestRefreshReadsTwoDays(t *testing.T) {
	conn, m, whole := meterFile(t, samplesTable)
	m = later(m)
	insert(t, conn, days(5)[4*96:4*96+1]...)
	var done, total int64
	r, err := m.RollUp(t.Context(), whole.Bookmark, func(d, n int64) { done, total = d, n })
	if err != nil {
		t.Fatal(err)
	}
	if want := june.AddDate(0, 0, 2).Add(-30 * time.Minute); !r.From.Equal(want) {
		t.Errorf("it begins at %v, want %v", r.From, want)
	}
	if want := int64(2*96 + 1 + 1); done != want || total != want {
		t.Errorf("%d of %d rows were read, want %d", done, total, want)
	}
	if r.Portions[0].Start != r.From.Unix() {
		t.Errorf("the first portion is %v", r.Portions[0])
	}
	again := rollUp(t, later(m), r.Bookmark)
	if want := r.From.Add(15 * time.Minute); !again.From.Equal(want) || !reflect.DeepEqual(again.Portions, r.Portions[1:]) {
		t.Errorf("the second refresh begins at %v and differs from the first", again.From)
	}
}

// What happens to a table between two roll-ups, and from where on the second
// one replaces the first.
func TestBookmarkFits(t *testing.T) {
	oneGoroutine(t)
	const keyed = "CREATE TABLE samples (ts INTEGER PRIMARY KEY, w)"
	beginning := time.Time{}
	resumed := june.AddDate(0, 0, 2).Add(-30 * time.Minute) // the row before the mark was not held up to there
	for _, test := range []struct {
		name    string
		create  string
		queries []string
		from    time.Time
	}{
		{"nothing", samplesTable, nil, resumed},
		{"nothing, keyed by time", keyed, nil, resumed},
		{"another table", samplesTable, []string{"CREATE TABLE notes (id)"}, resumed},
		{"a new column", samplesTable, []string{"ALTER TABLE samples ADD COLUMN temperature"}, resumed},
		{"the newest rows changed", samplesTable, []string{"UPDATE samples SET w = 700 WHERE rowid > 4 * 96 - 10"}, resumed},
		{"the oldest row changed", samplesTable, []string{"UPDATE samples SET w = 700 WHERE rowid = 1"}, beginning},
		{"rows of long ago changed", samplesTable, []string{"UPDATE samples SET w = 700 WHERE rowid BETWEEN 40 AND 80"}, beginning},
		{"all rows changed", samplesTable, []string{"UPDATE samples SET w = w + 1"}, beginning},
		{"the oldest rows purged", samplesTable, []string{"DELETE FROM samples WHERE rowid < 100"}, resumed},
		{"purged and renumbered", samplesTable, []string{"DELETE FROM samples WHERE rowid < 100", "VACUUM"}, beginning},
		{"the newest rows deleted", samplesTable, []string{"DELETE FROM samples WHERE rowid > 300"}, beginning},
		{"all rows deleted", samplesTable, []string{"DELETE FROM samples"}, beginning},
		{"a row put before the first", keyed, []string{"INSERT INTO samples VALUES (1717000000, 5)"}, beginning},
		{"a late row", samplesTable, []string{"INSERT INTO samples VALUES (1717250000, 5)"}, beginning},
		{"nearly all purged", samplesTable, []string{"DELETE FROM samples WHERE rowid <= 3 * 96 + 50"}, june.AddDate(0, 0, 3).Add(50*15*time.Minute + 15*time.Minute)},
		{"purged, and changed before the mark", samplesTable, []string{"DELETE FROM samples WHERE rowid < 100", "UPDATE samples SET w = 700 WHERE rowid < 200"},
			june.AddDate(0, 0, 1).Add(time.Hour)},
		{"purged, and a late row", samplesTable, []string{"DELETE FROM samples WHERE rowid < 100", "INSERT INTO samples VALUES (1717250000, 5)"},
			june.AddDate(0, 0, 1).Add(time.Hour)},
		{"all purged, and a row in the same quarter-hour", samplesTable, []string{"INSERT INTO samples VALUES (1717200000 + 4*86400 - 800, 5)", "DELETE FROM samples WHERE rowid < 385"},
			june.AddDate(0, 0, 4)},
		{"a row two hours late", samplesTable, []string{"INSERT INTO samples VALUES (1717200000 + 4*86400 - 7200, 5)"}, resumed},
		{"all that was read purged", samplesTable, []string{"INSERT INTO samples VALUES (1717200000 + 9*86400, 5)", "DELETE FROM samples WHERE rowid < 385"},
			june.AddDate(0, 0, 4)},
	} {
		t.Run(test.name, func(t *testing.T) {
			conn, m, whole := meterFile(t, test.create)
			for _, query := range test.queries {
				exec(t, conn, query)
			}
			r := rollUp(t, later(m), whole.Bookmark)
			if !r.From.Equal(test.from) {
				t.Errorf("it begins at %v, want %v", r.From, test.from)
			}
			if again := rollUp(t, later(m), r.Bookmark); test.queries == nil && !again.From.Equal(test.from) {
				t.Errorf("the next one begins at %v", again.From)
			}
		})
	}
}

// What was kept of rows that were purged stays, however the rest is read.
func TestPurgedRowsStayInWhatWasKept(t *testing.T) {
	conn, m, whole := meterFile(t, samplesTable)
	exec(t, conn, "DELETE FROM samples WHERE rowid <= 96")
	exec(t, conn, "INSERT INTO samples VALUES (1717200000 + 86400 + 1000, 1200)")
	r := rollUp(t, m, whole.Bookmark)
	for _, p := range r.Portions {
		if p.Start < r.From.Unix() {
			t.Errorf("the portion %v lies before %v", p, r.From)
		}
	}
	if want := june.AddDate(0, 0, 1).Add(15 * time.Minute); !r.From.Equal(want) {
		t.Errorf("it begins at %v, want %v", r.From, want)
	}
	if again := rollUp(t, m, r.Bookmark); again.From.Before(r.From) {
		t.Errorf("the next one begins at %v", again.From)
	}
}

// The usual step is concluded from a sample of rows, and may change with them.
func TestPurgedRowsStayWhenTheStepChanges(t *testing.T) {
	conn, m, _ := meterFile(t, samplesTable)
	mapping := samples
	mapping.Nominal = 0
	m = meterFor(m.path, mapping, time.UTC)
	whole := rollUp(t, m, nil)
	exec(t, conn, "DELETE FROM samples WHERE rowid < 200")
	rows := make([]row, 3000)
	for i := range rows {
		rows[i] = row{float64(4*86400 + 60*i), 600}
	}
	insert(t, conn, samplesRows(rows)...)
	r := rollUp(t, m, whole.Bookmark)
	if whole.Step == r.Step {
		t.Fatalf("the step is %v as before", r.Step)
	}
	if want := june.Add(200 * 15 * time.Minute); !r.From.Equal(want) {
		t.Errorf("it begins at %v, want %v", r.From, want)
	}
}

// The place to go on from lies in the second of two passes of an hour.
func TestBookmarkInARepeatedHour(t *testing.T) {
	london := zone(t, "Europe/London")
	var rows [][]any
	last := time.Date(2024, 10, 29, 1, 20, 0, 0, time.UTC)
	for at := last.AddDate(0, 0, -4); !at.After(last); at = at.Add(10 * time.Minute) {
		rows = append(rows, []any{at.In(london).Format(time.DateTime), 600, nil})
	}
	m := meterFor(database(t, layouts[BlogReadings].create, rows...), Mapping{}, london)
	whole := rollUp(t, m, nil)
	r := rollUp(t, later(m), whole.Bookmark)
	if want := last.AddDate(0, 0, -2).Truncate(15 * time.Minute); !r.From.Equal(want) {
		t.Errorf("it begins at %v, want %v", r.From, want)
	}
}

// A meter that has been silent for days still has its last reading.
func TestBookmarkAfterDaysOfSilence(t *testing.T) {
	conn, m, whole := meterFile(t, samplesTable)
	rows := days(9)[4*96:]
	for _, row := range rows {
		row[1] = nil
	}
	insert(t, conn, rows...)
	for range 3 {
		latest := whole.Latest
		whole = rollUp(t, m, whole.Bookmark)
		if whole.Latest != latest || whole.From.IsZero() {
			t.Errorf("from %v the latest is %v, was %v", whole.From, whole.Latest, latest)
		}
	}
}

// A row that comes days late costs reading everything once, not for days.
func TestBookmarkAfterALateRow(t *testing.T) {
	conn, m, whole := meterFile(t, samplesTable)
	all := days(5)
	insert(t, conn, []any{all[96][0], 5})
	insert(t, conn, all[4*96:4*96+2]...)
	if whole = rollUp(t, m, whole.Bookmark); !whole.From.IsZero() {
		t.Errorf("it begins at %v", whole.From)
	}
	insert(t, conn, all[4*96+2])
	if whole = rollUp(t, m, whole.Bookmark); whole.From.IsZero() {
		t.Error("it begins anew")
	}
}

func TestBookmarkOfAnotherMeter(t *testing.T) {
	conn, m, whole := meterFile(t, samplesTable)
	for name, change := range map[string]func(*Mapping){
		"step":     func(m *Mapping) { m.Nominal = 2 * time.Minute },
		"gap":      func(m *Mapping) { m.MaxGap = time.Hour },
		"most":     func(m *Mapping) { m.MaxKW = 5 },
		"unit":     func(m *Mapping) { m.Unit = Kilowatt },
		"one only": func(m *Mapping) { m.Where = "w = 600" },
	} {
		mapping := samples
		change(&mapping)
		if r := rollUp(t, meterFor(m.path, mapping, time.UTC), whole.Bookmark); !r.From.IsZero() {
			t.Errorf("%s: it begins at %v", name, r.From)
		}
	}
	for _, junk := range []string{"", "{}", "null", "\x00\xff", string(whole.Bookmark[:40])} {
		if r := rollUp(t, m, []byte(junk)); !r.From.IsZero() {
			t.Errorf("%q: it begins at %v", junk, r.From)
		}
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
}

// A table without row numbers is read in order of time, whole each time.
func TestWithoutRowID(t *testing.T) {
	for create, extra := range map[string][]any{
		"CREATE TABLE samples (ts INTEGER PRIMARY KEY, w) WITHOUT ROWID":  nil,
		"CREATE TABLE samples (ts, w, PRIMARY KEY (w, ts)) WITHOUT ROWID": nil,
		"CREATE TABLE samples (ts, w, rowid, oid, _rowid_)":               {1, 1, 1},
	} {
		var rows [][]any
		for i, r := range sampleRows(0, 1500) {
			r[1] = 600 + i*37%100
			rows = append(rows, append(r, extra...))
		}
		r := rollUp(t, meterFor(database(t, create, rows...), samples, time.UTC), nil)
		if _, covered := sum(r.Portions); covered != 1500*60 || r.Bookmark != nil {
			t.Errorf("%s: %v s are covered", create, covered)
		}
	}
}

func TestPortionsAreCut(t *testing.T) {
	path := database(t, samplesTable, sampleRows(0, 1440)...)
	m := meterFor(path, samples, time.UTC)
	from, to := june.Add(7*time.Hour+7*time.Minute+13*time.Second), june.Add(9*time.Hour+time.Second)
	portions, err := m.Portions(t.Context(), from, to)
	if err != nil {
		t.Fatal(err)
	}
	if portions[0].Start != from.Unix() || portions[len(portions)-1].End != to.Unix() {
		t.Errorf("they reach from %d to %d, want %d to %d", portions[0].Start, portions[len(portions)-1].End, from.Unix(), to.Unix())
	}
	if _, covered := sum(portions); covered != to.Sub(from).Seconds() {
		t.Errorf("%v s are covered, want %v", covered, to.Sub(from))
	}
	whole := rollUp(t, m, nil)
	portions, err = m.Portions(t.Context(), june.AddDate(-1, 0, 0), june.AddDate(1, 0, 0))
	if err != nil || !reflect.DeepEqual(portions, whole.Portions) {
		t.Error("the portions of all time differ from the roll-up", err)
	}
	portions, err = m.Portions(t.Context(), june.AddDate(1, 0, 0), june.AddDate(2, 0, 0))
	if err != nil || len(portions) != 0 {
		t.Error(portions, err)
	}
}

func TestReadings(t *testing.T) {
	path := database(t, samplesTable, samplesRows([]row{{60, 1}, {0, 600}, {60, 2}, {120, nil}, {180, 1e9}, {240, 3.5}, {300, 4}})...)
	var got []timeline.Reading
	err := meterFor(path, samples, time.UTC).Readings(t.Context(), june, june.Add(5*time.Minute), func(r timeline.Reading, unit Unit) error {
		if unit != Watt {
			t.Errorf("the unit is %s", unit)
		}
		got = append(got, r)
		return nil
	}, nil)
	want := []timeline.Reading{{Time: june, Value: 600}, {Time: june.Add(time.Minute), Value: 2}, {Time: june.Add(4 * time.Minute), Value: 3.5}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v; %v", got, want, err)
	}
}

// What a newer version kept is not read anew: that would lose what the logger
// purged meanwhile.
func TestANewerBookmarkIsLeftAlone(t *testing.T) {
	_, m, whole := meterFile(t, samplesTable)
	newer := bytes.Replace(whole.Bookmark, []byte(`"Version":4,`), []byte(`"Version":5,"More":[1],`), 1)
	_, err := later(m).RollUp(t.Context(), newer, nil)
	var said *Error
	if !errors.As(err, &said) || said.Error() != "the roll-up of this meter was made by a newer vitals" || !strings.Contains(said.Hint(), "install the newer version") {
		t.Errorf("got %v", err)
	}
}
