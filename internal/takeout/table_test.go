package takeout

import (
	"strings"
	"testing"
	"unicode/utf16"

	"vitals/internal/health"
)

func wide16(text string, low, high int, mark ...byte) string {
	out := mark
	for _, u := range utf16.Encode([]rune(text)) {
		pair := [2]byte{}
		pair[low], pair[high] = byte(u), byte(u>>8)
		out = append(out, pair[:]...)
	}
	return string(out)
}

func latin1(text string) string {
	var out []byte
	for _, r := range text {
		out = append(out, byte(r))
	}
	return string(out)
}

// One weigh-in of 71.4 kg on 2 March 2019, in many hands.
func TestTables(t *testing.T) {
	const dateOnly, morning = "2019-03-02T00:00:00Z", "2019-03-02T07:12:00Z"
	for name, c := range map[string]struct {
		text, at, source string
		o                Options
		fat              string
	}{
		"iso":              {"date,weight kg\n2019-03-02,71.4\n", dateOnly, "CSV", Options{}, ""},
		"brackets":         {"Date,Weight (kg),BMI,Body Fat (%)\n2019-03-02 07:12,71.4,24.1,27.3\n", morning, "CSV", Options{}, "27.30"},
		"underscore":       {"timestamp,weight_lbs\n2019-03-02T07:12:00Z,157.41\n", morning, "CSV", Options{}, ""},
		"camel":            {"measuredAt,WeightKg,FatPercentage\n1551510720,71.4,27.3\n", morning, "CSV", Options{}, "27.30"},
		"milliseconds":     {"timestamp,Weight kg\n1551510720000,71.4\n", morning, "CSV", Options{}, ""},
		"grams":            {"date,weight grams\n2019-03-02,71400\n", dateOnly, "CSV", Options{}, ""},
		"stone":            {"Date,Weight (st)\n2019-03-02,11 st 3.41 lb\n", dateOnly, "CSV", Options{}, ""},
		"unit in cells":    {"Time,Weight,Body Fat\n2019-03-02 07:12,71.4kg,27.3%\n", morning, "CSV", Options{}, "27.30"},
		"flag":             {"date,weight\n2019-03-02,157.41\n", dateOnly, "CSV", Options{Units: health.Pounds}, ""},
		"semicolons":       {"Datum;Uhrzeit;Gewicht [kg];Körperfett [%]\n02.03.2019;07:12;71,4;27,3\n", morning, "CSV", Options{}, "27.30"},
		"tabs":             {"Datum\tTijdstip\tGewicht (kg)\tVet %\n2019-03-02 07:12\t\t71,4\t27,3\n", morning, "CSV", Options{}, "27.30"},
		"french":           {"Date;Heure;Poids (kg);Masse grasse (%)\n2019-03-02;07:12;71,4;27,3\n", morning, "CSV", Options{}, "27.30"},
		"spanish":          {"Fecha;Hora;Peso (kg);Grasa corporal (%)\n02/03/2019;07:12;71,4;27,3\n", morning, "CSV", Options{Dates: DayFirst}, "27.30"},
		"italian":          {"Data;Ora;Peso (kg);Massa grassa (%)\n2019/03/02;07.12;71,4;27,3\n", morning, "CSV", Options{}, "27.30"},
		"latin-1":          {latin1("Datum;Uhrzeit;Körpergewicht (kg);Körperfettanteil\n02.03.2019;07:12;71,4;27,3\n"), morning, "CSV", Options{}, "27.30"},
		"utf-8 mark":       {"\ufeffDate,Weight (kg)\r\n2019-03-02,71.4\r\n", dateOnly, "CSV", Options{}, ""},
		"utf-16":           {wide16("Date\tWeight (kg)\tKörperfett\n2019-03-02\t71.4\t27.3\n", 0, 1, 0xff, 0xfe), dateOnly, "CSV", Options{}, "27.30"},
		"utf-16 big":       {wide16("Date,Weight (kg)\n2019-03-02,71.4\n", 1, 0, 0xfe, 0xff), dateOnly, "CSV", Options{}, ""},
		"excel's line":     {"sep=;\nDate;Weight (kg)\n2019-03-02;71,4\n", dateOnly, "CSV", Options{}, ""},
		"month first":      {"Date,Weight (kg)\n03/02/2019,71.4\n", dateOnly, "CSV", Options{Dates: MonthFirst}, ""},
		"month named":      {"Date,Weight (kg)\n\"Mar 2, 2019 7:12 AM\",71.4\n", morning, "CSV", Options{}, ""},
		"month named 2":    {"Date,Weight (kg)\n2-Mar-19,71.4\n", dateOnly, "CSV", Options{}, ""},
		"german month":     {"Datum;Gewicht (kg)\n2. März 2019;71,4\n", dateOnly, "CSV", Options{}, ""},
		"weekday":          {"Date,Weight (kg)\n\"Sat, 2 Mar 2019\",71.4\n", dateOnly, "CSV", Options{}, ""},
		"offset":           {"Date,Weight (kg)\n2019-03-02T07:12:00+05:30,71.4\n", "2019-03-02T07:12:00+05:30", "CSV", Options{}, ""},
		"offset apart":     {"Date,Weight (kg)\n2019-03-02 07:12:00 -0800,71.4\n", "2019-03-02T07:12:00-08:00", "CSV", Options{}, ""},
		"half a day":       {"Date,Time,Weight (kg)\n2019-03-02,07:12 PM,71.4\n", "2019-03-02T19:12:00Z", "CSV", Options{}, ""},
		"compact":          {"Date,Weight (kg)\n20190302,71.4\n", dateOnly, "CSV", Options{}, ""},
		"device":           {"Date,Weight (kg),Device\n2019-03-02,71.4,Aria 2\n", dateOnly, "Aria 2", Options{}, ""},
		"title":            {"My weight since 2019\n\nDate,Weight (kg)\n2019-03-02,71.4\n", dateOnly, "CSV", Options{}, ""},
		"other columns":    {"Weight trend,Goal weight,Date,Weight (kg),Visceral fat,Fat free mass (kg)\n70,65,2019-03-02,71.4,9,50\n", dateOnly, "CSV", Options{}, ""},
		"openScale":        {"\"dateTime\",\"weight\",\"fat\",\"water\",\"muscle\",\"comment\"\n\"2019-03-02 07:12\",\"71.4\",\"27.3\",\"50\",\"30\",\"a, \"\"b\"\"\"\n", morning, "openScale", Options{}, "27.30"},
		"Withings":         {"Date,\"Weight (kg)\",\"Fat mass (kg)\",\"Bone mass (kg)\",\"Muscle mass (kg)\",\"Hydration (kg)\",Comments\n\"2019-03-02 07:12:00\",71.4,19.4922,,,,\n", morning, "Withings", Options{}, "27.30"},
		"Garmin":           {"Time,Weight,Change,BMI,Body Fat,Skeletal Muscle Mass,Bone Mass,Body Water,\n\" Mar 2, 2019\",\n7:12 AM,71.4 kg,0.1 kg,24.1,27.3 %,33.3 kg,4.1 kg,57.0 %,\n", morning, "Garmin", Options{}, "27.30"},
		"Renpho":           {"Time of Measurement,Weight(kg),BMI,Body Fat(%),Skeletal Muscle(%)\n\"Mar 2,2019 07:12:00\",71.4,24.1,27.3,40\n", morning, "Renpho", Options{}, "27.30"},
		"Libra":            {"#Version: 6\n#Units: kg\n\n#date;weight;weight trend;body fat\n2019-03-02T07:12:00.000Z;71.4;71.4;27.3\n", morning, "Libra", Options{}, "27.30"},
		"Hacker's Diet":    {"Date,Weight,Rung,Flag,Comment\n2019-03-02,157.41,,,\"x\"\n", dateOnly, "The Hacker's Diet", Options{Units: health.Pounds}, ""},
		"unit in a column": {"Date,Metric,Value,Unit\n2019-03-02,Weight,157.41,lbs\n2019-03-02,Steps,9000,steps\n", dateOnly, "CSV", Options{}, ""},
		"vitals' own":      {"time,civil_date,value,unit,trend,source,excluded\n2019-03-02T07:12:00Z,2019-03-02,71.4,kg,71.9,Aria 2,\n", morning, "Aria 2", Options{}, ""},
		"by the index":     {"Date,Weight,BMI\n2019-03-02,157.41,24.13\n2019-03-02,157.41,24.13\n", dateOnly, "CSV", Options{Heights: []health.Height{{At: made, Metres: 1.72}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := readFile(t, c.o, "weights.csv", c.text)
			body := strings.Split(strings.TrimSpace(got.body(t)), "\n")
			if f := got.only(t); f.Failed || f.Skipped > 0 || !strings.HasPrefix(body[0], c.at+" 71.400 kg "+c.source+"/") {
				t.Fatalf("%q, %+v", body, f)
			}
			if c.fat == "" && len(body) != 1 || c.fat != "" && (len(body) != 2 || !strings.HasPrefix(body[1], c.at+" "+c.fat+" %")) {
				t.Errorf("%q", body)
			}
		})
	}
}

// Nothing depends on where a character lies in what is looked at first.
func TestEncodingOfLongFiles(t *testing.T) {
	for pad := range 4 {
		text := "Datum;Gewicht (kg);Notiz\n" + strings.Repeat("x", pad) + "\n" + strings.Repeat("2019-03-02;71,4;größer\n", 4000)
		for name, encoded := range map[string]string{"utf-8": text, "latin-1": latin1(text)} {
			got := readFile(t, Options{}, "w.csv", encoded)
			if f := got.only(t); f.Read() != 4000 || f.Failed {
				t.Errorf("%s, %d: %+v", name, pad, f)
			}
		}
	}
}

// What a table leaves open is asked for, not guessed.
func TestTablesThatAsk(t *testing.T) {
	for name, c := range map[string]struct {
		text, flag string
		o          Options
	}{
		"no unit":             {"date,weight\n2019-03-02,157.4\n", "--units", Options{}},
		"no height":           {"date,weight,bmi\n2019-03-02,157.4,24.1\n", "--units", Options{}},
		"no height that fits": {"date,weight,bmi\n2019-03-02,157.4,24.1\n", "--units", Options{Heights: []health.Height{{At: made, Metres: 1.5}}}},
		"pfund":               {"Datum;Gewicht (Pfund)\n2019-03-02;157,4\n", "--units", Options{}},
		"either way":          {"date,weight kg\n02/03/2019,71.4\n03/03/2019,71.5\n", "--dates", Options{}},
		"both ways":           {"date,weight kg\n25/03/2019,71.4\n03/25/2019,71.5\n", "--dates", Options{}},
		"two people":          {"Id,ActivityDay,Calories\n11,4/12/2016,1985\n12,4/12/2016,1985\n", "--person", Options{}},
		"another person":      {"Id,ActivityDay,Calories\n11,4/12/2016,1985\n", "--person", Options{Person: "12"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := readFile(t, c.o, "weights.csv", c.text)
			if f := got.only(t); !f.Failed || f.Ask != c.flag || f.Read() != 0 || f.Problem == "" || got.all(t) != "calories\nactive-calories\nsteps\n" {
				t.Errorf("%+v\n%s", f, got.all(t))
			}
		})
	}
}

func TestDatesTellTheirOrder(t *testing.T) {
	for text, want := range map[string]string{
		"01/02/2019\n13/02/2019": "2019-02-01 2019-02-13",
		"01/02/2019\n02/13/2019": "2019-01-02 2019-02-13",
		"1.2.2019\n2.2.2019":     "2019-02-01 2019-02-02",
		"05/05/2019":             "2019-05-05",
		"01-02-19\n31-12-18":     "2018-12-31 2019-02-01",
		"2019-02-01\n01/13/2019": "2019-01-13 2019-02-01",
	} {
		got := readFile(t, Options{}, "weights.csv", "date,weight kg\n"+strings.ReplaceAll(text, "\n", ",70\n")+",70\n")
		var dates []string
		for _, line := range strings.Split(strings.TrimSpace(got.body(t)), "\n") {
			dates = append(dates, line[:min(10, len(line))])
		}
		if strings.Join(dates, " ") != want {
			t.Errorf("%q gives %s, want %s; %+v", text, dates, want, got.only(t))
		}
	}
}

// The old dashboard's export: sections, quoted thousands, no unit.
func TestFitbitExport(t *testing.T) {
	const text = `Body
Date,Weight,BMI,Fat
"02-01-2019","70.1","23.7","0"
"13-01-2019","70.2","23.7","22.5"

Foods
Date,Calories In
"02-01-2019","1,800"

Activities
Date,Calories Burned,Steps,Distance,Floors,Minutes Sedentary,Minutes Lightly Active,Minutes Fairly Active,Minutes Very Active,Activity Calories
"02-01-2019","2,415","13,666","10.4","12","700","200","20","40","1,115"
"13-01-2019","0","0","0","0","1,440","0","0","0","0"
"13-01-2027","2,400","0","0","0","1,440","0","0","0","0"
`
	got := readFile(t, Options{Units: health.Kilograms}, "fitbit_export_20190131.csv", text)
	equal(t, got.body(t), `
2019-01-02T00:00:00Z 70.100 kg Fitbit export/0/fitbit-export
2019-01-13T00:00:00Z 70.200 kg Fitbit export/0/fitbit-export
2019-01-13T00:00:00Z 22.50 % Fitbit export/0/fitbit-export`)
	equal(t, got.days(t, health.TypeCalories), "2019-01-02 2415.0000 fitbit-export 0s")
	if f := got.only(t); f.Skipped != 4 { // a day without, and three values of one to come
		t.Errorf("%+v", f)
	}
	equal(t, got.days(t, health.TypeSteps), "2019-01-02 13666.0000 fitbit-export 0s")
	equal(t, got.days(t, health.TypeActiveCalories), "2019-01-02 1115.0000 fitbit-export 0s")

	// Without a unit the weights wait, the rest does not.
	got = readFile(t, Options{}, "fitbit_export_20190131.csv", text)
	if f := got.only(t); f.Ask != "--units" || !f.Failed || got.body(t) != "" || got.days(t, health.TypeSteps) == "" {
		t.Errorf("%+v", f)
	}
}

func TestFitabase(t *testing.T) {
	files := contents{
		"weightLogInfo_merged.csv": "Id,Date,WeightKg,WeightPounds,Fat,BMI,IsManualReport,LogId\n" +
			"11,5/2/2016 11:59:59 PM,52.5999984741211,115.963146545323,22,22.6499996185303,True,1462233599000\n" +
			"12,5/3/2016 6:49:41 AM,133.5,294.31,,47.5,False,1462258181000\n" +
			"11,5/3/2016 6:49,52.7,116.2,,22.6,FALSE,1.46226E+12\n",
		"dailyActivity_merged.csv":  "Id,ActivityDate,TotalSteps,TotalDistance,SedentaryMinutes,Calories\n11,5/2/2016,13162,8.5,728,1985\n12,5/2/2016,1,0,0,0\n11,5/3/2016,0,0,1440,0\n",
		"dailySteps_merged.csv":     "Id,ActivityDay,StepTotal\n11,5/2/2016,13162\n12,5/2/2016,1\n",
		"hourlyCalories_merged.csv": "Id,ActivityHour,Calories\n11,5/2/2016 12:00:00 AM,81\n11,5/2/2016 1:00:00 PM,61\n12,5/2/2016 1:00:00 PM,99\n",
		"minuteCaloriesNarrow.csv":  "Id,ActivityMinute,Calories\n11,5/2/2016 12:00:00 AM,0.8\n",
		"sleepDay_merged.csv":       "Id,SleepDay,TotalSleepRecords\n11,5/2/2016 12:00:00 AM,1\n",
	}
	got := read(t, Options{Person: "11", Zone: zone(t, "America/New_York")}, files.in(t, t.TempDir()))
	equal(t, got.body(t), `
2016-05-02T23:59:59-04:00 52.600 kg typed in or from an app/1/fitabase fitabase:1462233599000
2016-05-03T06:49:00-04:00 52.700 kg scale/4/fitabase
2016-05-02T23:59:59-04:00 22.00 % typed in or from an app/1/fitabase fitabase:1462233599000`)
	equal(t, got.days(t, health.TypeCalories), "2016-05-02 1985.0000 fitabase 0s")
	equal(t, got.days(t, health.TypeSteps), "2016-05-02 13162.0000 fitabase 0s")
	equal(t, got.hours(t, health.TypeCalories), "2016-05-02T04:00:00Z 81.0000 fitabase\n2016-05-02T17:00:00Z 61.0000 fitabase")
}

// Files about one person each are not mixed either.
func TestFitabaseOfTwoPeopleInTwoFiles(t *testing.T) {
	got := read(t, Options{}, contents{
		"a.csv": "Id,ActivityDay,Calories\n11,4/12/2016,1985\n",
		"b.csv": "Id,ActivityDay,StepTotal\n12,4/12/2016,1985\n",
	}.in(t, t.TempDir()))
	if got.days(t, health.TypeCalories) == "" || got.days(t, health.TypeSteps) != "" || got.report.Files[1].Ask != "--person" {
		t.Errorf("%+v", got.report)
	}
}

func TestTablesThatAreNone(t *testing.T) {
	for name, text := range map[string]string{
		"another table": "name,colour\nx,y\n",
		"no date":       "weight kg\n71.4\n",
		"sleep":         "Id,SleepDay,TotalSleepRecords\n1,4/12/2016,2\n",
		"prose":         "Dear diary,\ntoday I weigh, alas, a lot.\n",
		"binary":        "\x00\x01\x02\xff\xfe\xfd,\n\x00",
		"a web page":    "<!doctype html><title>date,weight kg</title>",
		"endless line":  "date,weight kg\n2019-03-02,\"" + strings.Repeat("x", 3<<20),
	} {
		if f := readFile(t, Options{}, "weights.csv", text).only(t); !f.Failed || f.Problem == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
	for name, text := range map[string]string{"nothing": "", "header only": "date,weight kg\n", "index only": "date,bmi\n2019-03-02,24\n", "no data": "no data\n"} {
		if f := readFile(t, Options{}, "weights.csv", text).only(t); f.Failed || f.Problem == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestRowsWithoutSenseAreTold(t *testing.T) {
	got := readFile(t, Options{}, "weights.csv", "date,weight kg\n2019-03-02,71.4\n2019-02-30,71.4\nsoon,71.4\n2019-03-03,much\n2019-03-04,-1\n2019-03-05,0\n2019-03-06,\n2019-03-07\n,\n2099-01-01,1e99\n2099-01-01,7000\n")
	equal(t, got.body(t), "2019-03-02T00:00:00Z 71.400 kg CSV/0/csv\n2099-01-01T00:00:00Z 7000.000 kg CSV/0/csv")
	if f := got.only(t); f.Skipped != 6 {
		t.Errorf("%+v", f)
	}
}

// What was left out of the history that an export of vitals is from stays out.
func TestWhatTheOwnerLeftOutStaysOut(t *testing.T) {
	got := readFile(t, Options{}, "weight.csv", "time,civil_date,value,unit,trend,source,excluded\n"+
		"2026-11-20T07:12:00Z,2026-11-20,71.4,kg,71.4,Aria 2,\n2026-11-21T07:12:00Z,2026-11-21,70,kg,71.4,Aria 2,by you\n2026-11-22T07:12:00Z,2026-11-22,90,kg,71.4,Aria 2,held back\n")
	if body := got.body(t); strings.Count(body, " kg ") != 2 || strings.Contains(body, "70.000") {
		t.Errorf("kept\n%s", body)
	}
	if f := got.only(t); f.Failed || !strings.Contains(f.Problem, "1 that its owner had left out") {
		t.Errorf("%+v", f)
	}
}
