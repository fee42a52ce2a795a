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
	for _, name := range []string{"config.ini", ".config.ini1", ".config.ini2", ".config.ini", ".config.ini.3", ".config.ini3x", ".other.ini4"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	alive := flock.New(filepath.Join(dir, ".config.ini2"))
	if locked, err := alive.TryLock(); !locked {
		t.Fatal(err)
	}
	if !RemoveUnfinished(link) {
		t.Error("it found nothing")
	}
	want := []string{".config.ini", ".config.ini.3", ".config.ini2", ".config.ini3x", ".other.ini4", "config.ini"}
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
}
