package takeout

import (
	"bufio"
	"context"
	"io"
)

const (
	// largestMember is more than any file of an export inflates to: twelve
	// years of minutes in one CSV are some 400 MB.
	largestMember = 1 << 30

	// inflates is how many times its packed size an honest file may have;
	// minutes that are all alike come to some 40.
	inflates = 250

	// longestElement is how long one row, or one element of an array, may be.
	longestElement = 1 << 20

	// mostMembers is how many files an archive or folder may have: some ten times
	// those of the largest exports.
	mostMembers = 500_000

	// largestDirectory is how many bytes of a zip may be read to list it.
	largestDirectory = 32 << 20
)

// budget is what all files of a zip together may inflate to. Each may be honest
// by itself and yet be told a thousand times, with the same bytes.
type budget struct {
	size int64 // of the zip
	read int64 // inflated so far
}

// spent reports whether more came out than the zip can honestly hold.
func (b *budget) spent() bool {
	const small = 64 << 20
	return b.read > small && b.read > inflates*b.size
}

// within returns a member's content, as far as the budget lets it.
func (b *budget) within(content io.ReadCloser) io.ReadCloser { return &frugal{content, b} }

type frugal struct {
	io.ReadCloser
	of *budget
}

// Read implements io.Reader.
func (f *frugal) Read(p []byte) (int, error) {
	if f.of.spent() {
		return 0, errTooMuch
	}
	n, err := f.ReadCloser.Read(p)
	f.of.read += int64(n)
	return n, err
}

// stream is an inflated file that is being read. It ends with an error when the
// context does, when more comes out of it than packed bytes can honestly hold,
// and when one element is too long: whoever reads elements calls element after
// each.
type stream struct {
	ctx    context.Context
	from   io.Reader
	packed int64 // bytes in the archive; 0 for a file that is not packed
	read   int64
	left   int64 // of the element
	heard  func(bytes int)
}

func newStream(ctx context.Context, from io.Reader, packed int64, heard func(int)) *stream {
	return &stream{ctx: ctx, from: from, packed: packed, left: longestElement, heard: heard}
}

// element begins the next element.
func (s *stream) element() { s.left = longestElement }

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	if s.left <= 0 {
		return 0, errTooMuch
	}
	if int64(len(p)) > s.left {
		p = p[:s.left]
	}
	n, err := s.from.Read(p)
	s.read += int64(n)
	s.left -= int64(n)
	if s.heard != nil {
		s.heard(n)
	}
	const small = 16 << 20
	if s.packed > 0 && (s.read > largestMember || s.read > small && s.read > inflates*s.packed) {
		return n, errTooMuch
	}
	return n, err
}

// unlimited reads a stream to its end, elements or not.
type unlimited struct{ *stream }

// Read implements io.Reader.
func (u unlimited) Read(p []byte) (int, error) {
	u.element()
	return u.stream.Read(p)
}

// withoutMark returns a reader of r that skips a UTF-8 byte order mark.
func withoutMark(r io.Reader, size int) *bufio.Reader {
	b := bufio.NewReaderSize(r, size)
	if begin, _ := b.Peek(3); string(begin) == "\xef\xbb\xbf" {
		_, _ = b.Discard(3) // what was peeked is there
	}
	return b
}
