package takeout

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// containBrokenZip reads a zip whose list of files at its end is missing, as
// when a download was cut short: from the front, file by file.
func containBrokenZip(f *os.File, size int64, heard func(int)) *container {
	return &container{size: size, each: func(ctx context.Context, hand func(member, func() (io.ReadCloser, error)) error) error {
		file, err := rewound(f)
		if err != nil {
			return err
		}
		packed := &counted{Reader: file, heard: heard}
		return eachOfBrokenZip(ctx, packed, bufio.NewReaderSize(packed, 1<<16), hand)
	}}
}

// The header of a file inside a zip, and the record that may follow its content.
const (
	localHeader = 0x04034b50
	descriptor  = 0x08074b50
)

// errNoDirectory ends every broken zip, even one whose files could all be read.
var errNoDirectory = errors.New("its end is missing")

func eachOfBrokenZip(ctx context.Context, packed *counted, r *bufio.Reader, hand func(member, func() (io.ReadCloser, error)) error) error {
	for count := 0; ctx.Err() == nil; count++ {
		var h struct {
			Signature               uint32
			Version, Flags, Method  uint16
			Time, Date              uint16
			CRC, Packed, Size       uint32
			NameLength, ExtraLength uint16
		}
		if err := binary.Read(r, binary.LittleEndian, &h); err != nil || h.Signature != localHeader || count > mostMembers {
			return errNoDirectory
		}
		name := make([]byte, int(h.NameLength)+int(h.ExtraLength))
		if _, err := io.ReadFull(r, name); err != nil {
			return errNoDirectory
		}
		m := member{name: string(name[:h.NameLength]), modified: dosTime(h.Date, h.Time), locked: h.Flags&1 != 0}
		content := &brokenMember{from: r, method: h.Method, packed: int64(h.Packed), known: h.Flags&8 == 0 && h.Packed != 1<<32-1, crc: h.CRC, sum: crc32.NewIEEE()}
		if err := content.begin(); err != nil {
			return errNoDirectory
		}
		if !strings.HasSuffix(m.name, "/") {
			if err := hand(m, func() (io.ReadCloser, error) { return io.NopCloser(content), nil }); err != nil {
				return err
			}
		}
		inflated := &unpacked{Reader: content, packed: packed}
		if _, err := io.Copy(io.Discard, inflated); err != nil && !damaged(err) {
			return errNoDirectory
		}
		if !content.known {
			if err := skipDescriptor(r); err != nil {
				return errNoDirectory
			}
		}
	}
	return ctx.Err()
}

// skipDescriptor skips the checksum and sizes behind a file whose header did not
// tell them: with or without a signature, of 32 or 64 bits.
func skipDescriptor(r *bufio.Reader) error {
	begins := func(at int) bool {
		b, _ := r.Peek(at + 4)
		if len(b) < at+4 {
			return false
		}
		next := binary.LittleEndian.Uint32(b[at:])
		return next == localHeader || next == 0x02014b50 // or the list of files
	}
	sizes := []int{16, 24, 12, 20}
	if b, err := r.Peek(4); err == nil && binary.LittleEndian.Uint32(b) != descriptor {
		sizes = sizes[2:]
	}
	at := slices.IndexFunc(sizes, begins)
	if at < 0 {
		return errNoDirectory
	}
	_, err := r.Discard(sizes[at])
	return err
}

func dosTime(date, clock uint16) time.Time {
	return time.Date(int(date>>9)+1980, time.Month(date>>5&15), int(date&31), int(clock>>11), int(clock>>5&63), int(clock&31)*2, 0, time.UTC)
}

// brokenMember is the content of a file inside a zip without a list of files.
type brokenMember struct {
	from   *bufio.Reader
	method uint16
	packed int64
	known  bool // packed is told, and so is crc
	crc    uint32
	sum    hash.Hash32
	r      io.Reader
}

func (b *brokenMember) begin() error {
	var in io.Reader = b.from
	if b.known {
		in = io.LimitReader(b.from, b.packed)
	}
	switch {
	case b.method == 8 && b.known:
		b.r = flate.NewReader(bufio.NewReader(in))
	case b.method == 8:
		b.r = flate.NewReader(b.from) // takes byte by byte, and none beyond its end
	case b.method == 0 && b.known:
		b.r = in
	default:
		return errors.New("its end cannot be found")
	}
	return nil
}

// Read implements io.Reader. At the end it says whether the content is sound.
func (b *brokenMember) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.sum.Write(p[:n])
	if err != io.EOF {
		return n, err
	}
	if !b.known { // the checksum stands behind the content
		after, _ := b.from.Peek(8)
		if len(after) < 8 {
			return n, io.ErrUnexpectedEOF
		}
		if binary.LittleEndian.Uint32(after) == descriptor {
			after = after[4:]
		}
		b.crc = binary.LittleEndian.Uint32(after)
	}
	if b.sum.Sum32() != b.crc {
		return n, zip.ErrChecksum
	}
	return n, io.EOF
}
