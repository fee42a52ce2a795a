package refresh

import (
	"bytes"
	"context"
	"slices"
	"time"

	"vitals/internal/timeline"
)

// UpdateMeter brings the roll-up of a meter, kept under the key series, up to
// date and reports whether anything was new. A large database is read part by
// part, the newest first: each is saved at once and saved is told, so that an
// update that ends early has not been for nothing. Progress and saved may be
// nil.
func UpdateMeter(ctx context.Context, m Meter, store Store, series string, progress func(done, total int64), saved func()) (changed bool, err error) {
	for {
		kept, _, err := store.RollUp(ctx, series)
		if err != nil {
			return changed, err
		}
		rollUp, err := m.RollUp(ctx, kept.Bookmark, progress)
		if err != nil {
			return changed, err
		}
		old, err := nothingNew(ctx, store, series, kept, rollUp)
		if err != nil || old {
			return changed, err
		}
		if err := store.SaveRollUp(ctx, series, rollUp); err != nil {
			return changed, err
		}
		changed = true
		if !rollUp.More {
			return true, nil
		}
		if saved != nil {
			saved()
		}
	}
}

// nothingNew reports whether a roll-up only repeats what is kept: a meter is
// read again from some time before its newest reading. Saving it would wake
// every open dashboard for nothing.
func nothingNew(ctx context.Context, store Store, series string, kept timeline.KeptRollUp, r timeline.RollUp) (bool, error) {
	if r.From.IsZero() || !r.Latest.Time.Equal(kept.Latest.Time) || r.Latest.Value != kept.Latest.Value ||
		r.DroppedTotal != kept.DroppedTotal || !bytes.Equal(r.Bookmark, kept.Bookmark) {
		return false, nil
	}
	portions, err := store.Portions(ctx, series, r.From, time.Time{})
	return slices.EqualFunc(portions, r.Portions, func(a, b timeline.Portion) bool {
		const kept = time.Microsecond // as finely as a store may keep coverage
		return a.Start == b.Start && a.Amount == b.Amount &&
			(a.Covered-b.Covered).Abs() <= kept && (a.Estimated-b.Estimated).Abs() <= kept
	}), err
}
