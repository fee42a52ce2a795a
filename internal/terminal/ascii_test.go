package terminal

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestPlain(t *testing.T) {
	const text = "Zoë: −0.31 ± 0.08 – a·b → … 2×\n"
	for _, c := range []struct {
		lang  string
		ascii bool
		want  string
	}{
		{"C.UTF-8", false, text},
		{"C.UTF-8", true, "Zoë: -0.31 +- 0.08 - a-b -> ... 2x\n"},
		{"C", false, "Zoë: -0.31 +- 0.08 - a-b -> ... 2x\n"},
		{"", false, "Zoë: -0.31 +- 0.08 - a-b -> ... 2x\n"},
	} {
		var out strings.Builder
		n, err := fmt.Fprint(Plain(func(name string) string { return map[string]string{"LANG": c.lang}[name] }, c.ascii, &out), text)
		if n != len(text) || err != nil || out.String() != c.want {
			t.Errorf("LANG=%s, %v: %q, %d, %v", c.lang, c.ascii, out.String(), n, err)
		}
	}
	closed, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	if _, err := fmt.Fprint(Plain(os.Getenv, true, closed), text); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
