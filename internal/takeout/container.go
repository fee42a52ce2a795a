package takeout

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// member is a file in a container.
type member struct {
	name     string // its path inside, with slashes
	size     int64  // inflated, as declared; of a tar 0, as the whole is counted
	packed   int64  // 0 when it is not packed
	modified time.Time
	locked   bool // encrypted
}

// container is an archive, a folder or a single file.
type container struct {
	label  string    // its own name, for people
	stamp  time.Time // of the export, as its name or its files tell
	single bool      // a file named by the user

	// each hands over all members in turn; open gives the content, and is good
	// only meanwhile. An error of f ends it.
	each func(ctx context.Context, f func(m member, open func() (io.ReadCloser, error)) error) error
	size int64 // bytes to be read to go through it once, when that is always all of it
	same [sha256.Size]byte
	shut func() error
}

// exportStamp is when Google made an export, as its parts are named.
var exportStamp = regexp.MustCompile(`takeout-(\d{8}T\d{6})Z`)

func stampOf(name string) time.Time {
	if m := exportStamp.FindStringSubmatch(name); m != nil {
		if t, err := time.Parse("20060102T150405", m[1]); err == nil {
			return t
		}
	}
	return time.Time{}
}

// contain opens what the user named. A folder may hold archives, which come as
// containers of their own.
func contain(path string, heard func(int)) ([]*container, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	switch {
	case info.IsDir():
		return containFolder(path, heard)
	case !info.Mode().IsRegular():
		return nil, problem("", "%s is neither a file nor a folder", path)
	}
	if sortOut(path).reason == reasonSheet { // which may be a zip inside
		return nil, problem("", "it is a spreadsheet: save it as CSV first")
	}
	c, err := containFile(path, heard)
	if err != nil {
		return nil, err
	}
	return []*container{c}, nil
}

func containFile(path string, heard func(int)) (*container, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	c, err := containOpen(f, heard)
	if err != nil {
		f.Close()
		return nil, err
	}
	c.label = filepath.Base(path)
	if stamp := stampOf(c.label); !stamp.IsZero() {
		c.stamp = stamp
	}
	c.shut = f.Close
	return c, nil
}

// containOpen tells by the first bytes what an open file is.
func containOpen(f *os.File, heard func(int)) (*container, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	begin := make([]byte, tarBlock)
	n, err := io.ReadFull(f, begin)
	if err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	begin = begin[:n]
	switch {
	case strings.HasPrefix(string(begin), "PK\x03\x04"), strings.HasPrefix(string(begin), "PK\x05\x06"):
		return containZip(f, info.Size(), heard)
	case strings.HasPrefix(string(begin), "\x1f\x8b"):
		return containTar(f, info, true, heard), nil
	case isTar(begin):
		return containTar(f, info, false, heard), nil
	}
	one := member{name: filepath.Base(f.Name()), size: info.Size(), modified: info.ModTime()}
	return &container{single: true, each: func(_ context.Context, hand func(member, func() (io.ReadCloser, error)) error) error {
		return hand(one, func() (io.ReadCloser, error) { return rewound(f) })
	}}, nil
}

// rewound reads a file that stays open from its beginning.
func rewound(f *os.File) (io.ReadCloser, error) {
	_, err := f.Seek(0, io.SeekStart)
	return io.NopCloser(f), err
}

// directory is a zip that is being listed: more than a real one's list of files
// is not read.
type directory struct {
	io.ReaderAt
	left int64 // negative: no limit any more
}

func (d *directory) ReadAt(p []byte, at int64) (int, error) {
	if d.left >= 0 {
		if d.left -= int64(len(p)); d.left < 0 {
			d.left = 0
			return 0, errTooMuch
		}
	}
	return d.ReaderAt.ReadAt(p, at)
}

func containZip(f *os.File, size int64, heard func(int)) (*container, error) {
	listed := &directory{f, largestDirectory}
	z, err := zip.NewReader(listed, size)
	if errors.Is(err, errTooMuch) {
		return nil, err
	}
	if err != nil {
		return containBrokenZip(f, size, heard), nil
	}
	if len(z.File) > mostMembers {
		return nil, errTooMuch
	}
	listed.left = -1
	c := &container{}
	sum := sha256.New()
	for _, file := range z.File {
		fmt.Fprintf(sum, "%q %08x %d\n", file.Name, file.CRC32, file.UncompressedSize64)
	}
	c.same = [sha256.Size]byte(sum.Sum(nil))
	c.each = func(_ context.Context, hand func(member, func() (io.ReadCloser, error)) error) error {
		all := &budget{size: size}
		for _, file := range z.File {
			if strings.HasSuffix(file.Name, "/") {
				continue
			}
			if all.spent() {
				return errTooMuch
			}
			m := member{name: file.Name, size: clamp(file.UncompressedSize64), packed: max(1, clamp(file.CompressedSize64)),
				modified: file.Modified, locked: file.Flags&1 != 0}
			open := func() (io.ReadCloser, error) {
				content, err := file.Open()
				if err != nil {
					return nil, err
				}
				return all.within(content), nil
			}
			if err := hand(m, open); err != nil {
				return err
			}
		}
		return nil
	}
	return c, nil
}

// clamp is a declared size, which may be any number.
func clamp(size uint64) int64 { return int64(min(size, 1<<50)) }

// counted counts what is read of a packed file.
type counted struct {
	io.Reader
	bytes int64
	heard func(int)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.bytes += int64(n)
	c.heard(n)
	return n, err
}

// unpacked ends a gzip stream that grows as no real one does.
type unpacked struct {
	io.Reader
	packed *counted
	bytes  int64
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	u.bytes += int64(n)
	const small = 64 << 20
	if u.bytes > small && u.bytes > inflates*u.packed.bytes {
		return n, errTooMuch
	}
	return n, err
}

const tarBlock = 512

// isTar reports whether a file that begins so is a tar; an empty one is zeros.
func isTar(begin []byte) bool {
	return len(begin) == tarBlock && (string(begin[257:262]) == "ustar" || len(bytes.Trim(begin, "\x00")) == 0)
}

// containTar is a tar, or a gzip that may hold one or a single file.
func containTar(f *os.File, info fs.FileInfo, zipped bool, heard func(int)) *container {
	c := &container{size: info.Size()}
	begin := func(heard func(int)) (r *bufio.Reader, name string, err error) {
		file, err := rewound(f)
		if err != nil {
			return nil, "", err
		}
		packed := &counted{Reader: file, heard: heard}
		if !zipped {
			return bufio.NewReaderSize(packed, 1<<16), "", nil
		}
		name = strings.TrimSuffix(filepath.Base(f.Name()), filepath.Ext(f.Name()))
		z, err := gzip.NewReader(bufio.NewReaderSize(packed, 1<<16))
		if err != nil {
			return nil, "", err
		}
		if z.Name != "" {
			name = path.Base(z.Name)
		}
		return bufio.NewReaderSize(&unpacked{Reader: z, packed: packed}, 1<<16), name, nil
	}
	if r, _, err := begin(func(int) {}); err == nil && zipped {
		head, _ := r.Peek(tarBlock) // what is wrong with it is told when it is read
		c.single = !isTar(head)
	}
	c.each = func(ctx context.Context, hand func(member, func() (io.ReadCloser, error)) error) error {
		r, name, err := begin(heard)
		if err != nil {
			return err
		}
		if c.single {
			one := member{name: name, packed: info.Size(), modified: info.ModTime()}
			return hand(one, func() (io.ReadCloser, error) { return io.NopCloser(r), nil })
		}
		return eachOfTar(ctx, tar.NewReader(r), hand)
	}
	return c
}

func eachOfTar(ctx context.Context, t *tar.Reader, hand func(member, func() (io.ReadCloser, error)) error) error {
	for count := 0; ; {
		header, err := t.Next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case header.Typeflag != tar.TypeReg:
			continue
		}
		if count++; count > mostMembers {
			return errTooMuch
		}
		m := member{name: header.Name, modified: header.ModTime}
		if err := hand(m, func() (io.ReadCloser, error) { return io.NopCloser(t), nil }); err != nil {
			return err
		}
	}
}

// containFolder is the files below a folder, and the archives among them as
// containers of their own. Links are not followed.
func containFolder(root string, heard func(int)) ([]*container, error) {
	folder := &container{label: filepath.Base(root), stamp: stampOf(filepath.Base(root))}
	all := []*container{folder}
	inside := map[string]bool{} // archives that became containers
	walk := func(hand func(name, full string, entry fs.DirEntry) error) error {
		count := 0
		return filepath.WalkDir(root, func(full string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() {
				return nil
			}
			if count++; count > mostMembers {
				return errTooMuch
			}
			name, err := filepath.Rel(root, full)
			if err != nil {
				return err
			}
			return hand(filepath.ToSlash(name), full, entry)
		})
	}
	if resolved, err := filepath.EvalSymlinks(root); err == nil {
		root = resolved // the folder itself may be one, as the user named it
	}
	err := walk(func(name, full string, entry fs.DirEntry) error {
		if !entry.Type().IsRegular() || sortOut(name).sort != packedArchive {
			return nil
		}
		c, err := containFile(full, heard)
		if err != nil || c.single {
			return nil // told of when it is listed
		}
		c.label = name
		inside[name] = true
		all = append(all, c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	folder.each = func(ctx context.Context, hand func(member, func() (io.ReadCloser, error)) error) error {
		return walk(func(name, full string, entry fs.DirEntry) error {
			if inside[name] {
				return nil
			}
			m := member{name: name}
			if info, err := entry.Info(); err == nil {
				m.size, m.modified = info.Size(), info.ModTime()
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return hand(m, func() (io.ReadCloser, error) {
				switch {
				case entry.Type()&fs.ModeSymlink != 0:
					return nil, errLink
				case !entry.Type().IsRegular():
					return nil, errDevice
				}
				return os.Open(full)
			})
		})
	}
	return all, nil
}

var (
	errLink   = errors.New(reasonLink)
	errDevice = errors.New(reasonDevice)
)
