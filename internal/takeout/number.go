package takeout

import (
	"math"
	"strconv"
	"strings"
	"unicode"

	"vitals/internal/health"
)

// simpleNumber reads a plain number, quickly: there are millions.
func simpleNumber(text []byte) (value float64, wrong bool) {
	whole, scale, seen := int64(0), int64(0), false
	for _, b := range text {
		switch {
		case b == '.' && scale == 0:
			scale = 1
		case '0' <= b && b <= '9' && whole < 1e16 && scale < 1e12:
			whole, seen = whole*10+int64(b-'0'), true
			scale *= 10
		default:
			v, err := strconv.ParseFloat(string(text), 64)
			return v, err != nil || math.IsNaN(v) || math.IsInf(v, 0)
		}
	}
	if scale > 1 {
		return float64(whole) / float64(scale), !seen
	}
	return float64(whole), !seen
}

// measure reads a number as people and spreadsheets write it: "71.4", "71,4 kg",
// "1'234", "12 st 8.4 lb". The unit is what stands behind it, "" for none; stone
// and pounds are given in stone. A whole number's separators are thousands. It
// is NaN for what is no number.
func measure(text string, whole bool) (value float64, unit string) {
	text = strings.TrimSpace(strings.ToLower(text))
	end := strings.IndexFunc(text, func(r rune) bool { return unicode.IsLetter(r) || r == '%' })
	if end < 0 {
		return plainNumber(text, whole), ""
	}
	value = plainNumber(text[:end], whole)
	rest := text[end:]
	name := strings.TrimSpace(rest)
	if cut := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) && r != '%' }); cut >= 0 {
		name = rest[:cut]
		if unitWords[name] == string(health.Stone) { // and pounds
			pounds, _ := measure(rest[cut:], false)
			return value + pounds/14, string(health.Stone)
		}
		return math.NaN(), ""
	}
	unit, known := unitWords[name]
	if !known {
		return math.NaN(), ""
	}
	return value, unit
}

func plainNumber(text string, whole bool) float64 {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || r == '\'' || r == '’':
			return -1
		case r == '−':
			return '-'
		}
		return r
	}, text)
	comma, point := strings.LastIndexByte(text, ','), strings.LastIndexByte(text, '.')
	switch {
	case whole && comma >= 0 && point < 0 && len(text)-comma == 4, comma >= 0 && comma < point:
		text = strings.ReplaceAll(text, ",", "")
	case whole && point >= 0 && comma < 0 && len(text)-point == 4 && strings.Count(text, ".") >= 1, point >= 0 && point < comma:
		text = strings.ReplaceAll(text, ".", "")
		text = strings.Replace(text, ",", ".", 1)
	default:
		text = strings.Replace(text, ",", ".", 1)
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

// kilograms is a weight of a unit in kg, "g" included.
func kilograms(weight float64, unit health.WeightUnit) float64 {
	switch unit {
	case health.Pounds:
		return weight * health.PoundKG
	case health.Stone:
		return weight * health.PoundKG * 14
	case grams:
		return weight / 1000
	default:
		return weight
	}
}

const grams health.WeightUnit = "g"

// unitOf finds the unit in which the weights are by the body mass index beside
// them: with the height of the day, or, where guess allows, with the unit under
// which the height that follows is that of a grown person. It is "" when that
// does not settle it.
func (r *reader) unitOf(rows []weighed, guess bool) health.WeightUnit {
	votes := map[health.WeightUnit]int{}
	all := 0
	for _, row := range rows {
		if !positive(row.weight) || row.bmi < 5 || row.bmi > 150 || row.bmi != row.bmi {
			continue
		}
		all++
		tall := health.HeightAt(row.at.date, r.heights)
		var fits []health.WeightUnit
		for _, unit := range []health.WeightUnit{health.Kilograms, health.Pounds, health.Stone} {
			height := math.Sqrt(kilograms(row.weight, unit) / row.bmi)
			const near, shortest, tallest = 0.1, 1.3, 2.2 // units are 1.48 apart
			if tall > 0 && math.Abs(height/tall-1) <= near || tall == 0 && guess && shortest <= height && height <= tallest {
				fits = append(fits, unit)
			}
		}
		if len(fits) == 1 {
			votes[fits[0]]++
		}
	}
	for unit, n := range votes {
		if n*10 >= all*9 {
			return unit
		}
	}
	return ""
}
