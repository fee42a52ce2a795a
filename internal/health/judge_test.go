package health

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestMirrorsCountOnce(t *testing.T) {
	at := time.Date(2026, 1, 1, 7, 0, 0, 0, time.UTC)
	tests := []struct {
		name  string
		other Weighing
		want  [2]Verdict
	}{
		{"copied by an app", Weighing{At: at.Add(50 * time.Second), KG: 71.43, Source: phone}, [2]Verdict{Accepted, Mirror}},
		{"the app's copy came first", Weighing{At: at.Add(-50 * time.Second), KG: 71.37, Source: phone}, [2]Verdict{Mirror, Accepted}},
		{"a second weigh-in on the same scale", Weighing{At: at.Add(50 * time.Second), KG: 71.4, Source: aria}, [2]Verdict{Accepted, Accepted}},
		{"too far apart", Weighing{At: at.Add(61 * time.Second), KG: 71.4, Source: phone}, [2]Verdict{Accepted, Accepted}},
		{"another weight", Weighing{At: at.Add(time.Second), KG: 71.46, Source: phone}, [2]Verdict{Accepted, Accepted}},
	}
	for _, tt := range tests {
		judged := judge([]Weighing{{At: at, KG: 71.4, Source: aria}, tt.other})
		if got := [2]Verdict{judged[0].Verdict, judged[1].Verdict}; got != tt.want {
			t.Errorf("%s: verdicts %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestGuestsAreHeldBack(t *testing.T) {
	tests := []struct {
		name string
		more []Weighing
		want Verdict // of the first of more
	}{
		{"far off", []Weighing{weighAt(10, 90)}, HeldBack},
		{"just inside 4 %", []Weighing{weighAt(10, 83.1)}, Accepted},
		{"just outside 4 %", []Weighing{weighAt(10, 83.3)}, HeldBack},
		{"borne out a week later", []Weighing{weighAt(10, 90), weighAt(17, 88.3)}, Accepted},
		{"not borne out by another guest", []Weighing{weighAt(10, 90), weighAt(11, 60)}, HeldBack},
		{"borne out too late", []Weighing{weighAt(10, 90), weighAt(18, 90)}, HeldBack},
		{"a copy of itself is no witness", []Weighing{weighAt(10, 90), {At: weighAt(10, 90).At, KG: 90, Source: phone}}, HeldBack},
		{"no trend to be off from", []Weighing{weighAt(45, 90)}, Accepted},
	}
	for _, tt := range tests {
		var weighings []Weighing
		for day := range 10 {
			weighings = append(weighings, weighAt(day, 80))
		}
		judged := judge(append(weighings, tt.more...))
		if got := judged[10].Verdict; got != tt.want {
			t.Errorf("%s: verdict %d, want %d", tt.name, got, tt.want)
		}
		if tt.want == HeldBack && !near(judged[10].TrendKG, 80, 1e-9) {
			t.Errorf("%s: the trend moved to %f", tt.name, judged[10].TrendKG)
		}
	}
}

func TestLatestIsTheNewestAccepted(t *testing.T) {
	if _, ok := Latest(nil); ok {
		t.Error("a latest weigh-in out of none")
	}
	latest, ok := Latest(judge([]Weighing{weighAt(0, 80), weighAt(1, 80.2), weighAt(2, 95)}))
	if !ok || latest.KG != 80.2 {
		t.Errorf("latest %f, want 80.2", latest.KG)
	}
}

// Whatever comes in, nothing is lost and every trend lies among the weights.
func TestJudgeKeepsEveryWeighing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var weighings []Weighing
		low, high := math.Inf(1), math.Inf(-1)
		for range rapid.IntRange(0, 80).Draw(t, "n") {
			w := Weighing{
				At:     time.Unix(rapid.Int64Range(1.7e9, 1.7e9+200*86400).Draw(t, "at"), 0).UTC(),
				KG:     rapid.Float64Range(30, 200).Draw(t, "kg"),
				Source: rapid.SampledFrom([]Source{aria, phone, {Name: "Aria", Kind: SourceScale, Via: ViaFitbitArchive}, {Via: ViaCSV}}).Draw(t, "source"),
			}
			low, high = min(low, w.KG), max(high, w.KG)
			weighings = append(weighings, w)
		}
		judged := judge(weighings)
		if len(judged) != len(weighings) {
			t.Fatalf("%d weigh-ins became %d", len(weighings), len(judged))
		}
		for i, j := range judged {
			if i > 0 && j.At.Before(judged[i-1].At) {
				t.Fatal("not in time order")
			}
			if j.TrendKG != 0 && (j.TrendKG < low-1e-9 || j.TrendKG > high+1e-9) {
				t.Fatalf("trend %f outside %f–%f", j.TrendKG, low, high)
			}
		}
	})
}

func TestWhatNobodyWeighsIsHeldBack(t *testing.T) {
	now := time.Date(2026, 1, 20, 12, 0, 0, 0, time.UTC)
	old := time.Date(1979, 12, 31, 23, 59, 58, 0, time.UTC)
	tests := []struct {
		name string
		odd  []Weighing
		want Reason // of the first
	}{
		{"seven tonnes", []Weighing{weighAt(10, 7000)}, NotAPerson},
		{"twice", []Weighing{weighAt(10, 7000), weighAt(11, 7000)}, NotAPerson},
		{"a cat", []Weighing{weighAt(10, 19.9)}, NotAPerson},
		{"not a number", []Weighing{weighAt(10, math.NaN())}, NotAPerson},
		{"a clock that is ahead", []Weighing{weighAt(21, 80), weighAt(22, 80)}, InFuture},
		{"a clock without a battery", []Weighing{{At: old, KG: 80, Source: aria}}, BeforeScales},
		{"within the day", []Weighing{weighAt(20, 80)}, ""},
	}
	for _, tt := range tests {
		weighings := tt.odd
		for day := range 10 {
			weighings = append(weighings, weighAt(day, 80))
		}
		judged := Judge(weighings, now)
		i := slices.IndexFunc(judged, func(j Judged) bool { return j.At.Equal(tt.odd[0].At) })
		if got := judged[i]; got.Reason != tt.want || (got.Verdict == HeldBack) != (tt.want != "") {
			t.Errorf("%s: verdict %d, %q, want %q", tt.name, got.Verdict, got.Reason, tt.want)
		}
		if last := judged[len(judged)-1]; !near(last.TrendKG, 80, 1e-9) {
			t.Errorf("%s: the trend is %f", tt.name, last.TrendKG)
		}
	}
	if judged := Judge([]Weighing{weighAt(0, 7000), weighAt(1, 80)}, now); judged[0].TrendKG != 0 || judged[1].TrendKG != 80 {
		t.Errorf("a trend begins with what nobody weighs: %+v", judged)
	}
}

func TestTheOwnerDecides(t *testing.T) {
	ruled := func(day int, kg float64, r Ruling) Weighing {
		w := weighAt(day, kg)
		w.Ruling = r
		return w
	}
	tests := []struct {
		name   string
		w      []Weighing // after ten days of 80 kg
		want   Verdict    // of the first
		next   Ruling
		trends float64
	}{
		{"usual", []Weighing{weighAt(10, 81)}, Accepted, RuledOut, 80.1},
		{"left out", []Weighing{ruled(10, 81, RuledOut)}, LeftOut, NotRuled, 80},
		{"a guest", []Weighing{weighAt(10, 90)}, HeldBack, RuledIn, 80},
		{"a guest taken in", []Weighing{ruled(10, 90, RuledIn)}, Accepted, RuledOut, 81},
		{"a guest left out", []Weighing{ruled(10, 90, RuledOut)}, LeftOut, NotRuled, 80},
		{"impossible, taken in", []Weighing{ruled(10, 380, RuledIn)}, Accepted, RuledOut, 110},
		{"what is left out bears out nothing", []Weighing{weighAt(10, 90), ruled(11, 90, RuledOut)}, HeldBack, RuledIn, 80},
	}
	for _, tt := range tests {
		var weighings []Weighing
		for day := range 10 {
			weighings = append(weighings, weighAt(day, 80))
		}
		got := judge(append(weighings, tt.w...))[10]
		if got.Verdict != tt.want || NextRuling(got.Verdict, got.Ruling) != tt.next || !near(got.TrendKG, tt.trends, 1e-9) {
			t.Errorf("%s: verdict %d, then %d, trend %f", tt.name, got.Verdict, NextRuling(got.Verdict, got.Ruling), got.TrendKG)
		}
	}
	// A ruling of a copy is one of the weigh-in.
	copied := ruled(10, 81, RuledOut)
	copied.Source = phone
	judged := judge([]Weighing{weighAt(10, 81), copied})
	if judged[0].Verdict != LeftOut || judged[1].Verdict != Mirror || len(judged[0].Copies) != 1 {
		t.Errorf("the owner left out a copy: %+v", judged)
	}
}

// An archive has weights in tenths of a pound and wall clocks without a zone,
// often none: what Google and it know of a weigh-in is one all the same.
func TestAnArchiveDoublesNothing(t *testing.T) {
	at := time.Date(2026, 10, 25, 7, 12, 30, 0, time.FixedZone("", 3600))
	archived := Source{Name: "Aria", Kind: SourceScale, Via: ViaFitbitArchive}
	typed := Source{Name: "typed in", Kind: SourceManual, Via: ViaFitbitArchive}
	google := Source{Name: "Aria 2", Kind: SourceScale, Via: ViaGoogleArchive}
	midnight := time.Date(2026, 10, 25, 23, 59, 59, 0, time.UTC)
	tests := []struct {
		name string
		w    Weighing
		want Verdict
	}{
		{"rounded to a tenth of a pound", Weighing{At: at, KG: 157.4 * PoundKG, Source: archived}, Mirror},
		{"another offset", Weighing{At: at.Add(time.Hour).In(time.UTC), KG: 71.4, Source: archived}, Mirror},
		{"another weight", Weighing{At: at, KG: 71.47, Source: archived}, Accepted},
		{"an hour later", Weighing{At: at.Add(time.Hour), KG: 71.4, Source: archived}, Accepted},
		{"of no time of day", Weighing{At: midnight, KG: 71.4, Source: typed}, Mirror},
		{"of no time, the day after", Weighing{At: midnight.Add(24 * time.Hour), KG: 71.4, Source: typed}, Accepted},
		{"Google's own archive", Weighing{At: at.In(time.UTC), KG: 71.4, Source: google}, Mirror},
		{"the scale's own beats an app's copy", Weighing{At: at, KG: 71.4, Source: Source{Name: "x", Kind: SourceApp}}, Mirror},
	}
	for _, tt := range tests {
		judged := judge([]Weighing{tt.w, {At: at, KG: 71.4, Source: aria}})
		for _, j := range judged {
			want := Accepted
			if j.Source == tt.w.Source {
				want = tt.want
			}
			if j.Verdict != want {
				t.Errorf("%s: verdict %d of %q, want %d", tt.name, j.Verdict, j.Source.Name, want)
			}
		}
	}
	// Of two weigh-ins that it may be a copy of it is one of the likelier.
	dated := Weighing{At: midnight, KG: 70, Source: Source{Name: "CSV", Via: ViaCSV}, Ruling: RuledOut}
	judged := judge([]Weighing{dated, {At: at, KG: 70.04, Source: aria}, {At: at.Add(10 * time.Hour), KG: 70, Source: aria}})
	if judged[0].Verdict != Accepted || judged[1].Verdict != LeftOut || len(judged[1].Copies) != 1 {
		t.Errorf("what was ruled of a date went to another weigh-in: %+v", judged)
	}
	// Three copies are one, whichever comes first, and the account's own counts.
	all := []Weighing{{At: at, KG: 71.4, Source: google}, {At: at, KG: 71.41, Source: archived}, {At: at, KG: 71.4, Source: aria}}
	for range len(all) {
		all = append(all[1:], all[0])
		for _, j := range judge(all) {
			if (j.Verdict == Accepted) != (j.Source == aria) || j.Source == aria && len(j.Copies) != 2 {
				t.Errorf("of three copies: %+v", j)
			}
		}
	}
}

func TestFatOfACopyIsThatOfTheWeighIn(t *testing.T) {
	archived := Source{Name: "Aria", Kind: SourceScale, Via: ViaFitbitArchive}
	own, copied := weighAt(0, 80), weighAt(0, 80)
	copied.Source = archived
	fatOfCopy := BodyFat{At: own.At, Percent: 25.04, Source: archived}
	fatOfOwn := BodyFat{At: own.At, Percent: 25, Source: own.Source}
	alone := BodyFat{At: own.At.Add(time.Hour), Percent: 24, Source: phone}
	fraction := BodyFat{At: own.At.Add(2 * time.Hour), Percent: 0.25, Source: phone}
	tests := []struct {
		name string
		fats []BodyFat
		want []Verdict
		of   float64 // percent of the weigh-in
	}{
		{"its own", []BodyFat{fatOfOwn}, []Verdict{Accepted}, 25},
		{"the copy's", []BodyFat{fatOfCopy}, []Verdict{Accepted}, 25.04},
		{"both", []BodyFat{fatOfCopy, fatOfOwn}, []Verdict{Mirror, Accepted}, 25},
		{"one without a weigh-in", []BodyFat{fatOfOwn, alone}, []Verdict{Accepted, Accepted}, 25},
		{"a fraction", []BodyFat{fraction}, []Verdict{HeldBack}, 0},
	}
	for _, tt := range tests {
		judged := judge([]Weighing{own, copied})
		Pair(judged, tt.fats)
		for i, f := range JudgeFats(judged, tt.fats) {
			if f.Verdict != tt.want[i] || (f.Reason != "") != (f.Verdict == HeldBack) {
				t.Errorf("%s: verdict %d of %g, %q", tt.name, f.Verdict, f.Percent, f.Reason)
			}
		}
		composed := Compose(judged)
		if tt.of == 0 && len(composed) == 0 {
			continue
		}
		if len(composed) != 1 || composed[0].Fat.Percent != tt.of || !near(composed[0].Trend.FatPercent(), tt.of, 1e-9) {
			t.Errorf("%s: %+v, want %g %%", tt.name, composed, tt.of)
		}
	}
	// What is held back takes its body fat with it.
	judged := judge([]Weighing{weighAt(0, 7000)})
	Pair(judged, []BodyFat{fatOfOwn})
	if f := JudgeFats(judged, []BodyFat{fatOfOwn})[0]; f.Verdict != HeldBack || f.Reason != NotAPerson || f.Trend != nil {
		t.Errorf("body fat of seven tonnes: %+v", f)
	}
}

// Ten years of weigh-ins, each known from the account and two archives.
func BenchmarkJudge(b *testing.B) {
	var weighings []Weighing
	for day := range 3650 {
		for _, source := range []Source{aria, {Name: "Aria", Kind: SourceScale, Via: ViaFitbitArchive}, {Name: "Aria 2", Via: ViaGoogleArchive}} {
			w := weighAt(day-3650, 80+float64(day%9)/10)
			w.Source = source
			weighings = append(weighings, w)
		}
	}
	for b.Loop() {
		judge(weighings)
	}
}
