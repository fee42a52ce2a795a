package takeout

import (
	"context"
	"time"

	"vitals/internal/health"
)

// Sink takes what was read. Each call is to be kept or to fail as a whole; the
// same reading again is no change. A store.Store is one.
type Sink interface {
	SaveWeighings(ctx context.Context, weighings []health.Weighing) (added, changed int, err error)
	SaveBodyFats(ctx context.Context, fats []health.BodyFat) (added, changed int, err error)
	SaveHeights(ctx context.Context, heights []health.Height) (added, changed int, err error)
	SaveDayTotals(ctx context.Context, t health.DataType, totals []health.DayTotal) (added, changed int, err error)
	SaveHourTotals(ctx context.Context, t health.DataType, totals []health.HourTotal) (added, changed int, err error)
}

// DateOrder is the order of numbers in dates like 02-03-2019.
type DateOrder uint8

// The orders. With AnyOrder the file itself must tell.
const (
	AnyOrder DateOrder = iota
	DayFirst
	MonthFirst
)

// Options say how to read what files leave open.
type Options struct {
	Zone    *time.Location    // of local times; needed
	Units   health.WeightUnit // of weights whose file does not tell; "": find out or refuse
	Dates   DateOrder
	Person  string          // whose rows to take of files about several people
	Heights []health.Height // known from elsewhere, in time order; may be empty
	Now     time.Time
}

// Report is what became of the files.
type Report struct {
	Files  []File  // those that were read or should have been, in the order of reading
	Left   []Left  // those that were left alone, by reason
	Totals []Total // in the order of health.DataTypes
	Notes  []string
}

// Owner is what a Profile.csv tells of whose data they are. Birth date, mail and
// address stand there too and are not read.
type Owner struct {
	FitbitUserID string
	Name         string // as the account shows it, "" when not told
	Zone         string // IANA name, "" when not told
	Units        health.WeightUnit
	HeightM      float64 // 0 when not told
	WeightKG     float64 // when the archive was made; 0 when not told
	MemberSince  health.Date
}

// Total is what was read of one data type.
type Total struct {
	Type         health.DataType
	What         string // weigh-ins, readings, days or hours
	Read         int
	New, Changed int
}

// File is how reading one file went.
type File struct {
	Path   string // with the archive it lies in
	Format string // as health.Source.Via
	Counts []Count

	// Of readings that were saved. Minutes are added up first, and what becomes
	// of them is told by the Totals alone.
	New, Changed int
	Skipped      int // rows that make no sense

	Problem string // one sentence, "" when all was well
	Failed  bool   // not everything in it could be read
	Ask     string // the flag that would let it be read, "" when none would
}

// Count is a number of things: 12 weigh-ins.
type Count struct {
	Number int
	What   string
}

// Left is a family of files that were left alone for one reason.
type Left struct {
	Reason  string
	Family  string // what their names have in common; may be ""
	Files   int
	Example string // the path of one
}

// Read returns how many things were read of the file.
func (f File) Read() int {
	n := 0
	for _, c := range f.Counts {
		if c.What != withFat { // it came with a weigh-in
			n += c.Number
		}
	}
	return n
}
