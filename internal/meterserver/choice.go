package meterserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vitals/internal/energy"
	"vitals/internal/postgres"
)

// source is a table of the server as it is copied.
type source struct {
	serverTable
	as      string   // its name in the copy
	copied  []column // those of its columns
	key     key
	filter  string // SQL that picks the rows, "" for all
	args    []any  // of the filter, from $1 on
	longest int    // letters of a text
}

// Texts of loggers are short. Home Assistant writes attributes as JSON.
const (
	longestText       = 500
	longestAttributes = 65_536
)

// mostRows is how many rows are copied of tables that nobody has named.
const mostRows = 20_000_000

// choose says which tables of the database are copied, and how. It asks the server
// for what the choice takes, inside a transaction.
func (m *Meter) choose(ctx context.Context, conn *postgres.Conn) ([]source, error) {
	tables, err := catalogue(ctx, conn)
	if err != nil {
		return nil, err
	}
	if m.mapping.Table != "" {
		t, err := m.named(tables)
		if err != nil {
			return nil, err
		}
		s, err := m.sourceOf(t, m.mapping.Table)
		return []source{s}, err
	}
	tables = slices.DeleteFunc(tables, func(t serverTable) bool { return !t.inPath })
	if !m.mapping.Places() {
		if sources, err := m.homeAssistant(ctx, conn, tables); err != nil || len(sources) > 0 {
			return sources, err
		}
	}
	return m.anyTable(tables)
}

// named is the table that the mapping names, with its schema or without.
func (m *Meter) named(tables []serverTable) (serverTable, error) {
	wanted := m.mapping.Table
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		for _, t := range tables {
			if t.inPath && same(t.name, wanted) || same(t.schema+"."+t.name, wanted) {
				return t, nil
			}
		}
	}
	var names []string
	for _, t := range tables {
		if t.inPath {
			names = append(names, t.name)
		}
	}
	const most = 12
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return serverTable{}, postgres.Problem(energy.ErrMapping, "correct table in [energy]; one of another schema is written schema.table",
		"there is no table %s in %s that can be read; it has %s", wanted, m.at, strings.Join(names, ", "))
}

// anyTable chooses all tables that may hold readings.
func (m *Meter) anyTable(tables []serverTable) ([]source, error) {
	var sources []source
	var rows int64
	taken := map[string]bool{}
	var refused error
	pushed := pushedTo(tables)
	for _, t := range tables {
		if pushed[t.schema] && strings.HasPrefix(t.name, "vitals_") {
			continue
		}
		names := strings.ToLower(t.name)
		fits := t.mayHoldReadings() || m.mapping.Time != ""
		for _, name := range m.mapping.Columns() {
			fits = fits && (name == "" || t.has(name))
		}
		if !t.table || taken[names] || strings.HasPrefix(names, "sqlite_") || !fits && (!t.namesMeters() || m.mapping.Places()) {
			continue
		}
		s, err := m.sourceOf(t, t.name)
		if err != nil {
			refused = err
			continue
		}
		taken[names], rows, sources = true, rows+t.rows, append(sources, s)
	}
	const hint = "set table in [energy] to the one with the readings: table = readings, or schema.readings"
	switch {
	case len(sources) == 0 && refused != nil:
		return nil, refused
	case len(sources) == 0:
		return nil, postgres.Problem(nil, hint+"; whoever asks needs the right to SELECT from it", "the database %s has no table of times and numbers that can be read", m.at)
	case rows > mostRows:
		return nil, postgres.Problem(energy.ErrMapping, hint, "the tables of the database %s have some %d million rows, too many to look for readings in", m.at, rows/1_000_000)
	}
	return sources, nil
}

// pushedTo are the schemas that hold what vitals pushes to a website. Their times and
// energies come from meters, and must not be taken for one.
func pushedTo(tables []serverTable) map[string]bool {
	schemas := map[string]bool{}
	for _, t := range tables {
		if t.name == "vitals_format" {
			schemas[t.schema] = true
		}
	}
	return schemas
}

// mayHoldReadings reports whether the table has a column of times and another one of
// numbers.
func (t serverTable) mayHoldReadings() bool {
	return slices.ContainsFunc(t.columns, func(at column) bool {
		return at.readable && at.timeLike() && slices.ContainsFunc(t.columns, func(c column) bool { return c.readable && c.numberLike() && c.name != at.name })
	})
}

// namesMeters reports whether the table is the one in which ioBroker or evcc says
// what its numbers are of.
func (t serverTable) namesMeters() bool {
	return t.name == "datapoints" && t.has("id", "name", "type") || t.name == "entities" && t.has("id", "group", "name")
}

// sourceOf says how a table is copied under a name.
func (m *Meter) sourceOf(t serverTable, as string) (source, error) {
	s := source{serverTable: t, as: as, longest: longestText}
	if lower := strings.ToLower(as); strings.HasPrefix(lower, "sqlite_") || lower == energy.CopyTable {
		return s, postgres.Problem(energy.ErrMapping, "make a view with another name on the server, and set table to that", "a table called %s cannot be copied", as)
	}
	taken := map[string]bool{}
	for _, c := range t.columns {
		if name := strings.ToLower(c.name); c.readable && c.meaning != leftOut && !taken[name] {
			taken[name], s.copied = true, append(s.copied, c)
		}
	}
	if len(s.copied) == 0 {
		return s, postgres.Problem(nil, "ask its owner for it: GRANT SELECT ON "+t.quotedName()+" TO whoever is named in the address",
			"there is no permission to read the table %s in %s", as, m.at)
	}
	var ok bool
	if s.key, ok = s.findKey(m.mapping.Time); !ok {
		return s, postgres.Problem(energy.ErrMapping, "give it an integer primary key, or set time in [energy] to a column of type timestamp, timestamptz, date or a number",
			"the table %s in %s has no key to read it on by: neither an integer primary key nor a time", as, m.at)
	}
	if s.key.meaning == wall && !s.key.numbers && t.placed {
		s.key.twice = &twice{zone: m.mapping.ClockZone}
		if s.key.twice.zone == nil {
			s.key.twice.zone = m.zone
		}
	}
	if !s.key.numbers && s.rowID() == "" { // every name for the row number is a column's
		s.copied = slices.DeleteFunc(s.copied, func(c column) bool { return strings.EqualFold(c.name, "_rowid_") && c.name != s.key.name })
	}
	return s, nil
}

// findKey is by what the rows are read on: an integer primary key or else a time,
// that of the mapping or the one that an index leads to.
func (s source) findKey(mapped string) (key, bool) {
	found := func(c column, numbers bool) (key, bool) {
		k := key{column: c, numbers: numbers, indexed: s.leads(c.name)}
		if !numbers {
			for _, other := range s.copied {
				if other.name != c.name && (!slices.Contains(s.primary, c.name) || slices.Contains(s.primary, other.name)) {
					k.ties = append(k.ties, other.name)
				}
			}
		}
		return k, true
	}
	alone := s.unique
	if len(s.primary) == 1 {
		alone = append(slices.Clone(s.primary), alone...)
	}
	for _, name := range alone {
		if i := slices.IndexFunc(s.copied, func(c column) bool { return c.name == name && c.meaning == whole }); i >= 0 {
			return found(s.copied[i], true)
		}
	}
	if mapped != "" {
		c, ok := s.column(mapped)
		if !ok || c.meaning == text || c.meaning == truth || !slices.Contains(s.copied, c) {
			return key{}, false
		}
		return found(c, false)
	}
	for _, wanted := range []func(column) bool{
		func(c column) bool { return c.meaning == instant || c.meaning == wall },
		func(c column) bool { return c.timeLike() && c.meaning != text },
	} {
		for _, indexed := range []bool{true, false} {
			for _, c := range s.copied {
				if wanted(c) && (s.leads(c.name) || !indexed) {
					return found(c, false)
				}
			}
		}
	}
	return key{}, false
}

// shape is the same for as long as the copy of the table has the same columns and
// picks the same rows.
func (s source) shape() string {
	text := fmt.Sprintf("%q %q %t %q %q %v %d", s.as, s.key.name, s.key.numbers, s.key.ties, s.filter, s.args, s.longest)
	if s.key.twice != nil {
		text += " " + s.key.twice.zone.String()
	}
	for _, c := range s.copied {
		text += fmt.Sprintf(" %q %d %t", c.name, c.meaning, c.utc)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %q %q", text, s.primary, s.indexes))
	return hex.EncodeToString(sum[:12])
}

// homeAssistant chooses what package energy reads of Home Assistant's recorder: the
// statistics of power and energy, and the states of what they are made from or,
// where there are no statistics yet, of all that has such a unit.
func (m *Meter) homeAssistant(ctx context.Context, conn *postgres.Conn, tables []serverTable) ([]source, error) {
	has := func(name string, columns ...string) (source, bool) {
		i := slices.IndexFunc(tables, func(t serverTable) bool { return t.name == name })
		if i < 0 || !tables[i].has(columns...) {
			return source{}, false
		}
		s, err := m.sourceOf(tables[i], name)
		for j, c := range s.copied {
			if c.meaning == instant {
				s.copied[j].meaning = instantText
			}
		}
		return s, err == nil && s.key.numbers
	}
	meta, ok := has("statistics_meta", "id", "statistic_id", "unit_of_measurement", "has_sum")
	hours, both := has("statistics", "metadata_id", "sum")
	if !ok || !both {
		return nil, nil
	}
	var ids []string
	var names postgres.List
	err := conn.Each(ctx, func(row []postgres.Cell) error {
		if energy.UnitNamed(string(row[2])) != "" {
			ids, names = append(ids, string(row[0])), append(names, string(row[1]))
		}
		return nil
	}, "SELECT id, statistic_id, unit_of_measurement FROM "+meta.quotedName()+" ORDER BY id")
	if err != nil {
		return nil, err
	}
	sources := []source{meta}
	hours.filter = oneOf("metadata_id", ids)
	sources = append(sources, hours)
	if short, ok := has("statistics_short_term", "metadata_id", "sum"); ok {
		short.filter = hours.filter
		sources = append(sources, short)
	}
	states, ok := has("states", "state_id", "state", "attributes_id")
	attributes, both := has("state_attributes", "attributes_id", "shared_attrs")
	if !ok || !both {
		return sources, nil
	}
	attributes.longest = longestAttributes
	stateNames, byID := has("states_meta", "metadata_id", "entity_id")
	entity := "entity_id"
	if byID = byID && states.has("metadata_id"); byID {
		entity = "metadata_id"
		sources = append(sources, stateNames)
	}
	var picked []string
	pick := func(row []postgres.Cell) error { picked = append(picked, string(row[0])); return nil }
	switch {
	case len(names) == 0:
		var units []string
		for _, u := range []energy.Unit{energy.Watt, energy.Kilowatt, energy.WattHour, energy.KilowattHour, energy.MegawattHour, energy.Joule} {
			units = append(units, string(u))
		}
		err = conn.Each(ctx, pick, "SELECT DISTINCT s."+entity+"::text FROM "+states.quotedName()+" AS s JOIN "+attributes.quotedName()+
			" AS a USING (attributes_id) WHERE a.shared_attrs ~* $1 AND s."+entity+" IS NOT NULL ORDER BY 1", `"unit_of_measurement": ?"(`+strings.Join(units, "|")+`)"`)
	case byID:
		err = conn.Each(ctx, pick, "SELECT metadata_id::text FROM "+stateNames.quotedName()+" WHERE entity_id = ANY($1::text[]) ORDER BY metadata_id", names)
	default:
		for _, name := range names {
			picked = append(picked, name.(string))
		}
	}
	if err != nil {
		return nil, err
	}
	if byID {
		states.filter = oneOf("metadata_id", picked)
	} else {
		list := postgres.List{}
		for _, name := range picked {
			list = append(list, name)
		}
		states.filter, states.args = "entity_id = ANY($1::text[])", []any{list}
	}
	attributes.filter, attributes.args = "attributes_id IN (SELECT attributes_id FROM "+states.quotedName()+" WHERE "+states.filter+")", states.args
	return append(sources, attributes, states), nil
}

// oneOf picks the rows whose column has one of these whole numbers.
func oneOf(name string, numbers []string) string {
	if len(numbers) == 0 {
		return "false"
	}
	for i, n := range numbers {
		whole, _ := strconv.ParseInt(n, 10, 64)
		numbers[i] = strconv.FormatInt(whole, 10)
	}
	return name + " IN (" + strings.Join(numbers, ", ") + ")"
}
