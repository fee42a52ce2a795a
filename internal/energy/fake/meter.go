package fake

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// step is the time between two readings.
const step = 5 * time.Minute

// WriteMeter makes a SQLite file at path with the table readings of the blog's
// logger: local time of zone without an offset, whole watts. There are two years
// of readings, which end at now; the same now gives the same ones. One night the
// logger was out.
func WriteMeter(ctx context.Context, path string, now time.Time, zone *time.Location) error {
	const years = 2
	return WriteYears(ctx, path, now, zone, years)
}

// WriteYears is WriteMeter with another number of years of readings.
func WriteYears(ctx context.Context, path string, now time.Time, zone *time.Location, years int) (err error) {
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		return fmt.Errorf("making a meter database: %w", err)
	}
	defer conn.Close()
	conn.SetInterrupt(ctx.Done())
	defer sqlitex.Save(conn)(&err)
	if err := sqlitex.ExecuteTransient(conn, "CREATE TABLE readings (r_datetime TIMESTAMP, r_watts INT, r_temp INT)", nil); err != nil {
		return err
	}
	insert, err := conn.Prepare("INSERT INTO readings VALUES (?, ?, ?)")
	if err != nil {
		return err
	}
	house := house{random: rand.New(rand.NewPCG(1, 2))}
	outage := now.AddDate(0, 0, -40).Truncate(24 * time.Hour)
	for at := now.AddDate(0, 0, -365*years).Truncate(step); !at.After(now); at = at.Add(step) {
		local := at.In(zone)
		watts, degrees := house.at(local)
		if out := at.Sub(outage); out >= 0 && out < 7*time.Hour {
			continue
		}
		insert.BindText(1, local.Format("2006-01-02 15:04:05"))
		insert.BindInt64(2, int64(watts))
		insert.BindFloat(3, math.Round(degrees*10)/10)
		if _, err := insert.Step(); err != nil {
			return err
		}
		if err := insert.Reset(); err != nil {
			return err
		}
	}
	return nil
}

// AddReading appends a reading of now to a database that WriteMeter made for
// London.
func AddReading(ctx context.Context, path string, now time.Time, watts int) error {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		return err
	}
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		return fmt.Errorf("opening the meter database: %w", err)
	}
	defer conn.Close()
	conn.SetInterrupt(ctx.Done())
	return sqlitex.ExecuteTransient(conn, "INSERT INTO readings VALUES (?, ?, 20)", &sqlitex.ExecOptions{
		Args: []any{now.In(zone).Format("2006-01-02 15:04:05"), watts}})
}

// house is a household of two in a small house.
type house struct {
	random *rand.Rand
	oven   int // readings that it is still on for
}

// at is the power in watts and the temperature indoors in °C at a local time.
func (h *house) at(t time.Time) (watts, degrees float64) {
	hour := float64(t.Hour()) + float64(t.Minute())/60
	winter := (1 + math.Cos(2*math.Pi*float64(t.YearDay()-15)/365)) / 2
	watts = 105 + 70*math.Max(0, math.Sin(float64(t.Unix())/1500)) // the fridge comes and goes
	awake := bump(hour, 7.5, 1.2) + bump(hour, 19.5, 2.6)
	if t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		awake = bump(hour, 9.5, 1.8) + 0.5*bump(hour, 14, 3) + bump(hour, 19.5, 2.8)
	}
	watts += awake * (170 + 120*winter)
	watts += winter * 160 * bump(hour, 18, 5) // lamps and the circulation pump
	switch {
	case h.oven > 0:
		h.oven--
		watts += 1500
	case h.random.Float64() < 0.012*bump(hour, 18.5, 1):
		h.oven = 6 + h.random.IntN(5)
	}
	if h.random.Float64() < 0.05*awake {
		watts += 1800 * h.random.Float64() // the kettle, for part of the time
	}
	return math.Round(watts * (0.95 + 0.1*h.random.Float64())), 17.5 + 2*awake - winter + 0.3*h.random.Float64()
}

// bump is 1 at the middle and falls to nothing a few widths away from it.
func bump(x, middle, width float64) float64 {
	return math.Exp(-(x - middle) * (x - middle) / (width * width))
}
