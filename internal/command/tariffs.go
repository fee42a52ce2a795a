package command

import (
	"vitals/internal/config"
	"vitals/internal/health"
	"vitals/internal/view"
)

// tariffs are the configured ones in the terms of view.
func tariffs(configured []config.Tariff) []view.Tariff {
	var all []view.Tariff
	for _, c := range configured {
		t := view.Tariff{Currency: c.Currency, PricePerKWh: c.PricePerKWh, StandingCharge: c.StandingCharge}
		if !c.ValidFrom.IsZero() {
			t.From = health.DateOf(c.ValidFrom)
		}
		if c.Night != nil {
			t.NightPrice, t.NightFrom, t.NightTo = c.Night.PricePerKWh, c.Night.From, c.Night.To
		}
		all = append(all, t)
	}
	return all
}
