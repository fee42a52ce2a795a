package command

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"vitals/internal/terminal"
)

// The file with the address is there while somebody may need it, for its owner
// alone, and gone afterwards, however that ends.
func TestTheFileWithTheAddressGoes(t *testing.T) {
	b := newBox(t)
	b.configure("")
	path := b.path(".local", "state", "vitals", addressFile)
	is := func(when, address string) {
		t.Helper()
		text, err := os.ReadFile(path)
		switch {
		case address == "" && !errors.Is(err, fs.ErrNotExist):
			t.Errorf("%s: it has %q, %v", when, text, err)
		case address != "" && strings.TrimSpace(string(text)) != address:
			t.Errorf("%s: it has %q, %v; want %q", when, text, err, address)
		}
	}
	session := b.session()
	open := func() *signIn { return &signIn{session: session, facts: terminal.Facts{}} }
	begin := func(s *signIn, fresh bool) string {
		t.Helper()
		link, err := s.Begin(context.Background(), fresh)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		is("begun", link.Address)
		return link.Address
	}

	s := open()
	first := begin(s, false)
	s.Leave()
	is("left", "")
	if again := begin(open(), false); again != first {
		t.Error("the attempt did not survive that the guide was left")
	}
	other := open()
	second := begin(other, true)
	s.Leave()
	is("left a link that another one replaced", second)
	if _, err := other.Complete(context.Background(), browse(t, second), func(string) {}); err != nil {
		t.Fatal(err)
	}
	is("signed in", "")

	s = open()
	begin(s, true)
	b.now = s.current().Expires.Add(-20 * time.Millisecond)
	begin(open(), false) // which knows that it is soon over
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(path); err != nil {
			break
		}
	}
	is("expired", "")

	begin(open(), true)
	open().tidyUp()
	if _, err := os.Stat(path); err != nil {
		t.Error("another start took the file of an attempt that is under way")
	}
	b.now = b.now.Add(11 * time.Minute) // it crashed meanwhile
	open().tidyUp()
	is("the next start after a crash", "")

	b.run("auth", "--print-url").expect(t, 0)
	is("printed", "")
	b.run("auth").expect(t, exitFailed, "never came")
	is("the plain guide ended", "")
}
