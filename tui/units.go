package tui

import (
	"cmp"
	"slices"

	"vitals/internal/health"
)

// unitChoice is the unit that weights are shown in.
type unitChoice struct {
	chosen health.WeightUnit // with the key; "" while nobody chose, or chose the usual one
	usual  health.WeightUnit // of the configuration or the account
}

// nextUnits shows weights in the next unit. Back at the usual one, a change of
// that one shows again.
func (m *Model) nextUnits() {
	all := health.WeightUnits()
	next := all[(slices.Index(all, m.snapshot.Units)+1)%len(all)]
	if m.units.chosen = next; next == m.units.usual {
		m.units.chosen = ""
	}
	m.useUnits()
}

// useUnits makes all that is drawn of the snapshot use the unit.
func (m *Model) useUnits() { m.snapshot.Units = cmp.Or(m.units.chosen, m.units.usual) }
