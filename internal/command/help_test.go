package command

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// tree is the commands of the program.
func tree() *cobra.Command {
	return (&cli{}).root()
}

func TestWrongUsageSaysWhoseAndWhere(t *testing.T) {
	b := newBox(t)
	for line, says := range map[string]string{
		"nothing":               `"nothing" is not a command of vitals`,
		"help nothing":          `"nothing" is not a command of vitals`,
		"help auth nothing":     `"auth nothing" is not a command of vitals`,
		"auth nothing":          `"nothing" is not a command of vitals auth`,
		"report nothing":        `vitals report takes no arguments, and "nothing" is one`,
		"--nothing":             "vitals --help",
		"report --nothing":      "vitals report --help",
		"export weight --by":    "vitals export --help",
		"energy detect --by me": "vitals energy detect --help",
	} {
		r := b.run(strings.Fields(line)...)
		r.expect(t, exitUsage, says)
		if r.stdout != "" {
			t.Errorf("%s: it prints %s", line, r.stdout)
		}
	}
	for _, line := range []string{"help", "help auth", "help auth status"} {
		r := b.run(strings.Fields(line)...)
		r.expect(t, 0)
		if want := strings.Replace(line, "help", "vitals", 1); !strings.Contains(r.stdout, "Usage:\n  "+want) {
			t.Errorf("%s: it prints %s", line, r.stdout)
		}
	}
}

func TestHelpFitsEightyColumns(t *testing.T) {
	b := newBox(t)
	for _, cmd := range append(commandsOf(tree()), tree()) {
		r := b.run(append(strings.Fields(cmd.CommandPath())[1:], "--help")...)
		r.expect(t, 0)
		if !strings.Contains(r.stdout, "Usage:\n  "+cmd.CommandPath()) || cmd.Short == "" {
			t.Errorf("%s: its help lacks how it is called:\n%s", cmd.CommandPath(), r.stdout)
		}
		for line := range strings.Lines(r.stdout) {
			line = strings.TrimSuffix(line, "\n")
			if ansi.StringWidth(line) > 80 || strings.TrimRight(line, " \t") != line {
				t.Errorf("%s: %q is too long, or ends in blanks", cmd.CommandPath(), line)
			}
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(r.stdout, "--"+f.Name) || f.Usage == "" {
				t.Errorf("%s: its help lacks --%s", cmd.CommandPath(), f.Name)
			}
		})
	}
}

// What help shows can be typed as it stands.
func TestExamplesAreGoodUsage(t *testing.T) {
	for _, cmd := range append(commandsOf(tree()), tree()) {
		for line := range strings.Lines(cmd.Example) {
			_, call, found := strings.Cut(line, "vitals ")
			if !found {
				t.Errorf("%s: the example %q does not call it", cmd.CommandPath(), line)
			}
			call, _, _ = strings.Cut(call, "#")
			for _, end := range []string{">", "<", "|", ")"} {
				call, _, _ = strings.Cut(call, end)
			}
			called, args, err := tree().Find(strings.Fields(call))
			if err == nil {
				err = called.ParseFlags(args)
			}
			if err == nil && called.Args != nil {
				err = called.Args(called, called.Flags().Args())
			}
			if err != nil {
				t.Errorf("%s: %q: %v", cmd.CommandPath(), line, err)
			}
		}
	}
}

// Each word that is offered is one that is taken.
func TestChoicesAreTaken(t *testing.T) {
	for _, f := range exportFormats {
		if _, err := format(f.name); err != nil {
			t.Error(err)
		}
	}
	for ending, name := range endings {
		if _, err := format(name); err != nil {
			t.Errorf("%s: %v", ending, err)
		}
	}
	if len(endings) != len(exportFormats) {
		t.Errorf("files end in %v, and formats are %v", endings, exportFormats.names())
	}
	for _, series := range exportable {
		for _, by := range exportBuckets {
			x := exporter{exportOptions: exportOptions{format: "csv", by: by.name}, raw: by.name == "raw"}
			if err := x.check(series.name); err != nil && !strings.Contains(err.Error(), "no single readings") {
				t.Error(err)
			}
		}
	}
	for _, units := range importUnits {
		for _, dates := range importDates {
			i := importer{importOptions: importOptions{units: units.name, dates: dates.name}}
			if err := i.check(); err != nil {
				t.Error(err)
			}
		}
	}
	regions, _ := zoneNames(nil, nil, "")
	for _, region := range regions {
		names, _ := zoneNames(nil, nil, region)
		for _, name := range names {
			x := exporter{exportOptions: exportOptions{format: "csv", by: "day", tz: name}}
			if err := x.check("weight"); err != nil {
				t.Errorf("%q is offered: %v", name, err)
			}
		}
	}
}

func TestManualPage(t *testing.T) {
	b := newBox(t)
	r := b.run("man")
	r.expect(t, 0)
	if again := b.run("man"); again.stdout != r.stdout {
		t.Error("another run prints another page")
	}
	for _, cmd := range commandsOf(tree()) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(r.stdout, strings.ReplaceAll("--"+f.Name, "-", `\-`)) {
				t.Errorf("it lacks --%s of %s", f.Name, cmd.CommandPath())
			}
		})
	}
	var page strings.Builder
	if _, err := manualOf(tree(), moment).WriteTo(&page); err != nil {
		t.Fatal(err)
	}
	// The version shares the last line with the date and the title: of a longer one
	// man prints the date over it.
	if head, _, _ := strings.Cut(page.String(), "\n"); head != `.TH "VITALS" 1 "`+moment.Format(time.DateOnly)+`" "vitals devel" "User Commands"` {
		t.Errorf("it begins with %s", head)
	}
	if _, err := exec.LookPath("mandoc"); err != nil {
		t.Skip("there is no mandoc here, which would look for faults")
	}
	lint := exec.Command("mandoc", "-T", "lint", "-W", "warning")
	lint.Stdin = strings.NewReader(page.String())
	if out, err := lint.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("mandoc finds %s%v", out, err)
	}
	read := exec.Command("mandoc", "-T", "ascii", "-O", "width=78")
	read.Stdin = strings.NewReader(page.String())
	out, err := read.Output()
	if err != nil {
		t.Fatal(err)
	}
	text := ansi.Strip(string(out))
	for i := strings.IndexByte(text, '\b'); i > 0; i = strings.IndexByte(text, '\b') {
		text = text[:i-1] + text[i+1:] // what is struck twice is bold
	}
	for line := range strings.Lines(text) {
		if len(strings.TrimRight(line, "\n")) > 80 {
			t.Errorf("%q is too long", line)
		}
	}
	for _, want := range []string{"vitals - a health monitor", "source <(vitals completion bash)", "--paste-stdin", "~/.local/state", `"#(vitals report --line)"`} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %q:\n%s", want, text)
		}
	}
}
