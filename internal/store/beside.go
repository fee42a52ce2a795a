package store

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// Left is what lies beside a history.
type Left struct {
	Kind  LeftKind
	Path  string   // of a file, or of a folder
	Files []string // all that belongs to it, with their paths; the file itself is one
	Bytes int64    // of all of them
	Held  bool     // a program that makes it is at it
}

// LeftKind is what became of a history to leave it.
type LeftKind int

const (
	LeftDamaged  LeftKind = iota // a damaged file that was repaired or replaced; nothing removes it
	LeftReplaced                 // by a restore, which keeps the last three
	LeftOfFormat                 // copied before the format was changed, until it is changed again
	LeftUnmade                   // a copy or a repair under way or, unless Held, of a program that was killed
)

// Beside lists what lies beside the history in the file at path, in the order of
// kinds and names. Nothing is changed.
func Beside(path string) ([]Left, error) {
	path, err := located(path)
	if err != nil {
		return nil, fileError(err)
	}
	folder, base := filepath.Dir(path), filepath.Base(path)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fileError(err)
	}
	var found []Left
	add := func(kind LeftKind, name string, isHeld bool, files ...string) {
		left := Left{Kind: kind, Path: name, Held: isHeld}
		for _, file := range files {
			if info, err := os.Stat(file); err == nil {
				left.Files, left.Bytes = append(left.Files, file), left.Bytes+info.Size()
			}
		}
		found = append(found, left)
	}
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), base)
		kind, known := leftBy(rest)
		if !ours || !known || !e.Type().IsRegular() {
			continue
		}
		name := filepath.Join(folder, e.Name())
		add(kind, name, kind == LeftUnmade && held(lockOf(path+lockEnding)), name, name+logEnding, name+journalEnding)
	}
	for _, dir := range scratches(folder, base) {
		var files []string
		for _, name := range scratchNames() {
			files = append(files, filepath.Join(dir, name))
		}
		add(LeftUnmade, dir, held(lockOf(dir)), files...)
	}
	slices.SortStableFunc(found, func(a, b Left) int { return int(a.Kind - b.Kind) })
	return found, nil
}

// held reports whether somebody keeps a lock for himself. To know, it is shared for
// a moment.
func held(lock *flock.Flock) bool {
	free, err := lock.TryRLock()
	_ = lock.Close()
	return !free && err == nil
}

// leftBy tells what a file is by what follows the name of the history.
func leftBy(ending string) (kind LeftKind, known bool) {
	if ending == newEnding || ending == mendedEnding {
		return LeftUnmade, true
	}
	if number, ok := strings.CutPrefix(ending, formatInfix); ok {
		format, another, more := strings.Cut(number, "-")
		return LeftOfFormat, isNumber(format) && (!more || isNumber(another))
	}
	for _, dated := range []struct {
		kind          LeftKind
		begin, layout string
	}{{LeftDamaged, markEnding, damagedLayout}, {LeftReplaced, keptInfix, keptLayout}} {
		rest, ok := strings.CutPrefix(ending, dated.begin)
		if !ok || len(rest) < len(dated.layout) {
			continue
		}
		_, err := time.Parse(dated.layout, rest[:len(dated.layout)])
		number, numbered := strings.CutPrefix(rest[len(dated.layout):], "-")
		return dated.kind, err == nil && (!numbered && number == "" || numbered && isNumber(number))
	}
	return 0, false
}

// tidyUp removes what copies, restores and repairs left that were killed. Use is
// the lock of whoever has the history open: as long as it is held, nobody repairs.
func tidyUp(path string, use *flock.Flock) {
	clearAway(filepath.Dir(path), filepath.Base(path))
	if use.RLocked() {
		_ = errors.Join(gone(path+newEnding), gone(path+newEnding+journalEnding)) // the next start tries again
	}
}
