package refresh

import (
	"context"
)

// UpdateMeter brings the roll-up of a meter, kept under the key series, up to
// date and reports whether anything was new. Progress may be nil.
func UpdateMeter(ctx context.Context, m Meter, store Store, series string, progress func(done, total int64)) (bool, error) {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	kept, ok, err := store.RollUp(ctx, series)
	if err != nil {
		return false, err
	}
	rollUp, err := m.RollUp(ctx, kept.Bookmark, progress)
	if err != nil {
		return false, err
	}
	if ok && len(rollUp.Portions) == 0 && !rollUp.From.IsZero() && rollUp.Latest == kept.Latest {
		return false, nil
	}
	return true, store.SaveRollUp(ctx, series, rollUp)
}
