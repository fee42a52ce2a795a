package main

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rooms lists what each room may import of the others; ARCHITECTURE.md draws
// the same arrows. Tests are free.
var rooms = map[string][]string{
	"internal/picture/readme": {"internal/picture"},

	"":                        {"internal/command"},
	"internal/command":        {"*"},
	"tui":                     {"chart", "internal/view", "internal/health", "internal/timeline", "internal/terminal"},
	"internal/report":         {"chart", "internal/view", "internal/health", "internal/timeline"},
	"chart":                   {"internal/svg", "internal/timeline"},
	"internal/view":           {"internal/health", "internal/timeline"},
	"internal/refresh":        {"internal/health", "internal/timeline"},
	"fitbit":                  {"internal/health", "internal/timeline"},
	"fitbit/fake":             {"internal/health", "internal/timeline"},
	"internal/takeout":        {"internal/health", "internal/timeline"},
	"internal/energy":         {"internal/energy/pages", "internal/timeline"},
	"internal/energy/pages":   {},
	"internal/energy/fake":    {"internal/timeline"},
	"internal/store":          {"internal/health", "internal/store/pages", "internal/timeline"},
	"internal/store/pages":    {},
	"internal/config":         {},
	"internal/terminal":       {},
	"internal/timeline":       {},
	"internal/health":         {},
	"internal/push":           {"internal/postgres", "internal/view", "internal/health", "internal/timeline"},
	"internal/picture":        {},
	"internal/svg":            {},
	"internal/manual":         {},
	"internal/likeness":       {"internal/health", "internal/svg"},
	"internal/meterserver":    {"internal/energy", "internal/postgres", "internal/timeline"},
	"internal/postgres":       {},
	"internal/postgres/trial": {"internal/postgres"},
	"bench/meter":             {"bench/onscreen"},
	"bench/onscreen":          {},
	"bench/screen":            {"bench/onscreen", "fitbit/fake", "internal/energy/fake", "internal/health", "internal/store", "internal/timeline"},
}

// keepers are the only rooms that may import what begins like the key.
var keepers = map[string][]string{
	"github.com/NimbleMarkets/ntcharts/": {"chart"},
	"zombiezen.com/go/sqlite":            {"internal/store", "internal/energy", "internal/meterserver", "internal/energy/fake", "internal/energy/pages", "bench/meter"},
	"net/http":                           {"fitbit", "fitbit/fake"},
	"google.golang.org/api":              {"fitbit", "fitbit/fake"},
	"golang.org/x/oauth2":                {"fitbit"},
	"gopkg.in/ini.v1":                    {"internal/config"},
	"github.com/jackc/pgx/":              {"internal/postgres"},
	"charm.land/bubbletea/":              {"tui", "internal/command"},
}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := map[string]bool{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		room := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "vitals"), "/")
		may, known := rooms[room]
		if !known {
			t.Errorf("%s is not in the list of rooms", room)
		}
		seen[room] = true
		for _, path := range p.Imports {
			if own, ok := strings.CutPrefix(path, "vitals/"); ok && !slices.Contains(may, own) && !slices.Contains(may, "*") {
				t.Errorf("%s imports %s", room, own)
			}
			for begin, who := range keepers {
				if strings.HasPrefix(path, begin) && !slices.Contains(who, room) {
					t.Errorf("%s imports %s, which is for %s", room, path, strings.Join(who, " and "))
				}
			}
		}
	}
	for room := range rooms {
		if !seen[room] {
			t.Errorf("there is no room %q", room)
		}
	}
}

// What a room is for is told in its doc.go, and nowhere else. Programs of one
// file beside the main one may tell it in that.
func TestEachRoomTellsWhatItIsForInDocGo(t *testing.T) {
	for room := range rooms {
		files, err := filepath.Glob(filepath.Join(filepath.FromSlash(room), "*.go"))
		if err != nil || len(files) == 0 {
			t.Errorf("room %q has no files: %v", room, err)
		}
		told := false
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if file.Doc == nil {
				continue
			}
			small := file.Name.Name == "main" && room != ""
			if filepath.Base(name) != "doc.go" && !small {
				t.Errorf("%s has a comment on its package, which belongs into doc.go", name)
			}
			first, _, _ := strings.Cut(strings.TrimPrefix(file.Doc.Text(), "Package "), " ")
			told = strings.EqualFold(first, path.Base("vitals/"+room)) || first == file.Name.Name
		}
		if !told {
			t.Errorf("room %q has no doc.go that begins with its name", room)
		}
	}
}
