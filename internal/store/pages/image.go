package pages

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
)

const (
	magic      = "SQLite format 3\x00"
	headerSize = 100
	usualSize  = 4096

	// mostPages bounds what is kept in mind of a file that tells nonsense.
	mostPages = 1 << 22
)

// Image is a file as it was last saved, or as it is without its log. It is for
// one goroutine.
type Image struct {
	file, log *os.File // log is nil without one
	size      int      // of a page, in bytes
	whole     uint32   // pages that are in the file
	count     uint32
	logged    map[uint32]int64 // where in the log the newest copy of a page begins
	spilled   map[uint32]bool  // pages that hold the rest of long rows
	header    []byte           // the beginning of the first page, nil when it is none
}

// Open opens the file at path and, unless it is "", the write-ahead log at log,
// of which only what was saved whole counts. A log that does not exist, or holds
// nothing, is none. Call Close when done.
func Open(path, log string) (*Image, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	m := &Image{file: file, size: usualSize, logged: map[uint32]int64{}, spilled: map[uint32]bool{}}
	info, err := file.Stat()
	if err != nil {
		_ = m.Close()
		return nil, err
	}
	begin := readAt(file, 0, headerSize)
	if stated := sizeIn(begin); stated > 0 {
		m.size = stated
	}
	saved := uint32(0)
	if log != "" {
		saved = m.readLog(log, sizeIn(begin) == 0)
	}
	m.whole = pagesIn(info.Size(), m.size)
	m.count = m.whole
	if first := m.Page(1); sizeIn(first) > 0 {
		m.header = first[:headerSize]
	}
	switch stated := m.stated(); {
	case saved > 0:
		m.count = min(saved, mostPages)
	case stated > 0 && stated < m.whole: // what follows is no part of it
		m.count = stated
	}
	return m, nil
}

// Close closes the files.
func (m *Image) Close() error {
	if m.log != nil {
		_ = m.log.Close() // it was only read
	}
	return m.file.Close()
}

// Count is how many pages the file should have, as far as is known.
func (m *Image) Count() uint32 { return m.count }

// Logged reports whether the log holds anything.
func (m *Image) Logged() bool { return len(m.logged) > 0 }

// Header is the first 100 bytes of the file, nil when they are not those of a
// SQLite file.
func (m *Image) Header() []byte { return m.header }

// Blank reports whether there is nothing in the file but zeros.
func (m *Image) Blank() bool {
	zeros, chunk := make([]byte, 1<<16), make([]byte, 1<<16)
	for at := int64(0); ; at += int64(len(chunk)) {
		n, err := m.file.ReadAt(chunk, at)
		if !bytes.Equal(chunk[:n], zeros[:n]) {
			return false
		}
		if err != nil {
			return err == io.EOF
		}
	}
}

// Page returns a page, numbered from 1; nil when there is none.
func (m *Image) Page(n uint32) []byte {
	if n == 0 {
		return nil
	}
	if at, ok := m.logged[n]; ok {
		return readAt(m.log, at, m.size)
	}
	return readAt(m.file, int64(n-1)*int64(m.size), m.size)
}

// stated is how many pages the header says there are, 0 when it does not say.
func (m *Image) stated() uint32 {
	if m.header == nil || !bytes.Equal(m.header[24:28], m.header[92:96]) {
		return 0
	}
	return binary.BigEndian.Uint32(m.header[28:])
}

// readAt returns so many bytes, nil when they are not all there.
func readAt(f *os.File, at int64, size int) []byte {
	bytes := make([]byte, size)
	if _, err := f.ReadAt(bytes, at); err != nil {
		return nil
	}
	return bytes
}

func pagesIn(size int64, page int) uint32 {
	return uint32(min((size+int64(page)-1)/int64(page), mostPages))
}

// sizeIn is the size of a page as the beginning of a file tells it, 0 when that
// is of no SQLite file.
func sizeIn(begin []byte) int {
	if len(begin) < headerSize || string(begin[:len(magic)]) != magic {
		return 0
	}
	size := int(binary.BigEndian.Uint16(begin[16:]))
	if size == 1 {
		size = 1 << 16
	}
	if size < 512 || size&(size-1) != 0 {
		return 0
	}
	return size
}

const (
	logHeader   = 32
	frameHeader = 24
	logMagic    = 0x377f0682 // and the next number, for the other order of bytes
)

// readLog finds the pages that a log holds, up to the last change that was saved
// whole, and returns how many pages there were then. Where nothing else tells the
// size of a page, the log does.
func (m *Image) readLog(path string, sized bool) (count uint32) {
	log, err := os.Open(path)
	if err != nil {
		return 0
	}
	m.log = log
	head, order, size := logHead(log)
	if head == nil {
		return 0
	}
	if sized {
		m.size = size
	}
	if size != m.size {
		return 0
	}
	sum := checksum{}.of(head[:24], order)
	begun := map[uint32]int64{}
	frame := make([]byte, frameHeader+size)
	for at := int64(logHeader); ; at += int64(len(frame)) {
		if _, err := io.ReadFull(io.NewSectionReader(log, at, int64(len(frame))), frame); err != nil {
			return count
		}
		number := binary.BigEndian.Uint32(frame)
		sum = sum.of(frame[:8], order).of(frame[frameHeader:], order)
		if number == 0 || !bytes.Equal(frame[8:16], head[16:24]) || !sum.is(frame[16:]) {
			return count
		}
		begun[number] = at + frameHeader
		if pages := binary.BigEndian.Uint32(frame[4:]); pages > 0 { // the end of a change
			count = pages
			for n, at := range begun {
				m.logged[n] = at
			}
			clear(begun)
		}
	}
}

// IsLog reports whether the file at path begins as a write-ahead log does, or may,
// as it cannot be read. SQLite counts nothing of one that does not.
func IsLog(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	if _, err := f.ReadAt(make([]byte, logHeader), 0); err != nil && err != io.EOF {
		return true
	}
	head, _, _ := logHead(f)
	return head != nil
}

// logHead returns the beginning of a log, the order of bytes its checksums are
// made in, and the size of its pages; nil when it is none.
func logHead(f *os.File) (head []byte, order binary.ByteOrder, size int) {
	head = readAt(f, 0, logHeader)
	if head == nil || binary.BigEndian.Uint32(head)&^1 != logMagic {
		return nil, nil, 0
	}
	order = binary.LittleEndian
	if binary.BigEndian.Uint32(head)&1 == 1 {
		order = binary.BigEndian
	}
	size = int(binary.BigEndian.Uint32(head[8:]))
	if size < 512 || size > 1<<16 || size&(size-1) != 0 || !(checksum{}).of(head[:24], order).is(head[24:]) {
		return nil, nil, 0
	}
	return head, order, size
}

// checksum is that of a log, which goes on from frame to frame.
type checksum [2]uint32

func (c checksum) of(data []byte, order binary.ByteOrder) checksum {
	for ; len(data) >= 8; data = data[8:] {
		c[0] += order.Uint32(data) + c[1]
		c[1] += order.Uint32(data[4:]) + c[0]
	}
	return c
}

func (c checksum) is(stored []byte) bool {
	return c[0] == binary.BigEndian.Uint32(stored) && c[1] == binary.BigEndian.Uint32(stored[4:])
}
