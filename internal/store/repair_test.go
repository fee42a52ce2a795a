package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// fill saves something in every table.
func fill(t testing.TB, s *Store) {
	t.Helper()
	ctx := context.Background()
	scale := health.Source{Name: "Aria 2", Kind: health.SourceScale}
	var weighings []health.Weighing
	var fats []health.BodyFat
	for i := range 500 {
		w := health.Weighing{ID: fmt.Sprintf("users/me/dataTypes/weight/dataPoints/%d", i), At: at.AddDate(0, 0, -i), KG: 70 + float64(i%90)/10, Source: scale}
		if i%3 == 0 {
			w.ID, w.Source.Via, w.AsOf = "", health.ViaCSV, at
		}
		weighings = append(weighings, w)
		fats = append(fats, health.BodyFat{ID: w.ID, At: w.At, Percent: 20 + float64(i%7), Source: w.Source, AsOf: w.AsOf})
	}
	days, hours := []health.DayTotal{}, []health.HourTotal{}
	for i := range 600 {
		days = append(days, health.DayTotal{Date: health.DateOf(at).Add(-i), Amount: float64(2000 + i), Via: health.ViaFitbitArchive, AsOf: at})
		for k := range 4 {
			hours = append(hours, health.HourTotal{Start: at.Add(-time.Duration(4*i+k) * time.Hour), Amount: 70.25 + float64(k)})
		}
	}
	saved := func(_, _ int, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	saved(s.SaveIdentity(ctx, health.Identity{HealthUserID: "4711", FitbitUserID: "1ABCDE"}))
	saved(s.SaveProfile(ctx, health.Profile{Name: "Ann E.", Age: 41, MemberSince: health.DateOf(at).Add(-4000)}))
	saved(s.SaveSettings(ctx, health.Settings{TimeZone: "Europe/London", Units: health.Kilograms}))
	saved(s.SaveDevices(ctx, []health.Device{{Name: "Aria 2", Type: "SCALE", Battery: "High", LastSync: at}}))
	saved(s.SaveWeighings(ctx, weighings))
	saved(s.SaveBodyFats(ctx, fats))
	saved(s.SaveHeights(ctx, []health.Height{{At: at, Metres: 1.72}}))
	for _, kind := range []health.DataType{health.TypeCalories, health.TypeSteps} {
		saved(s.SaveDayTotals(ctx, kind, days))
		saved(s.SaveHourTotals(ctx, kind, hours))
	}
	rollUp := ofDays(60)
	rollUp.Dropped = []timeline.Dropped{{Reading: timeline.Reading{Time: at, Value: 9e9}, Reason: "spike"}}
	err := errors.Join(s.SaveRuling(ctx, weighings[:100], health.RuledOut), s.SaveRollUp(ctx, "meter-1", rollUp),
		s.MarkHours(ctx, health.TypeCalories, health.DateOf(at).Add(-600), health.DateOf(at)))
	for _, kind := range health.DataTypes() {
		err = errors.Join(err, s.SaveFetch(ctx, health.Fetch{Type: kind, LastSuccess: at, Since: health.DateOf(at).Add(-600)}))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// filled is a history with something in every table, and its bytes.
func filledWhole(t testing.TB) (path string, content []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "vitals.db")
	s := openFile(t, path)
	fill(t, s)
	closeStore(t, s)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, content
}

// ledger is all rows by their table and key. What a repair resets on purpose is
// left out.
func ledger(t testing.TB, path string) map[string]string {
	t.Helper()
	rows := map[string]string{}
	raw(t, path, func(conn *sqlite.Conn) error {
		for _, query := range []string{
			"SELECT 'identity', '', health_user_id, fitbit_user_id FROM identity", "SELECT 'profile', '', name, age, member_since FROM profile",
			"SELECT 'settings', '', time_zone, units FROM settings", "SELECT 'device', position, name, type, battery, last_sync FROM device",
			"SELECT 'reading', type || ' ' || key, id, at, utc_offset, value, source, source_kind, via, as_of FROM reading",
			"SELECT 'day_total', type || ' ' || start, amount, as_of, via, rank, covered FROM day_total",
			"SELECT 'hour_total', type || ' ' || start, amount, as_of, via, rank, covered FROM hour_total",
			"SELECT 'ruling', type || ' ' || key, ruling FROM ruling", "SELECT 'fetch', type, error, confirmed_by FROM fetch",
			"SELECT 'quarter_hours', series || ' ' || day, hex(packed) FROM quarter_hours JOIN roll_up ON id = roll_up",
			"SELECT 'dropped_reading', series || ' ' || position, at, value, reason FROM dropped_reading JOIN roll_up ON id = roll_up",
			"SELECT 'roll_up', series FROM roll_up",
		} {
			err := each(conn, func(stmt *sqlite.Stmt) {
				text := ""
				for i := 2; i < stmt.ColumnCount(); i++ {
					text += stmt.ColumnText(i) + "|"
				}
				rows[stmt.ColumnText(0)+" "+stmt.ColumnText(1)] = text
			}, query)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return rows
}

// changes counts what is missing of before, and what is new or another one.
func changes(before, after map[string]string) (lost, others int) {
	for key, row := range before {
		now, there := after[key]
		if !there {
			lost++
		} else if now != row {
			others++
		}
	}
	for key := range after {
		if _, there := before[key]; !there {
			others++
		}
	}
	return lost, others
}

// expectSound checks that nothing is wrong with a file.
func expectSound(t testing.TB, path string) {
	t.Helper()
	raw(t, path, func(conn *sqlite.Conn) error {
		for _, check := range []string{"PRAGMA integrity_check", "PRAGMA foreign_key_check"} {
			if err := each(conn, func(stmt *sqlite.Stmt) {
				if got := stmt.ColumnText(0); got != "ok" {
					t.Error(got)
				}
			}, check); err != nil {
				return err
			}
		}
		return nil
	})
}

// kept are the damaged files that lie beside a history.
func kept(t testing.TB, path string) []string {
	t.Helper()
	var found []string
	for name := range beside(t, path) {
		if regexp.MustCompile(`^vitals\.db\.damaged-\d{4}-\d\d-\d\d(-\d+)?$`).MatchString(name) {
			found = append(found, filepath.Join(filepath.Dir(path), name))
		}
	}
	slices.Sort(found)
	return found
}

// repaired opens and closes a history that was found to be damaged.
func repaired(t testing.TB, path string) []string {
	t.Helper()
	s := openFile(t, path)
	said := s.Repaired()
	closeStore(t, s)
	return said
}

const pageSize = 4096

// Whatever happens to a page, what is not on it stays, to the last row. How many
// rows a page has says SQLite.
func TestOnlyWhatWasOnADamagedPageIsLost(t *testing.T) {
	path, _ := filledWhole(t)
	rawScript(t, path, "DELETE FROM hour_total WHERE type = 'steps' AND start % 1000 <> 7; DELETE FROM ruling WHERE key > 'b'") // which leaves old rows on free pages
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before := ledger(t, path)
	onPage := rowsOnPages(t, path)
	ways := map[string]func(r *rand.Rand, page []byte){
		"zeroed":    func(_ *rand.Rand, page []byte) { clear(page) },
		"torn":      func(_ *rand.Rand, page []byte) { clear(page[512*3:]) },
		"overwrote": func(r *rand.Rand, page []byte) { fillRandom(r, page) },
		"head":      func(r *rand.Rand, page []byte) { fillRandom(r, page[:64]) },
		"cells":     func(r *rand.Rand, page []byte) { fillRandom(r, page[2000:]) },
		"a bit":     func(r *rand.Rand, page []byte) { page[r.IntN(len(page))] ^= 1 << r.IntN(8) },
		"emptied":   func(_ *rand.Rand, page []byte) { copy(page[3:], []byte{0, 0, 0x10, 0}) }, // without cells, all of it room for them
		"another": func(r *rand.Rand, page []byte) { // that is in use: what was written long ago may fit, and nobody can tell
			n := 0
			for onPage[n] == 0 {
				n = 2 + r.IntN(len(content)/pageSize-1)
			}
			copy(page, content[(n-1)*pageSize:])
		},
	}
	names := []string{"zeroed", "torn", "overwrote", "head", "cells", "a bit", "emptied", "another"}
	rounds := 20
	if os.Getenv("VITALS_LONG") == "1" {
		rounds = 2000
	}
	for range rounds {
		seed := rand.Uint64()
		r := rand.New(rand.NewPCG(seed, 1))
		number, way := r.IntN(len(content)/pageSize), names[r.IntN(len(names))]
		damaged := bytes.Clone(content)
		page := damaged[number*pageSize:][:pageSize]
		if number == 0 && way == "a bit" {
			page = page[100:] // of a version or an owner that is wrong by a bit nobody can tell
		}
		ways[way](r, page)
		path := filepath.Join(t.TempDir(), "vitals.db")
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		markDamaged(path)
		said := repaired(t, path)
		expectSound(t, path)
		if t.Failed() { // before a round that goes unnoticed
			t.Fatalf("page %d, %s: %q; seed %d", number+1, way, said, seed)
		}
		lost, others := changes(before, ledger(t, path))
		if number == 0 { // it says which pages are free: deleted rows may come back
			others = 0
		}
		if most := onPage[number+1]; lost > most || others > most {
			t.Fatalf("of page %d with %d rows, %s: %d lost, %d others; %q; seed %d", number+1, most, way, lost, others, said, seed)
		}
		if (way == "another" || way == "emptied") && len(said) == 0 {
			continue // it goes unnoticed by SQLite, too, and nobody would have come upon it
		}
		if lost > 0 && !strings.Contains(strings.Join(said, " "), "could not be read") && way != "a bit" {
			t.Fatalf("page %d, %s: %d rows are lost, and it says %q; seed %d", number+1, way, lost, said, seed)
		}
		if err := os.RemoveAll(filepath.Dir(path)); err != nil {
			t.Fatal(err)
		}
	}
}

// rowsOnPages says of each page how many rows can be on it.
func rowsOnPages(t testing.TB, path string) map[int]int {
	onPage := map[int]int{}
	raw(t, path, func(conn *sqlite.Conn) error {
		return each(conn, func(stmt *sqlite.Stmt) {
			onPage[stmt.ColumnInt(0)] = max(1, stmt.ColumnInt(2))
		}, "SELECT pageno, pagetype, ncell FROM dbstat")
	})
	return onPage
}

func fillRandom(r *rand.Rand, page []byte) {
	for i := range page {
		page[i] = byte(r.Uint32())
	}
}

// left is what a process that was killed leaves of a history: what was saved last
// is in the log alone.
type left struct{ file, log, index []byte }

// leave returns what is left of a history of so many days of electricity, to which
// 200 days of steps were added last, from so many days ahead on.
func leave(t *testing.T, electricity, first int) (l left) {
	path := filepath.Join(t.TempDir(), "vitals.db")
	s := openFile(t, path)
	if err := s.SaveRollUp(t.Context(), "meter-2", ofDays(electricity)); err != nil {
		t.Fatal(err)
	}
	fill(t, s)
	closeStore(t, s)
	s = openFile(t, path)
	defer closeStore(t, s)
	for i := range 200 {
		saveDay(t, s, first+i, float64(i))
	}
	for ending, content := range l.parts() {
		var err error
		if *content, err = os.ReadFile(path + ending); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func (l *left) parts() map[string]*[]byte {
	return map[string]*[]byte{"": &l.file, "-wal": &l.log, "-shm": &l.index}
}

func (l left) clone() left {
	return left{bytes.Clone(l.file), bytes.Clone(l.log), bytes.Clone(l.index)}
}

// lay puts what is left into a folder of its own.
func (l left) lay(t *testing.T) (path string) {
	path = filepath.Join(t.TempDir(), "vitals.db")
	for ending, content := range l.parts() {
		if *content == nil && ending != "" {
			continue
		}
		if err := os.WriteFile(path+ending, *content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// Each start works, keeps all rows but those that can be lost, tells of it once,
// and leaves the damaged file as it was.
func TestTheNextStartRepairs(t *testing.T) {
	zeros := func(b []byte) { clear(b) }
	killed := leave(t, 3, 1000)
	path := killed.lay(t)
	want := ledger(t, path) // which moves the log into the file
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	closed, others := left{file: file}, leave(t, 50, 3000)
	onPage := rowsOnPages(t, path)
	for name, c := range map[string]struct {
		damage func(l *left)
		log    bool // begin with a log
		lost   int  // rows at most
		gone   bool // none of the rows is left
		met    bool // somebody came upon it
		says   string
	}{
		"nothing":                {damage: func(*left) {}, log: true},
		"first page zeroed":      {damage: func(l *left) { zeros(l.file[:pageSize]) }, says: "is repaired: "},
		"first page lost":        {damage: func(l *left) { copy(l.file, bytes.Repeat([]byte{0xff}, pageSize)) }, says: "is repaired: "},
		"header zeroed":          {damage: func(l *left) { zeros(l.file[:100]) }, says: "is repaired: "},
		"owner lost":             {damage: func(l *left) { zeros(l.file[68:72]) }, says: "nothing is lost"},
		"owner wrong":            {damage: func(l *left) { l.file[70] ^= 8 }, says: "nothing is lost"},
		"size of pages wrong":    {damage: func(l *left) { l.file[16] = 3 }, says: "nothing is lost"},
		"version too low":        {damage: func(l *left) { l.file[63] = 2 }, says: "nothing is lost"},
		"schema lost":            {damage: func(l *left) { zeros(l.file[100:pageSize]) }, says: "is repaired: "},
		"cut in half":            {damage: func(l *left) { l.file = l.file[:len(l.file)/2/pageSize*pageSize] }, lost: 1 << 30, says: "could not be read"},
		"cut within a page":      {damage: func(l *left) { l.file = l.file[:len(l.file)-1000] }, lost: 100, met: true, says: "could not be read"},
		"cut to a bit of a page": {damage: func(l *left) { l.file = l.file[:50] }, log: true, lost: 1 << 30, says: "could not be read"},
		"empty":                  {damage: func(l *left) { l.file = nil }, lost: 1 << 30, gone: true},
		"empty but for the log":  {damage: func(l *left) { l.file = nil }, log: true, lost: 1 << 30, says: "could not be read"},
		"all zeros":              {damage: func(l *left) { zeros(l.file) }, lost: 1 << 30, gone: true, says: "nothing in it could be read"},
		"rubbish behind the end": {damage: func(l *left) { l.file = append(l.file, bytes.Repeat([]byte("rubbish"), 3000)...) }, log: true},
		"rubbish in the log":     {damage: func(l *left) { fillRandom(rand.New(rand.NewPCG(1, 2)), l.log) }, log: true, lost: 200},
		"half a log":             {damage: func(l *left) { l.log = l.log[:len(l.log)/2] }, log: true, lost: 200},
		"no log":                 {damage: func(l *left) { l.log = nil }, log: true, lost: 200},
		"rubbish as the index":   {damage: func(l *left) { fillRandom(rand.New(rand.NewPCG(1, 2)), l.index) }, log: true},
		"first page, and a log":  {damage: func(l *left) { zeros(l.file[:pageSize]) }, log: true, says: "is repaired: "},
		"a page, and a log":      {damage: func(l *left) { zeros(l.file[60*pageSize:][:pageSize]) }, log: true, lost: 100, met: true, says: "could not be read"},
		"another history's log":  {damage: func(l *left) { l.log = others.log }, log: true, lost: 200, says: "did not belong to it"},
		"all but the first page": {damage: func(l *left) { zeros(l.file[pageSize:]) }, lost: 1 << 30, gone: true, met: true, says: "nothing in it could be read"},
		"every eighth page": {damage: func(l *left) {
			for n := 8; n < len(l.file)/pageSize; n += 8 {
				zeros(l.file[n*pageSize:][:pageSize])
			}
		}, lost: 1 << 30, met: true, says: "could not be read"},
		"pages in another order": {damage: func(l *left) {
			copy(l.file[30*pageSize:][:pageSize], l.file[31*pageSize:])
		}, lost: 100, met: true, says: "could not be read"},
	} {
		t.Run(name, func(t *testing.T) {
			l := closed.clone()
			if c.log {
				l = killed.clone()
			}
			c.damage(&l)
			if !c.log {
				c.lost = 0
				for n := range len(file) / pageSize {
					if end := (n + 1) * pageSize; end > len(l.file) || !bytes.Equal(l.file[n*pageSize:end], file[n*pageSize:end]) {
						c.lost += onPage[n+1]
					}
				}
			}
			path := l.lay(t)
			if c.met {
				markDamaged(path)
			}
			said := repaired(t, path)
			if c.says == "" && len(said) > 0 || !strings.Contains(strings.Join(said, " "), c.says) {
				t.Errorf("it says %q, not %q", said, c.says)
			}
			files := kept(t, path)
			if wanted := c.says != ""; (len(files) == 1) != wanted || len(files) > 1 {
				t.Errorf("kept: %q", files)
			}
			for _, file := range files {
				text, err := os.ReadFile(file)
				if err != nil || !bytes.Equal(text, l.file) || mode(t, file) != 0o600 || !strings.Contains(said[len(said)-1], file) {
					t.Errorf("%s, mode %o, is not as it was, %v, or not told of: %q", file, mode(t, file), err, said)
				}
				if log, _ := os.ReadFile(file + "-wal"); !bytes.Equal(log, l.log) {
					t.Error("its log is not as it was")
				}
			}
			if said := repaired(t, path); len(said) > 0 {
				t.Errorf("again it says %q", said)
			}
			expectSound(t, path)
			got := ledger(t, path)
			if lost, others := changes(want, got); lost > c.lost || others > 0 || (len(got) == 0) != c.gone {
				t.Errorf("%d rows lost, %d others, %d left", lost, others, len(got))
			}
			for name := range beside(t, path) {
				if !slices.Contains([]string{"vitals.db", "vitals.db.lock"}, name) && !strings.HasPrefix(name, "vitals.db.damaged-") {
					t.Errorf("%s is left", name)
				}
			}
		})
	}
}

// SQLite itself does not tell: it checks no constraints of a file that it may not
// write to.
func TestAPageOfAnotherTableIsFound(t *testing.T) {
	path, _ := filledWhole(t)
	roots := map[string]int{}
	raw(t, path, func(conn *sqlite.Conn) error {
		return each(conn, func(stmt *sqlite.Stmt) { roots[stmt.ColumnText(0)] = stmt.ColumnInt(1) - 1 }, "SELECT name, rootpage FROM sqlite_schema")
	})
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(content[roots["identity"]*pageSize:][:pageSize], content[roots["device"]*pageSize:])
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	markDamaged(path)
	if said := strings.Join(repaired(t, path), " "); !strings.Contains(said, "what the account tells of itself may be missing") {
		t.Errorf("it says %q", said)
	}
	expectSound(t, path)
}
