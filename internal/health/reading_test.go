package health

import (
	"testing"
	"time"
)

func TestFatIsPairedByTimeAndSource(t *testing.T) {
	w := weighAt(0, 71.4)
	fat := func(apart time.Duration, source Source, percent float64) BodyFat {
		return BodyFat{At: w.At.Add(apart), Percent: percent, Source: source}
	}
	tests := []struct {
		name string
		fats []BodyFat
		want float64 // 0: none
	}{
		{"none", nil, 0},
		{"same second", []BodyFat{fat(0, aria, 27.3)}, 27.3},
		{"the nearest", []BodyFat{fat(-2*time.Minute, aria, 20), fat(time.Second, aria, 27.3), fat(time.Minute, aria, 30)}, 27.3},
		{"of another source", []BodyFat{fat(0, phone, 27.3)}, 0},
		{"no person's", []BodyFat{fat(0, aria, 0.27), fat(time.Minute, aria, 27.3)}, 27.3},
		{"too long after", []BodyFat{fat(4*time.Minute, aria, 27.3)}, 0},
	}
	for _, tt := range tests {
		judged := []Judged{{Weighing: w}}
		Pair(judged, tt.fats)
		got := 0.0
		if fat := judged[0].Fat; fat != nil {
			got = fat.Percent
		}
		if got != tt.want {
			t.Errorf("%s: %f, want %f", tt.name, got, tt.want)
		}
	}
}

// A guest in shoes, two minutes later, does not get the owner's body fat.
func TestAnothersBodyFatIsNotTaken(t *testing.T) {
	own, guest := weighAt(0, 70), weighAt(0, 95)
	guest.At = guest.At.Add(2 * time.Minute)
	fats := []BodyFat{{At: own.At, Percent: 20, Source: aria}}
	for _, weighings := range [][]Weighing{{own, guest}, {guest, own}} {
		judged := judge(weighings)
		Pair(judged, fats)
		if judged[0].Fat == nil || judged[0].Fat.Percent != 20 || judged[1].Fat != nil {
			t.Errorf("paired %v and %v", judged[0].Fat, judged[1].Fat)
		}
		if f := JudgeFats(judged, fats)[0]; f.Verdict != judged[0].Verdict || f.Trend == nil {
			t.Errorf("the owner's: %+v", f)
		}
	}
}

func TestHeightAt(t *testing.T) {
	heights := []Height{
		{At: time.Date(2010, 5, 1, 12, 0, 0, 0, time.UTC), Metres: 1.60},
		{At: time.Date(2014, 3, 2, 12, 0, 0, 0, time.UTC), Metres: 1.72},
	}
	tests := []struct {
		date Date
		want float64
	}{
		{Date{2009, 1, 1}, 1.60},
		{Date{2012, 1, 1}, 1.60},
		{Date{2014, 3, 1}, 1.60},
		{Date{2014, 3, 2}, 1.72},
		{Date{2026, 1, 1}, 1.72},
	}
	for _, tt := range tests {
		if got := HeightAt(tt.date, heights); got != tt.want {
			t.Errorf("height on %s = %.2f, want %.2f", tt.date, got, tt.want)
		}
	}
	if got := HeightAt(Date{2026, 1, 1}, nil); got != 0 {
		t.Errorf("height without any = %f", got)
	}
}

func TestBMIClassIsOfTheUnroundedValue(t *testing.T) {
	tests := []struct {
		bmi  float64
		want string
	}{
		{15.99, "severe thinness"}, {16, "moderate thinness"}, {17, "mild thinness"}, {18.499, "mild thinness"},
		{18.5, "normal"}, {24.996, "normal"}, {25, "pre-obese"}, {29.99, "pre-obese"},
		{30, "obese I"}, {35, "obese II"}, {39.99, "obese II"}, {40, "obese III"}, {70, "obese III"},
	}
	for _, tt := range tests {
		if got := BMIClass(tt.bmi); got != tt.want {
			t.Errorf("class of %.3f = %q, want %q", tt.bmi, got, tt.want)
		}
	}
	if got := BMI(70, 1.75); !near(got, 22.857, 0.001) {
		t.Errorf("BMI(70, 1.75) = %f", got)
	}
}

func TestDates(t *testing.T) {
	d, err := ParseDate("2024-02-29")
	if err != nil || d.String() != "2024-02-29" {
		t.Fatalf("%v, %v", d, err)
	}
	if got := d.Add(1); got.String() != "2024-03-01" {
		t.Errorf("the day after is %s", got)
	}
	if got := d.Add(366).Number() - d.Number(); got != 366 {
		t.Errorf("366 days later is %d days later", got)
	}
	if got := (Date{1969, time.December, 31}).Number(); got != -1 {
		t.Errorf("the day before 1970 has number %d", got)
	}
	if (Date{}).String() != "" || !(Date{}).IsZero() || d.IsZero() {
		t.Error("the zero date")
	}
	if _, err := ParseDate("2024-02-30"); err == nil {
		t.Error("30 February passed")
	}
}
