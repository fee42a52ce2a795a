package store

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// losses is what a repair could not read, for people.
type losses struct {
	nothing  bool     // could be read
	pages    int      // that could not be read whole
	of       uint32   // so many
	what     []string // is on them; none when that is not known
	data     bool     // what came from the account or from files may be among it
	meter    bool     // so may electricity
	weighIns int64    // that could be read, where others may be missing
}

// kinds are the tables by what people call what is in them, the dearest first.
func kinds() []kind {
	return []kind{
		{"weigh-ins, body fat, heights", []string{"reading"}},
		{"which weigh-ins you left out", []string{"ruling"}},
		{"calories and steps", []string{"day_total", "hour_total", "hours_fetched"}},
		{"electricity", []string{"roll_up", "quarter_hours", "dropped_reading"}},
		{"what the account tells of itself", []string{"identity", "profile", "settings", "device", "fetch"}},
	}
}

type kind struct {
	name   string
	tables []string
}

func (s *salvage) losses() (losses, error) {
	l := losses{nothing: true, pages: len(s.lost), of: s.image.Count()}
	for n := range s.lost {
		l.of = max(l.of, n)
	}
	unknown := false
	for _, owner := range s.lost {
		unknown = unknown || owner == ""
	}
	for _, k := range kinds() {
		if s.suffered(k.tables...) && !unknown {
			l.what = append(l.what, k.name)
		}
	}
	l.data = s.suffered("reading", "day_total", "hour_total")
	l.meter = s.suffered("roll_up", "quarter_hours", "dropped_reading")
	if s.suffered("reading") {
		n, err := number(s.conn, "SELECT count(*) FROM reading WHERE type = 'weight'")
		if err != nil {
			return l, err
		}
		l.weighIns = n
	}
	for name := range s.tables {
		n, err := number(s.conn, "SELECT count(*) FROM "+name)
		if err != nil {
			return l, err
		}
		l.nothing = l.nothing && n == 0
	}
	return l, nil
}

// words says what is lost, and how it comes back.
func (l losses) words(path string) (what, remedy string) {
	switch {
	case l.nothing:
		what = "nothing in it could be read, and an empty one is begun"
	case l.pages == 0:
		return "nothing is lost", ""
	default:
		what = "weigh-ins and all else may be missing"
		if len(l.what) > 0 {
			what = strings.Join(l.what, ", ") + " may be missing"
		}
		if l.weighIns > 0 {
			what += fmt.Sprintf(", %d weigh-ins are kept", l.weighIns)
		}
		what += fmt.Sprintf(" (%d of the %d pages of the file could not be read)", l.pages, l.of)
	}
	return what, comeBack(path, l.data || l.nothing, l.meter || l.nothing)
}

// comeBack says how what is lost comes back: data of the account or of files,
// electricity, and the rest.
func comeBack(path string, data, electricity bool) string {
	var ways []string
	if data {
		ways = append(ways, "what the account has comes back with vitals sync --full", "what came from files with vitals import")
	}
	if electricity {
		ways = append(ways, "electricity comes back by itself, as far as the meter's database goes")
	}
	if data {
		ways = append(ways, "a backup, if you have one, with vitals restore FILE")
	}
	if kept := newestCopy(path); kept != "" {
		ways = append(ways, "an older copy with vitals restore "+kept)
	}
	return strings.Join(ways, "; ")
}

// newestCopy is the last that a migration or a restore kept of the history and that
// can be restored, "" for none.
func newestCopy(path string) string {
	left, _ := Beside(path)
	written := func(l Left) time.Time {
		if info, err := os.Stat(l.Path); err == nil {
			return info.ModTime()
		}
		return time.Time{}
	}
	slices.SortStableFunc(left, func(a, b Left) int { return written(b).Compare(written(a)) })
	for _, l := range left {
		if (l.Kind == LeftReplaced || l.Kind == LeftOfFormat) && isWhole(l.Path) {
			return l.Path
		}
	}
	return ""
}

// isWhole reports whether a copy holds something and no damage is found in it.
func isWhole(path string) bool {
	ctx := context.Background() // it takes no longer than a backup
	s, err := OpenReadOnly(ctx, path)
	if err != nil {
		return false
	}
	defer s.Close()
	about, err := s.About(ctx)
	return err == nil && about.Format > 0 && s.Check(ctx, true) == nil
}

// ofSQLite reports whether a name is of what SQLite keeps beside a file.
func ofSQLite(name string) bool {
	return slices.ContainsFunc(endings[1:], func(ending string) bool { return strings.HasSuffix(name, ending) })
}

// told is what Repaired returns.
func told(what, remedy, kept string) []string {
	lines := []string{what}
	if kept != "" {
		if remedy != "" {
			remedy += "; "
		}
		remedy += "the damaged file is kept: " + kept
	}
	if remedy != "" {
		lines = append(lines, remedy)
	}
	return lines
}
