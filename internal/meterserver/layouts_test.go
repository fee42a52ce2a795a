package meterserver

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vitals/internal/energy"
	"vitals/internal/postgres"
	"vitals/internal/postgres/trial"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// pushed makes the tables of a SQLite file in a PostgreSQL database, as somebody
// who moved a logger there would.
func pushed(t testing.TB, path, at string, exists func(table string) bool) {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	rows := func(query string, each func(stmt *sqlite.Stmt)) {
		err := sqlitex.ExecuteTransient(conn, query, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error { each(stmt); return nil }})
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	var tables []string
	rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'", func(stmt *sqlite.Stmt) { tables = append(tables, stmt.ColumnText(0)) })
	for _, table := range tables {
		if !exists(table) {
			continue
		}
		var columns, primary []string
		rows("SELECT name, upper(type), pk FROM pragma_table_info('"+table+"')", func(stmt *sqlite.Stmt) {
			declared, kind := stmt.ColumnText(1), "text"
			if stmt.ColumnText(0) == "TIMESTAMP" {
				declared = "TIMESTAMP"
			}
			for _, k := range [][2]string{{"BOOL", "boolean"}, {"INT", "bigint"}, {"FLOAT", "double precision"}, {"REAL", "double precision"}, {"NUMERIC", "numeric"}, {"DATETIME", "timestamp"}, {"TIMESTAMP", "timestamp"}, {"BLOB", "bytea"}} {
				if strings.HasPrefix(declared, k[0]) {
					kind = k[1]
					break
				}
			}
			rows("SELECT max(typeof("+quoted(stmt.ColumnText(0))+") = 'real'), max(typeof("+quoted(stmt.ColumnText(0))+") = 'integer') FROM "+quoted(table), func(holds *sqlite.Stmt) {
				switch { // whatever is declared
				case kind == "bigint" && holds.ColumnBool(0):
					kind = "double precision"
				case kind == "timestamp" && holds.ColumnBool(1):
					kind = "bigint"
				}
			})
			columns = append(columns, postgres.Quoted(stmt.ColumnText(0))+" "+kind)
			if stmt.ColumnBool(2) {
				primary = append(primary, postgres.Quoted(stmt.ColumnText(0)))
			}
		})
		if len(primary) > 0 {
			columns = append(columns, "PRIMARY KEY ("+strings.Join(primary, ", ")+")")
		}
		var script strings.Builder
		fmt.Fprintf(&script, "CREATE TABLE %s (%s);\n", postgres.Quoted(table), strings.Join(columns, ", "))
		rows("SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = '"+table+"'", func(stmt *sqlite.Stmt) {
			script.WriteString(strings.ReplaceAll(stmt.ColumnText(0), "`", `"`) + ";\n")
		})
		n := 0
		rows("SELECT * FROM "+quoted(table), func(stmt *sqlite.Stmt) {
			if n++; n%500 == 1 {
				fmt.Fprintf(&script, ";\nINSERT INTO %s VALUES ", postgres.Quoted(table))
			} else {
				script.WriteString(", ")
			}
			for i := range stmt.ColumnCount() {
				script.WriteString([]string{"(", ", "}[min(i, 1)])
				switch stmt.ColumnType(i) {
				case sqlite.TypeNull, sqlite.TypeBlob:
					script.WriteString("NULL")
				default:
					script.WriteString("'" + strings.ReplaceAll(stmt.ColumnText(i), "'", "''") + "'")
				}
			}
			script.WriteString(")")
		})
		trial.Run(t, at, script.String())
	}
}

// One house, logged by nine programs: what they wrote to a server gives the energy
// that it gives from their files.
func TestLayoutsOnAServer(t *testing.T) {
	for file, c := range map[string]struct {
		mapping energy.Mapping
		layout  energy.Layout
	}{
		"ha_schema52.db":                        {energy.Mapping{Series: "sensor.grid_import_energy"}, energy.HomeAssistant},
		"seed_v2_flask.db":                      {energy.Mapping{}, energy.BlogFlask},
		"generic_epoch_ms_kw.db":                {energy.Mapping{}, energy.Generic},
		"evcc.db":                               {energy.Mapping{}, energy.EVCC},
		"seed_v1_energymonitor.db":              {energy.Mapping{}, energy.BlogReadings},
		"generic_utc_text_current_timestamp.db": {energy.Mapping{}, energy.Generic},
		"sbfspot.db":                            {energy.Mapping{}, energy.SBFspot}, "p1mon_e_historie.db": {energy.Mapping{}, energy.P1Monitor}, "domoticz.db": {energy.Mapping{}, energy.Domoticz},
	} {
		t.Run(file, func(t *testing.T) {
			path := shared(t, "layouts", file)
			at := trial.Database(t)
			pushed(t, path, at, func(string) bool { return true })
			m, _ := newMeter(t, at, c.mapping)
			london, err := time.LoadLocation("Europe/London")
			if err != nil {
				t.Fatal(err)
			}
			m.inner = energy.NewMeter(m.path, m.mapping, london, m.now)
			m.zone = london
			want := rollUp(t, energy.NewMeter(path, c.mapping, london, m.now), nil)
			sameEnergy(t, rollUp(t, m, nil), want)
			found, err := m.Detect(t.Context(), nil)
			if err != nil || found.Layout != c.layout {
				t.Fatalf("it is taken for %s, %v", found.Layout, err)
			}
			file, err := energy.Detect(t.Context(), path, c.mapping, london, testNow, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range file.Series {
				matched := false
				for _, other := range found.Series {
					matched = matched || other.Name == s.Name && other.Rows == s.Rows && other.Kind == s.Kind && other.Unit == s.Unit &&
						other.TimeFormat == s.TimeFormat && other.Step == s.Step && other.First.Equal(s.First) && other.Last.Equal(s.Last) && other.Confidence == s.Confidence
				}
				if !matched {
					t.Errorf("%s of the file (%d rows) is not the server's", s.Name, s.Rows)
				}
			}
		})
	}
}
