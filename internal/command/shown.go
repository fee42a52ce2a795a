package command

import (
	"context"
	"slices"

	"vitals/internal/health"
	"vitals/internal/store"
	"vitals/internal/terminal"
	"vitals/internal/timeline"
)

// shown is the store as screens and reports see it: texts come out fit to be
// printed, whoever wrote them there.
type shown struct{ *store.Store }

// Person implements view.Store.
func (s shown) Person(ctx context.Context) (health.Person, error) {
	p, err := s.Store.Person(ctx)
	clean(&p.Identity.HealthUserID, &p.Identity.FitbitUserID, &p.Profile.Name, &p.Settings.TimeZone)
	if !slices.Contains(health.WeightUnits(), p.Settings.Units) {
		p.Settings.Units = ""
	}
	for i := range p.Devices {
		clean(&p.Devices[i].Name, &p.Devices[i].Type, &p.Devices[i].Battery)
	}
	return p, err
}

// Weighings implements view.Store.
func (s shown) Weighings(ctx context.Context) ([]health.Weighing, error) {
	weighings, err := s.Store.Weighings(ctx)
	for i := range weighings {
		clean(&weighings[i].Source.Name, &weighings[i].Source.Via)
	}
	return weighings, err
}

// BodyFats implements view.Store.
func (s shown) BodyFats(ctx context.Context) ([]health.BodyFat, error) {
	fats, err := s.Store.BodyFats(ctx)
	for i := range fats {
		clean(&fats[i].Source.Name, &fats[i].Source.Via)
	}
	return fats, err
}

// Fetches implements view.Store.
func (s shown) Fetches(ctx context.Context) ([]health.Fetch, error) {
	fetches, err := s.Store.Fetches(ctx)
	for i := range fetches {
		fetches[i].Type = health.DataType(terminal.Brief(string(fetches[i].Type)))
		clean(&fetches[i].Error)
	}
	return fetches, err
}

// RollUp implements view.Store.
func (s shown) RollUp(ctx context.Context, series string) (timeline.KeptRollUp, bool, error) {
	kept, ok, err := s.Store.RollUp(ctx, series)
	clean(&kept.Source)
	for i := range kept.Dropped {
		clean(&kept.Dropped[i].Reason)
	}
	return kept, ok, err
}

func clean(texts ...*string) {
	for _, text := range texts {
		*text = terminal.Brief(*text)
	}
}
