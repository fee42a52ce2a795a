package takeout

import (
	"slices"
	"strings"
	"unicode"

	"vitals/internal/health"
)

// meaning is what a column holds.
type meaning string

const (
	isDate     meaning = "date"
	isTime     meaning = "time"
	isWeight   meaning = "weight"
	isFat      meaning = "fat"
	isFatMass  meaning = "fat mass"
	isBMI      meaning = "bmi"
	isCalories meaning = "calories"
	isSteps    meaning = "steps"
	isActive   meaning = "active calories"
	isSource   meaning = "source"
	isValue    meaning = "value" // of what the unit column says
	isUnit     meaning = "unit"
	isMetric   meaning = "metric"
)

// columnWords are what columns are called, without units and in plain letters.
var columnWords = func() map[string]meaning {
	all := map[string]meaning{}
	for of, names := range map[meaning]string{
		isDate: `date|day|datetime|date time|timestamp|time stamp|time of measurement|measurement date|measurement time|measured at|recorded at|
			datum|messdatum|zeitpunkt|datum uhrzeit|datum und uhrzeit|datum zeit|zeitstempel|tag|date et heure|date heure|jour|horodatage|
			tijdstip|datum tijd|datum en tijd|dag|fecha|fecha y hora|fecha hora|dia|data|data e ora|data ora|giorno|dato|
			start|start date|start time|creation date|report time|activity date|activity day|activity hour|date of measurement|weigh in date`,
		isTime:   `time|zeit|uhrzeit|heure|tijd|hora|ora|tid|klockslett|clock|measurement hour`,
		isWeight: `weight|body weight|mass|body mass|gewicht|koerpergewicht|korpergewicht|poids|poids corporel|lichaamsgewicht|peso|peso corporal|peso corporeo|vikt|vekt|vaegt|waga|scale weight`,
		isFat: `fat|body fat|bodyfat|fat ratio|fat rate|body fat rate|body fat ratio|fett|koerperfett|korperfett|koerperfettanteil|korperfettanteil|fettanteil|koerperfettgehalt|
			graisse|graisse corporelle|masse grasse|taux de graisse|taux de masse grasse|vet|lichaamsvet|vetmassa|vetgehalte|lichaamsvetpercentage|vetpercentage|
			grasa|grasa corporal|masa grasa|grasso|grasso corporeo|massa grassa|fett anteil`,
		isFatMass:  `fat mass|body fat mass|fettmasse|fat weight`,
		isBMI:      `bmi|imc|body mass index|indice de masse corporelle|indice de masa corporal|indice di massa corporea`,
		isCalories: `calories burned|calories`,
		isSteps:    `steps|total steps|step total`,
		isActive:   `activity calories`,
		isSource:   `source|device|data source|source name|device name|quelle|geraet`,
		isValue:    `value|wert|valeur|waarde|valor|valore`,
		isUnit:     `unit|units|einheit|unite|eenheid|unidad|unita`,
		isMetric:   `metric|type|measurement type|kind|name`,
	} {
		for name := range strings.SplitSeq(names, "|") {
			all[strings.TrimSpace(name)] = of
		}
	}
	return all
}()

// unitWords are the units that headers and cells name.
var unitWords = map[string]string{
	"kg": "kg", "kgs": "kg", "kilo": "kg", "kilos": "kg", "kilogram": "kg", "kilograms": "kg", "kilogramm": "kg", "kilogrammes": "kg", "kilogramos": "kg", "chilogrammi": "kg",
	"lb": "lb", "lbs": "lb", "pound": "lb", "pounds": "lb", "livres": "lb", "libras": "lb", "libbre": "lb",
	"pfund": "", // half a kilogram to some, a pound to others
	"st":    "st", "stone": "st", "stones": "st", "g": "g", "gr": "g", "gram": "g", "grams": "g", "gramm": "g", "grammes": "g", "gramos": "g", "grammi": "g",
	"%": "%", "percent": "%", "percentage": "%", "pct": "%", "prozent": "%", "pourcentage": "%", "porcentaje": "%", "percentuale": "%", "procent": "%",
}

var plainLetters = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "æ", "ae", "ø", "o", "å", "a", "é", "e", "è", "e", "ê", "e", "ë", "e",
	"à", "a", "á", "a", "â", "a", "í", "i", "ì", "i", "î", "i", "ï", "i", "ó", "o", "ò", "o", "ô", "o", "ú", "u", "ù", "u", "û", "u", "ç", "c", "ñ", "n")

// words parts a column's name into words in small plain letters: of "WeightKg",
// "weight_lbs" and "Gewicht [kg]" the unit is a word of its own.
func words(name string) []string {
	var text strings.Builder
	before := ' '
	for _, r := range strings.TrimLeft(name, "#\ufeff ") {
		switch {
		case unicode.IsUpper(r) && unicode.IsLower(before):
			text.WriteRune(' ')
			fallthrough
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			text.WriteRune(unicode.ToLower(r))
		case r == '%':
			text.WriteString(" % ")
		default:
			text.WriteRune(' ')
		}
		before = r
	}
	return strings.Fields(plainLetters.Replace(text.String()))
}

// column understands a column's name; unit is "" when it names none.
func column(name string) (of meaning, unit string) {
	all := words(name)
	if len(all) > 8 {
		return "", ""
	}
	if of, ok := columnWords[strings.Join(all, " ")]; ok {
		return of, ""
	}
	plain := all[:0:0]
	for _, word := range all {
		if u, ok := unitWords[word]; ok && len(all) > 1 {
			unit = u
		} else {
			plain = append(plain, word)
		}
	}
	of = columnWords[strings.Join(plain, " ")]
	if of == isFat && unit != "%" && unit != "" {
		of = isFatMass
	}
	if of == isFatMass && unit == "%" {
		of = isFat
	}
	return of, unit
}

// columns are where a table of weigh-ins, or of days, has what; -1 for nowhere.
type columns struct {
	at    map[meaning]int
	units map[meaning]string
	timed bool // what is called a time is all there is: the date may stand on a line of its own
}

// understood reads a header. It is ok when there is a date and something to go
// with it.
func understood(header []string) (c columns, ok bool) {
	c = columns{at: map[meaning]int{}, units: map[meaning]string{}}
	for i, name := range header {
		of, unit := column(name)
		if of == "" {
			continue
		}
		if _, known := c.at[of]; known && !(unit != "" && c.units[of] == "") {
			continue // the first is it, but for one that tells its unit
		}
		c.at[of], c.units[of] = i, unit
	}
	if _, ok := c.at[isDate]; !ok {
		if time, ok := c.at[isTime]; ok { // some mean both by it
			c.at[isDate], c.timed = time, true
			delete(c.at, isTime)
		}
	}
	return c, c.has(isDate) && (c.has(isWeight) || c.has(isFat) || c.has(isValue) && c.has(isUnit) || c.has(isBMI) || c.has(isCalories) || c.has(isSteps))
}

func (c columns) has(of meaning) bool {
	_, ok := c.at[of]
	return ok
}

// cell is what a row has in a column, "" when nothing.
func (c columns) cell(row []string, of meaning) string {
	if at, ok := c.at[of]; ok && at < len(row) {
		return strings.TrimSpace(row[at])
	}
	return ""
}

// weightUnit is a unit as a header or a cell tells it, "" for none.
func weightUnit(unit string) health.WeightUnit {
	if slices.Contains([]string{"kg", "lb", "st", "g"}, unit) {
		return health.WeightUnit(unit)
	}
	return ""
}

// maker recognises whose export a table is by columns that only it has, and
// knows the unit that it never tells.
func maker(header []string) (name string, unit health.WeightUnit) {
	var names []string
	for _, column := range header {
		names = append(names, strings.Join(words(column), " "))
	}
	has := func(wanted ...string) bool {
		for _, w := range wanted {
			if !slices.Contains(names, w) {
				return false
			}
		}
		return true
	}
	switch {
	case has("date time", "weight", "fat", "water", "muscle"):
		return "openScale", health.Kilograms // it keeps kg, whatever it shows
	case has("weight kg", "fat mass kg", "bone mass kg"), has("weight lb", "fat mass lb", "bone mass lb"):
		return "Withings", ""
	case has("date", "weight", "rung", "flag"):
		return "The Hacker's Diet", ""
	case has("date", "weight", "weight trend"), has("date", "weight", "trend", "comment"):
		return "Libra", ""
	case has("time", "weight", "change", "bmi"):
		return "Garmin", ""
	case slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "skeletal muscle") }):
		return "Renpho", ""
	}
	return "", ""
}
