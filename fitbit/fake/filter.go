package fake

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// fault is what is wrong with one restriction of a filter.
type fault struct{ reason, description string }

// filterRefusal is the answer to a filter with faults, one reason for each.
func filterRefusal(faults []fault) *refusal {
	var reasons []string
	var violations []violation
	for _, f := range faults {
		reasons = append(reasons, f.reason)
		violations = append(violations, violation{"filter", f.description})
	}
	r := invalid("INVALID_DATA_POINT_FILTER", "Invalid data point filter: %s.", strings.Join(reasons, ", "))
	r.metadata = map[string]string{"detailedReasons": strings.Join(reasons, ",")}
	r.violations = violations
	return r
}

var (
	restriction = regexp.MustCompile(`^\s*([A-Za-z][A-Za-z0-9_.-]*)\s*(>=|<=|!=|>|<|=|:)\s*"([^"]*)"`)
	conjunction = regexp.MustCompile(`^\s+(AND|OR)\s`)
)

// parseFilter reads a filter: restrictions joined by AND (for sleep also OR),
// each a member, >= or <, and a quoted literal. It returns which entries pass.
func parseFilter(text string, t dataType) (func(entry) bool, *refusal) {
	var tests []func(entry) bool
	var faults []fault
	rest := text
	for rest != "" {
		column := len(text) - len(rest) + 1
		found := restriction.FindStringSubmatch(rest)
		if found == nil {
			return nil, filterRefusal([]fault{unparsable(rest, column)})
		}
		test, wrong := parseRestriction(t, found[1], found[2], found[3])
		if wrong.reason != "" {
			wrong.description += fmt.Sprintf(" (at line 1, column %d)", column)
			faults = append(faults, wrong)
		}
		tests = append(tests, test)
		rest = rest[len(found[0]):]
		if strings.TrimSpace(rest) == "" {
			break
		}
		joined := conjunction.FindStringSubmatch(rest)
		if joined == nil || joined[1] == "OR" && t.id != "sleep" {
			return nil, filterRefusal([]fault{{"INVALID_DATA_POINT_FILTER_SYNTAX", fmt.Sprintf("Syntax error. (at line 1, column %d)", len(text)-len(rest)+1)}})
		}
		rest = rest[len(joined[0]):]
		if strings.TrimSpace(rest) == "" {
			return nil, filterRefusal([]fault{unparsable(rest, len(text))})
		}
	}
	if len(faults) > 0 {
		return nil, filterRefusal(faults)
	}
	return func(e entry) bool {
		return !slices.ContainsFunc(tests, func(passes func(entry) bool) bool { return !passes(e) })
	}, nil
}

func unparsable(rest string, column int) fault {
	reason := "INVALID_DATA_POINT_FILTER_SYNTAX"
	if len(strings.Fields(rest)) < 3 {
		reason = "INVALID_DATA_POINT_FILTER_MISSING_TOKEN"
	}
	return fault{reason, fmt.Sprintf("Syntax error. (at line 1, column %d)", column)}
}

// member is something a filter can ask about.
type member struct {
	name     string
	physical bool // an instant; else a civil time
	dateOnly bool
}

func (t dataType) members() []member {
	switch {
	case t.id == "sleep":
		return []member{{name: "interval.end_time", physical: true}, {name: "interval.civil_end_time"}}
	case t.kind == sessionKind:
		return []member{{name: "interval.civil_start_time"}}
	case t.kind == intervalKind:
		return []member{{name: "interval.start_time", physical: true}, {name: "interval.civil_start_time"}}
	case t.kind == dailyKind:
		return []member{{name: "date", dateOnly: true}}
	default:
		return []member{{name: "sample_time.physical_time", physical: true}, {name: "sample_time.civil_time"}}
	}
}

func parseRestriction(t dataType, name, comparator, literal string) (func(entry) bool, fault) {
	prefix, rest, _ := strings.Cut(name, ".")
	if prefix != t.snake() {
		if slices.ContainsFunc(dataTypes(), func(other dataType) bool { return other.snake() == prefix }) {
			return nil, fault{"INVALID_DATA_POINT_FILTER_COLLECTION_MISMATCH", fmt.Sprintf("Member '%s' does not belong to the data type of the collection.", name)}
		}
		return nil, fault{"INVALID_DATA_POINT_FILTER_DATA_TYPE_RESTRICTION", fmt.Sprintf("Member '%s' does not name a data type.", name)}
	}
	members := t.members()
	i := slices.IndexFunc(members, func(m member) bool { return m.name == rest })
	if i < 0 {
		return nil, fault{"INVALID_DATA_POINT_FILTER_DATA_TYPE_MEMBER", fmt.Sprintf("Member '%s' is not supported for filtering.", name)}
	}
	if comparator != ">=" && comparator != "<" {
		return nil, fault{"INVALID_DATA_POINT_FILTER_RESTRICTION_COMPARATOR", fmt.Sprintf("Comparator '%s' is not supported.", comparator)}
	}
	bound, wrong := members[i].parse(literal)
	if wrong.reason != "" {
		return nil, wrong
	}
	return func(e entry) bool {
		value := e.at
		if !members[i].physical {
			value = wallClock(e.at)
		}
		return value.Before(bound) == (comparator == "<")
	}, fault{}
}

// parse reads the literal of a member: an instant, or a civil time as if it
// were UTC.
func (m member) parse(literal string) (time.Time, fault) {
	if m.physical {
		t, err := time.Parse(time.RFC3339, literal)
		if err != nil {
			return t, fault{"INVALID_DATA_POINT_FILTER_RESTRICTION_COMPARABLE", "The literal is not an RFC 3339 timestamp."}
		}
		return t, fault{}
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04:05"} {
		t, err := time.Parse(layout, literal)
		if err == nil && (layout == time.DateOnly || !m.dateOnly) {
			return t, fault{}
		}
	}
	return time.Time{}, fault{"INVALID_DATA_POINT_FILTER_CIVIL_DATE_TIME_FORMAT", "The literal is not a civil date or time."}
}

// wallClock is what the clock showed, as if it were UTC.
func wallClock(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}
