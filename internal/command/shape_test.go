package command

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"vitals/fitbit/fake"
)

var update = flag.Bool("update", false, "write the shapes of JSON in testdata anew")

// shape is what JSON values are made of: the types that a path had, such as "null"
// and "number" of .body.bmi.
type shape map[string]map[string]bool

func (s shape) add(path string, types ...string) {
	if s[path] == nil {
		s[path] = map[string]bool{}
	}
	for _, t := range types {
		s[path][t] = true
	}
}

// look adds a value, which stands at a path.
func (s shape) look(path string, value any) {
	switch v := value.(type) {
	case nil:
		s.add(path, "null")
	case bool:
		s.add(path, "boolean")
	case float64:
		s.add(path, "number")
	case string:
		s.add(path, "string")
	case []any:
		s.add(path, "array")
		for _, element := range v {
			s.look(path+"[]", element)
		}
	case map[string]any:
		seen := s[path]["object"]
		s.add(path, "object")
		for key := range s { // what other objects had, and this one has not
			if below, ok := strings.CutPrefix(key, path+"."); ok && !strings.ContainsAny(below, ".[") {
				if _, there := v[below]; !there {
					s.add(key, "absent")
				}
			}
		}
		for key, element := range v {
			if seen && s[path+"."+key] == nil {
				s.add(path+"."+key, "absent")
			}
			s.look(path+"."+key, element)
		}
	}
}

// TestJSONKeepsItsShape runs everything that prints JSON in several states of a
// history, and compares the keys and types with those that were promised.
func TestJSONKeepsItsShape(t *testing.T) {
	shapes := map[string]shape{}
	look := func(b *box, args ...string) {
		t.Helper()
		r := b.run(args...)
		var value any
		if err := json.Unmarshal([]byte(r.stdout), &value); err != nil {
			t.Fatalf("vitals %s: %v in %q; it says %s", strings.Join(args, " "), err, r.stdout, r.stderr)
		}
		if object, ok := value.(map[string]any); !ok || object["schema"] != 1.0 {
			t.Errorf("vitals %s has no schema 1: %s", strings.Join(args, " "), r.stdout)
		}
		name := args[0]
		switch {
		case name == "export":
			if name += " " + args[1]; args[len(args)-1] == "raw" {
				name += " --by raw"
			} else {
				name += " by buckets"
			}
		case len(args) > 1 && (args[0] == "auth" || args[0] == "energy"):
			name += " " + args[1]
		}
		if shapes[name] == nil {
			shapes[name] = shape{}
		}
		shapes[name].look("", value)
	}
	everywhere := func(b *box) {
		t.Helper()
		for _, line := range []string{"report", "auth status", "doctor"} {
			look(b, append(strings.Fields(line), "--json")...)
		}
	}

	nothing := newBox(t)
	nothing.outside = func(env *Environment) { env.Patience = 5 * time.Second }
	everywhere(nothing)

	// Little is known: a grant that reads little and ends, a service that does not
	// answer, one weigh-in, a meter that was looked at once.
	little := newBox(t)
	little.outside = nothing.outside
	little.write("config.ini", strings.Replace(fake.Configuration(little.base, little.google.SignIn(fake.Scopes()[0])), "[fitbit]\n",
		"[fitbit]\nsigned_in_at = 2026-11-20T10:00:00Z\nexpires_at = 2026-11-23T10:00:00Z\ngranted_scopes = "+fake.Scopes()[0]+"\n", 1)+
		"[energy]\ndatabase = "+little.blog("house.db", moment.Add(-time.Hour), moment, steady(400))+"\n")
	little.stop()
	look(little, "sync", "--json")
	little.write("w.csv", "date,weight_kg\n2026-11-21,71.4\n")
	look(little, "import", "--json", little.path("w.csv"))
	everywhere(little)
	for _, series := range []string{"weight", "electricity"} {
		look(little, "export", series, "--format", "json")
	}
	look(little, "backup", "--json", little.path("backup.db"))
	for range 5 {
		little.now = little.now.Add(time.Minute)
		look(little, "restore", "--json", little.path("backup.db"))
	}

	b := newBox(t)
	b.outside = nothing.outside
	full := b.blog("house.db", moment.AddDate(0, 0, -20), moment, steady(400))
	spiked := b.blog("spiked.db", moment.AddDate(0, 0, -2), moment, func(at time.Time) int {
		if at.Equal(moment.Add(-24 * time.Hour)) {
			return 900_000
		}
		return 400
	})
	b.signIn("[energy]\ndatabase = " + full + "\n[display]\ngoal_kg = 68\n[tariff]\ncurrency = GBP\nprice_per_kwh = 0.25\n")
	everywhere(b)
	look(b, "sync", "--json")
	everywhere(b)
	for _, series := range exportable.names() {
		look(b, "export", series, "--format", "json")
		look(b, "export", series, "--format", "json", "--from", "2001-01-01", "--to", "2001-01-03")
		if !slices.Contains([]string{"calories", "active-calories", "steps"}, series) {
			look(b, "export", series, "--format", "json", "--by", "raw")
		}
	}
	look(b, "export", "electricity", "--format", "json", "--db", spiked)
	look(b, "energy", "detect", "--json")
	look(b, "energy", "detect", "--json", b.meter("unix.db", "CREATE TABLE readings (time INTEGER, watts REAL); INSERT INTO readings VALUES (1700000000, 1), (1700000060, 2), (1700000120, 2)"))

	b.write("w.csv", weighIns)
	b.write("unit.csv", "date,weight\n2019-03-02,71.4\n")
	archive := b.archive("takeout.zip", map[string]string{"Takeout/Fitbit/Global Export Data/heart_rate-2019-03-18.json": "[]", "Takeout/Fitbit/nothing.bin": "x"})
	look(b, "import", "--json", b.path("w.csv"), b.path("unit.csv"), archive)
	look(b, "backup", "--json", b.path("backup.db"))
	look(b, "restore", "--json", b.path("backup.db"))
	other := newBox(t)
	look(other, "restore", "--json", b.path("backup.db"))

	b.google.EndAll()
	b.now = b.now.Add(26 * time.Hour) // the scale, meter and account are silent
	look(b, "sync", "--json")
	everywhere(b)
	b.stop()
	look(b, "sync", "--json")
	everywhere(b)

	var now []string
	for _, command := range slices.Sorted(maps.Keys(shapes)) {
		for _, path := range slices.Sorted(maps.Keys(shapes[command])) {
			now = append(now, fmt.Sprintf("%s\t%s\t%s", command, cmp.Or(path, "."), strings.Join(slices.Sorted(maps.Keys(shapes[command][path])), "|")))
		}
	}
	const file = "testdata/json-shapes.txt"
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(now, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (run with -update to write it)", err)
	}
	promised := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range promised {
		if !slices.Contains(now, line) {
			t.Errorf("%q is no more. Scripts rely on it: a key that is renamed or gone, or has another type, is a breaking change and wants \"schema\": 2", line)
		}
	}
	for _, line := range now {
		if !slices.Contains(promised, line) {
			t.Errorf("%q is new. Where a key was added, write it to %s: go test ./internal/command -run JSONKeepsItsShape -update", line, file)
		}
	}
}
