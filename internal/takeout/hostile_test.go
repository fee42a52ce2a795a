package takeout

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
)

// goodFile is a file to be read whatever lies beside it.
const goodName, goodFile = "Takeout/Fitbit/zz good.csv", "date,weight kg\n2019-03-02,71.4\n"

// peak is how many bytes of memory f takes at the most, about, with little that
// only waits to be collected.
func peak(f func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	most, done, measured := uint64(0), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(measured)
		for {
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapInuse)
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	f()
	close(done)
	<-measured
	return most - min(most, before.HeapInuse)
}

// listed are all files and links below a folder.
func listed(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// expectHarmless reads an archive or a folder below dir: what is good in it is
// read, what is not is told of in a sentence that names it; little memory is
// taken, and nothing is written.
func expectHarmless(t *testing.T, dir, path string, read int, told ...string) {
	t.Helper()
	before := listed(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // or it would hang
	defer cancel()
	s := openStore(t)
	var report Report
	const most = 160 << 20
	used := peak(func() {
		c, err := Open(ctx, []string{path}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if report, err = c.Read(ctx, Options{Zone: time.UTC, Now: now}, s); err != nil {
			t.Fatal(err)
		}
	})
	if used > most {
		t.Errorf("it takes %d MB", used>>20)
	}
	weighings, err := s.Weighings(ctx)
	if err != nil || len(weighings) != read {
		t.Errorf("%d weigh-ins were read, want %d, %v: %+v", len(weighings), read, err, report)
	}
	var said []string
	for _, f := range report.Files {
		said = append(said, f.Path+": "+f.Problem)
		if f.Failed && f.Problem == "" {
			t.Errorf("%s failed without a word", f.Path)
		}
	}
	for _, l := range report.Left {
		said = append(said, l.Reason+": "+l.Example)
	}
	for _, text := range told {
		if !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, text) }) {
			t.Errorf("nothing says %q in %q", text, said[:min(len(said), 20)])
		}
	}
	for _, s := range said {
		if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) || len(s) > 2000 {
			t.Errorf("it says %.300q", s)
		}
	}
	if after := listed(t, dir); !slices.Equal(before, after) {
		t.Errorf("files were made: %q", after)
	}
}

// paths lead out of where an archive would be unpacked.
var paths = []string{"../../../pwned.csv", "/abs/pwned.csv", `C:\pwned.csv`, `..\..\pwned.csv`, "~/pwned.csv", "a/../../pwned.csv", "\x00pwned.csv", "con.csv", ".", "..", "-rf.csv",
	strings.Repeat("d/", 3000) + "pwned.csv", strings.Repeat("x", 60_000) + ".csv", "a\r\nvitals: error: FORGED\u202e\x1b[2J.csv"}

func TestPathsLeadNowhere(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	var zipped, tarred bytes.Buffer
	z, tr := zip.NewWriter(&zipped), tar.NewWriter(&tarred)
	for i, name := range append(slices.Clone(paths), goodName) {
		content := fmt.Sprintf("date,weight kg\n2019-04-%02d,70.%d\n", i+1, i)
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, content)
		}
		if err != nil {
			t.Fatal(err)
		}
		header := &tar.Header{Name: strings.ReplaceAll(name, "\x00", ""), Typeflag: tar.TypeReg, Size: int64(len(content)), Mode: 0o4777}
		if err = tr.WriteHeader(header); err == nil {
			_, err = io.WriteString(tr, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, link := range []tar.Header{
		{Name: "link.csv", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}, {Name: "dir", Typeflag: tar.TypeSymlink, Linkname: "/"}, {Name: "hard.csv", Typeflag: tar.TypeLink, Linkname: "../../x"},
		{Name: "null.csv", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 5}, {Name: "disk.csv", Typeflag: tar.TypeBlock}, {Name: "fifo.csv", Typeflag: tar.TypeFifo}, {Name: "cont.csv", Typeflag: tar.TypeCont},
	} {
		if err := tr.WriteHeader(&link); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := tr.Close(); err != nil {
		t.Fatal(err)
	}
	read := 0 // those that end like a file to be read
	for _, name := range paths {
		if strings.HasSuffix(name, ".csv") {
			read++
		}
	}
	expectHarmless(t, dir, write(t, filepath.Join(dir, "paths.zip"), zipped.Bytes()), read+1)
	expectHarmless(t, dir, write(t, filepath.Join(dir, "cut.zip"), zipped.Bytes()[:zipped.Len()-40]), read+1)
	expectHarmless(t, dir, write(t, filepath.Join(dir, "paths.tgz"), gzipped(t, tarred.Bytes())), read+1)
}

// A folder that leads elsewhere, and holds what would wait for ever.
func TestFolderOfTraps(t *testing.T) {
	dir := t.TempDir()
	outside := write(t, filepath.Join(dir, "outside", "weights.csv"), []byte("date,weight kg\n2019-03-09,99\n"))
	in := contents{goodName: goodFile}.in(t, filepath.Join(dir, "folder"))
	for name, to := range map[string]string{"weights.csv": outside, "all": filepath.Dir(outside), "self": in, "zero.csv": "/dev/zero", "gone.csv": "nowhere", "export.zip": outside} {
		if err := os.Symlink(to, filepath.Join(in, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(in, "fifo.csv"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(in, "fifo.zip"), 0o600); err != nil {
		t.Fatal(err)
	}
	expectHarmless(t, dir, in, 1, reasonLink, reasonDevice)
	if _, err := Open(t.Context(), []string{filepath.Join(in, "gone.csv")}, nil); err == nil {
		t.Error("a link that leads nowhere is opened")
	}
	for name, said := range map[string]string{"zero.csv": "neither a file nor a folder", "fifo.csv": "neither a file nor a folder"} {
		c, err := Open(t.Context(), []string{filepath.Join(in, name)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.problems) != 1 || !strings.Contains(c.problems[0].Problem, said) {
			t.Errorf("%s: %+v", name, c.problems)
		}
		c.Close()
	}
}

// Files that never end, or are nested without end: each is refused by its name,
// and the others are read.
func TestFilesWithoutEnd(t *testing.T) {
	const million, more = 1_000_000, longestElement + 200_000
	many, archives := 30_000, map[string][]byte{}
	if os.Getenv("VITALS_LONG") == "1" {
		many = million
	}
	inner := contents{goodName: goodFile}.zip(t)
	files := contents{
		goodName:                       goodFile,
		"quote.csv":                    "date,weight kg\n2019-03-02,\"" + strings.Repeat("7,1\n", million/3),
		"row.csv":                      "date,weight kg\n" + strings.Repeat("7", more),
		"cells.csv":                    "date,weight kg" + strings.Repeat(",x", million) + "\n2019-03-02,71\n",
		"deep.json":                    strings.Repeat("[", million),
		"objects.json":                 `{"weight":` + strings.Repeat(`{"a":`, million),
		"weight-2019-03-18.json":       strings.Repeat("[", million) + strings.Repeat("]", million),
		"steps-2019-03-18.json":        `[{"dateTime":"` + strings.Repeat("1", more),
		"calories-2019-03-18.json":     "[" + strings.Repeat("{},", many),
		"height-2019-03-18.json":       "[" + strings.Repeat(`{"dateTime":"03/18/19 00:00:00","value":"1700"},`, many),
		"number.csv":                   "date,weight kg\n2019-03-02," + strings.Repeat("9", million/2) + "\n",
		"nested/archive.zip":           string(inner),
		"nested/archive.tgz":           "\x1f\x8b",
		"Profile.csv":                  "id,display_name\n" + strings.Repeat("x", more),
		"Takeout/utf16.csv":            "\xff\xfe" + strings.Repeat("\x00\xd8", more/2),
		"Takeout/people.csv":           "Id,Date,WeightKg\n" + strings.Repeat("1,5/2/2016 11:59:59 PM,52\n", 3),
		"Takeout/" + longName + ".csv": goodFile,
	}
	dir := t.TempDir()
	archives["x.zip"] = files.zip(t)
	if many == million {
		archives["x.tgz"] = gzipped(t, files.tar(t))
	}
	for name, archive := range archives {
		expectHarmless(t, dir, write(t, filepath.Join(dir, name), archive), 1, "quote.csv: it holds more", "row.csv: it holds more", "weight-2019-03-18.json: it ",
			"steps-2019-03-18.json: it holds more", "archives inside archives")
	}
	delete(files, "objects.json")
	delete(files, "cells.csv")
	expectHarmless(t, dir, files.in(t, filepath.Join(dir, "folder")), 1, "quote.csv: it holds more")
}

var longName = strings.Repeat("n", 200)

// overlapping is a zip whose many files are all the same bytes.
func overlapping(t *testing.T, packed []byte, files int) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range []struct {
		name    string
		content []byte
		method  uint16
		size    int
	}{{goodName, []byte(goodFile), zip.Store, len(goodFile)}, {"weights000000.csv", packed, zip.Deflate, 1 << 30}} {
		w, err := z.CreateRaw(&zip.FileHeader{Name: f.name, Method: f.method, CRC32: 0, CompressedSize64: uint64(len(f.content)), UncompressedSize64: uint64(f.size)})
		if err == nil {
			_, err = w.Write(f.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	// The last entry of the list again and again, under other names.
	archive := out.Bytes()
	end := archive[len(archive)-22:]
	at := int(binary.LittleEndian.Uint32(end[16:]))
	entries := archive[at : len(archive)-22]
	last := entries[bytes.LastIndex(entries, []byte("PK\x01\x02")):]
	list := slices.Clone(entries)
	for i := range files {
		copied := slices.Clone(last)
		copy(copied[bytes.Index(copied, []byte("000000")):], fmt.Sprintf("%06d", i+1))
		list = append(list, copied...)
	}
	end = slices.Clone(end)
	binary.LittleEndian.PutUint16(end[8:], uint16(files+2))
	binary.LittleEndian.PutUint16(end[10:], uint16(files+2))
	binary.LittleEndian.PutUint32(end[12:], uint32(len(list)))
	return slices.Concat(archive[:at], list, end)
}

// Bytes that are told to be thousands of files come to no more than they could
// honestly hold.
func TestOverlappingFiles(t *testing.T) {
	dir := t.TempDir()
	archive := overlapping(t, bomb(t, 15<<20), 20_000) // each small enough to be let through
	expectHarmless(t, dir, write(t, filepath.Join(dir, "x.zip"), archive), 1, "it holds more than any real file does; what came before was read")
}

func TestSizesThatLie(t *testing.T) {
	dir := t.TempDir()
	good := contents{goodName: goodFile}.zip(t)
	list := int(binary.LittleEndian.Uint32(good[len(good)-6:]))
	for name, change := range map[string]func(archive []byte) []byte{
		"inflated size":   func(a []byte) []byte { binary.LittleEndian.PutUint32(a[list+24:], 1<<32-2); return a },
		"packed size":     func(a []byte) []byte { binary.LittleEndian.PutUint32(a[list+20:], 1<<32-2); return a },
		"offset":          func(a []byte) []byte { binary.LittleEndian.PutUint32(a[list+42:], 1<<32-2); return a },
		"length of name":  func(a []byte) []byte { binary.LittleEndian.PutUint16(a[list+28:], 1<<16-1); return a },
		"files in list":   func(a []byte) []byte { binary.LittleEndian.PutUint16(a[len(a)-12:], 1<<16-1); return a },
		"list":            func(a []byte) []byte { binary.LittleEndian.PutUint32(a[len(a)-10:], 1<<32-2); return a },
		"begin of list":   func(a []byte) []byte { binary.LittleEndian.PutUint32(a[len(a)-6:], 1<<32-2); return a },
		"nothing but end": func(a []byte) []byte { return a[len(a)-22:] },
		"comment":         func(a []byte) []byte { binary.LittleEndian.PutUint16(a[len(a)-2:], 1<<16-1); return a },
	} {
		path := write(t, filepath.Join(dir, "x.zip"), change(slices.Clone(good)))
		c, err := Open(t.Context(), []string{path}, nil)
		if err != nil {
			t.Fatal(name, err)
		}
		used := peak(func() {
			report, err := c.Read(t.Context(), Options{Zone: time.UTC, Now: now}, openStore(t))
			if problems, _ := failed(report); err != nil || len(problems) > 1 {
				t.Errorf("%s: %v, %q", name, err, problems)
			}
		})
		if used > 64<<20 {
			t.Errorf("%s: it takes %d MB", name, used>>20)
		}
		c.Close()
	}
	tarred := contents{goodName: goodFile}.tar(t)
	copy(tarred[124:136], "77777777777\x00") // 8 GB
	expectHarmless(t, dir, write(t, filepath.Join(dir, "x.tar"), tarred), 0, "it ")
}

// A list of half a million files is read, and of more refused, before it takes
// the memory of a small machine.
func TestFilesBeyondNumber(t *testing.T) {
	files := 20_000
	if os.Getenv("VITALS_LONG") == "1" {
		files = 1_000_000
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := range files {
		name := fmt.Sprintf("%d.x", i)
		if i == 0 {
			name = goodName
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil && i == 0 {
			_, err = io.WriteString(w, goodFile)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "x.zip"), out.Bytes())
	out = bytes.Buffer{}
	if files > mostMembers {
		expectHarmless(t, dir, path, 0, "it holds more than any real file does")
	} else {
		expectHarmless(t, dir, path, 1)
	}
}
