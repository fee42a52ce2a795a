package store

import (
	"context"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"vitals/internal/health"
)

func TestPersonReturns(t *testing.T) {
	devices := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) health.Device {
		return health.Device{Name: texts.Draw(t, "name"), Type: texts.Draw(t, "type"),
			Battery: texts.Draw(t, "battery"), LastSync: maybeInstants.Draw(t, "last sync")}
	}), 1, 3)
	units := rapid.SampledFrom([]health.WeightUnit{"", health.Kilograms, health.Pounds, health.Stone})
	withMemory(t, func(rt *rapid.T, ctx context.Context, s *Store) {
		want := health.Person{}
		for range 3 {
			if got, err := s.Person(ctx); !reflect.DeepEqual(got, want) || err != nil {
				rt.Fatalf("got %+v, %v, want %+v", got, err, want)
			}
			want = health.Person{
				Identity: health.Identity{HealthUserID: texts.Draw(rt, "health ID"), FitbitUserID: texts.Draw(rt, "Fitbit ID")},
				Profile: health.Profile{Name: texts.Draw(rt, "name"), Age: rapid.IntRange(0, 120).Draw(rt, "age"),
					MemberSince: maybeDates.Draw(rt, "member since")},
				Settings: health.Settings{TimeZone: texts.Draw(rt, "zone"), Units: units.Draw(rt, "units")},
				Devices:  devices.Draw(rt, "devices"),
			}
			_, _, err1 := s.SaveIdentity(ctx, want.Identity)
			_, _, err2 := s.SaveProfile(ctx, want.Profile)
			_, _, err3 := s.SaveSettings(ctx, want.Settings)
			_, _, err4 := s.SaveDevices(ctx, want.Devices)
			if err1 != nil || err2 != nil || err3 != nil || err4 != nil {
				rt.Fatal(err1, err2, err3, err4)
			}
		}
	})
}

func TestPersonCounts(t *testing.T) {
	s, ctx := openMemory(t), t.Context()
	identity := health.Identity{HealthUserID: "1"}
	expect(t, 1, 0)(s.SaveIdentity(ctx, identity))
	expect(t, 0, 0)(s.SaveIdentity(ctx, identity))
	identity.FitbitUserID = "1ABCDE"
	expect(t, 0, 1)(s.SaveIdentity(ctx, identity))

	profile := health.Profile{Name: "Ann E.", Age: 41}
	expect(t, 1, 0)(s.SaveProfile(ctx, profile))
	expect(t, 0, 0)(s.SaveProfile(ctx, profile))
	profile.MemberSince = health.DateOf(at)
	expect(t, 0, 1)(s.SaveProfile(ctx, profile))
	expect(t, 0, 0)(s.SaveProfile(ctx, profile))

	expect(t, 1, 0)(s.SaveSettings(ctx, health.Settings{}))
	expect(t, 0, 0)(s.SaveSettings(ctx, health.Settings{}))
	expect(t, 0, 1)(s.SaveSettings(ctx, health.Settings{TimeZone: "Europe/London"}))

	scale, tracker := health.Device{Name: "Aria 2", Type: "SCALE"}, health.Device{Name: "Charge 6", Type: "TRACKER"}
	expect(t, 2, 0)(s.SaveDevices(ctx, []health.Device{scale, tracker}))
	expect(t, 0, 0)(s.SaveDevices(ctx, []health.Device{scale, tracker}))
	tracker.LastSync = at
	expect(t, 0, 1)(s.SaveDevices(ctx, []health.Device{scale, tracker}))
	expect(t, 0, 0)(s.SaveDevices(ctx, []health.Device{scale}))
	expect(t, 0, 0)(s.SaveDevices(ctx, nil))
	if p, err := s.Person(ctx); len(p.Devices) != 0 || err != nil {
		t.Errorf("devices %v, %v", p.Devices, err)
	}
}
