package manual

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"
)

var day = time.Date(2026, time.November, 22, 0, 0, 0, 0, time.UTC)

func TestPage(t *testing.T) {
	p := New("vitals", day, `1.0 "beta"`)
	p.Section("NAME")
	p.Line("vitals - a monitor")
	p.Section("DESCRIPTION")
	p.Paragraph("Reads ./config.ini or\n.hidden, by 'TZ' and C:\\x. It costs 3 – 4 ms...\nor so.")
	p.Paragraph("A second one.")
	p.Item("--by bucket", "its length.")
	p.Example(".TH\n'quoted' ~/x\n\nlast\n")
	var out strings.Builder
	if _, err := p.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	want := `.TH "VITALS" 1 "2026-11-22" "1.0 \(dqbeta\(dq" "User Commands"
.nh
.ad l
.SH "NAME"
vitals \- a monitor
.SH "DESCRIPTION"
Reads ./config.ini or .hidden, by \(aqTZ\(aq and C:\ex.
It costs 3 \[u2013] 4 ms... or so.
.PP
A second one.
.TP
.B "\-\-by bucket"
its length.
.PP
.nf
\&.TH
\&\(aqquoted\(aq \(ti/x

last
.fi
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

// Whatever a text holds, it is text to roff: no line of it is a request, and all
// backslashes are of this package.
func TestNoTextIsARequest(t *testing.T) {
	ours := regexp.MustCompile(`^(\.(TH|SH|SS|PP|TP|B|nh|ad l|nf|fi|br)( .*)?|[^.'].*|)$`)
	escape := regexp.MustCompile(`\\(e|-|&|\(aq|\(ga|\(ha|\(ti|\(dq|\[u[0-9A-F]{4,6}\])`)
	words := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{".", ".so /etc/passwd", "'", `\`, `\fB`, "\n.TH", `"`, `x" y`, "...", "\x1b[31m", "–"}))
	rapid.Check(t, func(t *rapid.T) {
		p := New("x", time.Time{}, "")
		p.Section(words.Draw(t, "title"))
		p.Line(words.Draw(t, "line"))
		p.Paragraph(words.Draw(t, "paragraph"))
		p.Item(words.Draw(t, "term"), words.Draw(t, "text"))
		p.Example(words.Draw(t, "example"))
		var out strings.Builder
		if _, err := p.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			line = strings.TrimSuffix(line, "\n")
			if !ours.MatchString(line) || strings.Contains(escape.ReplaceAllString(line, ""), `\`) ||
				strings.ContainsFunc(line, func(r rune) bool { return r > unicode.MaxASCII || r < ' ' }) {
				t.Fatalf("%q in\n%s", line, out.String())
			}
		}
	})
}

func TestWhatStandsThereIsWhatIsRead(t *testing.T) {
	if _, err := exec.LookPath("mandoc"); err != nil {
		t.Skip("there is no mandoc here")
	}
	text := `.TH 'it' \fB\n --from=-7d ^~` + "`" + ` "x" %s ..`
	p := New("x", day, "")
	p.Section("NAME")
	p.Line("x - y")
	p.Section("DESCRIPTION")
	p.Paragraph(text)
	p.Example(text)
	var page strings.Builder
	if _, err := p.WriteTo(&page); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("mandoc", "-T", "ascii")
	cmd.Stdin = strings.NewReader(page.String())
	out, err := cmd.Output()
	if err != nil || strings.Count(string(out), text) != 2 {
		t.Errorf("%v; it reads\n%s", err, out)
	}
}
