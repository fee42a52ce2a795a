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

// Format prints a weight with one decimal and its unit: "71.4 kg", "157.4 lb",
// "11 st 3.4 lb". An unknown unit prints kg.
func (u WeightUnit) Format(kg float64) string {
	switch u {
	case Pounds:
		return fmt.Sprintf("%.1f lb", kg/PoundKG)
	case Stone:
		tenths := int(math.Round(math.Abs(kg) / PoundKG * 10))
		sign := ""
		if kg < 0 && tenths > 0 {
			sign = "-"
		}
		return fmt.Sprintf("%s%d st %d.%d lb", sign, tenths/140, tenths%140/10, tenths%10)
	default:
		return fmt.Sprintf("%.1f kg", kg)
	}
}

// Scale returns how many of the unit's small units (kg, or lb also for stone)
// a kg is, and that unit's name: for axes and rates, where "st lb" is no number.
func (u WeightUnit) Scale() (perKG float64, name string) {
	if u == Pounds || u == Stone {
		return 1 / PoundKG, "lb"
	}
	return 1, "kg"
}
