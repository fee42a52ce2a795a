package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gofrs/flock"
)

// While files are replaced, somebody who clears up leaves them alone: each save
// works, and nothing stays beside the file.
func TestClearingUpDoesNotDisturbSaves(t *testing.T) {
	path := filepath.Join(t.TempDir(), "view.json")
	const saves = 300
	done := make(chan struct{})
	var clearing, saving sync.WaitGroup
	for range 2 {
		clearing.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					RemoveUnfinished(path)
				}
			}
		})
		saving.Go(func() {
			for range saves {
				if err := WritePrivate(path, strings.Repeat("x", 5000)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	saving.Wait()
	close(done)
	clearing.Wait()
	if got := names(t, filepath.Dir(path)); !slices.Equal(got, []string{"view.json"}) {
		t.Errorf("left: %v", got)
	}
}

func TestRemoveUnfinished(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "config.ini"), filepath.Join(t.TempDir(), "link.ini")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	mine := []string{".config.ini", ".config.ini.vitals-.unfinished", ".config.ini.vitals-3", ".config.ini.vitals-3x.unfinished", ".config.ini1", ".config.ini2026.unfinished",
		".other.ini.vitals-4.unfinished", "config.ini", "config.ini.vitals-5.unfinished"}
	const ended, held = ".config.ini.vitals-1.unfinished", ".config.ini.vitals-2.unfinished"
	for _, name := range append(mine, ended, held) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	alive := flock.New(filepath.Join(dir, held))
	if locked, err := alive.TryLock(); !locked {
		t.Fatal(err)
	}
	if !RemoveUnfinished(link) {
		t.Error("it found nothing")
	}
	want := slices.Sorted(slices.Values(append(mine, held)))
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("there are %v, want %v", got, want)
	}
	if RemoveUnfinished(link) {
		t.Error("it found something again")
	}
	alive.Unlock()
	if !RemoveUnfinished(path) {
		t.Error("a process that ended is thought to be alive")
	}
	if got := names(t, dir); !slices.Equal(got, mine) {
		t.Errorf("there are %v, want %v", got, mine)
	}
}

// A file may have as long a name as there are; what a killed process left beside it
// is found all the same.
func TestReplaceAFileOfALongName(t *testing.T) {
	for _, name := range []string{strings.Repeat("x", 255), strings.Repeat("\u00fc", 127)} {
		path := filepath.Join(t.TempDir(), name)
		if err := WritePrivate(path, "a"); err != nil || content(t, path) != "a" {
			t.Fatal(err)
		}
		left, unlock, err := beside(path)
		if err != nil {
			t.Fatal(err)
		}
		unlock()
		left.Close()
		if !RemoveUnfinished(path) || content(t, path) != "a" {
			t.Error("what was left is still there")
		}
	}
}
