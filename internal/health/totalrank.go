package health

import "time"

// TotalRank orders the ways by which the total of a date or an hour can come:
// of two the one of higher rank counts. A total that covers only a part of its
// date ranks below all whole ones.
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
