// Meter measures what the real binary makes of a meter's database with millions
// of readings: against the sqlite3 shell and pandas, and how much memory and
// time ten years take. See bench/README.md.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// options are what the flags say.
type options struct {
	binary, dir, python         string
	rows, rounds, pandas, start int
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "./vitals", "the binary to measure")
	flag.StringVar(&o.dir, "dir", filepath.Join(os.TempDir(), "vitals-bench-meter"), "where the databases are kept, and made when they are not there")
	flag.StringVar(&o.python, "python", "/usr/bin/python3", "the Python that has pandas")
	flag.IntVar(&o.rows, "rows", 10_000_000, "readings of the smaller database; the bigger one has five times as many")
	flag.IntVar(&o.rounds, "rounds", 5, "how often each command is timed")
	flag.IntVar(&o.pandas, "pandas", 3, "in how many of the rounds pandas takes part")
	flag.IntVar(&o.start, "starts", 15, "how often a start on a ready store is timed")
	flag.Parse()
	if err := o.measure(); err != nil {
		fmt.Fprintln(os.Stderr, "meter:", err)
		os.Exit(1)
	}
}

func (o options) measure() (err error) {
	if o.rows < 1 || o.rounds < 1 || o.start < 1 {
		return fmt.Errorf("-rows, -rounds and -starts are at least 1")
	}
	if o.binary, err = filepath.Abs(o.binary); err != nil {
		return err
	}
	if o.dir, err = filepath.Abs(o.dir); err != nil {
		return err
	}
	if _, err := os.Stat(o.binary); err != nil {
		return err
	}
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	for _, journal := range []journal{writeAhead, rollback} {
		file, err := o.database(journal, tenSeconds, o.rows)
		if err != nil {
			return err
		}
		if err := o.compare(file); err != nil {
			return fmt.Errorf("%s: %w", file.path, err)
		}
	}
	file, err := o.database(writeAhead, sixSeconds, 5*o.rows)
	if err != nil {
		return err
	}
	if err := o.years(file); err != nil {
		return fmt.Errorf("%s: %w", file.path, err)
	}
	return nil
}
