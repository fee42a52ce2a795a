package pages

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzNode: whatever a file holds is read without a panic or without end.
func FuzzNode(f *testing.F) {
	for _, name := range []string{"plain.db", "logged.db"} {
		var seed [2][]byte
		for i, ending := range []string{"", "-wal"} {
			seed[i], _ = os.ReadFile(filepath.Join("testdata", name+ending)) // not each has a log
		}
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, file, log []byte) {
		path := filepath.Join(t.TempDir(), "a.db")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+"-wal", log, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := Open(path, path+"-wal")
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		m.Trees(map[string]uint32{"schema": 1, "other": 2})
		m.Free()
		for n := range min(m.Count(), 2000) {
			m.Node(n + 1)
		}
		m.Blank()
	})
}
