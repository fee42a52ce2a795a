package pages

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestIsLog(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join("testdata", "logged.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(log []byte) []byte
		want   bool
	}{
		"whole":            {func(log []byte) []byte { return log }, true},
		"its first page":   {func(log []byte) []byte { return log[:logHeader+frameHeader] }, true},
		"damaged later on": {func(log []byte) []byte { log[logHeader] ^= 1; return log }, true},
		"half its head":    {func(log []byte) []byte { return log[:logHeader-1] }, false},
		"another magic":    {func(log []byte) []byte { log[0] ^= 1; return log }, false},
		"size of pages":    {func(log []byte) []byte { log[10] ^= 1; return log }, false},
		"salt":             {func(log []byte) []byte { log[17] ^= 1; return log }, false},
		"sum":              {func(log []byte) []byte { log[31] ^= 1; return log }, false},
		"zeros":            {func(log []byte) []byte { clear(log); return log }, false},
		"nothing":          {func([]byte) []byte { return nil }, false},
	} {
		path := filepath.Join(t.TempDir(), "a.db-wal")
		if err := os.WriteFile(path, c.change(bytes.Clone(whole)), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := IsLog(path); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if IsLog(filepath.Join(t.TempDir(), "none")) {
		t.Error("what is not there is a log")
	}
	if !IsLog(t.TempDir()) {
		t.Error("what cannot be read is none")
	}
	circle := filepath.Join(t.TempDir(), "circle")
	if err := os.Symlink(circle, circle); err != nil {
		t.Fatal(err)
	}
	if !IsLog(circle) {
		t.Error("what cannot be opened is none")
	}
}
