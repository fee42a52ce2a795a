package command

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vitals/internal/report"
	"vitals/internal/timeline"
)

// The same numbers everywhere: text, CSV, JSON and the picture of one view have the
// same cells, digit by digit.
func TestAllFormatsHaveTheSameNumbers(t *testing.T) {
	b := newBox(t)
	var script strings.Builder
	script.WriteString("CREATE TABLE meter (ts INTEGER, value REAL);\n")
	register := 4711.0
	for at := moment.AddDate(0, 0, -40); at.Before(moment); at = at.Add(5 * time.Minute) {
		if at.Hour() != 3 { // when nothing is used
			register += 0.01 + float64(at.Hour()*at.Minute())/1e5
		}
		if at.Day() != 13 && (at.Day() != 2 || at.Hour() != 4) { // when nothing is measured
			fmt.Fprintf(&script, "INSERT INTO meter VALUES (%d, %.4f);\n", at.Unix(), register)
		}
	}
	path := b.meter("meter.db", script.String())
	b.signIn("[energy]\ndatabase = " + path + "\ntable = meter\ntime = ts\nvalue = value\nkind = counter\nunit = kWh\n[tariff]\ncurrency = GBP\nprice_per_kwh = 0.245\nstanding_charge = 0.53\n")
	b.run("sync").expect(t, 0)
	b.write("w.csv", "date,weight kg,fat %\n2026-08-01 08:00,74.2,24.1\n2026-11-21 23:10,140.5,12.5\n")
	b.run("import", b.path("w.csv")).expect(t, 0, "1 weigh-in held back")
	s := b.session()
	views := []exportOptions{
		{},
		{from: "2026-10-24", to: "2026-10-27"}, // with the hour that came twice
		{from: "2026-11-01T10:20", to: "2026-11-14T03:07", tz: "Asia/Kathmandu"},
		{from: "-3d", tz: "America/St_Johns"},
	}
	compared := map[string]int{}
	for _, series := range exportable.names() {
		for _, by := range []string{"hour", "day", "week", "month", "year", "raw"} {
			if by == "raw" && (series == "steps" || strings.HasSuffix(series, "calories")) {
				continue
			}
			for _, view := range views {
				args := []string{series, by, view.from, view.to, view.tz}
				x := &exporter{raw: by == "raw", exportOptions: view}
				x.by, x.format = by, "csv"
				if err := errors.Join(x.check(series), x.begin(t.Context(), s)); err != nil {
					t.Fatal(err)
				}
				table, err := x.table(t.Context(), series)
				if err != nil {
					t.Fatal(err)
				}
				printed := func(name string) string {
					var out strings.Builder
					write, err := format(name)
					if err := errors.Join(err, write(table, &out)); err != nil {
						t.Fatal(err)
					}
					return out.String()
				}
				want := csvRows(t, printed("csv"))
				sameRows(t, args, "text", textRows(printed("text")), want)
				sameRows(t, args, "JSON", jsonRows(t, printed("json")), want)
				picture := told(t, printed("svg"))
				if len(picture) > 0 && strings.Contains(picture[0], "\nlowest ") {
					compared["together"] += checkTogether(t, args, picture, want)
					continue
				}
				rows := make([]map[string]string, len(picture))
				for i, title := range picture {
					rows[i] = titleRow(t, title)
				}
				if by == "raw" { // those that do not count are drawn before the others
					inOrder(rows)
					inOrder(want)
				}
				if len(rows) != len(want) {
					t.Errorf("%s: %d are pictured, want %d", strings.Join(args, " "), len(rows), len(want))
					continue
				}
				for i, row := range rows {
					for column, value := range row {
						if value != want[i][column] {
							t.Errorf("%s: the picture of %s has the %s %q, want %q", strings.Join(args, " "), picture[i], column, value, want[i][column])
						}
						compared[column]++
					}
				}
			}
		}
	}
	for _, column := range []string{"label", "time", "kwh", "value", "covered_s", "estimated_s", "mean_w", "status", "cost", "n", "min", "max", "trend", "excluded", "source", "together"} {
		if compared[column] < 2 {
			t.Errorf("%s was compared %d times", column, compared[column])
		}
	}
}

func sameRows(t *testing.T, args []string, format string, got, want []map[string]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %s has %d rows, CSV has %d", strings.Join(args, " "), format, len(got), len(want))
		return
	}
	for i := range want {
		for column, value := range want[i] {
			if got[i][column] != value {
				t.Errorf("%s: row %d, %s is %q in %s and %q in CSV", strings.Join(args, " "), i, column, got[i][column], format, value)
			}
		}
	}
}

// textRows reads aligned columns by where their names stand.
func textRows(text string) []map[string]string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	names := regexp.MustCompile(`\S+`).FindAllStringIndex(lines[0], -1)
	var rows []map[string]string
	for _, line := range lines[1:] {
		cells, row := []rune(line), map[string]string{}
		for i, at := range names {
			end := len(cells)
			if i+1 < len(names) {
				end = min(end, names[i+1][0])
			}
			row[lines[0][at[0]:at[1]]] = strings.TrimSpace(string(cells[min(at[0], end):end]))
		}
		rows = append(rows, row)
	}
	return rows
}

func jsonRows(t *testing.T, text string) []map[string]string {
	t.Helper()
	var object struct{ Buckets, Readings []map[string]any }
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, r := range append(object.Buckets, object.Readings...) {
		row := map[string]string{}
		for name, value := range r {
			if value != nil {
				row[name] = fmt.Sprint(value)
			} else {
				row[name] = ""
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// told are the titles of the marks of a picture; those of its columns, if it has any.
func told(t *testing.T, picture string) []string {
	t.Helper()
	var titles, stack []string
	var text bytes.Buffer
	for decoder := xml.NewDecoder(strings.NewReader(picture)); ; {
		token, err := decoder.Token()
		if err == io.EOF {
			return titles
		}
		if err != nil {
			t.Fatalf("%v in %.500s", err, picture)
		}
		switch token := token.(type) {
		case xml.StartElement:
			stack = append(stack, token.Name.Local)
			text.Reset()
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			if stack = stack[:len(stack)-1]; token.Name.Local == "title" && len(stack) > 1 {
				titles = append(titles, text.String())
			}
		}
	}
}

// inOrder sorts readings.
func inOrder(rows []map[string]string) {
	slices.SortStableFunc(rows, func(a, b map[string]string) int {
		return strings.Compare(a["time"]+a["value"], b["time"]+b["value"])
	})
}

var titleLines = []struct {
	shape   *regexp.Regexp
	columns []string
}{
	{regexp.MustCompile(`^(\S+) kWh, (full|partial|estimated)$`), []string{"kwh", "status"}},
	{regexp.MustCompile(`^(\S+) (kcal|steps), (full|partial|estimated)$`), []string{"value", "unit", "status"}},
	{regexp.MustCompile(`^(\S+) (kg|%|kg/m2), mean of (\d+)$`), []string{"value", "unit", "n"}},
	{regexp.MustCompile(`^(\S+) (kg|%|kg/m2|kWh)$`), []string{"value", "unit"}},
	{regexp.MustCompile(`^from (\S+) to (\S+)$`), []string{"min", "max"}},
	{regexp.MustCompile(`^(\d+) of (\d+) s covered, (\d+) s estimated$`), []string{"covered_s", "bucket_s", "estimated_s"}},
	{regexp.MustCompile(`^(\d+) of (\d+) s covered$`), []string{"covered_s", "bucket_s"}},
	{regexp.MustCompile(`^mean (\S+) W$`), []string{"mean_w"}},
	{regexp.MustCompile(`^cost (\S+)$`), []string{"cost"}},
	{regexp.MustCompile(`^trend (\S+)$`), []string{"trend"}},
	{regexp.MustCompile(`^left out: (.+)$`), []string{"excluded"}},
	{regexp.MustCompile(`^source: (.+)$`), []string{"source"}},
}

// titleRow reads the cells that the title of a mark tells. What it says nothing of
// is absent, or as it is when there is nothing to say.
func titleRow(t *testing.T, title string) map[string]string {
	t.Helper()
	lines := strings.Split(title, "\n")
	row := map[string]string{"label": lines[0]}
	if strings.Contains(lines[0], "T") {
		row = map[string]string{"time": lines[0], "trend": "", "excluded": ""}
	}
	if slices.Equal(lines[1:], []string{"no data"}) {
		row["value"], row["kwh"] = "", ""
		return row
	}
	for _, line := range lines[1:] {
		known := false
		for _, l := range titleLines {
			if cells := l.shape.FindStringSubmatch(line); cells != nil && !known {
				known = true
				for i, column := range l.columns {
					row[column] = cells[i+1]
				}
			}
		}
		if !known {
			t.Errorf("nobody knows what %q says, in %q", line, title)
		}
	}
	return row
}

var togetherLine = regexp.MustCompile(`^(?:lowest|highest) (\S+) \S+ \((.+)\)$`)

// checkTogether wants the lowest and the highest of each column of a picture that
// draws several rows together, and every row in one. It returns how many are.
func checkTogether(t *testing.T, args []string, titles []string, want []map[string]string) int {
	t.Helper()
	begin := 0
	for _, title := range titles {
		lines := strings.Split(title, "\n")
		n, _ := strconv.Atoi(strings.Fields(lines[len(lines)-1])[0])
		rows := want[begin : begin+n]
		begin += n
		first, last, _ := strings.Cut(lines[0], " to ")
		if name := rows[0]["label"] + rows[0]["time"]; name != first {
			t.Errorf("%s: %q begins with %s", strings.Join(args, " "), title, name)
		}
		if name := rows[n-1]["label"] + rows[n-1]["time"]; last != "" && name != last {
			t.Errorf("%s: %q ends with %s", strings.Join(args, " "), title, name)
		}
		for i, line := range lines[1 : len(lines)-1] {
			if line == "no data" {
				for _, row := range rows {
					if row["value"]+row["kwh"] != "" {
						t.Errorf("%s: no data in %q, but %v", strings.Join(args, " "), title, row)
					}
				}
				continue
			}
			cells := togetherLine.FindStringSubmatch(line)
			found := false
			for _, row := range rows {
				value := row["value"] + row["kwh"]
				if bound := row[[]string{"min", "max"}[i]]; bound != "" {
					value = bound
				}
				if row["label"]+row["time"] == cells[2] {
					found = value == cells[1]
				}
				v, _ := strconv.ParseFloat(value, 64)
				told, _ := strconv.ParseFloat(cells[1], 64)
				if value != "" && row["status"] != "partial" && row["excluded"] == "" && (i == 0 && v < told || i == 1 && v > told) {
					t.Errorf("%s: %v is beyond %q", strings.Join(args, " "), row, title)
				}
			}
			if !found {
				t.Errorf("%s: %q tells %q of a row", strings.Join(args, " "), title, line)
			}
		}
	}
	if begin != len(want) {
		t.Errorf("%s: %d of %d rows are drawn", strings.Join(args, " "), begin, len(want))
	}
	return begin
}

// A scale whose clock was wrong once stretches no picture.
func TestAWrongClockStretchesNoPicture(t *testing.T) {
	b := newBox(t)
	b.imported("w.csv", "date,weight kg\n1970-01-02 08:00,74.1\n2026-11-01 08:00,74.2\n2026-11-03 08:00,74.0\n")
	r := b.run("export", "weight", "--by", "raw", "--format", "svg")
	if r.code != exitDone || !strings.Contains(r.stdout, ">1 November 2026 to 3 November 2026<") || !strings.Contains(r.stdout, "Readings of other times are not drawn.") {
		t.Errorf("%d, %s\n%s", r.code, r.stderr, r.stdout)
	}
	r = b.run("export", "weight", "--by", "raw", "--from", "1970-01-01", "--format", "svg")
	if !strings.Contains(r.stdout, "1970-01-02T08:00:00+01:00") {
		t.Errorf("asked for, it is not drawn:\n%s", r.stdout)
	}
}

// A picture goes to web pages: it names the meter's file, and not whose folder it is in.
func TestNoExportTellsWhereTheMeterLies(t *testing.T) {
	b := newBox(t)
	path := b.blog("blog.db", moment.Add(-3*time.Hour), moment, steady(600))
	b.configure("[energy]\ndatabase = " + path + "\n")
	for _, by := range []string{"raw", "hour"} {
		for format, named := range map[string]string{"svg": "blog.db.</desc>", "json": `blog.db",`} {
			r := b.run("export", "electricity", "--by", by, "--format", format)
			r.expect(t, exitDone)
			if strings.Contains(r.stdout, filepath.Dir(path)) || !strings.Contains(r.stdout, named) {
				t.Errorf("by %s:\n%.1500s", by, r.stdout)
			}
		}
	}
}

// What is cleaned away of a hostile name never takes a part of the picture with it.
func TestHostileNamesSpoilNoPicture(t *testing.T) {
	write, err := format("svg")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"\u009b31", "\u0090q", "\u009d0;x", "\u0098", "\x9b3", "\x90q", "\x1b]0;x", "\x1b", "\x1bP", "]]>", "</desc><script>", hostile} {
		var out strings.Builder
		readings := []timeline.Reading{{Time: moment, Value: 1}}
		if err := write(report.RawElectricity(readings, "W", time.UTC, "here "+name), &out); err != nil {
			t.Fatal(err)
		}
		if titles := told(t, out.String()); len(titles) != 1 || titles[0] != "2026-11-22T13:37:00Z\n1 W" {
			t.Errorf("%q: it tells %q", name, titles)
		}
		if found := fault(out.String()); found != "" || !strings.Contains(out.String(), "Read from here ") {
			t.Errorf("%q: %s in\n%s", name, found, out.String())
		}
	}
}
