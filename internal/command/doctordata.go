package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vitals/internal/energy"
	"vitals/internal/health"
	"vitals/internal/postgres"
	"vitals/internal/store"
)

// mostThorough is up to which size the history is checked in every respect: some
// tenths of a second on a slow disk. Beyond, only its pages are.
const mostThorough = 64 << 20 // bytes

// history checks vitals.db.
func (x *examination) history(ctx context.Context) check {
	const name = "history"
	if x.noData != nil {
		return doubtful(name, "put data-dir right first", "not looked for, as there is no folder for it")
	}
	path := x.storePath()
	if store.Emptied(path) {
		return doubtful(name, "bring a backup back with vitals restore FILE; else the next start begins a new one", "%s is empty or gone, and there was a history in it", path)
	}
	if x.noHistory() {
		return fine(name, "%s: nothing is stored yet", path)
	}
	if x.unopened != nil {
		c := brokenBy(name, x.unopened)
		if errors.Is(x.unopened, store.ErrUnfinished) {
			c.Status = statusWarn
		}
		return c
	}
	info, err := os.Stat(path)
	if err != nil {
		return brokenBy(name, err)
	}
	words := []string{path, fmt.Sprintf("mode %04o", info.Mode().Perm()), sized(info.Size())}
	if x.about.Journal == "wal" {
		words = append(words, logged(path))
	} else {
		words = append(words, "a rollback journal")
	}
	switch {
	case x.about.Format == 0:
		return fine(name, "%s: nothing is stored yet", path)
	case x.about.Format < x.about.Known:
		words = append(words, fmt.Sprintf("format %d, which the next start brings up to %d", x.about.Format, x.about.Known))
	default:
		words = append(words, fmt.Sprintf("format %d", x.about.Format))
		contents, err := x.contents(ctx)
		if err != nil {
			return x.orTooLong(ctx, name, path, err)
		}
		words = append(words, contents...)
	}
	thorough := info.Size() <= mostThorough
	if err := x.store.Check(ctx, thorough); err != nil {
		return x.orTooLong(ctx, name, path, err)
	}
	if thorough {
		words = append(words, "no damage found")
	} else {
		words = append(words, "no damaged page found")
	}
	if !changeable(path) {
		return broken(name, "see whose it is: ls -l "+path+"; if it is yours: chmod 600 "+path, "there is no permission to write to %s", list(words))
	}
	if info.Mode().Perm()&0o077 != 0 {
		return doubtful(name, "chmod 600 "+path, "others on this machine may open it: %s", list(words))
	}
	return fine(name, "%s", list(words))
}

// orTooLong is the check that an error failed, unless time was up.
func (x *examination) orTooLong(ctx context.Context, name, path string, err error) check {
	if ctx.Err() == nil {
		return brokenBy(name, err)
	}
	return doubtful(name, "check it without haste: sqlite3 "+path+" 'PRAGMA integrity_check'", "%s: no damage found in %v, and not all of it was seen", path, x.patience)
}

// contents says what is in the history.
func (x *examination) contents(ctx context.Context) ([]string, error) {
	var words []string
	weighings, err := x.store.Weighings(ctx)
	if err != nil {
		return nil, err
	}
	if n := len(weighings); n > 0 {
		words = append(words, fmt.Sprintf("weigh-ins of %s to %s (%d)", weighings[0].Date(), weighings[n-1].Date(), n))
	}
	days, last, err := x.store.DayTotalsExtent(ctx, health.TypeCalories)
	if err != nil {
		return nil, err
	}
	if !days.IsZero() {
		words = append(words, fmt.Sprintf("calories of %s to %s", days, last))
	}
	if e := x.config.Energy; e.Database != "" {
		kept, there, err := x.store.RollUp(ctx, meterKey(e))
		if err != nil {
			return nil, err
		}
		if there && !kept.Latest.Time.IsZero() {
			words = append(words, "electricity to "+x.at(kept.Latest.Time))
		}
	}
	return words, nil
}

// meterDatabase checks the database of the meter's logger.
func (x *examination) meterDatabase(ctx context.Context) check {
	const name = "meter"
	e := x.config.Energy
	switch {
	case x.unread != nil:
		return notChecked(name)
	case e.Database == "":
		return fine(name, "none: database under [energy] is not set")
	case postgres.IsAddress(e.Database):
		return x.meterServer(ctx)
	}
	found, err := energy.Inspect(ctx, e.Database, mapping(e), x.zone, x.env.Now())
	var choice *energy.ChoiceError
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return doubtful(name, "look at it without haste: vitals energy detect", "%s was not read within %v", energy.Named(e.Database), x.patience)
	case errors.As(err, &choice):
		c := brokenBy(name, err)
		c.Status = statusWarn // it waits for its owner
		return c
	default:
		return brokenBy(name, err)
	}
	words := []string{e.Database, string(found.Layout), strings.Replace(understood(found.Series, false, x.zone), ": ", " ", 1), sized(found.Size)}
	if found.Journal == "wal" {
		words = append(words, logged(e.Database))
	} else {
		words = append(words, "a rollback journal")
	}
	if found.Checked {
		words = append(words, "no damaged page found")
	} else {
		words = append(words, "not checked for damage, as that holds its writer up")
	}
	if found.Series.TimeFormat == energy.FormatLocal && !found.Series.Empty {
		words = append(words, x.stampsBy(found.ZoneUnsure))
	}
	if !found.Newest.IsZero() {
		words = append(words, "newest reading "+x.at(found.Newest))
	}
	return x.meterVerdict(found, list(words))
}

// logged says that a database has a write-ahead log, and how long that is now.
func logged(path string) string {
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 {
		return "a write-ahead log, now " + sized(log.Size())
	}
	return "a write-ahead log"
}

// stampsBy says which clock stamps without a zone are taken to be of, and why.
func (x *examination) stampsBy(unsure bool) string {
	switch {
	case x.config.Energy.ClockZone != nil:
		return "stamps are local time by clock_zone under [energy]"
	case x.noPerson != nil && x.config.Display.TimeZone == nil:
		return "stamps are taken for local time by the machine's zone, as the account's cannot be read"
	case unsure:
		return "stamps are taken for local time, which nothing in it bears out"
	default:
		return "stamps are local time"
	}
}

func (x *examination) meterVerdict(found energy.Inspection, detail string) check {
	const name = "meter"
	const soon = 10 * time.Minute // for two clocks that differ a little
	const clocks = "set clock_zone under [energy] to the zone of the stamps, or put the clock of the machine that logs right"
	now, path := x.env.Now(), x.config.Energy.Database
	switch {
	case found.Series.Empty:
		return doubtful(name, "see whether the logger runs, and whether it writes there", "there is no reading yet: %s", detail)
	case found.Future || found.Newest.After(now.Add(soon)):
		return doubtful(name, clocks, "it holds readings of times to come: %s", detail)
	case found.Newest.IsZero():
		return doubtful(name, "see what is understood of it: vitals energy detect", "no reading could be read: %s", detail)
	case found.Overdue(now):
		return doubtful(name, "see whether the logger runs, and whether it still writes there", "nothing came since %s: %s", x.at(found.Newest), detail)
	case !filepath.IsAbs(path) && !postgres.IsAddress(path):
		return doubtful(name, "write database under [energy] with its whole path", "%s is another file wherever vitals is started: %s", path, detail)
	default:
		return fine(name, "%s", detail)
	}
}
