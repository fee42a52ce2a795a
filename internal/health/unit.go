package health

import (
	"fmt"
	"math"
)

// WeightUnit is a unit that weights are shown in. They are always kept in kg.
type WeightUnit string

// The weight units; stone come with pounds, 14 to the stone.
const (
	Kilograms WeightUnit = "kg"
	Pounds    WeightUnit = "lb"
	Stone     WeightUnit = "st"
)

// PoundKG is the weight of an international pound in kg, by definition.
const PoundKG = 0.45359237

// WeightUnits lists the units that weights can be shown in.
func WeightUnits() []WeightUnit { return []WeightUnit{Kilograms, Pounds, Stone} }

// Format prints a weight with one decimal and its unit: "71.4 kg", "157.4 lb",
// "11 st 3.4 lb". It is rounded before it is split into stone and pounds, so
// that there are never 14.0 of these. An unknown unit prints kg, and what is no
// weight prints "unknown".
func (u WeightUnit) Format(kg float64) string {
	const most = 1e300 // beyond it there are no pounds and tenths to count
	switch {
	case !(math.Abs(kg) < most):
		return "unknown"
	case u == Pounds:
		return tenths(kg/PoundKG) + " lb"
	case u == Stone:
		all := math.Round(math.Abs(kg) / PoundKG * 10)
		over := math.Mod(all, 140)
		sign := ""
		if kg < 0 && all > 0 {
			sign = "-"
		}
		return fmt.Sprintf("%s%.0f st %.1f lb", sign, (all-over)/140, over/10)
	default:
		return tenths(kg) + " kg"
	}
}

// tenths prints a number with one decimal, and nothing below zero as "-0.0".
func tenths(v float64) string {
	if text := fmt.Sprintf("%.1f", v); text != "-0.0" {
		return text
	}
	return "0.0"
}

// Scale returns how many of the unit's small units (kg, or lb also for stone)
// a kg is, and that unit's name: for axes and rates, where "st lb" is no number.
func (u WeightUnit) Scale() (perKG float64, name string) {
	if u == Pounds || u == Stone {
		return 1 / PoundKG, "lb"
	}
	return 1, "kg"
}
