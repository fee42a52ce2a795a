package health

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// How near copies of one reading are; see Judge.
const (
	mirrorTime     = time.Minute
	mirrorKG       = 0.05
	fileMirrorKG   = 0.06
	mirrorPercent  = 0.05           // body fat
	dayOfWallClock = 26 * time.Hour // between two instants of one civil date, wherever, with a margin
	rounding       = 1e-9           // of what is exactly at a limit
)

// reading is what copies of a weigh-in, or of a body fat, are known by.
type reading struct {
	at     time.Time
	value  float64
	source Source
}

// originals returns for each reading, in time order, the place of the one it is
// a copy of: its own when it is none. Copies come from different sources and
// their values are at most apart from each other, fileApart when a file is
// between them.
func originals(readings []reading, apart, fileApart float64) []int {
	byRank := make([]int, len(readings))
	of := make([]int, len(readings))
	for i := range readings {
		byRank[i], of[i] = i, -1
	}
	slices.SortStableFunc(byRank, func(i, k int) int { return compareRank(readings[i].source, readings[k].source) })
	for _, i := range byRank {
		if of[i] >= 0 {
			continue
		}
		of[i] = i
		copied := func(k int) bool {
			if of[k] < 0 && copies(readings[i], readings[k], apart, fileApart) {
				of[k] = i
			}
			return readings[k].at.Sub(readings[i].at).Abs() <= dayOfWallClock
		}
		for k := i - 1; k >= 0 && copied(k); k-- {
		}
		for k := i + 1; k < len(readings) && copied(k); k++ {
		}
	}
	for k := range readings {
		if of[k] != k {
			of[k] = nearest(readings, of, k, apart, fileApart)
		}
	}
	return of
}

// nearest is which of the originals that the k-th reading may be a copy of has the
// nearest value and, of several, the nearest time.
func nearest(readings []reading, of []int, k int, apart, fileApart float64) int {
	best := of[k]
	better := func(i int) bool {
		if of[i] == i && i != k && copies(readings[i], readings[k], apart, fileApart) && compareRank(readings[i].source, readings[k].source) <= 0 {
			value, at := math.Abs(readings[i].value-readings[k].value), readings[i].at.Sub(readings[k].at).Abs()
			bestValue, bestAt := math.Abs(readings[best].value-readings[k].value), readings[best].at.Sub(readings[k].at).Abs()
			if value < bestValue-rounding || value < bestValue+rounding && at < bestAt {
				best = i
			}
		}
		return readings[i].at.Sub(readings[k].at).Abs() <= dayOfWallClock
	}
	for i := k - 1; i >= 0 && better(i); i-- {
	}
	for i := k + 1; i < len(readings) && better(i); i++ {
	}
	return best
}

// compareRank orders sources, the most trusted first.
func compareRank(a, b Source) int {
	fromFile := func(s Source) int {
		switch s.Via {
		case "":
			return 0
		case ViaGoogleArchive:
			return 1
		default:
			return 2
		}
	}
	return cmp.Or(cmp.Compare(b.Kind, a.Kind), cmp.Compare(fromFile(a), fromFile(b)))
}

func copies(a, b reading, apart, fileApart float64) bool {
	throughFile := a.source.Via != b.source.Via
	if throughFile {
		apart = fileApart
	}
	if math.Abs(a.value-b.value) > apart+rounding || a.source == b.source {
		return false
	}
	near := a.at.Sub(b.at).Abs() <= mirrorTime
	if throughFile && !near {
		wallA, wallB := wallClock(a.at), wallClock(b.at)
		near = wallA.Sub(wallB).Abs() <= mirrorTime ||
			DateOf(a.at) == DateOf(b.at) && (dateOnly(a.at) || dateOnly(b.at))
	}
	return near
}

// wallClock is the wall clock of t as if it were UTC.
func wallClock(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// dateOnly reports whether the wall clock of t is one of those that archives
// write where only the date is known.
func dateOnly(t time.Time) bool {
	h, m, s := t.Clock()
	return h == 0 && m == 0 && s == 0 || h == 23 && m == 59 && s == 59
}
