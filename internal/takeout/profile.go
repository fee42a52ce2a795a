package takeout

import (
	"cmp"
	"slices"
	"strings"

	"vitals/internal/health"
)

// readProfile reads Profile.csv: a header and one row. Height is in cm whatever
// unit the account shows, weight in kg. Birth date and address in it stay unread.
func readProfile(in *stream) (Owner, error) {
	next := records(in, decoded(withoutMark(in, 1<<16)))
	header, err := next()
	if err != nil {
		return Owner{}, err
	}
	header = slices.Clone(header)
	row, err := next()
	if err != nil {
		return Owner{}, err
	}
	cell := func(name string) string {
		for i, column := range header {
			if strings.EqualFold(strings.TrimSpace(column), name) && i < len(row) && row[i] != "null" {
				return printable(row[i], 60)
			}
		}
		return ""
	}
	if !slices.Contains(header, "timezone") && !slices.Contains(header, "weight_unit") {
		return Owner{}, errNotOurs
	}
	owner := Owner{FitbitUserID: cell("id"), Name: cmp.Or(cell("display_name"), cell("full_name")), Zone: cell("timezone")}
	if height, wrong := simpleNumber([]byte(cell("height"))); !wrong && 50 < height && height < 280 {
		owner.HeightM = height / 100
	}
	if weight, wrong := simpleNumber([]byte(cell("weight"))); !wrong && positive(weight) {
		owner.WeightKG = weight
	}
	switch cell("weight_unit") {
	case "METRIC":
		owner.Units = health.Kilograms
	case "en_US":
		owner.Units = health.Pounds
	case "en_GB":
		owner.Units = health.Stone
	}
	if since, err := health.ParseDate(cell("member_since")); err == nil {
		owner.MemberSince = since
	}
	return owner, nil
}

// profile reads Profile.csv for the report; Open has read it before.
func (f *file) profile() error {
	f.Format = health.ViaFitbitArchive
	owner, err := readProfile(f.in)
	if err != nil {
		return err
	}
	f.counts["profile"]++
	if owner.HeightM > 0 && len(f.from.heights) == 0 {
		since := owner.MemberSince
		if since.IsZero() {
			since = health.DateOf(f.asOf)
		}
		f.height(health.Height{ID: f.Format + ":profile", At: f.local(wall{date: since}), Metres: owner.HeightM})
	}
	return nil
}
