package health

import "time"

// TotalRank orders the ways by which the total of a date or an hour can come:
// of two the one of higher rank counts. A total that covers only a part of its
// date ranks below all whole ones; and ImpossibleRank is what is taken off that
// of one which nobody can have burned or walked.
func TotalRank(via string, covered time.Duration) int {
	rank := 1
	switch via {
	case "":
		return 20
	case ViaFitbitArchive:
		rank = 7
	case ViaFitbitAPI:
		rank = 6
	case ViaGoogleArchive:
		rank = 5
	case ViaFitbitExport:
		rank = 4
	case ViaFitabase:
		rank = 3
	case ViaIHealth:
		rank = 2
	}
	if covered == 0 {
		rank += 10
	}
	return rank
}

// ImpossibleRank puts what is impossible below everything else; see TotalRank.
const ImpossibleRank = 50
