package health

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFormatWeight(t *testing.T) {
	stone := func(st, lb float64) float64 { return (14*st + lb) * PoundKG }
	tests := []struct {
		unit WeightUnit
		kg   float64
		want string
	}{
		{Kilograms, 71.44, "71.4 kg"},
		{"", 71.46, "71.5 kg"},
		{Pounds, 71.4, "157.4 lb"},
		{Stone, 80, "12 st 8.4 lb"},
		{Stone, 0, "0 st 0.0 lb"},
		{Stone, stone(13, 13.94), "13 st 13.9 lb"},
		{Stone, stone(13, 13.96), "14 st 0.0 lb"},
		{Stone, -stone(13, 13.96), "-14 st 0.0 lb"},
		{Stone, -stone(0, 0.5), "-0 st 0.5 lb"},
		{Stone, -stone(0, 0.04), "0 st 0.0 lb"},
		{Stone, math.NaN(), "unknown"},
		{Pounds, math.Inf(-1), "unknown"},
		{Kilograms, math.NaN(), "unknown"},
		{Kilograms, -0.01, "0.0 kg"},
		{Pounds, -0.01, "0.0 lb"},
	}
	for _, tt := range tests {
		if got := tt.unit.Format(tt.kg); got != tt.want {
			t.Errorf("%q.Format(%f) = %q, want %q", tt.unit, tt.kg, got, tt.want)
		}
	}
}

// parsed reads a weight in stone and pounds back, in lb.
func parsed(text string) (stone, pounds, all float64, err error) {
	_, err = fmt.Sscanf(strings.TrimPrefix(text, "-"), "%f st %f lb", &stone, &pounds)
	all = 14*stone + pounds
	if strings.HasPrefix(text, "-") {
		all = -all
	}
	return stone, pounds, all, err
}

func TestStoneAreNeverFourteenPounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pounds := rapid.OneOf(
			rapid.Float64Range(-1e6, 1e6),
			rapid.Custom(func(t *rapid.T) float64 { // about where pounds become a stone
				return 14*float64(rapid.IntRange(-50, 50).Draw(t, "stone")) + rapid.Float64Range(-0.2, 0.2).Draw(t, "off")
			}),
		).Draw(t, "lb")
		text := Stone.Format(pounds * PoundKG)
		stone, rest, back, err := parsed(text)
		const noise = 1e-6
		switch {
		case err != nil:
			t.Fatalf("%q: %v", text, err)
		case rest >= 14 || stone != math.Trunc(stone) || strings.HasPrefix(text, "-0 st 0.0"):
			t.Fatalf("%f lb is %q", pounds, text)
		case math.Abs(back-pounds) > 0.05+noise:
			t.Fatalf("%f lb is %q, which is %f lb", pounds, text, back)
		}
	})
}

func FuzzFormat(f *testing.F) {
	for _, kg := range []float64{0, 71.4, 88.9, -1, math.NaN(), math.Inf(1), math.MaxFloat64, -math.SmallestNonzeroFloat64} {
		f.Add(kg)
	}
	f.Fuzz(func(t *testing.T, kg float64) {
		for _, u := range WeightUnits() {
			text := u.Format(kg)
			if known := math.Abs(kg) < 1e300; known == (text == "unknown") || strings.Contains(text, "N") || u == Stone && strings.Contains(text, " 14.0 lb") {
				t.Errorf("%s.Format(%g) = %q", u, kg, text)
			}
		}
	})
}
