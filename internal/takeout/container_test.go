package takeout

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vitals/internal/health"
)

// export is a small one of everything.
func export() contents {
	return contents{
		"Takeout/Fitbit/Global Export Data/weight-2019-03-18.json":     entries,
		"Takeout/Fitbit/Global Export Data/height-2015-05-18.json":     `[{"dateTime" : "05/18/15 00:00:00", "value" : "1770"}]`,
		"Takeout/Fitbit/Global Export Data/calories-2019-03-18.json":   minutesOf("2019-03-18 00:00", 150, "1.25"),
		"Takeout/Fitbit/Global Export Data/calories-2019-03-19.json":   minutesOf("2019-03-18 01:00", 200, "1.25"),
		"Takeout/Fitbit/Global Export Data/steps-2019-03-18.json":      minutesOf("2019-03-18 05:00", 100, "3"),
		"Takeout/Fitbit/Global Export Data/steps-2019-04-17.json":      minutesOf("2019-03-18 06:00", 100, "3"), // overlaps
		"Takeout/Fitbit/Global Export Data/heart_rate-2019-03-18.json": `[{"dateTime":"03/18/19 05:00:00","value":{"bpm":61}}]`,
		"Takeout/Fitbit/Physical Activity_GoogleData/weight.csv":       "timestamp,weight grams,data source\n2019-03-27T03:34:01Z,85865,Aria\n",
		"Takeout/Fitbit/Physical Activity_GoogleData/steps_2019-03-01.csv": googleMinutes("steps", "2019-03-18", 30, "5", "Fitbit App") +
			rowsOf(googleMinutes("steps", "2019-03-18", 40, "6", "Phone Health Kit")),
		"Takeout/Fitbit/Your Profile/Profile.csv": profileOf("1ABCDE", "Australia/Melbourne"),
		"Takeout/archive_browser.html":            "<html>",
		"Takeout/Fit/Daily/Summaries.csv":         "Date,Move Minutes count,Average weight (kg)\n2019-03-18,3,70\n",
		"__MACOSX/Takeout/._weight.csv":           "\x00\x05\x16\x07",
	}
}

// However an export is cut into parts, packed, renamed and handed over, the
// same comes out of it; and a second time nothing is new.
func TestAnyContainersAnyOrder(t *testing.T) {
	fewChecks(t)
	whole := read(t, Options{}, export().in(t, t.TempDir())).all(t)
	if strings.Count(whole, "\n") < 15 {
		t.Fatalf("the export gives only\n%s", whole)
	}
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp("", "takeout")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(dir)
		root := rapid.SampledFrom([]string{"Takeout/Fitbit/", "Takeout/Google Health/", "", "MyFitbitData/SamExample/", "Archiv/Größe/"}).Draw(rt, "root")
		parts := make([]contents, rapid.IntRange(1, 4).Draw(rt, "parts"))
		for i := range parts {
			parts[i] = contents{}
		}
		all := export()
		for _, name := range all.names() {
			to := rapid.IntRange(0, len(parts)-1).Draw(rt, "part")
			parts[to][strings.Replace(name, "Takeout/Fitbit/", root, 1)] = all[name]
		}
		var paths []string
		for i, part := range parts {
			base := filepath.Join(dir, fmt.Sprintf("takeout-20260824T115650Z-1-%03d", i+1))
			switch rapid.IntRange(0, 5).Draw(rt, "container") {
			case 0:
				paths = append(paths, write(rt, base+".zip", part.zip(rt)))
			case 1:
				paths = append(paths, write(rt, base+".tgz", gzipped(rt, part.tar(rt))))
			case 2:
				paths = append(paths, write(rt, base+".tar", part.tar(rt)))
			case 3:
				if err := os.MkdirAll(base, 0o755); err != nil {
					rt.Fatal(err)
				}
				paths = append(paths, part.in(rt, base))
			case 4: // packed, in a folder
				write(rt, base+"/a.zip", part.zip(rt))
				paths = append(paths, base)
			case 5: // loaded twice
				paths = append(paths, write(rt, base+".zip", part.zip(rt)), write(rt, base+" (1).zip", part.zip(rt)))
			}
		}
		paths = rapid.Permutation(paths).Draw(rt, "order")
		got := read(rt, Options{}, paths...)
		if text := got.all(rt); text != whole {
			rt.Fatalf("got\n%s\nwant\n%s", text, whole)
		}
		for _, f := range got.report.Files {
			if f.Failed {
				rt.Fatalf("%+v", f)
			}
		}
		again := readInto(rt, got.Store, Options{}, paths...)
		for _, total := range again.report.Totals {
			if total.New+total.Changed > 0 || total.Read == 0 {
				rt.Fatalf("the second time: %+v", total)
			}
		}
		if text := again.all(rt); text != whole {
			rt.Fatalf("the second time gives\n%s\nwant\n%s", text, whole)
		}
	})
}

// Several exports, one import each, in any order: the same history.
func TestExportsInAnyOrder(t *testing.T) {
	fewChecks(t)
	dir := t.TempDir()
	older := contents{
		"steps-2019-03-18.json":    minutesOf("2019-03-18 05:00", 100, "3"), // of a running day
		"calories-2019-03-18.json": minutesOf("2019-03-18 00:00", 300, "1.5"),
	}
	newer := contents{
		"steps-2019-03-18.json":    minutesOf("2019-03-18 05:00", 200, "3"),
		"calories-2019-03-18.json": minutesOf("2019-03-18 00:00", 500, "1.5"),
	}
	paths := []string{
		write(t, dir+"/takeout-20190318T070000Z-001.zip", older.zip(t)),
		write(t, dir+"/takeout-20190320T070000Z-001.zip", newer.zip(t)),
		write(t, dir+"/takeout-20190319T070000Z.zip", contents{"x/calories_2019-03-01.csv": googleMinutes("calories", "2019-03-18", 600, "1", "Fitbit App")}.zip(t)),
		write(t, dir+"/fitbit.csv", []byte("Activities\nDate,Steps,Calories Burned\n2019-03-18,700,\n")),
	}
	var want string
	rapid.Check(t, func(rt *rapid.T) {
		s := openStore(rt)
		var got taken
		for _, path := range rapid.Permutation(paths).Draw(rt, "order") {
			got = readInto(rt, s, Options{}, path)
		}
		text := got.all(rt)
		if want == "" {
			want = text
		}
		if text != want {
			rt.Fatalf("got\n%s\nwant\n%s", text, want)
		}
	})
	if !strings.Contains(want, "2019-03-18 750.0000 fitbit-archive 8h20m0s") || !strings.Contains(want, "2019-03-18 600.0000 fitbit-archive 0s") {
		t.Errorf("%s", want)
	}
}

func TestWhatIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	outside := write(t, filepath.Join(t.TempDir(), "weight-2018-03-18.json"), []byte(entries))
	inside := contents{
		"a/weight-2019-03-18.json":            entries,
		"a/UserActivityProbabilities_1.csv":   "x",
		"a/heart_rate_2026-10-01.csv":         "x",
		"a/photo.jpg":                         "x",
		"a/User Security Data/weight.csv":     "timestamp,weight grams,data source\n2019-03-27T03:34:01Z,1,x\n",
		"a/.DS_Store":                         "x",
		"__MACOSX/a/._weight-2019-03-18.json": "x",
		"a/sub.zip":                           string(export().zip(t)),
		"a/other.json":                        `{"a":[1,2,{"b":null}]}`,
		"a/colours.csv":                       "name,colour\nx,y\n",
		"a/weight_readme.txt":                 "date,weight kg\n2019-01-01,3\n",
	}
	write(t, filepath.Join(dir, "x.zip"), inside.zip(t))
	if err := os.Symlink(outside, filepath.Join(dir, "weight-2018-03-18.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Dir(outside), filepath.Join(dir, "folder")); err != nil {
		t.Fatal(err)
	}
	got := read(t, Options{}, dir)
	reasons := map[string]int{}
	for _, l := range got.report.Left {
		reasons[l.Reason] += l.Files
	}
	want := map[string]int{reasonNotShown: 2, reasonNoData: 2, reasonPrivate: 1, reasonJunk: 2, reasonNested: 1, reasonOther: 2, reasonExplains: 1, reasonLink: 1}
	if fmt.Sprint(reasons) != fmt.Sprint(want) || len(got.report.Files) != 1 || got.report.Files[0].Read() != 3 {
		t.Errorf("%v, want %v; %+v", reasons, want, got.report)
	}
}

// failed returns the problems of a report, and of the rest how much was read.
func failed(r Report) (problems []string, read int) {
	for _, f := range r.Files {
		if f.Failed {
			problems = append(problems, f.Path+": "+f.Problem)
		}
		read += f.Read()
	}
	return problems, read
}

func TestCopiesOfAPartAreReadOnce(t *testing.T) {
	dir := t.TempDir()
	packed := contents{"weight-2019-03-18.json": entries}.zip(t)
	got := read(t, Options{}, write(t, dir+"/takeout-20260824T115650Z-1-001.zip", packed), write(t, dir+"/takeout-20260824T115650Z-1-001 (1).zip", packed))
	if len(got.report.Files) != 1 || len(got.report.Left) != 1 || got.report.Left[0].Reason != reasonSame {
		t.Errorf("%+v", got.report)
	}
}

// Where two exports differ, the newer one is right.
func TestNewerExportCounts(t *testing.T) {
	dir := t.TempDir()
	older := contents{"steps-2019-03-18.json": minutesOf("2019-03-18 05:00", 10, "3"), "weight-2019-03-18.json": `[{"logId":7,"weight":70,"date":"03/27/19","time":"14:39:01"}]`}
	newer := contents{"steps-2019-03-18.json": minutesOf("2019-03-18 05:00", 10, "4"), "weight-2019-03-18.json": `[{"logId":7,"weight":71,"date":"03/27/19","time":"14:39:01"}]`}
	got := read(t, Options{Units: health.Kilograms}, write(t, dir+"/takeout-20190420T070000Z-001.zip", older.zip(t)), write(t, dir+"/takeout-20200420T070000Z-001.zip", newer.zip(t)))
	equal(t, got.days(t, health.TypeSteps), "2019-03-18 40.0000 fitbit-archive 0s")
	equal(t, got.body(t), "2019-03-27T14:39:01Z 71.000 kg Fitbit archive/0/fitbit-archive fitbit-archive:7")
}

// ZIP64 is what archives beyond 4 GB are, and small ones may be.
func TestZIP64(t *testing.T) {
	files := contents{"weight-2019-03-18.json": entries}
	packed := files.zip(t)
	end := bytes.LastIndex(packed, []byte("PK\x05\x06"))
	list := packed[end:]
	count, size, offset := binary.LittleEndian.Uint16(list[10:]), binary.LittleEndian.Uint32(list[12:]), binary.LittleEndian.Uint32(list[16:])
	long := append([]byte("PK\x06\x06"), make([]byte, 52)...)
	binary.LittleEndian.PutUint64(long[4:], 44)
	binary.LittleEndian.PutUint64(long[24:], uint64(count))
	binary.LittleEndian.PutUint64(long[32:], uint64(count))
	binary.LittleEndian.PutUint64(long[40:], uint64(size))
	binary.LittleEndian.PutUint64(long[48:], uint64(offset))
	locator := append([]byte("PK\x06\x07"), make([]byte, 16)...)
	binary.LittleEndian.PutUint64(locator[8:], uint64(end))
	binary.LittleEndian.PutUint32(locator[16:], 1)
	short := append([]byte("PK\x05\x06"), 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0)
	got := read(t, Options{}, write(t, filepath.Join(t.TempDir(), "x.zip"), bytes.Join([][]byte{packed[:end], long, locator, short}, nil)))
	if problems, read := failed(got.report); len(problems) > 0 || read != 3 {
		t.Errorf("%q, %d read", problems, read)
	}
}

func TestOpenTellsWhatIsMissing(t *testing.T) {
	_, err := Open(t.Context(), []string{filepath.Join(t.TempDir(), "none.zip")}, nil)
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "none.zip: no such file") {
		t.Errorf("%v", err)
	}
}

func TestInterrupted(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "x.zip"), export().zip(t))
	ctx, cancel := context.WithCancel(t.Context())
	c, err := Open(ctx, []string{path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	cancel()
	if _, err := c.Read(ctx, Options{Zone: zone(t, "UTC"), Now: now}, openStore(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := Open(ctx, []string{path}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// failing is a store whose disk is full.
type failing struct{ Sink }

func (failing) SaveWeighings(context.Context, []health.Weighing) (int, int, error) {
	return 0, 0, errors.New("no space is left")
}

func TestSinkThatFailsEndsIt(t *testing.T) {
	c, err := Open(t.Context(), []string{write(t, filepath.Join(t.TempDir(), "x.zip"), export().zip(t))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Read(t.Context(), Options{Zone: zone(t, "UTC"), Now: now}, failing{openStore(t)}); err == nil || err.Error() != "no space is left" {
		t.Errorf("%v", err)
	}
}

// dying is a store whose process is killed before the n-th save.
type dying struct {
	Sink
	left *int
}

var errKilled = errors.New("killed")

func (d dying) die() error {
	if *d.left--; *d.left < 0 {
		return errKilled
	}
	return nil
}

func (d dying) SaveWeighings(ctx context.Context, w []health.Weighing) (int, int, error) {
	if err := d.die(); err != nil {
		return 0, 0, err
	}
	return d.Sink.SaveWeighings(ctx, w)
}

func (d dying) SaveDayTotals(ctx context.Context, t health.DataType, w []health.DayTotal) (int, int, error) {
	if err := d.die(); err != nil {
		return 0, 0, err
	}
	return d.Sink.SaveDayTotals(ctx, t, w)
}

func (d dying) SaveHourTotals(ctx context.Context, t health.DataType, w []health.HourTotal) (int, int, error) {
	if err := d.die(); err != nil {
		return 0, 0, err
	}
	return d.Sink.SaveHourTotals(ctx, t, w)
}

// Killed anywhere and begun again, an import comes to the same.
func TestKilledAndBegunAgain(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "x.zip"), export().zip(t))
	want := read(t, Options{}, path).all(t)
	for saves := range 6 {
		s := openStore(t)
		left := saves
		c, err := Open(t.Context(), []string{path}, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Read(t.Context(), Options{Zone: zone(t, "Europe/London"), Now: now}, dying{s, &left})
		c.Close()
		if !errors.Is(err, errKilled) {
			t.Fatalf("after %d saves: %v", saves, err)
		}
		if got := readInto(t, s, Options{}, path).all(t); got != want {
			t.Errorf("after %d saves and again:\n%s\nwant\n%s", saves, got, want)
		}
	}
}

func TestSpreadsheetIsToldOf(t *testing.T) {
	for _, name := range []string{"x.xlsx", "x.xls"} {
		got := read(t, Options{}, write(t, filepath.Join(t.TempDir(), name), contents{"xl/workbook.xml": "x"}.zip(t)))
		if problems, _ := failed(got.report); len(problems) != 1 || !strings.Contains(problems[0], "save it as CSV") {
			t.Errorf("%s: %q", name, problems)
		}
	}
}

// Progress goes up to the end, and never beyond it.
func TestProgress(t *testing.T) {
	files := contents{}
	for i := range 28 {
		files[fmt.Sprintf("steps-2019-03-%02d.json", i+1)] = minutesOf(fmt.Sprintf("2019-03-%02d 00:00", i+1), 4000, "3")
	}
	for name, content := range map[string][]byte{"x.zip": files.zip(t), "x.tar": files.tar(t)} {
		var last, total int64
		told := 0
		c, err := Open(t.Context(), []string{write(t, filepath.Join(t.TempDir(), name), content)}, func(done, all int64) {
			if done < last || done > all {
				t.Errorf("%s: %d of %d after %d", name, done, all, last)
			}
			last, total = done, all
			told++
		})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Read(t.Context(), Options{Zone: zone(t, "UTC"), Now: now}, openStore(t)); err != nil {
			t.Fatal(err)
		}
		if told < 2 || last < total*6/10 {
			t.Errorf("%s: told %d times, last %d of %d", name, told, last, total)
		}
	}
}
