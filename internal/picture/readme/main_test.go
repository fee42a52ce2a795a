package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../../.."

func TestPicturesAreCurrent(t *testing.T) {
	if err := run(root, true); err != nil {
		t.Error(err)
	}
}

func TestCheckNoticesAndWritesNothing(t *testing.T) {
	dir := t.TempDir()
	for _, folder := range []string{"tui/testdata", "internal/picture/readme"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(dir, "tui/testdata/pictures"), os.DirFS(filepath.Join(root, "tui/testdata/pictures"))); err != nil {
		t.Fatal(err)
	}
	if err := run(dir, true); err == nil || strings.Count(err.Error(), "go run") != len(pictures) {
		t.Errorf("without any picture: %v", err)
	}
	if err := run(dir, false); err != nil {
		t.Fatal(err)
	}
	if err := run(dir, true); err != nil {
		t.Errorf("after drawing them: %v", err)
	}
	changed := filepath.Join(dir, file("help"))
	if err := os.WriteFile(changed, []byte("<svg/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(dir, true); err == nil || !strings.Contains(err.Error(), "help.svg is not") {
		t.Errorf("with another picture: %v", err)
	}
	if text, err := os.ReadFile(changed); err != nil || string(text) != "<svg/>" {
		t.Errorf("a check wrote %q (%v)", text, err)
	}
}

// Each picture is shown, said in words to those who cannot see it, and fetches
// and runs nothing; none is left over.
func TestTheReadmeShowsThem(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.svg")
	if err != nil || len(files) != len(pictures) {
		t.Errorf("%d files for %d pictures (%v)", len(files), len(pictures), err)
	}
	for _, p := range pictures {
		if !slices.Contains(files, p.name+".svg") {
			t.Errorf("there is no %s.svg", p.name)
			continue
		}
		if !strings.Contains(string(readme), `<img src="`+file(p.name)+`" alt="`+p.title) {
			t.Errorf("the README does not show %s under its title", file(p.name))
		}
		svg, err := os.ReadFile(p.name + ".svg")
		if err != nil {
			t.Fatal(err)
		}
		links := strings.ReplaceAll(string(svg), `xmlns="http://www.w3.org/2000/svg"`, "")
		links, _, _ = strings.Cut(links, "<g ") // the words may tell of an address
		for _, no := range []string{"<script", "href", "://", "@import", "<style", "foreignObject"} {
			if strings.Contains(links, no) {
				t.Errorf("%s holds %s", p.name, no)
			}
		}
		if !strings.Contains(string(svg), "<desc") || p.description == "" {
			t.Errorf("%s is not described", p.name)
		}
	}
}
