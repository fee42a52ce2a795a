package terminal

import (
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestHowKeysCame(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer out.Close()
	now := time.Unix(0, 0)
	k := NewKeyboard(in, func() time.Time { return now })
	for _, step := range []struct {
		after time.Duration
		keys  string
		want  int
	}{
		{0, "q", 1},
		{time.Millisecond, "2", 1}, // a machine presses keys, one by one
		{time.Millisecond, "h", 1},
		{time.Second, "2hc", 3},
		{time.Millisecond, "q", 1},
		{time.Second, "quit", 4},
		{time.Second, "\x1b[C\x1b[C\x1b[C", 0},
		{time.Second, "é–q", 3},
		{time.Second, "/2024-03-01\r", 12},
		{time.Millisecond, "q", 1},
		{time.Second, strings.Repeat("a", 64), 64},
		{time.Millisecond, "q", 65}, // the rest of it
		{29 * time.Millisecond, "\r", 66},
		{31 * time.Millisecond, "q", 1},
		{time.Second, "\x1b[200~quit", 0},
	} {
		now = now.Add(step.after)
		if _, err := out.WriteString(step.keys); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 100)
		if n, err := k.Read(buf); err != nil || string(buf[:n]) != step.keys {
			t.Fatalf("read %q, %v", buf[:n], err)
		}
		got, first := k.Together()
		if got != step.want {
			t.Errorf("%q: %d together, want %d", step.keys, got, step.want)
		}
		if begins, _ := utf8.DecodeRuneInString(step.keys); got > 0 && got <= len(step.keys) && first != begins {
			t.Errorf("%q: begins with %q", step.keys, first)
		}
	}
}
