package takeout

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitals/internal/health"
	"vitals/internal/store"
)

// now is when the tests happen.
var now = time.Date(2026, time.November, 22, 13, 37, 0, 0, time.UTC)

func zone(t rapid.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// files are contents by path.
type contents map[string]string

func (c contents) names() []string { return slices.Sorted(maps.Keys(c)) }

// made is when files of the tests were written.
var made = time.Date(2026, time.August, 24, 11, 56, 50, 0, time.UTC)

func (c contents) zip(t rapid.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for _, name := range c.names() {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: made})
		if err == nil {
			_, err = w.Write([]byte(c[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (c contents) tar(t rapid.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, name := range c.names() {
		err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o600, Size: int64(len(c[name])), ModTime: made})
		if err == nil {
			_, err = w.Write([]byte(c[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func gzipped(t rapid.TB, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// in writes the files into a folder.
func (c contents) in(t rapid.TB, dir string) string {
	t.Helper()
	for name, content := range c {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), []byte(content))
	}
	return dir
}

func write(t rapid.TB, path string, content []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, made, made); err != nil {
		t.Fatal(err)
	}
	return path
}

// taken is all that a store was given, as text to be compared.
type taken struct {
	*store.Store
	report Report
}

// fewChecks makes rapid.Check try a property 25 times, unless the flag says how
// often: making a history is slow under the race detector.
func fewChecks(t *testing.T) {
	t.Helper()
	const name, usual, few = "rapid.checks", "100", "25"
	if flag.Lookup(name).Value.String() != usual {
		return
	}
	if err := flag.Set(name, few); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(name, usual) })
}

// after runs f when the test ends, if t can; a check of a property cannot.
func after(t rapid.TB, f func()) {
	if can, ok := t.(interface{ Cleanup(func()) }); ok {
		can.Cleanup(f)
	}
}

func openStore(t rapid.TB) *store.Store {
	t.Helper()
	s, err := store.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	after(t, func() { s.Close() })
	return s
}

// read reads paths into an empty store.
func read(t rapid.TB, o Options, paths ...string) taken {
	t.Helper()
	return readInto(t, openStore(t), o, paths...)
}

func readInto(t rapid.TB, s *store.Store, o Options, paths ...string) taken {
	t.Helper()
	if o.Zone == nil {
		o.Zone = zone(t, "Europe/London")
	}
	if o.Now.IsZero() {
		o.Now = now
	}
	c, err := Open(context.Background(), paths, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	report, err := c.Read(context.Background(), o, s)
	if err != nil {
		t.Fatal(err)
	}
	return taken{s, report}
}

// readFile reads a single file of that name.
func readFile(t rapid.TB, o Options, name, content string) taken {
	t.Helper()
	dir, err := os.MkdirTemp("", "takeout")
	if err != nil {
		t.Fatal(err)
	}
	after(t, func() { os.RemoveAll(dir) })
	return read(t, o, write(t, filepath.Join(dir, name), []byte(content)))
}

// body is weigh-ins, body fat and heights, a line each.
func (k taken) body(t rapid.TB) string {
	t.Helper()
	weighings, err := k.Weighings(context.Background())
	fats, err2 := k.BodyFats(context.Background())
	heights, err3 := k.Heights(context.Background())
	if err := first(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, w := range weighings {
		fmt.Fprintf(&out, "%s %.3f kg %s/%d/%s %s\n", w.At.Format(time.RFC3339), w.KG, w.Source.Name, w.Source.Kind, w.Source.Via, w.ID)
	}
	for _, f := range fats {
		fmt.Fprintf(&out, "%s %.2f %% %s/%d/%s %s\n", f.At.Format(time.RFC3339), f.Percent, f.Source.Name, f.Source.Kind, f.Source.Via, f.ID)
	}
	for _, h := range heights {
		fmt.Fprintf(&out, "%s %.3f m\n", h.At.Format(time.RFC3339), h.Metres)
	}
	return out.String()
}

// days are the totals of dates of a type, a line each.
func (k taken) days(t rapid.TB, of health.DataType) string {
	t.Helper()
	days, err := k.DayTotals(context.Background(), of, health.Date{}, health.Date{})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, d := range days {
		fmt.Fprintf(&out, "%s %.4f %s %s\n", d.Date, d.Amount, d.Via, d.Covered)
	}
	return out.String()
}

func (k taken) hours(t rapid.TB, of health.DataType) string {
	t.Helper()
	hours, err := k.HourTotals(context.Background(), of, time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, h := range hours {
		fmt.Fprintf(&out, "%s %.4f %s\n", h.Start.Format(time.RFC3339), h.Amount, h.Via)
	}
	return out.String()
}

// all is everything.
func (k taken) all(t rapid.TB) string {
	t.Helper()
	text := k.body(t)
	for _, of := range []health.DataType{health.TypeCalories, health.TypeActiveCalories, health.TypeSteps} {
		text += string(of) + "\n" + k.days(t, of) + k.hours(t, of)
	}
	return text
}

// problem is what was said of the only file.
func (k taken) only(t rapid.TB) File {
	t.Helper()
	if len(k.report.Files) != 1 {
		t.Fatalf("%d files: %+v", len(k.report.Files), k.report)
	}
	return k.report.Files[0]
}

func equal(t rapid.TB, got, want string) {
	t.Helper()
	got = strings.ReplaceAll(got, " \n", "\n")
	if strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// minutesOf writes a classic file of n minutes from a stamp on, each of value.
func minutesOf(from string, n int, value string) string {
	at, err := time.Parse("2006-01-02 15:04", from)
	if err != nil {
		panic(err)
	}
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf("{\n  \"dateTime\" : %q,\n  \"value\" : %q\n", at.Add(time.Duration(i)*time.Minute).Format("01/02/06 15:04:05"), value)
	}
	return "[" + strings.Join(rows, "},") + "}]"
}
