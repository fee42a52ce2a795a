package energy

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"vitals/internal/timeline"

	"zombiezen.com/go/sqlite/sqlitex"
)

// expectSane checks what was made of a database that holds anything: series that
// can be chosen by their names, and energy in whole quarter-hours, in order, of
// finite numbers, for all of which the second reading gives what the first did.
func expectSane(t *testing.T, path string) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	found, err := Detect(ctx, path, Mapping{}, time.UTC, testNow, nil)
	if err != nil {
		expectSentence(t, err)
		return
	}
	if len(found.Series) == 0 {
		t.Error("neither series nor an error")
	}
	for _, s := range found.Series {
		if s.Name == "" || strings.ContainsFunc(s.Name, func(r rune) bool { return !unicode.IsPrint(r) }) || s.Step <= 0 || s.MaxGap <= 0 || s.Rows < 0 || s.Last.Before(s.First) || s.Last.After(testNow.Add(24*time.Hour)) {
			t.Errorf("found %+v", s)
		}
		r, err := meterFor(path, Mapping{Series: s.Name}, time.UTC).RollUp(ctx, nil, nil)
		if err != nil {
			expectSentence(t, err)
			continue
		}
		expectRollUp(t, r)
		again, err := meterFor(path, Mapping{Series: s.Name}, time.UTC).RollUp(ctx, nil, nil)
		if err != nil || fmt.Sprint(again.Portions) != fmt.Sprint(r.Portions) {
			t.Errorf("%s: read twice, it is not the same: %v", s.Name, err)
		}
	}
}

func expectRollUp(t *testing.T, r timeline.RollUp) {
	last := int64(math.MinInt64)
	for _, p := range r.Portions {
		if p.Start < last || p.Start%timeline.QuarterHour != 0 || p.End != p.Start+timeline.QuarterHour || math.IsNaN(p.Amount) || math.IsInf(p.Amount, 0) ||
			p.Covered < 0 || p.Covered > 15*time.Minute || p.Estimated < 0 || p.Estimated > p.Covered || time.Unix(p.End, 0).After(testNow.Add(25*time.Hour)) {
			t.Fatalf("a portion %+v after %d", p, last)
		}
		last = p.End
	}
}

// FuzzDatabase reads any bytes as a database.
func FuzzDatabase(f *testing.F) {
	path := filepath.Join(f.TempDir(), "seed.db")
	conn := writer(f, path)
	for _, statement := range []string{"PRAGMA page_size = 512", "CREATE TABLE readings (r_datetime TEXT, r_watts INT)", "INSERT INTO readings VALUES ('2026-11-01 00:00', 200), ('2026-11-01 00:05', 210), ('2026-11-01 00:10', 220), ('2026-11-01 00:15', 180)",
		"CREATE TABLE energy (id INTEGER PRIMARY KEY, time INTEGER, kwh REAL)", "CREATE INDEX i ON energy (time)", "INSERT INTO energy VALUES (1, 1793491200, 1.5), (2, 1793494800, 1.75), (3, 1793498400, 2.5)"} {
		exec(f, conn, statement)
	}
	if err := conn.Close(); err != nil {
		f.Fatal(err)
	}
	seed, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add(seed[:512])
	f.Add([]byte("SQLite format 3\x00"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "meter.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		conn, _, err := connect(t.Context(), path, 0)
		if err == nil { // once, where Detect would wait for a writer to end and try again
			_, err = detect(t.Context(), conn, path, Mapping{}, time.UTC, testNow)
			conn.Close()
		}
		if err = plain(t.Context(), path, err); err != nil {
			expectSentence(t, err)
			return
		}
		expectSane(t, path)
	})
}

// FuzzDetect makes a table of any names, with any cells: numbers, texts, blobs and
// nothing, at steps of any length.
func FuzzDetect(f *testing.F) {
	f.Add("readings", "r_datetime", "r_watts", "2026-11-01 00:00", int64(1_793_491_200), int64(300), 200.5, "Null", uint16(0b1011_0000))
	f.Add("energy", "time", "kwh total", "x", int64(1_793_491_200_000), int64(3_600_000), 0.25, "1,5", uint16(0b0001_0000))
	f.Add("sensor", "ts", "power", "", int64(2_461_000), int64(1), -5.0, "nan", uint16(0xffff))
	f.Add("a\"b", "t;me", "watts' OR 1", "2024-10-27 01:30", int64(-1<<62), int64(1<<60), 1e308, "\x00", uint16(7))
	f.Fuzz(func(t *testing.T, table, stamp, value, text string, begin, step int64, number float64, word string, shape uint16) {
		if len(table)+len(stamp)+len(value) > 200 || len(text)+len(word) > 1000 {
			t.Skip("long names are tested elsewhere")
		}
		path := filepath.Join(t.TempDir(), "meter.db")
		conn := writer(t, path)
		name := func(text string) string { return quoted(strings.ReplaceAll(text, "\x00", "")) }
		types := []string{"", "TEXT", "INTEGER", "REAL", "TIMESTAMP", "BLOB"}
		create := fmt.Sprintf("CREATE TABLE %s (%s %s, %s %s)", name(table), name(stamp), types[shape%6], name(value), types[shape/6%6])
		if sqlitex.ExecuteTransient(conn, create, nil) != nil {
			t.Skip("no such table can be made")
		}
		exec(t, conn, "PRAGMA synchronous = off")
		exec(t, conn, "BEGIN")
		for i := range int64(40) {
			var at, what any = begin + i*step, number + float64(i%7)
			switch (shape >> 8 & 3) + uint16(i)%13/12 {
			case 1:
				at = testNow.Add(time.Duration(i*(step%100_000))*time.Second - 1000*time.Hour).Format("2006-01-02 15:04:05")
			case 2:
				at = float64(begin) + float64(i*step)/1000
			case 3:
				at = text
			}
			switch (shape >> 10 & 3) + uint16(i)%11/10 {
			case 1:
				what = int64(number) + i*step
			case 2:
				what = word
			case 3:
				what = []byte(word)
			case 4:
				what = nil
			}
			exec(t, conn, "INSERT INTO "+name(table)+" VALUES (?, ?)", at, what)
		}
		exec(t, conn, "COMMIT")
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		expectSane(t, path)
	})
}

// FuzzBookmark hands over any bookmark: what comes of it is what comes of none, or
// goes on from where it says.
func FuzzBookmark(f *testing.F) {
	path := filepath.Join(f.TempDir(), "meter.db")
	conn := writer(f, path)
	if err := sqlitex.ExecuteScript(conn, strings.ReplaceAll(goodTable, "power_log", "readings"), nil); err != nil {
		f.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		f.Fatal(err)
	}
	whole, err := meterFor(path, Mapping{}, time.UTC).RollUp(f.Context(), nil, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bookmark)
	f.Add([]byte(`{"Version":4}`))
	f.Add([]byte(strings.Replace(string(whole.Bookmark), `"Position":`, `"Position":9`, 1)))
	f.Add([]byte("[[[["))
	f.Fuzz(func(t *testing.T, bookmark []byte) {
		r, err := meterFor(path, Mapping{}, time.UTC).RollUp(t.Context(), bookmark, nil)
		if err != nil {
			expectSentence(t, err)
			return
		}
		expectRollUp(t, r)
		if r.Anew && fmt.Sprint(r.Portions) != fmt.Sprint(whole.Portions) {
			t.Errorf("begun anew, it is not what the table holds")
		}
	})
}
