package terminal

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"Ann E.":                           "Ann E.",
		" Zoë  \U0001f600 e\u0301 ":        "Zoë  \U0001f600 e\u0301",
		"a\x1b[31mb\x1b]0;title\x07c\x1bc": "abc",
		"a\x1b]52;c;eA==\x1b\\b":           "ab",
		"a\x1bPq\x1b\\b":                   "ab",
		"a\x00\x07\x08\x7fb":               "ab",
		"a\u009b31mb":                      "a31mb",
		"two\nlines\r\n\tthree\u2028four":  "two lines   three four",
		"user\u202egnp.exe\u2066\u200f":    "usergnp.exe",
		"broken \xc3":                      "broken \ufffd",
		"a\x1b":                            "a",
		"":                                 "",

		"a\x9b31mb\x90q\x9cc":                     "a\ufffd31mb\ufffdq\ufffdc",
		"page\fline\vnext\u0085last":              "page line next last",
		"p\u200ba\u2060y\ufeffp\u00ada\u034fl":    "paypal",
		"tag\U000e0041\U000e007f":                 "tag",
		"\u3164\u115f\uffa0":                      "",
		"Z" + strings.Repeat("\u0335", 100) + "o": "Z" + strings.Repeat("\u0335", mostMarks) + "o",
		"ok\r\nvitals: error: all is lost":        "ok  vitals: error: all is lost",
		"東京 Зоя":                                  "東京 Зоя",
	} {
		if got := Clean(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestBrief(t *testing.T) {
	for _, text := range []string{strings.Repeat("a", 1<<20), strings.Repeat("\U0001f600", 1<<18), strings.Repeat("\x1b[31mb", 1<<17)} {
		got := Brief(text)
		if n := utf8.RuneCountInString(got); n < 1000 || n > 2003 || !strings.HasSuffix(got, "...") && n > 2000 {
			t.Errorf("%d characters of %.10q…", n, text)
		}
	}
	if got := Brief(" Ann \x1b[1mE. "); got != "Ann E." {
		t.Errorf("got %q", got)
	}
}

// What is printed for people keeps its lines and blanks, and nothing else that
// moves the cursor.
func TestPlainIsClean(t *testing.T) {
	var out strings.Builder
	utf8 := env{"LANG": "C.UTF-8"}.get
	const text = "  Name   Zoë\x1b[2J\u202e  \n\n  next\tone\r\n"
	if n, err := Plain(utf8, false, &out).Write([]byte(text)); n != len(text) || err != nil {
		t.Fatal(n, err)
	}
	if want := "  Name   Zoë  \n\n  next one \n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestEscapedJSON(t *testing.T) {
	value := map[string]string{"name": "\u202eexe.\u009b31m\x7f\x1b[31m\u200b\U000e0041é東\U0001f600\u2028\n"}
	var out strings.Builder
	encoder := json.NewEncoder(EscapedJSON(&out))
	encoder.SetIndent("", " ")
	if err := encoder.Encode(value); err != nil {
		t.Fatal(err)
	}
	const want = "{\n \"name\": \"\\u202eexe.\\u009b31m\\u007f\\u001b[31m\\u200b\\udb40\\udc41é東\U0001f600\\u2028\\n\"\n}\n"
	if out.String() != want {
		t.Errorf("got %s, want %s", out.String(), want)
	}
	var back map[string]string
	if err := json.Unmarshal([]byte(out.String()), &back); err != nil || back["name"] != value["name"] {
		t.Errorf("%q, %v", back, err)
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{"Ann E.", "\x1b[31m", "\x1b]8;;x\x1b\\", "\xc2\x9b1m", "\x9b1m", "a\u202eb", "\x1bP\x1b", "\n\n", "e\u0301\u0302\u0303\u0304\u0305", "\u3164", "\U000e0041"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		unwanted := func(r rune) bool {
			return r != '\n' && (unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || unicode.Is(unicode.Bidi_Control, r))
		}
		got := Clean(text)
		if strings.ContainsFunc(got, unwanted) || strings.Contains(got, "\n") || !utf8.ValidString(got) || Clean(got) != got {
			t.Errorf("%q: got %q", text, got)
		}
		if !utf8.ValidString(text) {
			return
		}
		var out strings.Builder
		if err := json.NewEncoder(EscapedJSON(&out)).Encode(text); err != nil {
			t.Fatal(err)
		}
		var back string
		if err := json.Unmarshal([]byte(out.String()), &back); err != nil || back != text || strings.ContainsFunc(out.String(), unwanted) {
			t.Errorf("%q: as JSON %s, which is %q, %v", text, out.String(), back, err)
		}
	})
}
