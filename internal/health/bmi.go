package health

import (
	"fmt"
	"math"
)

// BMI returns the body mass index in kg/m²; height in metres, above 0.
func BMI(kg, metres float64) float64 { return kg / (metres * metres) }

// BMIClass names the WHO class for adults of an unrounded body mass index:
// 24.996 prints as 25.0 and is still normal.
func BMIClass(bmi float64) string {
	classes := []struct {
		below float64
		name  string
	}{
		{16, "severe thinness"}, {17, "moderate thinness"}, {18.5, "mild thinness"},
		{25, "normal"}, {30, "pre-obese"}, {35, "obese I"}, {40, "obese II"},
	}
	for _, c := range classes {
		if bmi < c.below {
			return c.name
		}
	}
	return "obese III"
}

// FormatHeight writes a height in metres with two decimals: "1.72 m".
func FormatHeight(metres float64) string {
	return fmt.Sprintf("%.2f m", math.Round(metres*100)/100) // Printf alone makes 1.62 of 1.625
}
