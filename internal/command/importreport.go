package command

import (
	"encoding/json"
	"fmt"
	"strings"

	"vitals/internal/takeout"
	"vitals/internal/terminal"
)

// print says what became of each file, then what was left alone and why, then
// what it all came to.
func (i *importer) print(report takeout.Report) error {
	var out strings.Builder
	for _, f := range report.Files {
		if !f.Failed || f.Read() > 0 { // verdict tells of the others
			fmt.Fprintf(&out, "%s: %s\n", terminal.Clean(f.Path), terminal.Clean(became(f)))
		}
	}
	for k := 0; k < len(report.Left); {
		reason, families, files := report.Left[k].Reason, []string{}, 0
		for ; k < len(report.Left) && report.Left[k].Reason == reason; k++ {
			left := report.Left[k]
			files += left.Files
			if left.Family != "" {
				families = append(families, fmt.Sprintf("%s %d", terminal.Clean(left.Family), left.Files))
			}
		}
		const most = 8
		if len(families) > most {
			families = append(families[:most], "...")
		}
		names := ""
		if len(families) > 0 {
			names = ": " + strings.Join(families, ", ")
		}
		fmt.Fprintf(&out, "left alone: %s (%s)%s\n", countOf(files, "files"), reason, names)
	}
	for _, t := range report.Totals {
		fmt.Fprintf(&out, "%-16s %s: %d new, %d changed\n", t.Type, countOf(t.Read, t.What), t.New, t.Changed)
	}
	if _, err := fmt.Fprint(i.env.text(), out.String()); err != nil {
		return err
	}
	for _, note := range report.Notes {
		i.env.say("%s", note)
	}
	return nil
}

// became is one line about a file: "12 weigh-ins, 11 with body fat; 12 new".
func became(f takeout.File) string {
	var counts, parts []string
	saved := false
	for _, c := range f.Counts {
		counts = append(counts, countOf(c.Number, c.What))
		saved = saved || c.What != "minutes" && c.What != "profile"
	}
	if len(counts) > 0 {
		parts = append(parts, strings.Join(counts, ", "))
	}
	if saved {
		text := fmt.Sprintf("%d new", f.New)
		if f.Changed > 0 {
			text += fmt.Sprintf(", %d changed", f.Changed)
		}
		parts = append(parts, text)
	}
	if f.Skipped > 0 {
		parts = append(parts, fmt.Sprintf("%s left out", countOf(f.Skipped, "impossible values")))
	}
	if f.Problem != "" && !f.Failed {
		parts = append(parts, f.Problem)
	}
	if len(parts) == 0 {
		return "nothing in it"
	}
	return strings.Join(parts, "; ")
}

// countOf is a number of things, whose name is given for many of them.
func countOf(n int, what string) string {
	if n == 1 {
		for _, plural := range []string{"files", "weigh-ins", "readings", "heights", "minutes", "days", "hours", "values"} {
			what = strings.Replace(what, plural, plural[:len(plural)-1], 1)
		}
	}
	return fmt.Sprintf("%d %s", n, what)
}

// printJSON prints the same as one object.
func (i *importer) printJSON(report takeout.Report) error {
	type file struct {
		Path    string  `json:"path"`
		Kind    *string `json:"kind"`
		Read    int     `json:"read"`
		New     int     `json:"new"`
		Changed int     `json:"changed"`
		Skipped int     `json:"skipped"`
		Failed  bool    `json:"failed"`
		Reason  *string `json:"reason"`
	}
	type left struct {
		Reason  string  `json:"reason"`
		Family  *string `json:"family"`
		Files   int     `json:"files"`
		Example string  `json:"example"`
	}
	type total struct {
		Type    string `json:"type"`
		What    string `json:"what"`
		Read    int    `json:"read"`
		New     int    `json:"new"`
		Changed int    `json:"changed"`
	}
	out := struct {
		Schema  int      `json:"schema"`
		Files   []file   `json:"files"`
		Left    []left   `json:"left_alone"`
		Totals  []total  `json:"totals"`
		Notes   []string `json:"notes"`
		New     int      `json:"new"`
		Changed int      `json:"changed"`
	}{Schema: 1, Files: []file{}, Left: []left{}, Totals: []total{}, Notes: []string{}}
	known := func(text string) *string {
		if text = terminal.Clean(text); text == "" {
			return nil
		}
		return &text
	}
	for _, f := range report.Files {
		out.Files = append(out.Files, file{terminal.Clean(f.Path), known(f.Format), f.Read(), f.New, f.Changed, f.Skipped, f.Failed, known(f.Problem)})
	}
	for _, l := range report.Left {
		out.Left = append(out.Left, left{l.Reason, known(l.Family), l.Files, terminal.Clean(l.Example)})
	}
	for _, t := range report.Totals {
		out.Totals = append(out.Totals, total{string(t.Type), t.What, t.Read, t.New, t.Changed})
		out.New += t.New
		out.Changed += t.Changed
	}
	for _, note := range report.Notes {
		out.Notes = append(out.Notes, terminal.Clean(note))
	}
	return json.NewEncoder(i.env.json()).Encode(out)
}
