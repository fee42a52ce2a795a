package fake

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	google "google.golang.org/api/health/v4"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// Person is whose data is served. All times carry the offset of the place and
// moment, as in package health.
type Person struct {
	Identity health.Identity
	Profile  health.Profile
	Zone     *time.Location
	Units    health.WeightUnit
	Devices  []health.Device

	Weighings []health.Weighing
	BodyFats  []health.BodyFat
	Heights   []health.Height

	// Totals are calories, active calories (kcal) and steps, in time order.
	// A window that a portion only touches gets its share by time.
	Totals map[health.DataType][]timeline.Portion
}

// entry is a point of a list.
type entry struct {
	id     string
	at     time.Time // with the offset of the place
	end    time.Time // of an interval
	source health.Source
	value  float64
}

// entries returns the points of a type, newest first.
func (p *Person) entries(of health.DataType) []entry {
	var list []entry
	switch of {
	case health.TypeWeight:
		for _, w := range p.Weighings {
			list = append(list, entry{id: w.ID, at: w.At, source: w.Source, value: w.KG})
		}
	case health.TypeBodyFat:
		for _, f := range p.BodyFats {
			list = append(list, entry{id: f.ID, at: f.At, source: f.Source, value: f.Percent})
		}
	case health.TypeHeight:
		for _, h := range p.Heights {
			list = append(list, entry{id: h.ID, at: h.At, source: health.Source{Name: "manual", Kind: health.SourceManual}, value: h.Metres})
		}
	default:
		for _, portion := range p.Totals[of] {
			if portion.Amount != 0 {
				list = append(list, entry{
					at: time.Unix(portion.Start, 0).In(p.Zone), end: time.Unix(portion.End, 0).In(p.Zone),
					source: health.Source{Name: "Charge 6", Kind: health.SourceDevice}, value: portion.Amount,
				})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b entry) int { return b.at.Compare(a.at) })
	return list
}

// point writes an entry as the service does.
func (e entry) point(userID string, t dataType) *google.DataPoint {
	p := &google.DataPoint{DataSource: dataSource(e.source)}
	if t.offers("get") == nil {
		p.Name = fmt.Sprintf("users/%s/dataTypes/%s/dataPoints/%s", userID, t.id, e.id)
	}
	switch t.of {
	case health.TypeWeight:
		p.Weight = &google.Weight{SampleTime: sampleTime(e.at), WeightGrams: round(e.value*1000, 3)}
	case health.TypeBodyFat:
		p.BodyFat = &google.BodyFat{SampleTime: sampleTime(e.at), Percentage: e.value}
	case health.TypeHeight:
		p.Height = &google.Height{SampleTime: sampleTime(e.at), HeightMillimeters: int64(math.Round(e.value * 1000))}
	case health.TypeActiveCalories:
		p.ActiveEnergyBurned = &google.ActiveEnergyBurned{Interval: interval(e.at, e.end), Kcal: round(e.value, 6)}
	case health.TypeSteps:
		p.Steps = &google.Steps{Interval: interval(e.at, e.end), Count: int64(math.Round(e.value))}
	}
	return p
}

func round(x float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(x*scale) / scale
}

func dataSource(s health.Source) *google.DataSource {
	switch s.Kind {
	case health.SourceScale:
		device := &google.Device{FormFactor: "SCALE"}
		if s.Name != "scale" {
			device.DisplayName = s.Name
		}
		return &google.DataSource{RecordingMethod: "ACTIVELY_MEASURED", Device: device, Platform: "FITBIT"}
	case health.SourceDevice:
		return &google.DataSource{RecordingMethod: "PASSIVELY_MEASURED", Device: &google.Device{DisplayName: s.Name}, Platform: "FITBIT"}
	case health.SourceApp:
		return &google.DataSource{
			RecordingMethod: "UNKNOWN", Device: &google.Device{},
			Application: &google.Application{PackageName: s.Name}, Platform: "HEALTH_CONNECT",
		}
	case health.SourceManual:
		return &google.DataSource{RecordingMethod: "MANUAL", Platform: "FITBIT"}
	default:
		return nil
	}
}

func sampleTime(t time.Time) *google.ObservationSampleTime {
	return &google.ObservationSampleTime{PhysicalTime: timestamp(t), UtcOffset: offset(t), CivilTime: civil(t)}
}

func interval(start, end time.Time) *google.ObservationTimeInterval {
	return &google.ObservationTimeInterval{
		StartTime: timestamp(start), StartUtcOffset: offset(start), CivilStartTime: civil(start),
		EndTime: timestamp(end), EndUtcOffset: offset(end), CivilEndTime: civil(end),
	}
}

func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func offset(t time.Time) string {
	_, seconds := t.Zone()
	return fmt.Sprintf("%ds", seconds)
}

func civil(t time.Time) *google.CivilDateTime {
	return &google.CivilDateTime{
		Date: date(health.DateOf(t)),
		Time: &google.TimeOfDay{
			Hours: int64(t.Hour()), Minutes: int64(t.Minute()), Seconds: int64(t.Second()), Nanos: int64(t.Nanosecond()),
		},
	}
}

func date(d health.Date) *google.Date {
	return &google.Date{Year: int64(d.Year), Month: int64(d.Month), Day: int64(d.Day)}
}

func (p *Person) identity() *google.Identity {
	return &google.Identity{Name: "users/me/identity", HealthUserId: p.Identity.HealthUserID, LegacyUserId: p.Identity.FitbitUserID}
}

// profile has the stride lengths only for those who may also see the activity.
func (p *Person) profile(activity bool) *google.Profile {
	profile := &google.Profile{Name: "users/me/profile", Age: int64(p.Profile.Age)}
	if !p.Profile.MemberSince.IsZero() {
		profile.MembershipStartDate = date(p.Profile.MemberSince)
	}
	if activity {
		profile.AutoWalkingStrideLengthMm = 712
	}
	return profile
}

func (p *Person) settings(now time.Time) *google.Settings {
	unit := map[health.WeightUnit]string{
		health.Kilograms: "WEIGHT_UNIT_KILOGRAMS", health.Pounds: "WEIGHT_UNIT_POUNDS", health.Stone: "WEIGHT_UNIT_STONE",
	}
	return &google.Settings{
		Name:           "users/me/settings",
		DistanceUnit:   "DISTANCE_UNIT_KILOMETERS",
		HeightUnit:     "HEIGHT_UNIT_CENTIMETERS",
		LanguageLocale: "en_GB",
		TimeZone:       p.Zone.String(),
		UtcOffset:      offset(now.In(p.Zone)),
		WaterUnit:      "WATER_UNIT_ML",
		WeightUnit:     unit[p.Units],
	}
}

func (p *Person) pairedDevices() []*google.PairedDevice {
	var paired []*google.PairedDevice
	for i, d := range p.Devices {
		device := &google.PairedDevice{
			Name:          fmt.Sprintf("users/me/pairedDevices/%d", i+1),
			DeviceType:    cmp.Or(d.Type, "DEVICE_TYPE_UNSPECIFIED"),
			DeviceVersion: d.Name,
			BatteryStatus: d.Battery,
		}
		if !d.LastSync.IsZero() {
			device.LastSyncTime = timestamp(d.LastSync)
		}
		paired = append(paired, device)
	}
	return paired
}
