package energy

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseWallTime(t *testing.T) {
	const noon = 1711886405 // 2024-03-31 12:00:05
	for text, want := range map[string]wallTime{
		"2024-03-31 12:00:05":                 {seconds: noon},
		"2024-03-31T12:00:05":                 {seconds: noon},
		"2024/03/31 12:00:05":                 {seconds: noon},
		"20240331120005":                      {seconds: noon},
		"20240331T120005Z":                    {seconds: noon, zoned: true},
		"2024-03-31 12:00":                    {seconds: noon - 5},
		"2024-03-31 12:00+02:00":              {seconds: noon - 5, offset: 7200, zoned: true},
		"2024-03-31":                          {seconds: noon - 5 - 12*3600},
		"20240331":                            {seconds: noon - 5 - 12*3600},
		"2024-03-31 12:00:05.911489":          {seconds: noon, nanos: 911489000},
		"2024-03-31 12:00:05,5":               {seconds: noon, nanos: 500000000},
		"2024-03-31 12:00:05.12345678999":     {seconds: noon, nanos: 123456789},
		"2024-03-31T12:00:05Z":                {seconds: noon, zoned: true},
		"2024-03-31T12:00:05.000000+05:45":    {seconds: noon, offset: 20700, zoned: true},
		"2024-03-31 12:00:05 +0100":           {seconds: noon, offset: 3600, zoned: true},
		"2024-03-31 12:00:05-03:30":           {seconds: noon, offset: -12600, zoned: true},
		"2024-03-31T12:00:05-08":              {seconds: noon, offset: -28800, zoned: true},
		"1970-01-01 00:00:00":                 {},
		"1969-12-31 23:59:59.25":              {seconds: -1, nanos: 250000000},
		"2024-02-29 00:00:00":                 {seconds: 1709164800},
		"2000-02-29 00:00:00":                 {seconds: 951782400},
		"2016-12-31 23:59:60":                 {seconds: 1483228800},
		"9999-12-31 23:59:59.999999999+00:00": {seconds: 253402300799, nanos: 999999999, zoned: true},
	} {
		if got, ok := parseWallTime([]byte(text)); !ok || got != want {
			t.Errorf("%q is %+v %v, want %+v", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", " ", "Null", "2024", "2024-03", "2024-3-1 12:00", "2024-13-01 12:00", "2024-00-01 12:00", "2024-04-31 12:00",
		"2023-02-29 12:00", "1900-02-29 12:00", "2024-03-31 24:00", "2024-03-31 12:60", "2024-03-31 12:00:61", "2024-03-31 12",
		"2024-03-31 12:0", "2024-03-31 12:00:", "2024-03-31 12:00:05.", "2024-03-31 12:00:05 ", "2024-03-31 12:00:05 PM",
		"2024-03-31 12:00:05+", "2024-03-31 12:00:05+1", "2024-03-31 12:00:05+01:", "2024-03-31 12:00:05+01:60", "2024-03-31 12:00:05+99",
		"2024-03/31 12:00", "202403311200051", "31-03-2024 12:00", "03/31/2024 12:00", "1711886405", "1711886405.25", "2024-03-31 12:00:05Zx", "-024-03-31 12:00",
	} {
		if got, ok := parseWallTime([]byte(text)); ok {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

// What Python, JavaScript and SQLite write is read back as it was meant.
func TestWrittenTimesAreRead(t *testing.T) {
	written := []string{"2006-01-02 15:04:05.999999", "2006-01-02T15:04:05.000000", "2006-01-02T15:04:05.000Z07:00", time.RFC3339Nano,
		"2006-01-02 15:04:05.999999999-07:00", "2006-01-02T15:04:05.999-0700", "20060102T150405.000000Z0700"}
	rapid.Check(t, func(t *rapid.T) {
		zone := time.FixedZone("", 60*rapid.IntRange(-14*60, 14*60).Draw(t, "offset"))
		at := time.UnixMilli(rapid.Int64Range(-6e10, 2.5e14).Draw(t, "ms")).In(zone)
		text := at.Format(rapid.SampledFrom(written).Draw(t, "format"))
		got, ok := parseWallTime([]byte(text))
		_, offset := at.Zone()
		if !got.zoned {
			got.offset = int64(offset)
		}
		if !ok || !time.Unix(got.seconds-got.offset, got.nanos).Equal(at) {
			t.Fatalf("%s is read as %+v, %v", text, got, ok)
		}
	})
}

func FuzzParseWallTime(f *testing.F) {
	for _, text := range []string{"2024-03-31 12:00:05.911489", "20240331T120005Z", "2024/03/31 12:00+02:00", "2024-03-31", "1711886405", "Null"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, ok := parseWallTime(text)
		if !ok {
			return
		}
		if got.nanos < 0 || got.nanos >= 1e9 || got.offset < -26*3600-3600 || got.offset > 26*3600+3600 || got.offset != 0 && !got.zoned {
			t.Errorf("%q is %+v", text, got)
		}
		// The same moment, written anew, is the same.
		again, ok := parseWallTime([]byte(time.Unix(got.seconds, got.nanos).UTC().Format("2006-01-02 15:04:05.999999999")))
		if year := time.Unix(got.seconds, 0).UTC().Year(); year < 10000 && (!ok || again.seconds != got.seconds || again.nanos != got.nanos) {
			t.Errorf("%q is %+v, then %+v", text, got, again)
		}
	})
}

func FuzzStamps(f *testing.F) {
	f.Add(int64(1711886405), 1711886405.25, []byte("2024-03-31 12:00:05"))
	f.Add(int64(-1<<63), -1e308, []byte(""))
	f.Add(int64(20240331120005), 2460400.5, []byte("2024-10-27 01:30"))
	zone := time.FixedZone("", 3600)
	f.Fuzz(func(t *testing.T, whole int64, real float64, text []byte) {
		cells := []cell{{kind: 1, whole: whole}, {kind: 2, real: real}, {kind: 3, text: text}, {kind: 5}}
		for _, format := range []TimeFormat{FormatUnix, FormatUnixMillis, FormatUnixMicros, FormatUnixNanos, FormatJulian, FormatISO, FormatLocal, FormatUTC} {
			stamps := newStamps(format, zone, testNow)
			for i := range cells {
				at, doubt := stamps.read(&cells[i])
				if doubt == "" && (at < earliest*second || at > testNow.Add(24*time.Hour).UnixNano()) {
					t.Errorf("%s: %+v is believed to be %d", format, cells[i], at)
				}
			}
		}
	})
}
