package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"zombiezen.com/go/sqlite"

	"vitals/internal/timeline"
)

const (
	day         = 24 * 60 * 60 // seconds
	slotsPerDay = day / timeline.QuarterHour
	wholeSlot   = timeline.QuarterHour * time.Second

	// partly is added to the slot of a quarter-hour that readings do not cover
	// from end to end.
	partly = 128

	wholeSize  = 1 + 8
	partlySize = wholeSize + 4 + 4
)

// checkPortions finds what would be a mistake of the program that made r.
func checkPortions(r timeline.RollUp) error {
	if !r.From.Equal(r.From.Truncate(wholeSlot)) {
		return fmt.Errorf("a roll-up cannot begin inside a quarter-hour, at %v", r.From)
	}
	if !r.To.Equal(r.To.Truncate(wholeSlot)) {
		return fmt.Errorf("a roll-up cannot end inside a quarter-hour, at %v", r.To)
	}
	least, most := max(0, r.From.Unix()), int64(math.MaxInt64)
	if !r.To.IsZero() {
		most = r.To.Unix()
	}
	for _, p := range r.Portions {
		switch {
		case p.Start%timeline.QuarterHour != 0 || p.End != p.Start+timeline.QuarterHour:
			return fmt.Errorf("a portion from %d to %d is not a quarter-hour", p.Start, p.End)
		case p.End > most:
			return fmt.Errorf("a portion at %d lies behind the end of the roll-up", p.Start)
		case p.Start < least:
			return fmt.Errorf("a portion at %d is not in time order", p.Start)
		case p.Estimated < 0 || p.Covered < p.Estimated || p.Covered > wholeSlot:
			return fmt.Errorf("a portion at %d covers %v, %v of it estimated", p.Start, p.Covered, p.Estimated)
		}
		least = p.End
	}
	return nil
}

// pack appends a quarter-hour to those of its day; see migrations/001.sql for
// the format.
func pack(packed []byte, p timeline.Portion) []byte {
	slot := byte(p.Start % day / timeline.QuarterHour)
	covered, estimated := p.Covered.Round(time.Microsecond), p.Estimated.Round(time.Microsecond)
	whole := covered == wholeSlot && estimated == 0
	if !whole {
		slot += partly
	}
	packed = append(packed, slot)
	packed = binary.LittleEndian.AppendUint64(packed, math.Float64bits(p.Amount))
	if !whole {
		packed = binary.LittleEndian.AppendUint32(packed, uint32(covered.Microseconds()))
		packed = binary.LittleEndian.AppendUint32(packed, uint32(estimated.Microseconds()))
	}
	return packed
}

// unpack appends the quarter-hours of a day, given as its number, to portions.
func unpack(portions []timeline.Portion, number int64, packed []byte) ([]timeline.Portion, error) {
	for len(packed) > 0 {
		slot, size := int64(packed[0]), wholeSize
		if slot >= partly {
			slot, size = slot-partly, partlySize
		}
		if slot >= slotsPerDay || len(packed) < size {
			return portions, sqlite.ResultCorrupt.ToError()
		}
		start := number*day + slot*timeline.QuarterHour
		p := timeline.Portion{
			Start:   start,
			End:     start + timeline.QuarterHour,
			Amount:  math.Float64frombits(binary.LittleEndian.Uint64(packed[1:])),
			Covered: wholeSlot,
		}
		if size == partlySize {
			p.Covered = time.Duration(binary.LittleEndian.Uint32(packed[wholeSize:])) * time.Microsecond
			p.Estimated = time.Duration(binary.LittleEndian.Uint32(packed[wholeSize+4:])) * time.Microsecond
		}
		portions = append(portions, p)
		packed = packed[size:]
	}
	return portions, nil
}
