package command

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// shared returns the path of an input with a known answer, and skips the test
// where there are none.
func shared(t *testing.T, elements ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{"..", "..", "..", "shared", "data"}, elements...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skip("the shared data is not here: ", path)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return absolute
}

func csvRows(t *testing.T, text string) []map[string]string {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]map[string]string, len(lines)-1)
	for i, line := range lines[1:] {
		rows[i] = map[string]string{}
		for j, name := range lines[0] {
			rows[i][name] = line[j]
		}
	}
	return rows
}

func fileRows(t *testing.T, path string) []map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return csvRows(t, string(text))
}

// resampleCase is the meta.json of a shared case.
type resampleCase struct {
	Zone   string             `json:"tz"`
	Kind   string             `json:"kind"`
	Params map[string]float64 `json:"params"`
}

// settings are the lines of [energy] and the table's SQL for a case.
func (c resampleCase) settings(rows []map[string]string) (lines, script string) {
	var sql strings.Builder
	add := func(values ...string) {
		fmt.Fprintf(&sql, "INSERT INTO meter VALUES (%s);\n", strings.Join(values, ", "))
	}
	first := rows[0]
	switch {
	case c.Kind == "counter_kwh":
		lines = "kind = counter\nunit = kWh\n"
		sql.WriteString("CREATE TABLE meter (ts INTEGER, value REAL);\n")
		for _, r := range rows {
			add(r["epoch_s"], r["meter_kwh"])
		}
	case first["r_datetime"] != "":
		lines = "kind = power\nunit = W\ntime_format = local\n"
		sql.WriteString("CREATE TABLE meter (ts TEXT, value REAL);\n")
		for _, r := range rows {
			add("'"+r["r_datetime"]+"'", r["r_watts"])
		}
	case c.Kind == "power_w":
		lines = "kind = power\nunit = W\n"
		sql.WriteString("CREATE TABLE meter (ts INTEGER, value REAL);\n")
		for _, r := range rows {
			add(r["epoch_s"], r["watts"])
		}
	case first["DateTime"] != "":
		lines = "kind = interval\nunit = kWh\nlabel = end\ntime_format = utc\n"
		sql.WriteString("CREATE TABLE meter (ts TEXT, value REAL);\n")
		for _, r := range rows {
			add("'"+r["DateTime"]+"'", r["kwh"])
		}
	default:
		lines = "kind = interval\nunit = kWh\n"
		sql.WriteString("CREATE TABLE meter (ts TEXT, value REAL);\n")
		for _, r := range rows {
			add("'"+r["start_utc"]+"'", r["kwh"])
		}
	}
	for key, name := range map[string]string{"nominal_s": "nominal_seconds", "max_gap_s": "max_gap_seconds", "max_kw": "max_kw"} {
		if value, ok := c.Params[key]; ok && (key != "nominal_s" || c.Kind == "power_w") {
			lines += fmt.Sprintf("%s = %g\n", name, value)
		}
	}
	return lines + "table = meter\ntime = ts\nvalue = value\n", sql.String()
}

// Every shared case, as the shipped command prints it.
func TestSharedCasesThroughTheCommand(t *testing.T) {
	cases, err := filepath.Glob(filepath.Join(shared(t, "resample"), "*", "meta.json"))
	if err != nil || len(cases) == 0 {
		t.Fatal("no case was found", err)
	}
	for _, meta := range cases {
		folder := filepath.Dir(meta)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			text, err := os.ReadFile(meta)
			if err != nil {
				t.Fatal(err)
			}
			var c resampleCase
			if err := json.Unmarshal(text, &c); err != nil {
				t.Fatal(err)
			}
			b := newBox(t)
			lines, script := c.settings(fileRows(t, filepath.Join(folder, "input.csv")))
			path := b.meter("meter.db", script)
			b.write("config.ini", "[energy]\ndatabase = "+path+"\n"+lines+"[display]\ntime_zone = "+c.Zone+"\n"+tariffOf(folder))
			least, relative := 1e-6, 0.0
			if strings.HasPrefix(filepath.Base(folder), "37") { // stamps three seconds late
				least, relative = 1e-3, 0.002
			}
			expected, _ := filepath.Glob(filepath.Join(folder, "expected_[hdwmy]*.csv"))
			for _, file := range expected {
				by := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "expected_"), ".csv")
				want := fileRows(t, file)
				got := b.run("export", "electricity", "--by", by, "--from", want[0]["start_utc"], "--to", want[len(want)-1]["end_utc"])
				got.expect(t, 0)
				compareRows(t, by, csvRows(t, got.stdout), want, least, relative)
			}
			checkCosts(t, b, folder)
		})
	}
}

func compareRows(t *testing.T, by string, got, want []map[string]string, least, relative float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d %ss, want %d", len(got), by, len(want))
	}
	for i, w := range want {
		g := got[i]
		for _, column := range []string{"label", "bucket_s", "status"} {
			if g[column] != w[column] {
				t.Errorf("%s %s: %s is %s, want %s", by, w["label"], column, g[column], w[column])
			}
		}
		for column, start := range map[string]string{"start": "start_utc", "end": "end_utc"} {
			if a, err := time.Parse(time.RFC3339, g[column]); err != nil || a.UTC().Format(time.RFC3339) != w[start] {
				t.Errorf("%s %s: %s is %s, want %s", by, w["label"], column, g[column], w[start])
			}
		}
		for _, column := range []string{"kwh", "covered_s", "estimated_s"} {
			if (g[column] == "") != (w[column] == "") {
				t.Errorf("%s %s: %s is %q, want %q", by, w["label"], column, g[column], w[column])
				continue
			}
			a, _ := strconv.ParseFloat(g[column], 64)
			b, _ := strconv.ParseFloat(w[column], 64)
			if math.Abs(a-b) > max(least, relative*b) {
				t.Errorf("%s %s: %s is %v, want %v", by, w["label"], column, a, b)
			}
		}
	}
}

// tariffOf is the tariff of the case that has one.
func tariffOf(folder string) string {
	if _, err := os.Stat(filepath.Join(folder, "expected_cost.csv")); err != nil {
		return ""
	}
	return "[tariff]\ncurrency = GBP\nprice_per_kwh = 0.28\nnight_price = 0.095\nnight_hours = 00:30-07:30\nstanding_charge = 0.60\n"
}

// checkCosts compares costs by the day, in pence in the file.
func checkCosts(t *testing.T, b *box, folder string) {
	t.Helper()
	file := filepath.Join(folder, "expected_cost.csv")
	if _, err := os.Stat(file); err != nil {
		return
	}
	costs := map[string]string{}
	for _, row := range b.run("export", "electricity", "--by", "day").rows(t) {
		costs[row["label"]] = row["cost"]
	}
	checked := 0
	for _, want := range fileRows(t, file) {
		pence, err := strconv.ParseFloat(want["total_p"], 64)
		if err != nil {
			t.Fatal(err)
		}
		checked++
		if got := costs[want["label"]]; got != fmt.Sprintf("%.4f", pence/100) {
			t.Errorf("%s costs %s, want %v p", want["label"], got, pence)
		}
	}
	if checked == 0 {
		t.Error("no cost was checked")
	}
}

// Hours add up to days and days to months, wherever a range is split, and in
// every zone the total is the same.
func TestTotalsThroughTheCommand(t *testing.T) {
	for file, series := range map[string]string{"p1mon_e_historie.db": "", "ha_schema52.db": "sensor.grid_import_energy", "seed_v1_energymonitor.db": ""} {
		t.Run(file, func(t *testing.T) {
			b := newBox(t)
			b.write("config.ini", "[display]\ntime_zone = Europe/London\n[energy]\ndatabase = "+shared(t, "layouts", file)+"\nseries = "+series+"\n")
			total := func(args ...string) float64 {
				t.Helper()
				sum := 0.0
				for _, row := range b.run(append([]string{"export", "electricity"}, args...)...).rows(t) {
					if row["kwh"] != "" {
						sum += kWhOf(t, row)
					}
				}
				return sum
			}
			want := total("--by", "hour")
			if want < 10 {
				t.Fatalf("only %v kWh", want)
			}
			same := func(what string, got, within float64) {
				t.Helper()
				if math.Abs(got-want) > within {
					t.Errorf("%s: %v kWh, want %v", what, got, want)
				}
			}
			for _, by := range []string{"day", "week", "month", "year"} {
				same("by "+by, total("--by", by), 1e-4) // of six decimals each
			}
			for _, zone := range []string{"UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"} {
				same(zone, total("--by", "hour", "--tz", zone), 2e-4)
			}
			for _, split := range []string{"2024-10-27T01:30", "2024-10-26", "2024-10-27T03:07", "2024-10-25T13:59"} {
				same("split at "+split, total("--by", "hour", "--to", split)+total("--by", "hour", "--from", split), 2e-4)
			}
		})
	}
}
