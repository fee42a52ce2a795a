package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"strconv"
	"strings"
)

// zone is that of the days.
const zone = "Europe/London"

// shellQueries add up the quarter-hours of UTC first, so that the local time is
// asked for a hundred thousand times and not ten million. The plain way to do
// that makes SQLite sort all readings; looking up each quarter-hour does not,
// as long as the readings are stored by time.
var shellQueries = []struct{ name, query string }{
	{"the sqlite3 shell with GROUP BY", `
CREATE TEMP TABLE quarter AS
  SELECT ts / 900 AS number, sum(watts * %d) AS joules, count(*) AS n FROM readings GROUP BY ts / 900;
SELECT strftime('%%Y-%%m-%%d', number * 900, 'unixepoch', 'localtime') AS label, sum(joules) / 3.6e6 AS kwh, sum(n) AS n
  FROM quarter GROUP BY label ORDER BY label;
`},
	{"the sqlite3 shell with a look-up each", `
CREATE TEMP TABLE quarter AS
  SELECT value AS number, (SELECT sum(watts * %d) FROM readings WHERE ts >= value * 900 AND ts < value * 900 + 900) AS joules
  FROM generate_series((SELECT min(ts) / 900 FROM readings), (SELECT max(ts) / 900 FROM readings));
SELECT strftime('%%Y-%%m-%%d', number * 900, 'unixepoch', 'localtime') AS label, sum(joules) / 3.6e6 AS kwh
  FROM quarter GROUP BY label ORDER BY label;
`},
}

const pandas = "pandas"

const pandasScript = `
import sqlite3, sys
import pandas
path, step, zone = sys.argv[1], int(sys.argv[2]), sys.argv[3]
readings = pandas.read_sql("SELECT ts, watts FROM readings", sqlite3.connect("file:" + path + "?mode=ro", uri=True))
readings.index = pandas.to_datetime(readings["ts"], unit="s", utc=True)
days = readings["watts"].tz_convert(zone).resample("D").sum() * step / 3.6e6
days.rename("kwh").to_csv(sys.stdout, index_label="label", date_format="%Y-%m-%d")
`

// contender is a way to the kWh of each local day.
type contender struct {
	name   string
	rounds int
	run    func() (run, error)

	times times
	peak  peak
	out   string
}

// compare times the export of a database that vitals never saw against other
// ways to the same figures, by turns.
func (o options) compare(file database) error {
	stop, err := file.logger()
	if err != nil {
		return err
	}
	defer stop()
	if err := file.warm(); err != nil {
		return err
	}
	all := o.contenders(file)
	for round := range o.rounds {
		for _, c := range all {
			if round >= c.rounds {
				continue
			}
			r, err := c.run()
			if err != nil {
				return err
			}
			c.times = append(c.times, r.elapsed)
			c.peak, c.out = c.peak.or(r.peak), r.out
		}
	}
	if err := agree(file, all); err != nil {
		return err
	}
	fmt.Printf("\n%s\n\n| by local day, nothing cached | median time | times vitals' | peak memory |\n|---|---|---|---|\n", file)
	ours := all[0].times.median().Seconds()
	for _, c := range all {
		fmt.Printf("| %s | %s | %.1f | %s |\n", c.name, c.times, c.times.median().Seconds()/ours, c.peak)
	}
	fmt.Println()
	for _, c := range all[1:] {
		ratio, word := c.times.median().Seconds()/ours, "faster"
		if ratio < 1 {
			ratio, word = 1/ratio, "slower"
		}
		fmt.Printf("vitals is %.1f x %s than %s\n", ratio, word, c.name)
	}
	return nil
}

// contenders are vitals and those that are installed.
func (o options) contenders(file database) []*contender {
	all := []*contender{{name: "vitals", rounds: o.rounds, run: func() (run, error) {
		v, remove, err := o.install(file)
		if err != nil {
			return run{}, err
		}
		defer remove()
		return v.export("day").run()
	}}}
	if shell, err := exec.LookPath("sqlite3"); err == nil {
		for _, q := range shellQueries {
			c := command{path: shell, args: []string{"-readonly", "-bail", "-csv", "-header", file.path},
				env: []string{"TZ=" + zone}, stdin: fmt.Sprintf(q.query, file.step)}
			all = append(all, &contender{name: q.name, rounds: o.rounds, run: c.run})
		}
	} else {
		fmt.Println("left out: the sqlite3 shell, which is not installed")
	}
	if o.pandas == 0 {
		return all
	}
	if _, err := (command{path: o.python, args: []string{"-c", "import pandas"}}).run(); err != nil {
		fmt.Printf("left out: pandas, which %s does not have\n", o.python)
		return all
	}
	c := command{path: o.python, args: []string{"-c", pandasScript, file.path, strconv.Itoa(file.step), zone}}
	return append(all, &contender{name: pandas, rounds: min(o.pandas, o.rounds), run: c.run})
}

// day is what a contender says of one.
type day struct {
	kWh     float64
	seconds int // that it lasts, from vitals
	n       int // readings, from the shell's GROUP BY
}

// agree compares the days. Across an outage vitals holds the power for a
// while, so only days that are whole have to be equal; which are, the number of
// readings tells.
func agree(file database, all []*contender) error {
	ours, err := days(all[0].out)
	if err != nil {
		return err
	}
	whole := map[string]bool{}
	for _, c := range all[1:] {
		theirs, err := days(c.out)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		if c.name == pandas && len(whole) == 0 {
			fmt.Println("nothing tells which days are whole: the figures of pandas are not compared")
			continue
		}
		compared := 0
		for label, t := range theirs {
			o := ours[label]
			if t.n > 0 && t.n*file.step == o.seconds {
				whole[label] = true
			}
			if !whole[label] {
				continue
			}
			compared++
			if math.Abs(o.kWh-t.kWh) > 1e-6*t.kWh {
				return fmt.Errorf("%s: vitals has %.9g kWh, %s %.9g", label, o.kWh, c.name, t.kWh)
			}
		}
		if compared == 0 {
			return errors.New("no day could be compared: the readings are too few")
		}
		fmt.Printf("vitals and %s agree on %d days without an outage, of %d\n", c.name, compared, len(ours))
	}
	return nil
}

// days reads CSV with the columns label, kwh, and maybe bucket_s and n.
func days(text string) (map[string]day, error) {
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(lines) == 0 {
		return nil, fmt.Errorf("not readable as CSV: %w", err)
	}
	all := map[string]day{}
	for _, line := range lines[1:] {
		var label string
		var d day
		for i, name := range lines[0] {
			var err error
			switch {
			case name == "label":
				label = line[i]
			case line[i] == "": // not known
			case name == "kwh":
				d.kWh, err = strconv.ParseFloat(line[i], 64)
			case name == "bucket_s":
				d.seconds, err = strconv.Atoi(line[i])
			case name == "n":
				d.n, err = strconv.Atoi(line[i])
			}
			if err != nil {
				return nil, err
			}
		}
		all[label] = d
	}
	return all, nil
}
