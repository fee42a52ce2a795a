package command

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vitals/internal/config"
	"vitals/internal/energy"
	"vitals/internal/terminal"
)

// meterSetup names the meter's database from the dashboard.
type meterSetup struct{ *session }

// Complete implements tui.MeterSetup: folders end in a slash, hidden files are
// offered only for a dot, and names that would disturb the screen never.
func (s meterSetup) Complete(typed string) []string {
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
	case path == "":
		return "."
	default:
		return path
	}
}

// Detect implements tui.MeterSetup.
func (s meterSetup) Detect(ctx context.Context, path string) (string, error) {
	zone, err := s.viewer().Zone(ctx)
	if err != nil {
		return "", err
	}
	configured := s.settings().Energy
	configured.Series = "" // Save empties it: it names one of another database
	found, err := energy.Detect(ctx, s.expanded(path), mapping(configured), zone, s.env.Now())
	if err != nil {
		return "", err
	}
	var lines []string
	for _, series := range found.Series {
		lines = append(lines, understood(series, zone))
	}
	return strings.Join(lines, "; "), nil
}

// understood says in one line how a series is read.
func understood(s energy.Series, zone *time.Location) string {
	at := string(s.TimeFormat)
	if s.TimeFormat == energy.FormatLocal {
		at += " " + s.ClockZone.String()
	}
	text := fmt.Sprintf("%s: %s %s, %s in %s every %s, %d rows", s.Table, s.Time, at, s.Value, s.Unit, spoken(s.Step), s.Rows)
	if !s.First.IsZero() {
		text += fmt.Sprintf(", %s to %s", s.First.In(zone).Format(time.DateOnly), s.Last.In(zone).Format(time.DateOnly))
	}
	return terminal.Clean(text + " (" + string(s.Confidence) + ")")
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

// Save implements tui.MeterSetup.
func (s meterSetup) Save(ctx context.Context, path string) error {
	path, err := filepath.Abs(s.expanded(path))
	if err != nil {
		return fmt.Errorf("finding %s: %w", path, err)
	}
	if err := config.SaveEnergy(ctx, s.place.Path, path, ""); err != nil {
		return err
	}
	return s.reload()
}
