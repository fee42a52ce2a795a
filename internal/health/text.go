package health

import (
	"strings"
	"unicode"
)

// Printable makes a text from outside fit to be kept: without what
// has no shape of its own – controls, marks of direction, joiners, fillers, broken
// characters –, without heaps of combining marks, trimmed, and at most limit
// characters long.
func Printable(text string, limit int) string {
	const mostMarks = 4 // one upon the other; a heap of them covers the lines around it
	kept := make([]rune, 0, min(len(text), limit+1))
	marks := 0
	for _, r := range text {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) {
			continue
		}
		if !unicode.Is(unicode.M, r) {
			marks = 0
		} else if marks++; marks > mostMarks {
			continue
		}
		if kept = append(kept, r); len(kept) > limit {
			kept[limit-1] = '…'
			kept = kept[:limit]
			break
		}
	}
	return strings.TrimSpace(string(kept))
}
