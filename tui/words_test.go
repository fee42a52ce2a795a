package tui

import "testing"

// What runs on a few watts does not read as nothing.
func TestLittleEnergyIsNotZero(t *testing.T) {
	for v, want := range map[float64]string{0: "0.00 kWh", 0.003: "0.0030 kWh", 0.099: "0.0990 kWh", 0.5: "0.50 kWh", 1234: "1,234 kWh"} {
		if got := littleKWh(v); got != want {
			t.Errorf("%g: %s, want %s", v, got, want)
		}
	}
}
