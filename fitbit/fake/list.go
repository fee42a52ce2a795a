package fake

import (
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	google "google.golang.org/api/health/v4"

	"vitals/internal/health"
)

// listPoints lists the points of every source, newest first.
func (c call) listPoints(t dataType) (any, *refusal) {
	entries, next, refused := c.page(t, c.person.entries(t.of))
	if refused != nil {
		return nil, refused
	}
	response := &google.ListDataPointsResponse{NextPageToken: next}
	for _, e := range entries {
		response.DataPoints = append(response.DataPoints, e.point(c.person.Identity.HealthUserID, t))
	}
	if next == "" && c.knobs.EmptyToken {
		response.ForceSendFields = []string{"NextPageToken"}
	}
	return response, nil
}

// reconcilePoints lists each measurement once, without its source.
func (c call) reconcilePoints(t dataType) (any, *refusal) {
	entries := slices.CompactFunc(c.person.entries(t.of), func(a, b entry) bool {
		return a.at.Sub(b.at).Abs() <= time.Minute && t.kind == sampleKind
	})
	entries, next, refused := c.page(t, entries)
	if refused != nil {
		return nil, refused
	}
	response := &google.ReconcileDataPointsResponse{NextPageToken: next}
	for _, e := range entries {
		p := e.point(c.person.Identity.HealthUserID, t)
		response.DataPoints = append(response.DataPoints, &google.ReconciledDataPoint{
			DataPointName: p.Name, Weight: p.Weight, BodyFat: p.BodyFat, Height: p.Height,
			Steps: p.Steps, ActiveEnergyBurned: p.ActiveEnergyBurned,
		})
	}
	return response, nil
}

// page applies filter, family and paging, and the knobs that disturb it.
func (c call) page(t dataType, entries []entry) ([]entry, string, *refusal) {
	text := c.parameter("filter")
	keep, refused := parseFilter(text, t)
	if refused == nil && c.knobs.RefuseFilters && strings.Contains(text, "civil") {
		refused = filterRefusal([]fault{{"INVALID_DATA_POINT_FILTER_DATA_TYPE_MEMBER", "Member is not supported for filtering."}})
	}
	if refused != nil {
		return nil, "", refused
	}
	family, refused := c.family(t)
	if refused != nil {
		return nil, "", refused
	}
	size, refused := c.pageSize(t.pageSizes())
	if refused != nil {
		return nil, "", refused
	}
	if c.knobs.MostPerPage > 0 {
		size = min(size, c.knobs.MostPerPage)
	}
	entries = slices.DeleteFunc(entries, func(e entry) bool { return !keep(e) || !family(e) })
	query := fmt.Sprint(t.id, "\n", text, "\n", c.parameter("dataSourceFamily"), "\n", c.parameter("pageSize"))
	token := c.parameter("pageToken")
	switch {
	case c.knobs.EmptyPage && token == "":
		return nil, pageToken(0, query), nil
	case c.knobs.EmptyLast && token == pageToken(len(entries), query):
		return nil, "", nil
	}
	page, next, refused := cutPage(entries, size, token, query)
	if next == "" && refused == nil && c.knobs.EmptyLast {
		next = pageToken(len(entries), query)
	}
	return page, next, refused
}

// cutPage returns the page that a token stands for, and the token of the next.
// A token is bound to its query.
func cutPage[T any](all []T, size int, token, query string) ([]T, string, *refusal) {
	first := 0
	if token != "" {
		text, _ := base64.RawURLEncoding.DecodeString(token)
		if _, err := fmt.Sscanf(string(text), "%d.", &first); err != nil || pageToken(first, query) != token || first > len(all) {
			return nil, "", invalid("INVALID_PAGE_TOKEN", "Invalid page token.")
		}
	}
	page := all[first:min(first+size, len(all))]
	if first+size >= len(all) {
		return page, "", nil
	}
	return page, pageToken(first+size, query), nil
}

func pageToken(first int, query string) string {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(query))
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%x", first, sum.Sum64()))
}

// civilDate is the date an entry belongs to where it was recorded.
func (e entry) civilDate() health.Date { return health.DateOf(e.at) }
