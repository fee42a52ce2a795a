package takeout

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vitals/internal/health"
)

// Collection is everything that was named to be read, listed. Close it.
type Collection struct {
	Owners []Owner // as the Profile.csv files tell, each once

	containers []*container
	heights    []health.Height // in time order; for finding units, not for keeping
	grams      []gram          // in time order; likewise
	left       map[[2]string]*Left
	problems   []File
	done       int64
	total      int64
	progress   func(done, total int64)
}

// Open lists what lies at the paths: archives, several parts of one, folders,
// single files. It also reads whose they are and all heights, which reading the
// rest needs. A path that is not there is an error, and so is the end of ctx; a
// damaged archive is not: Read tells. Progress may be nil, and is heard until
// Read has ended.
func Open(ctx context.Context, paths []string, progress func(done, total int64)) (*Collection, error) {
	c := &Collection{left: map[[2]string]*Left{}, progress: progress}
	for _, p := range paths {
		found, err := contain(filepath.Clean(p), c.heard)
		var missing *fs.PathError
		switch {
		case err == nil:
			c.containers = append(c.containers, found...)
		case errors.As(err, &missing):
			c.Close()
			return nil, problem("", "%s: %w", p, missing.Err)
		default:
			c.problems = append(c.problems, File{Path: printable(p, 200), Failed: true, Problem: explain(err)})
		}
	}
	// Of two exports the newer one is read first: what it tells again counts.
	slices.SortStableFunc(c.containers, func(a, b *container) int {
		return cmp.Or(b.stamp.Compare(a.stamp), cmp.Compare(a.label, b.label))
	})
	c.dropCopies()
	for _, one := range c.containers {
		c.total += 2 * one.size
	}
	for _, one := range c.containers {
		if err := c.list(ctx, one); err != nil {
			c.Close()
			return nil, err
		}
	}
	slices.SortStableFunc(c.heights, func(a, b health.Height) int { return a.At.Compare(b.At) })
	slices.SortStableFunc(c.grams, func(a, b gram) int { return a.at.Compare(b.at) })
	return c, nil
}

// Close closes all files.
func (c *Collection) Close() error {
	var errs []error
	for _, one := range c.containers {
		if one.shut != nil {
			errs = append(errs, one.shut())
		}
	}
	return errors.Join(errs...)
}

// heard counts bytes for the progress.
func (c *Collection) heard(bytes int) {
	const step = 1 << 20
	before := c.done / step
	c.done += int64(bytes)
	if c.progress != nil && c.done/step != before {
		c.progress(min(c.done, c.total), c.total)
	}
}

// dropCopies leaves out zips that list the very same files as another, as when
// a browser has loaded a part twice.
func (c *Collection) dropCopies() {
	listed := map[[sha256.Size]byte]bool{}
	c.containers = slices.DeleteFunc(c.containers, func(one *container) bool {
		if one.same == (container{}).same {
			return false
		}
		if !listed[one.same] {
			listed[one.same] = true
			return false
		}
		c.leave(reasonSame, "", one.label)
		_ = one.shut() // it was only read
		return true
	})
}

func (c *Collection) leave(reason, family, example string) {
	const most = 300 // families of one collection; the rest goes without a name
	if len(c.left) > most {
		family = ""
	}
	l := c.left[[2]string{reason, family}]
	if l == nil {
		l = &Left{Reason: reason, Family: family, Example: printable(example, 200)}
		c.left[[2]string{reason, family}] = l
	}
	l.Files++
}

// list goes through a container once.
func (c *Collection) list(ctx context.Context, one *container) error {
	// What is wrong with it shows again, and is told, when it is read.
	_ = one.each(ctx, func(m member, open func() (io.ReadCloser, error)) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		sorted := sortOut(m.name)
		switch sorted.sort {
		case leftAlone:
			return nil
		case profileFile, heightArray, googleHeights, googleWeights:
			// A problem with it is told when it is read in earnest.
			if content, err := open(); err == nil && !m.locked {
				c.glance(ctx, sorted.sort, m, content)
				content.Close()
			}
		}
		if one.size == 0 {
			c.total += m.size
		}
		return nil
	})
	return ctx.Err()
}

// glance takes from a file what the reading of others needs.
func (c *Collection) glance(ctx context.Context, s sort, m member, content io.Reader) {
	in := newStream(ctx, content, m.packed, nil)
	switch s {
	case profileFile:
		if owner, err := readProfile(in); err == nil && !slices.Contains(c.Owners, owner) {
			c.Owners = append(c.Owners, owner)
		}
	case heightArray:
		_ = eachClassic(in, func(at time.Time, millimetres float64) {
			c.height(health.Height{At: at, Metres: millimetres / 1000})
		})
	case googleWeights:
		_ = eachGoogle(in, "weight grams", func(at time.Time, weight float64, _ string) {
			if len(c.grams) < mostGrams && positive(weight) {
				c.grams = append(c.grams, gram{at, weight / 1000})
			}
		})
	case googleHeights:
		_ = eachGoogle(in, "height millimeters", func(at time.Time, millimetres float64, _ string) {
			c.height(health.Height{At: at, Metres: millimetres / 1000})
		})
	}
}

// height keeps a height for finding units, as many as anybody has.
func (c *Collection) height(h health.Height) {
	if len(c.heights) < mostGrams {
		c.heights = append(c.heights, h)
	}
}

// name is how a member is told of: with its archive when there are several.
func (c *Collection) name(one *container, m member) string {
	if one.single || len(c.containers) == 1 {
		return printable(m.name, 200)
	}
	return printable(one.label+": "+m.name, 200)
}

// Read reads everything into sink. Readings come in batches; what stands in
// minutes is added up and saved at the end. It fails when sink fails or ctx
// ends; problems of files are in the Report. Call it once.
func (c *Collection) Read(ctx context.Context, o Options, sink Sink) (Report, error) {
	r := newReader(ctx, c, o, sink)
	for _, one := range c.containers {
		if err := r.container(one); err != nil {
			return r.report, err
		}
	}
	err := r.finish()
	return r.report, err
}

// explain says in words of people what is wrong with a file.
func explain(err error) string {
	var said *Error
	switch {
	case errors.As(err, &said):
		return said.text
	case errors.Is(err, errTooMuch):
		return errTooMuch.Error()
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "it is cut short"
	case errors.Is(err, fs.ErrPermission):
		return "you may not read it"
	}
	text := err.Error()
	for _, prefix := range []string{"flate: ", "gzip: ", "zip: ", "archive/tar: "} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			return "it is damaged (" + printable(rest, 100) + ")"
		}
	}
	return printable(text, 200)
}
