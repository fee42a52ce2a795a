// Readme draws the pictures that the README shows, from golden frames of the
// screen in tui/testdata/pictures. Run it at the top of the repository:
//
//	go run ./internal/picture/readme          writes them
//	go run ./internal/picture/readme -check   only tells whether they are current
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"vitals/internal/picture"
)

// The size of the screen in every picture, in cells.
const columns, rows = 100, 30

var pictures = []struct{ name, title, description string }{
	{"dashboard", "The dashboard of vitals",
		"A terminal with three panes: who is measured and with what; weight, body mass index, body fat and the trend of 90 days; and the electricity of the house by the hour as bars."},
	{"sign-in", "Signing in to Google with vitals",
		"A terminal that prints the address to open as one plain line; below it three numbered steps, a field to paste the answer into, and the keys."},
	{"zoom", "One pane of vitals full screen",
		"A terminal filled by a chart of the house's electricity, compared with the week before; a cursor points at one bucket, and a line reads its exact value, cost and coverage."},
	{"help", "The keys of vitals",
		"A terminal that lists every key, grouped by what it is for, and what the marks in the charts mean."},
}

func main() {
	check := flag.Bool("check", false, "write nothing, fail when a picture is not current")
	flag.Parse()
	if err := run(".", *check); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// run draws all pictures in the repository at root, or compares them.
func run(root string, check bool) error {
	var failed []error
	for _, p := range pictures {
		if err := one(root, p.name, p.title, p.description, check); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

func one(root, name, title, description string, check bool) error {
	frame, err := os.ReadFile(filepath.Join(root, "tui", "testdata", "pictures", name+".ansi"))
	if err != nil {
		return fmt.Errorf("reading a golden frame: %w", err)
	}
	svg, err := picture.SVG(string(frame), columns, rows, title, description)
	if err != nil {
		return fmt.Errorf("drawing %s: %w", name, err)
	}
	path := filepath.Join(root, file(name))
	if !check {
		return os.WriteFile(path, svg, 0o644)
	}
	if drawn, err := os.ReadFile(path); err != nil || !bytes.Equal(drawn, svg) {
		return fmt.Errorf("%s is not what the screen looks like now: go run ./internal/picture/readme draws it anew", file(name))
	}
	return nil
}

func file(name string) string { return "internal/picture/readme/" + name + ".svg" }
