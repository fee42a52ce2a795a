package store

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
)

// A bit that flips in the statements that the tables were made with leaves a file
// that SQLite calls whole. A look finds it, and nothing is lost.
func TestABitOfTheSchema(t *testing.T) {
	path, content := filledWhole(t)
	want := ledger(t, path)
	var statements []string
	raw(t, path, func(conn *sqlite.Conn) error {
		return each(conn, func(stmt *sqlite.Stmt) { statements = append(statements, stmt.ColumnText(0)) },
			"SELECT sql FROM sqlite_schema WHERE type = 'table'")
	})
	flip := func(at int, bit byte, says string) {
		t.Helper()
		damaged := bytes.Clone(content)
		damaged[at] ^= bit
		path := filepath.Join(t.TempDir(), "vitals.db")
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		markDamaged(path)
		if said := strings.Join(repaired(t, path), " "); !strings.Contains(said, says) {
			t.Errorf("of bit %#x of %q it says %q", bit, content[at-20:at+20], said)
		}
		expectSound(t, path)
		if lost, others := changes(want, ledger(t, path)); lost+others > 0 {
			t.Errorf("bit %#x of %q: %d rows lost, %d others", bit, content[at-20:at+20], lost, others)
		}
	}
	in := func(statement string) int {
		t.Helper()
		at := bytes.Index(content, []byte(statement))
		if at < 0 {
			t.Fatalf("%q is on more than one page", statement)
		}
		return at
	}
	flip(in("one = 1")+6, 1, "nothing is lost")
	flip(in("REFERENCES roll_up")+17, 1, "nothing is lost")
	rounds := 30
	if os.Getenv("VITALS_LONG") == "1" {
		rounds = 1000
	}
	for range rounds {
		seed := rand.Uint64()
		r := rand.New(rand.NewPCG(seed, 1))
		statement := statements[r.IntN(len(statements))]
		at, says := r.IntN(len(statement)), "nothing is lost"
		if at < strings.Index(statement, "(") { // it is not known for one any more, nor which pages are its table's
			says = "is repaired: "
		}
		if flip(in(statement)+at, 1<<r.IntN(8), says); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// Whoever comes upon it says so, and leaves a mark for the next start.
func TestAColumnOfAnotherName(t *testing.T) {
	path, content := filledWhole(t)
	content[bytes.Index(content, []byte("error        TEXT"))] ^= 1
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s := openFile(t, path)
	if said := s.Repaired(); len(said) > 0 {
		t.Errorf("a start that does not look says %q", said)
	}
	if err := s.Check(t.Context(), false); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "the table fetch is not what it was made as") {
		t.Errorf("a check says %v", err)
	}
	if err := os.Remove(path + markEnding); err != nil {
		t.Error(err)
	}
	if _, err := s.Fetches(t.Context()); !errors.Is(err, ErrDamaged) {
		t.Errorf("who reads hears %v", err)
	}
	closeStore(t, s)
	if said := strings.Join(repaired(t, path), " "); !strings.Contains(said, "nothing is lost") {
		t.Errorf("the next start says %q", said)
	}
}

// What people add to a table is theirs.
func TestAColumnThatSomebodyAdded(t *testing.T) {
	path, _ := filledWhole(t)
	want := ledger(t, path)
	rawScript(t, path, "ALTER TABLE reading ADD COLUMN mine TEXT; ALTER TABLE quarter_hours ADD COLUMN mine TEXT; CREATE TABLE mine (x)")
	markDamaged(path)
	if said := repaired(t, path); len(said) > 0 {
		t.Errorf("it says %q", said)
	}
	if lost, others := changes(want, ledger(t, path)); lost+others > 0 {
		t.Errorf("%d rows lost, %d others", lost, others)
	}
}
