package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// Table is an exported series. Every format is written from the same cells.
type Table struct {
	Series   string         // "electricity"
	Unit     string         // of the values: "kWh"
	By       string         // "day", …, or "raw"
	Zone     *time.Location // of the buckets
	Source   string         // "" when a series has several
	RowsName string         // what rows are in JSON: "buckets" or "readings"
	Columns  []string
	Rows     [][]Cell
	Footer   []Field // what JSON adds after the rows

	// From and To are what a picture of single readings is to show, without those
	// before and after; zero times stand for the first and the last.
	From, To time.Time
}

// Cell is one value, written the same everywhere: absent is blank in CSV and
// text, null in JSON, never 0.
type Cell struct {
	text   string
	quoted bool // in JSON
}

// Field is a named value of a JSON object.
type Field struct {
	Name  string
	Value json.RawMessage
}

func word(text string) Cell { return Cell{text, true} }

func instant(t time.Time) Cell { return word(t.Format(time.RFC3339)) }

func number(v float64, decimals int) Cell {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Cell{}
	}
	return Cell{strconv.FormatFloat(v, 'f', decimals, 64), false}
}

func optional(v *float64, decimals int) Cell {
	if v == nil {
		return Cell{}
	}
	return number(*v, decimals)
}

// seconds are whole, as coverage is told.
func seconds(d time.Duration) Cell {
	return Cell{strconv.FormatInt(int64(d.Round(time.Second)/time.Second), 10), false}
}

// json is the cell as a JSON value.
func (c Cell) json() json.RawMessage {
	switch {
	case c.quoted:
		text, err := json.Marshal(c.text)
		if err != nil { // a string always marshals
			panic(err)
		}
		return text
	case c.text == "":
		return json.RawMessage("null")
	default:
		return json.RawMessage(c.text)
	}
}

// csv is the cell for CSV. A text that a spreadsheet would take for a formula is
// led by an apostrophe, which makes it a text there; numbers stay numbers.
func (c Cell) csv() string {
	if c.quoted && c.text != "" && strings.ContainsRune("=+-@\t\r", rune(c.text[0])) {
		return "'" + c.text
	}
	return c.text
}

// WriteCSV writes a header and one line a row.
func (t Table) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(t.Columns); err != nil {
		return err
	}
	line := make([]string, len(t.Columns))
	for _, row := range t.Rows {
		for i, c := range row {
			line[i] = c.csv()
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// WriteJSON writes one object with the rows as objects in it.
func (t Table) WriteJSON(w io.Writer) error {
	fields := []Field{
		{"schema", json.RawMessage("1")},
		{"series", word(t.Series).json()},
		{"unit", word(t.Unit).json()},
		{"by", word(t.By).json()},
		{"time_zone", word(t.Zone.String()).json()},
		{"source", Cell{t.Source, t.Source != ""}.json()},
	}
	var rows strings.Builder
	rows.WriteString("[")
	for i, row := range t.Rows {
		if i > 0 {
			rows.WriteString(",")
		}
		rows.WriteString("\n  {")
		for k, c := range row {
			if k > 0 {
				rows.WriteString(",")
			}
			fmt.Fprintf(&rows, "%q:%s", t.Columns[k], c.json())
		}
		rows.WriteString("}")
	}
	rows.WriteString("]")
	fields = append(fields, Field{t.RowsName, json.RawMessage(rows.String())})
	return writeObject(w, append(fields, t.Footer...))
}

func writeObject(w io.Writer, fields []Field) error {
	var out strings.Builder
	out.WriteString("{")
	for i, f := range fields {
		if i > 0 {
			out.WriteString(",")
		}
		fmt.Fprintf(&out, "\n %q:%s", f.Name, f.Value)
	}
	out.WriteString("}\n")
	_, err := io.WriteString(w, out.String())
	return err
}

// WriteText writes aligned columns for people.
func (t Table) WriteText(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, strings.Join(t.Columns, "\t"))
	for _, row := range t.Rows {
		line := make([]string, len(row))
		for i, c := range row {
			line[i] = c.text
		}
		fmt.Fprintln(out, strings.Join(line, "\t"))
	}
	return out.Flush()
}
