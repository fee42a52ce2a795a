package report

import (
	"encoding/json"
	"io"
	"math"
	"strconv"
	"time"

	"vitals/internal/health"
	"vitals/internal/view"
)

// The JSON report. Units are in the names, and what is not known is null.
type (
	snapshotJSON struct {
		Schema      int              `json:"schema"`
		AsOf        string           `json:"as_of"`
		TimeZone    string           `json:"time_zone"`
		Profile     *profileJSON     `json:"profile"`
		Body        *bodyJSON        `json:"body"`
		Burn        *burnJSON        `json:"burn"`
		Electricity *electricityJSON `json:"electricity"`
		Sync        []fetchJSON      `json:"sync"`
	}
	profileJSON struct {
		Name         *string      `json:"name"`
		HealthUserID *string      `json:"health_user_id"`
		FitbitUserID *string      `json:"fitbit_user_id"`
		Age          *int         `json:"age"`
		MemberSince  *string      `json:"member_since"`
		HeightM      *figure      `json:"height_m"`
		Devices      []deviceJSON `json:"devices"`
	}
	deviceJSON struct {
		Name     *string `json:"name"`
		Type     *string `json:"type"`
		Battery  *string `json:"battery"`
		LastSync *string `json:"last_sync"`
	}
	bodyJSON struct {
		Time     string     `json:"time"`
		WeightKG figure     `json:"weight_kg"`
		BMI      *figure    `json:"bmi"`
		BMIClass *string    `json:"bmi_class"`
		Fat      *figure    `json:"fat_percent"`
		Source   *string    `json:"source"`
		TrendKG  figure     `json:"trend_kg"`
		Rate     *figure    `json:"rate_kg_per_week"`
		RateErr  *figure    `json:"rate_stderr_kg_per_week"`
		Kcal     *figure    `json:"kcal_per_day"`
		FatTrend *figure    `json:"fat_trend_percent"`
		FatKG    *figure    `json:"fat_mass_trend_kg"`
		LeanKG   *figure    `json:"lean_mass_trend_kg"`
		GoalKG   *figure    `json:"goal_kg"`
		GoalDate *[2]string `json:"goal_date"`
	}
	burnJSON struct {
		Today     *figure `json:"today_kcal"`
		Yesterday *figure `json:"yesterday_kcal"`
	}
	electricityJSON struct {
		Source      *string `json:"source"`
		LastReading *string `json:"last_reading"`
		Today       *figure `json:"today_kwh"`
		Yesterday   *figure `json:"yesterday_kwh"`
		ByNow       *figure `json:"yesterday_by_now_kwh"`
		Now         *figure `json:"now_w"`
		Idle        *figure `json:"idle_w"`
		TodayCost   *cost   `json:"today_cost"`
		Currency    *string `json:"currency"`
	}
	fetchJSON struct {
		Type        health.DataType `json:"type"`
		LastSuccess *string         `json:"last_success"`
		Error       *string         `json:"error"`
	}
)

// figure is a number without the noise of binary fractions: six decimals, those
// that are 0 left out.
type figure float64

// MarshalJSON implements json.Marshaler.
func (f figure) MarshalJSON() ([]byte, error) { return []byte(jsonNumber(float64(f))), nil }

// cost is an amount of money, four decimals as in CSV.
type cost float64

// MarshalJSON implements json.Marshaler.
func (c cost) MarshalJSON() ([]byte, error) { return number(float64(c), 4).json(), nil }

func jsonNumber(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "null"
	}
	if math.Abs(v) < 1e9 { // larger ones have no such noise
		v = math.Round(v*1e6) / 1e6
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// WriteJSON writes the figures of a snapshot as one JSON object.
func WriteJSON(w io.Writer, s view.Snapshot) error {
	out := snapshotJSON{Schema: 1, AsOf: s.AsOf.Format(time.RFC3339), TimeZone: s.AsOf.Location().String(),
		Profile: profileOf(s), Body: bodyOf(s.Body), Electricity: electricityOf(s.Electricity), Sync: []fetchJSON{}}
	if s.Burn != nil {
		out.Burn = &burnJSON{Today: figureOf(s.Burn.Today), Yesterday: figureOf(s.Burn.Yesterday)}
	}
	for _, f := range s.Fetches {
		out.Sync = append(out.Sync, fetchJSON{f.Type, timeOf(f.LastSuccess, s.AsOf.Location()), textOf(f.Error)})
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	return encoder.Encode(out)
}

func profileOf(s view.Snapshot) *profileJSON {
	p := s.Person
	if p.Identity == (health.Identity{}) && p.Profile == (health.Profile{}) && len(p.Devices) == 0 {
		return nil
	}
	out := &profileJSON{Name: textOf(p.Profile.Name), HealthUserID: textOf(p.Identity.HealthUserID),
		FitbitUserID: textOf(p.Identity.FitbitUserID), MemberSince: textOf(p.Profile.MemberSince.String()), Devices: []deviceJSON{}}
	if p.Profile.Age > 0 {
		out.Age = &p.Profile.Age
	}
	if s.HeightM > 0 {
		out.HeightM = figureOf(&s.HeightM)
	}
	for _, d := range p.Devices {
		out.Devices = append(out.Devices, deviceJSON{textOf(d.Name), textOf(d.Type), textOf(d.Battery), timeOf(d.LastSync, s.AsOf.Location())})
	}
	return out
}

func bodyOf(b *view.Body) *bodyJSON {
	if b == nil {
		return nil
	}
	out := &bodyJSON{Time: b.Weighing.At.Format(time.RFC3339), WeightKG: figure(b.Weighing.KG), BMI: figureOf(b.BMI),
		Fat: figureOf(b.Fat), Source: textOf(b.Weighing.Source.Name), TrendKG: figure(b.TrendKG), GoalKG: figureOf(b.GoalKG)}
	if b.BMI != nil {
		out.BMIClass = textOf(health.BMIClass(*b.BMI))
	}
	if c := b.Trend; c != nil {
		percent := c.FatPercent()
		out.FatTrend, out.FatKG, out.LeanKG = figureOf(&percent), figureOf(&c.FatKG), figureOf(&c.LeanKG)
	}
	if b.Rate != nil {
		rate, stdErr := b.Rate.KGPerWeek()
		kcal := b.Rate.KcalPerDay()
		out.Rate, out.RateErr, out.Kcal = figureOf(&rate), figureOf(&stdErr), figureOf(&kcal)
	}
	if b.GoalDates != nil {
		out.GoalDate = &[2]string{b.GoalDates[0].String(), b.GoalDates[1].String()}
	}
	return out
}

func electricityOf(e *view.Electricity) *electricityJSON {
	if e == nil {
		return nil
	}
	out := &electricityJSON{Source: textOf(e.Source), LastReading: timeOf(e.LastReading, e.LastReading.Location()),
		Today: figureOf(e.TodayKWh), Yesterday: figureOf(e.YesterdayKWh), ByNow: figureOf(e.YesterdayByNowKWh), Now: figureOf(e.NowW), Idle: figureOf(e.IdleW),
		Currency: textOf(e.Currency)}
	if e.TodayCost != nil {
		today := cost(*e.TodayCost)
		out.TodayCost = &today
	}
	return out
}

func figureOf(v *float64) *figure {
	if v == nil {
		return nil
	}
	f := figure(*v)
	return &f
}

func textOf(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func timeOf(t time.Time, zone *time.Location) *string {
	if t.IsZero() {
		return nil
	}
	text := t.In(zone).Format(time.RFC3339)
	return &text
}
