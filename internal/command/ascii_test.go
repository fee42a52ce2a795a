package command

import (
	"strings"
	"testing"
)

// Without a locale of UTF-8 nothing of ours takes one.
func TestMessagesInASCII(t *testing.T) {
	b := newBox(t) // in the locale C
	b.signIn("")
	b.run("sync").expect(t, 0)
	report := b.run("report")
	if !strings.Contains(report.stdout, " +- ") {
		t.Errorf("no rate in %s", report.stdout)
	}
	results := []result{report, b.run("import", "--help"), b.run("auth", "--help"), b.run("auth", "status")}
	b.configure("")
	for _, pasted := range []string{"", "rubbish", "http://127.0.0.1:8765/?error=access_denied&state=x", "http://127.0.0.1:8765/?code=1&state=x", "4/0AbCdEfGhIjKlMnOpQrStUvWxYz"} {
		results = append(results, b.pipe(pasted+"\n", "auth"))
	}
	b.write("config.ini", "")
	for _, r := range append(results, b.run("auth"), b.run("auth", "--print-url")) {
		for line := range strings.Lines(r.stdout + r.stderr) {
			if strings.ContainsFunc(line, func(r rune) bool { return r > '~' }) {
				t.Errorf("it says %s", line)
			}
		}
	}
}
