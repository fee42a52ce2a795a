package likeness

import "math"

// The bounds of what a figure is shaped by; beyond them it looks as at the bound.
const (
	leastBMI, mostBMI = 12.0, 60.0
	leastFat, mostFat = 3.0, 65.0
)

// What the half widths below are of, and two of them that others go by.
const (
	neutralBMI, neutralFat     = 22, 25
	neutralFlank, neutralThigh = 8.4, 4.4
)

// estimatedFat is the body fat in percent that goes with a body mass index in kg/m²
// when none was measured: the formula of Deurenberg, Weststrate and Seidell (British
// Journal of Nutrition 65, 1991) for 40 years of age and midway between the sexes.
// It is between 3 and 65 for every index.
func estimatedFat(bmi float64) float64 {
	const age, sex = 40, 0.5 // 0 for women, 1 for men
	return bounded(1.2*boundedBMI(bmi)+0.23*age-10.8*sex-5.4, leastFat, mostFat, neutralFat)
}

func boundedBMI(bmi float64) float64 { return bounded(bmi, leastBMI, mostBMI, neutralBMI) }

// bounded is v between two bounds, and otherwise for what is no number.
func bounded(v, least, most, otherwise float64) float64 {
	if math.IsNaN(v) {
		return otherwise
	}
	return min(max(v, least), most)
}

// build is the half widths of a body seen from the front, in hundredths of its
// height. Each grows with the body mass index, and none shrinks with body fat.
type build struct {
	jaw, neck                                float64
	chest, ribs, waist, flank, hip           float64 // from the middle
	thigh, midThigh, knee, calf, shin, ankle float64 // from the axis of the leg
	upperArm, elbow, forearm, wrist          float64 // from the axis of the arm

	stoutness float64 // by which share the body is wider than a neutral one
}

// buildOf follows a body mass index by powers of it – 0.5 makes a cross-section grow
// in proportion, less is for where there is much bone – and body fat by a share for
// each percent, which is largest about the waist.
func buildOf(bmi, fat float64) build {
	times := boundedBMI(bmi) / neutralBMI
	more := bounded(fat, leastFat, mostFat, estimatedFat(bmi)) - neutralFat
	soft := func(neutral, power, share float64) float64 {
		return neutral * math.Pow(times, power) * (1 + share*more)
	}
	return build{
		jaw:  soft(3.2, 0.12, 0),
		neck: soft(2.8, 0.36, 0),

		chest: soft(8.8, 0.47, 0.001),
		ribs:  soft(8.2, 0.49, 0.0035),
		waist: soft(7.8, 0.53, 0.006),
		flank: soft(neutralFlank, 0.52, 0.007),
		hip:   soft(9.4, 0.45, 0.0055),

		thigh:    soft(neutralThigh, 0.48, 0.003),
		midThigh: soft(3.6, 0.49, 0.003),
		knee:     soft(2.55, 0.62, 0.002),
		calf:     soft(2.5, 0.55, 0),
		shin:     soft(1.8, 0.5, 0),
		ankle:    soft(1.35, 0.3, 0),

		upperArm: soft(2.4, 0.5, 0.001),
		elbow:    soft(2.05, 0.43, 0.001),
		forearm:  soft(2, 0.41, 0),
		wrist:    soft(1.3, 0.16, 0),

		stoutness: math.Sqrt(times) - 1,
	}
}
