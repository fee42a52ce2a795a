package takeout

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"hash/crc32"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"vitals/internal/health"
)

func TestCutArchives(t *testing.T) {
	// Files in order of names: calories, heights, steps, weights.
	files := contents{"a-first/weight-2019-03-18.json": entries, "b/calories-2019-03-18.json": minutesOf("2019-03-18 00:00", 1440, "1.25"),
		"c/weight-2019-04-18.json": strings.ReplaceAll(entries, "19\",", "18\",")}
	packed := files.zip(t)
	stored := storedZip(t, files)
	for name, content := range map[string][]byte{
		"x.zip": packed[:len(packed)-400], "stored.zip": stored[:len(stored)-400], "x.tgz": gzipped(t, files.tar(t))[:1300], "x.tar": files.tar(t)[:70_000],
	} {
		got := read(t, Options{}, write(t, filepath.Join(t.TempDir(), name), content))
		problems, count := failed(got.report)
		if len(problems) == 0 || count < 3 || !strings.Contains(got.body(t), "85.865 kg") {
			t.Errorf("%s: %q, %d read", name, problems, count)
		}
		for _, p := range problems {
			if strings.Contains(p, "\n") || len(p) > 200 {
				t.Errorf("%s: %q is not one line", name, p)
			}
		}
	}
}

// storedZip writes sizes before each file and packs nothing.
func storedZip(t *testing.T, c contents) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range c.names() {
		w, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(c[name])),
			CompressedSize64: uint64(len(c[name])), UncompressedSize64: uint64(len(c[name]))})
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

// Where a checksum is wrong nobody knows which of the numbers are.
func TestWrongChecksum(t *testing.T) {
	files := contents{"calories-2019-03-18.json": minutesOf("2019-03-18 00:00", 1440, "1.25"), "weight-2019-03-18.json": entries,
		"calories-2019-04-17.json": minutesOf("2019-04-17 00:00", 1440, "1.5")}
	packed := storedZip(t, files)
	at := bytes.Index(packed, []byte(`"1.25"`))
	packed[at+1] = '7'
	got := read(t, Options{}, write(t, filepath.Join(t.TempDir(), "x.zip"), packed))
	problems, _ := failed(got.report)
	if len(problems) != 1 || !strings.Contains(problems[0], "checksum") || !strings.Contains(got.body(t), "85.865") {
		t.Errorf("%q\n%s", problems, got.all(t))
	}
	equal(t, got.days(t, health.TypeCalories), "2019-04-17 2160.0000 fitbit-archive 0s")
}

func TestEncryptedZip(t *testing.T) {
	packed := export().zip(t)
	for at := 0; ; { // the flag stands in each header, here and in the list
		next := bytes.Index(packed[at:], []byte("PK\x01\x02"))
		if next < 0 {
			break
		}
		at += next + 8
		packed[at] |= 1
	}
	got := read(t, Options{}, write(t, filepath.Join(t.TempDir(), "x.zip"), packed))
	if problems, read := failed(got.report); len(problems) != 1 || !strings.HasPrefix(problems[0], "x.zip: it is encrypted") || read != 0 {
		t.Errorf("%q", problems)
	}
}

// bomb is n bytes of blanks, packed a thousandfold.
func bomb(t *testing.T, n int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	blank := bytes.Repeat([]byte("[\n          "), 1<<16)
	for ; n > 0; n -= len(blank) {
		if _, err := w.Write(blank); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// endless is a reader that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestStreamsEnd(t *testing.T) {
	row := newStream(t.Context(), endless{}, 0, nil)
	if n, err := io.Copy(io.Discard, row); n != longestElement || !errors.Is(err, errTooMuch) {
		t.Errorf("a row of %d bytes: %v", n, err)
	}
	read := func(packed int64) int64 {
		s := newStream(t.Context(), endless{}, packed, nil)
		for {
			if _, err := s.Read(make([]byte, 1<<16)); err != nil {
				return s.read
			}
			s.element()
		}
	}
	if n := read(1000); n < 16<<20 || n > 17<<20 {
		t.Errorf("a thousand bytes gave %d", n)
	}
	if n := read(1 << 40); n < largestMember || n > largestMember+1<<17 {
		t.Errorf("a terabyte gave %d", n)
	}
	tar := &unpacked{Reader: endless{}, packed: &counted{bytes: 1000}}
	if n, err := io.Copy(io.Discard, tar); n < 64<<20 || n > 65<<20 || !errors.Is(err, errTooMuch) {
		t.Errorf("a thousand bytes gave %d, %v", n, err)
	}
}

func TestBombs(t *testing.T) {
	packed := bomb(t, 24<<20)
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range []string{"weight-2019-03-18.json", "weights.csv", "Profile.csv", "calories-2019-03-18.json"} {
		w, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, CompressedSize64: uint64(len(packed)), UncompressedSize64: 1 << 40})
		if err == nil {
			_, err = w.Write(packed)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"x.zip": out.Bytes(), "cut.zip": out.Bytes()[:out.Len()-200], "x.tgz": gzipped(t, contents{"weight-2019-03-18.json": "[" + strings.Repeat(" ", 4<<20)}.tar(t)), "x.gz": gzipped(t, []byte("date,weight kg\n"+strings.Repeat(" ", 4<<20)))} {
		got := read(t, Options{}, write(t, filepath.Join(t.TempDir(), name), content))
		if problems, read := failed(got.report); len(problems) == 0 || read != 0 {
			t.Errorf("%s: %q, %+v", name, problems, got.report)
		}
	}
}

// A file whose checksum is wrong leaves nothing behind, of whatever kind it is.
func TestADamagedFileLeavesNothing(t *testing.T) {
	for name, content := range map[string]string{
		"weight-2019-03-01.json": `[{"logId":1,"weight":176.1,"bmi":25,"date":"03/27/19","time":"14:34:01"}]`,
		"weight.csv":             "timestamp,weight grams,data source\n2019-03-27T14:34:01Z,79880,Fitbit App\n",
		"body_fat_2019.csv":      "timestamp,body fat percentage,data source\n2019-03-27T14:34:01Z,22.5,Fitbit App\n",
		"height-2019-03-01.json": `[{"dateTime" : "05/18/15 00:00:00", "value" : "1770"}]`,
		"diary.csv":              "Date,Weight (kg)\n2019-03-27,79.8\n",
		"hourlyCalories.csv":     "Id,ActivityHour,Calories\n7,3/27/2019 1:00:00 PM,80\n",
	} {
		packed := contents{name: content}.zip(t)
		central := bytes.LastIndex(packed, []byte("PK\x01\x02"))
		packed[central+16] ^= 0xff // the checksum, where zips are listed
		got := read(t, Options{}, write(t, filepath.Join(t.TempDir(), "x.zip"), packed))
		if all := strings.Trim(got.all(t), "acelorispt-v\n"); all != "" {
			t.Errorf("%s: kept\n%s", name, all)
		}
		if f := got.only(t); !f.Failed || !strings.Contains(f.Problem, "left out") || f.Read() != 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// What was damaged in one archive is read from another.
func TestWhatWasDamagedIsReadElsewhere(t *testing.T) {
	one := contents{"weight-2019-03-01.json": `[{"logId":1,"weight":176.1,"bmi":25,"date":"03/27/19","time":"14:34:01"}]`}.zip(t)
	broken := bytes.Clone(one)
	broken[bytes.LastIndex(broken, []byte("PK\x01\x02"))+16] ^= 0xff
	got := read(t, Options{}, write(t, filepath.Join(t.TempDir(), "a.zip"), broken), write(t, filepath.Join(t.TempDir(), "b.zip"), one))
	if !strings.Contains(got.body(t), " 79.878 kg") {
		t.Errorf("kept\n%s", got.all(t))
	}
}

// A zip without its end is no less careful about checksums.
func TestAZipWithoutItsEndIsChecked(t *testing.T) {
	packed := storedZip(t, contents{"weight-2019-03-01.json": `[{"logId":1,"weight":176.1,"bmi":25,"date":"03/27/19","time":"14:34:01"}]`,
		"weight-2019-04-01.json": `[{"logId":2,"weight":177.1,"bmi":25,"date":"04/27/19","time":"14:34:01"}]`})
	packed = packed[:bytes.Index(packed, []byte("PK\x01\x02"))]
	path := filepath.Join(t.TempDir(), "x.zip")
	if got := read(t, Options{}, write(t, path, packed)); !strings.Contains(got.body(t), " 79.878 kg") || !strings.Contains(got.body(t), " 80.331 kg") {
		t.Fatalf("sound ones are not read: %+v\n%s", got.report, got.body(t))
	}
	packed[bytes.Index(packed, []byte("176.1"))] = '9'
	if got := read(t, Options{}, write(t, path, packed)); strings.Contains(got.body(t), "442") || !strings.Contains(got.body(t), " 80.331 kg") {
		t.Errorf("kept\n%s", got.body(t))
	}
}
