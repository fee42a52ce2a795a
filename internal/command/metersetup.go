package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vitals/internal/config"
	"vitals/internal/energy"
	"vitals/internal/postgres"
	"vitals/internal/terminal"
	"vitals/tui"
)

// meterSetup names the meter's database from the dashboard.
type meterSetup struct{ *session }

// Complete implements tui.MeterSetup: folders end in a slash, hidden files are
// offered only for a dot, and names that would disturb the screen never.
func (s meterSetup) Complete(typed string) []string {
	if postgres.IsAddress(typed) {
		return []string{typed}
	}
	dir, begun := filepath.Split(typed)
	entries, err := os.ReadDir(s.expanded(dir))
	if err != nil {
		return nil
	}
	var paths []string
	for _, e := range entries {
		name := e.Name()
		hidden := strings.HasPrefix(name, ".") && !strings.HasPrefix(begun, ".")
		if !strings.HasPrefix(name, begun) || hidden || terminal.Clean(name) != name {
			continue
		}
		if info, err := os.Stat(filepath.Join(s.expanded(dir), name)); err == nil && info.IsDir() {
			name += "/"
		}
		paths = append(paths, dir+name)
	}
	slices.Sort(paths)
	return paths
}

// expanded is a path as the configuration would read it.
func (s *session) expanded(path string) string {
	switch rest, ok := strings.CutPrefix(path, "~/"); {
	case ok && s.env.Home != "":
		return filepath.Join(s.env.Home, rest)
	case path == "~" && s.env.Home != "":
		return s.env.Home
	case path == "":
		return "."
	default:
		return path
	}
}

// Detect implements tui.MeterSetup.
func (s meterSetup) Detect(ctx context.Context, path string) ([]tui.Candidate, error) {
	if postgres.IsAddress(path) && config.HasPassword(path) {
		return nil, failure{code: exitUsage, cause: errors.New("a password does not belong on the screen"),
			hint: "leave it out, and put it into ~/.pgpass or PGPASSWORD; or write the whole address to database under [energy] in config.ini"}
	}
	found, zone, _, err := s.look(ctx, path)
	if err != nil {
		return nil, err
	}
	return candidates(found.Likeliest(), zone), nil
}

// candidates are series to choose from.
func candidates(found []energy.Series, zone *time.Location) []tui.Candidate {
	var list []tui.Candidate
	for _, s := range found {
		list = append(list, tui.Candidate{Name: s.Name, Understood: offered(s, zone)})
	}
	return list
}

// candidatesOf are the series that an error asks to choose from.
func (s *session) candidatesOf(err error) []tui.Candidate {
	var choice *energy.ChoiceError
	if !errors.As(err, &choice) {
		return nil
	}
	return candidates(choice.Series, s.machine)
}

// look recognises a database, with the configured mapping if it fits, and
// reports whether it does. A mapping may have been made for another database.
func (s meterSetup) look(ctx context.Context, path string) (found energy.Database, zone *time.Location, fits bool, err error) {
	if zone, err = s.viewer().Zone(ctx); err != nil {
		return found, zone, false, err
	}
	configured := s.settings().Energy
	configured.Series = "" // Save empties it: it names one of another database
	found, err = s.detectIn(ctx, path, mapping(configured), zone, nil)
	if !errors.Is(err, energy.ErrMapping) {
		return found, zone, true, err
	}
	without, err2 := s.detectIn(ctx, path, energy.Mapping{ClockZone: configured.ClockZone}, zone, nil)
	if err2 != nil {
		return found, zone, true, err
	}
	return without, zone, false, nil
}

// offered says in one line what a series is, for somebody to choose it.
func offered(s energy.Series, zone *time.Location) string {
	words := []string{string(s.Unit)}
	if s.Kind == energy.Counter {
		words[0] += " counted"
	}
	if s.Direction != energy.Import {
		words = append(words, string(s.Direction))
	}
	return terminal.Brief(s.Name + ": " + strings.Join(append(words, extent(s, zone)...), ", ") + " (" + string(s.Confidence) + ")")
}

// understood says in one line how a series is read; several have their names
// before it.
func understood(s energy.Series, several bool, zone *time.Location) string {
	text := s.Table + ": "
	if several || s.Name != s.Table+"."+s.Value {
		text = s.Name + ": " + text
	}
	text += s.Time
	if !s.Empty {
		text += " " + string(s.TimeFormat)
	}
	if s.TimeFormat == energy.FormatLocal && !s.Empty {
		text += " " + s.ClockZone.String()
	}
	text += ", " + s.Value + " in " + string(s.Unit)
	if s.Kind == energy.Counter {
		text += " counted"
	}
	for _, words := range extent(s, zone) {
		text += ", " + words
	}
	if s.Direction != energy.Import {
		text += ", " + string(s.Direction)
	}
	return terminal.Brief(text + " (" + string(s.Confidence) + ")")
}

// extent says how much there is of a series, as far as that is known.
func extent(s energy.Series, zone *time.Location) []string {
	if s.Empty {
		return []string{"no rows yet"}
	}
	words := []string{"every " + spoken(s.Step)}
	if finest := s.FinestStep(); finest != s.Step {
		words[0] += ", lately every " + spoken(finest)
	}
	if s.Rows > 0 {
		words = append(words, fmt.Sprintf("%d rows", s.Rows))
	}
	if !s.First.IsZero() {
		words = append(words, s.First.In(zone).Format(time.DateOnly)+" to "+s.Last.In(zone).Format(time.DateOnly))
	}
	return words
}

// spoken is a time between two readings in words.
func spoken(step time.Duration) string {
	switch {
	case step >= time.Hour && step%time.Hour == 0:
		return fmt.Sprintf("%d h", step/time.Hour)
	case step >= time.Minute && step%time.Minute == 0:
		return fmt.Sprintf("%d min", step/time.Minute)
	default:
		return fmt.Sprintf("%g s", step.Seconds())
	}
}

// Choose implements tui.MeterSetup.
func (s meterSetup) Choose(ctx context.Context, series string) error {
	if err := config.Set(ctx, s.place.Path, "energy", config.Setting{Key: "series", Value: series}); err != nil {
		return err
	}
	return s.reload()
}

// Save implements tui.MeterSetup. A mapping that does not fit the database is
// emptied.
func (s meterSetup) Save(ctx context.Context, path, series string) error {
	_, _, fits, err := s.look(ctx, path)
	if err != nil {
		return err
	}
	if !postgres.IsAddress(path) {
		if path, err = filepath.Abs(s.expanded(path)); err != nil {
			return fmt.Errorf("finding the database: %w", err)
		}
	}
	settings := []config.Setting{{Key: "database", Value: path}, {Key: "series", Value: series}}
	if !fits {
		for _, key := range []string{"table", "time", "value", "where", "kind", "unit", "time_format", "label", "nominal_seconds", "max_gap_seconds", "max_kw"} {
			settings = append(settings, config.Setting{Key: key})
		}
	}
	if err := config.Set(ctx, s.place.Path, "energy", settings...); err != nil {
		return err
	}
	return s.reload()
}
