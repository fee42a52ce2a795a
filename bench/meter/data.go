package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// journal is how the writer of a database keeps its commits safe.
type journal string

const (
	writeAhead journal = "WAL"
	rollback   journal = "rollback journal"
)

// The seconds from one reading to the next.
const (
	tenSeconds = 10
	sixSeconds = 6
)

// database is one that a logger might have written.
type database struct {
	path    string
	journal journal
	step    int // seconds from one reading to the next
	rows    int
}

func (d database) String() string {
	years := float64(d.rows) * float64(d.step) / (365.25 * 24 * 3600)
	return fmt.Sprintf("%.3g M readings, one per %d s, %.1f years, %s", float64(d.rows)/1e6, d.step, years, d.journal)
}

// database returns the one asked for, and makes it unless it is there. Its
// readings end when it is made.
func (o options) database(kept journal, step, rows int) (database, error) {
	name := fmt.Sprintf("every%ds-%d", step, rows)
	plain := database{filepath.Join(o.dir, name+".db"), rollback, step, rows}
	if err := once(plain.path, plain.write); err != nil || kept == rollback {
		return plain, err
	}
	logged := plain
	logged.path, logged.journal = filepath.Join(o.dir, name+"-wal.db"), writeAhead
	return logged, once(logged.path, func(path string) error {
		if err := duplicate(path, plain.path); err != nil {
			return err
		}
		return execute(path, "PRAGMA journal_mode = WAL")
	})
}

// once makes a file that is not there; one that is cut short is not left.
func once(path string, make func(path string) error) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	fmt.Printf("making %s …\n", filepath.Base(path))
	unfinished := path + ".unfinished"
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := make(unfinished); err != nil {
		return fmt.Errorf("making %s: %w", path, err)
	}
	return os.Rename(unfinished, path)
}

func duplicate(to, from string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(target, source); err != nil {
		target.Close()
		return err
	}
	return target.Close()
}

func execute(path string, queries ...string) error {
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, query := range queries {
		if err := sqlitex.ExecuteTransient(conn, query, nil); err != nil {
			return err
		}
	}
	return nil
}

// write makes the database at path, with a rollback journal.
func (d database) write(path string) (err error) {
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, query := range []string{"PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF",
		"CREATE TABLE readings (ts INTEGER PRIMARY KEY, watts REAL)"} {
		if err := sqlitex.ExecuteTransient(conn, query, nil); err != nil {
			return err
		}
	}
	defer sqlitex.Save(conn)(&err)
	insert, err := conn.Prepare("INSERT INTO readings VALUES (?, ?)")
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(1, 2))
	gaps := d.outages(random)
	steps := d.rows
	for _, g := range gaps {
		steps += g.steps
	}
	ts := (time.Now().Unix()/int64(d.step) - int64(steps)) * int64(d.step)
	home := household{random: random}
	for row := range d.rows {
		if len(gaps) > 0 && gaps[0].before == row {
			ts += int64(gaps[0].steps * d.step)
			gaps = gaps[1:]
		}
		insert.BindInt64(1, ts)
		insert.BindFloat(2, home.watts(ts, d.step))
		if _, err := insert.Step(); err != nil {
			return err
		}
		if err := insert.Reset(); err != nil {
			return err
		}
		ts += int64(d.step)
	}
	return nil
}

// outage is a time without readings before a row.
type outage struct{ before, steps int }

// outages are about nine a year, of one to twenty hours each.
func (d database) outages(random *rand.Rand) []outage {
	const apart = 40 * 24 * 3600
	var gaps []outage
	for range d.rows * d.step / apart {
		length := 3600 + random.IntN(19*3600)
		gaps = append(gaps, outage{before: 1 + random.IntN(d.rows-1), steps: length / d.step})
	}
	slices.SortFunc(gaps, func(a, b outage) int { return a.before - b.before })
	return slices.CompactFunc(gaps, func(a, b outage) bool { return a.before == b.before })
}

// household is a fridge, a few people, and now and then something that heats.
type household struct {
	random *rand.Rand
	heats  int // seconds that it is still on for
}

// watts is the power at an instant, to a tenth of a watt.
func (h *household) watts(ts int64, step int) float64 {
	power := 95 + 30*h.random.Float64()
	if ts%2700 < 900 {
		power += 80
	}
	hour := ts / 3600 % 24
	if hour >= 17 && hour < 23 {
		power += 180
	}
	h.heats -= step
	if h.heats > 0 {
		power += 1900
	} else if hour >= 6 && h.random.IntN(4*3600/step) == 0 {
		h.heats = 120 + h.random.IntN(2400)
	}
	return math.Round(10*power) / 10
}

// logger keeps a database open as the program that writes it does, with the
// newest reading in the write-ahead log.
func (d database) logger() (stop func() error, err error) {
	if d.journal == rollback {
		return func() error { return nil }, nil
	}
	conn, err := sqlite.OpenConn(d.path, sqlite.OpenReadWrite)
	if err != nil {
		return nil, err
	}
	// Another time it becomes what it was: what is made once stays the same.
	const again = "UPDATE readings SET watts = 2500 - watts WHERE ts = (SELECT max(ts) FROM readings)"
	if err := sqlitex.ExecuteTransient(conn, again, nil); err != nil {
		conn.Close()
		return nil, err
	}
	if info, err := os.Stat(d.path + "-wal"); err != nil || info.Size() == 0 {
		conn.Close()
		return nil, fmt.Errorf("there is no write-ahead log beside %s", d.path)
	}
	return conn.Close, nil
}

// warm reads a database once, so that it is in the page cache, and reports an
// error if its header does not tell its journal.
func (d database) warm() error {
	file, err := os.Open(d.path)
	if err != nil {
		return err
	}
	defer file.Close()
	version := make([]byte, 1)
	if _, err := file.ReadAt(version, 18); err != nil {
		return err
	}
	if want := map[journal]byte{rollback: 1, writeAhead: 2}[d.journal]; version[0] != want {
		return fmt.Errorf("its header does not say %s", d.journal)
	}
	_, err = io.Copy(io.Discard, file)
	return err
}
