package command

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"vitals/internal/health"
	"vitals/internal/report"
	"vitals/internal/timeline"
	"vitals/internal/view"
	"vitals/tui"
)

// What e writes is what the command prints, to the last byte.
func TestExportOfWhatIsShownIsThatOfTheCommand(t *testing.T) {
	b := newBox(t)
	path := b.blog("blog.db", moment.AddDate(0, 0, -60), moment.Add(time.Minute), func(at time.Time) int { return 200 + at.Hour()*at.Minute() })
	b.signIn("[energy]\ndatabase = " + path + "\n[tariff]\ncurrency = GBP\nprice_per_kwh = 0.245\nstanding_charge = 0.53\n")
	b.run("sync").expect(t, 0)
	b.run("report").expect(t, 0)
	s := b.session()
	screen := history{session: s, kept: &view.Kept{}, answered: func() {}}
	ctx := t.Context()
	zone, err := s.viewer().Zone(ctx)
	if err != nil {
		t.Fatal(err)
	}
	typed := func(from, to string, u timeline.Unit) view.Window {
		t.Helper()
		begin, end, err := view.ParseRange(from+" "+to, moment.In(zone))
		if err != nil {
			t.Fatal(err)
		}
		w := view.TypedWindow(begin, end)
		w.Unit = u
		return w
	}
	in := func(r view.Reach, u timeline.Unit) view.Window {
		w := view.NewWindow(r)
		w.Unit = u
		return w
	}
	windows := []view.Window{
		view.NewWindow(view.LastDay), view.NewWindow(view.LastWeek), view.NewWindow(view.LastYear), view.NewWindow(view.All),
		in(view.LastMonth, timeline.Week), in(view.LastQuarter, timeline.Year),
		typed("2026-10-24", "2026-10-26", timeline.Hour), // over the clock change
		typed("2026-10-24", "2026-10-26", timeline.Day),
		typed("2026-10-25T00:30", "2026-10-25T01:30", timeline.Hour),
	}
	check := func(e tui.Export, args ...string) {
		t.Helper()
		for ending, format := range endings {
			e.Name = fmt.Sprintf("%s-%d%s", e.Series, time.Now().UnixNano(), ending)
			written, err := s.exportShown(ctx, e)
			if err != nil || written.Where != "~/"+e.Name || written.Lines == 0 {
				t.Fatalf("%+v: wrote %+v, %v", e, written, err)
			}
			args := append([]string{"export", e.Series, "--format", format, "--from", e.From.Format(time.RFC3339), "--to", e.To.Format(time.RFC3339)}, args...)
			printed := b.run(args...)
			printed.expect(t, 0)
			if got := b.read(e.Name); got != printed.stdout {
				t.Errorf("%s: the file has\n%s\nthe command prints\n%s", strings.Join(args, " "), got, printed.stdout)
			}
			if info, err := os.Stat(b.path(e.Name)); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
		}
	}
	for _, w := range windows {
		e, err := screen.Energy(ctx, w, view.HouseAndBurned)
		if err != nil {
			t.Fatal(err)
		}
		for _, series := range []string{"electricity", "calories"} {
			check(tui.Export{Series: series, From: e.From, To: e.To, Unit: e.Unit}, "--by", e.Unit.String())
		}
		line, err := screen.BodyLine(ctx, w)
		if err != nil {
			t.Fatal(err)
		}
		shown := tui.Export{Series: "weight", From: line.From, To: line.To, Unit: line.Unit, Single: len(line.Points) > 0 && line.Points[0].Reading != nil}
		switch {
		case len(line.Points) == 0:
		case shown.Single:
			check(shown, "--by", "raw")
		default:
			check(shown, "--by", line.Unit.String())
		}
	}
}

func TestWhereAnExportOfWhatIsShownGoes(t *testing.T) {
	b := newBox(t)
	path := b.blog("blog.txt", moment.Add(-3*time.Hour), moment, steady(600))
	b.configure("[energy]\ndatabase = " + path + "\n")
	s := b.session()
	b.write("old.csv", "old")
	if err := os.Mkdir(b.path("folder.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(b.path("pipe.csv"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := tui.Export{Series: "electricity", From: moment.Add(-2 * time.Hour).Truncate(time.Hour), To: moment.Truncate(time.Hour), Unit: timeline.Hour}
	for name, says := range map[string]string{
		"":                   "end in .csv, .json, .txt or .svg",
		"a":                  "end in .csv, .json, .txt or .svg",
		"a.svgz":             "end in .csv, .json, .txt or .svg",
		"folder.csv":         "is a folder",
		"nowhere/a.csv":      "there is no folder",
		"old.csv/a.csv":      "there is no folder",
		"pipe.csv":           "is no ordinary file",
		"blog.txt":           "", // which is there already
		"old.csv":            "",
		"a\x1b[31m.csv":      "characters that cannot be seen",
		"/proc/version.csv":  "",
		"/dev/full/some.csv": "there is no folder",
	} {
		e.Name = name
		written, err := s.exportShown(t.Context(), e)
		switch {
		case name == "/proc/version.csv": // whatever the system says
			if err == nil {
				t.Errorf("%q: written", name)
			}
		case says == "" && (err != nil || !written.Taken):
			t.Errorf("%q: %+v, %v", name, written, err)
		case says != "" && (err == nil || !strings.Contains(err.Error(), says) || health.Hint(err) == ""):
			t.Errorf("%q: %v, hint %q", name, err, health.Hint(err))
		}
	}
	if b.read("old.csv") != "old" {
		t.Error("a file was replaced without a word")
	}
	e.Replace = true
	for name, want := range map[string]string{"~/old.csv": "~/old.csv", " new.JSON ": "~/new.JSON", b.path("abs.txt"): "~/abs.txt", "../" + "up.csv": ""} {
		e.Name = name
		written, err := s.exportShown(t.Context(), e)
		if err != nil || written.Lines != 2 || want != "" && written.Where != want {
			t.Errorf("%q: %+v, %v", name, written, err)
		}
	}
	if !strings.HasPrefix(b.read("old.csv"), "label,") || !strings.HasPrefix(b.read("new.JSON"), "{") {
		t.Error("it was not replaced")
	}
	e.Name = "blog.txt"
	if _, err := s.exportShown(t.Context(), e); err == nil || !strings.Contains(err.Error(), "the meter's database") {
		t.Errorf("over the meter: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e.Name = "given-up.csv"
	if _, err := s.exportShown(ctx, e); err == nil {
		t.Error("a file that nobody waits for")
	}
	if _, err := os.Stat(b.path("given-up.csv")); err == nil {
		t.Error("it was written all the same")
	}
}

// Neither what vitals lives of is replaced by way of a link, nor without a
// question what a link leads to, or what came meanwhile.
func TestAnExportReplacesNothingByAccident(t *testing.T) {
	b := newBox(t)
	b.configure("[energy]\ndatabase = " + b.blog("blog.db", moment.Add(-3*time.Hour), moment, steady(600)) + "\n")
	s := b.session()
	for name, target := range map[string]string{"config.csv": s.place.Path, "store.csv": s.storePath(), "nowhere.csv": b.path("gone")} {
		if err := os.Symlink(target, b.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	e := tui.Export{Series: "electricity", From: moment.Add(-2 * time.Hour).Truncate(time.Hour), To: moment.Truncate(time.Hour), Unit: timeline.Hour}
	for name, is := range map[string]string{"config.csv": "is the configuration", "store.csv": "is the store"} {
		e.Name, e.Replace = name, true
		if _, err := s.exportShown(t.Context(), e); err == nil || !strings.Contains(err.Error(), is) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.run("export", "electricity", "--out", b.path("config.ini")).expect(t, exitUsage, "is the configuration")
	e.Name, e.Replace = "nowhere.csv", false
	if written, err := s.exportShown(t.Context(), e); err != nil || !written.Taken {
		t.Errorf("a link that leads nowhere: %+v, %v", written, err)
	}
	e.Name = "meanwhile.csv"
	now := s.env.Now
	s.env.Now = func() time.Time { // while it is made
		if _, err := os.Lstat(b.path(e.Name)); err != nil {
			b.write(e.Name, "mine")
		}
		return now()
	}
	if written, err := s.exportShown(t.Context(), e); err != nil || !written.Taken || b.read(e.Name) != "mine" {
		t.Errorf("%+v, %v; the file has %s", written, err, b.read(e.Name))
	}
}

// A full disk and the like are told in words, whoever asked.
func TestWhyAFileIsNotWritten(t *testing.T) {
	for cause, says := range map[error]string{
		syscall.ENOSPC: "no space left", syscall.EDQUOT: "no space left", syscall.EACCES: "nothing may be written in /home/ann",
		syscall.EROFS: "nothing may be written", syscall.ENOENT: "there is no folder /home/ann", syscall.EIO: "input/output error",
	} {
		err := unwritten("/home/ann/a.csv", &os.PathError{Op: "write", Path: "/home/ann/.a.csv123", Err: cause})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: %v", cause, err)
		}
	}
	if err := unwritten("a.csv", nil); err != nil {
		t.Error(err)
	}
	var out bytes.Buffer
	for ending, name := range endings {
		write, err := format(name)
		if err != nil || write(report.Table{}, &out) != nil {
			t.Errorf("%s: %v", ending, err)
		}
	}
}
