package command

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vitals/internal/config"
	"vitals/internal/energy"
	"vitals/internal/meterserver"
	"vitals/internal/postgres"
)

// meterServer checks a meter whose readings are on a server: what can be read there,
// and what was copied of it.
func (x *examination) meterServer(ctx context.Context) check {
	const name = "meter"
	e := x.config.Energy
	at, err := addressOf(e.Database)
	if err != nil {
		return brokenBy(name, err)
	}
	found, err := meterserver.Inspect(ctx, at, x.dataDir, mapping(e), x.zone, x.env.Now())
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return doubtful(name, "look at it without haste: vitals energy detect", "the server of the database %s did not answer within %v", at, x.patience)
	default:
		c := brokenBy(name, err)
		if errors.As(err, new(*energy.ChoiceError)) {
			c.Status = statusWarn // it waits for its owner
		}
		return c
	}
	const most = 4 // tables that are named
	tables := strings.Join(found.Tables[:min(most, len(found.Tables))], ", ")
	if more := len(found.Tables) - most; more > 0 {
		tables += fmt.Sprintf(" and %d more", more)
	}
	words := []string{at.String(), "PostgreSQL " + found.Version, fmt.Sprintf("%s (some %d rows)", tables, found.Rows)}
	if found.Copy == nil {
		if !found.Newest.IsZero() {
			words = append(words, "newest reading "+x.at(found.Newest))
		}
		state := "nothing is copied yet"
		if found.Spoilt {
			state = "its copy is damaged, and made anew at the next reading"
		}
		return fine(name, "%s", list(append(words, state)))
	}
	inspected := *found.Copy
	if found.Newest.After(inspected.Newest) {
		inspected.Newest = found.Newest
	}
	words = append(words, string(inspected.Layout), strings.Replace(understood(inspected.Series, false, x.zone), ": ", " ", 1), "a copy of "+sized(inspected.Size))
	if inspected.Series.TimeFormat == energy.FormatLocal && !inspected.Series.Empty {
		words = append(words, x.stampsBy(inspected.ZoneUnsure))
	}
	if !inspected.Newest.IsZero() {
		words = append(words, "newest reading "+x.at(inspected.Newest))
	}
	return x.meterVerdict(inspected, list(words))
}

// needless says which copies of a server's rows nothing reads any more, and names
// their files.
func (x *examination) needless() (words, files []string) {
	copies, err := meterserver.Copies(x.dataDir)
	if err != nil || x.unread != nil { // it is not known which one is in use
		return nil, nil
	}
	if at, err := postgres.ParseAddress(x.config.Energy.Database); err == nil && postgres.IsAddress(x.config.Energy.Database) {
		delete(copies, meterserver.CopyPath(at, x.dataDir, mapping(x.config.Energy)))
	}
	for _, path := range slices.Sorted(maps.Keys(copies)) {
		var bytes int64
		for _, file := range copies[path] {
			if info, err := os.Stat(file); err == nil {
				bytes += info.Size()
			}
			files = append(files, config.ShellQuote(file))
		}
		words = append(words, fmt.Sprintf("%s (%s): a copy of a meter's rows on a server that is not configured any more", filepath.Base(path), sized(bytes)))
	}
	return words, files
}
