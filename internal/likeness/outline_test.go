package likeness

import (
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// sampled is the outline as a polygon, so many points a curve.
func sampled(curves []curve, each int) []point {
	var points []point
	for _, c := range curves {
		for i := range each {
			t := float64(i) / float64(each)
			u := 1 - t
			points = append(points, c[0].times(u*u*u).plus(c[1].times(3*u*u*t)).plus(c[2].times(3*u*t*t)).plus(c[3].times(t*t*t)))
		}
	}
	return points
}

func area(polygon []point) float64 {
	sum := 0.0
	for i, p := range polygon {
		q := polygon[(i+1)%len(polygon)]
		sum += p.x*q.y - q.x*p.y
	}
	return sum / 2
}

// left reports on which side of the line from a to b p lies.
func left(a, b, p point) bool { return (b.x-a.x)*(p.y-a.y) > (b.y-a.y)*(p.x-a.x) }

// crossing finds two edges of a polygon that meet without being neighbours.
func crossing(polygon []point) (a, b point, found bool) {
	n := len(polygon)
	for i := range n {
		p, q := polygon[i], polygon[(i+1)%n]
		for k := i + 2; k < n; k++ {
			r, s := polygon[k], polygon[(k+1)%n]
			if (k+1)%n != i && left(p, q, r) != left(p, q, s) && left(r, s, p) != left(r, s, q) {
				return p, r, true
			}
		}
	}
	return point{}, point{}, false
}

// checkOutline says what is wrong with the outline of a body, "" for nothing.
func checkOutline(t interface{ Fatalf(string, ...any) }, bmi, fat float64) {
	curves := buildOf(bmi, fat).outline()
	for i, c := range curves {
		for _, p := range c {
			if math.IsNaN(p.x+p.y) || math.Abs(p.x)*tall/100 > column/2-4 || p.y < -1 || p.y > 101 {
				t.Fatalf("BMI %v, fat %v: a point at %v", bmi, fat, p)
			}
		}
		mirror := curves[len(curves)-1-i]
		for k, p := range c {
			if p.mirrored() != mirror[3-k] {
				t.Fatalf("BMI %v, fat %v: %v has no mirror image", bmi, fat, p)
			}
		}
	}
	if a, b, found := crossing(sampled(curves, 8)); found {
		t.Fatalf("BMI %v, fat %v: it crosses itself at %v and %v", bmi, fat, a, b)
	}
}

func TestTheOutlineIsOneSymmetricLineThatNeverCrossesItself(t *testing.T) {
	for bmi := leastBMI; bmi <= mostBMI; bmi += 3 {
		for fat := leastFat; fat <= mostFat; fat += 15.5 {
			checkOutline(t, bmi, fat)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		checkOutline(t, rapid.Float64().Draw(t, "BMI"), rapid.Float64().Draw(t, "fat"))
	})
	for _, strange := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, -1, math.MaxFloat64, math.SmallestNonzeroFloat64} {
		checkOutline(t, strange, strange)
		checkOutline(t, strange, estimatedFat(strange))
	}
}

// widths are all half widths of a build, and how wide the shoulders, the arms
// included, and the legs are.
func widths(b build) map[string]float64 {
	all := map[string]float64{"shoulders": b.arm().at(5, b.upperArm+0.4).x, "legs": b.leg()[0].x}
	for v, i := reflect.ValueOf(b), 0; i < v.NumField(); i++ {
		if name := v.Type().Field(i).Name; name != "stoutness" {
			all[name] = v.Field(i).Float()
		}
	}
	return all
}

// What a larger index does: it makes nothing narrower, and the whole larger.
func TestALargerIndexMakesTheFigureWider(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		small := rapid.Float64Range(leastBMI, mostBMI-0.01).Draw(t, "smaller")
		large := rapid.Float64Range(small+0.01, mostBMI).Draw(t, "larger")
		fat := rapid.Float64Range(leastFat, mostFat).Draw(t, "fat")
		for name, of := range map[string][2]build{
			"fat measured":  {buildOf(small, fat), buildOf(large, fat)},
			"fat estimated": {buildOf(small, estimatedFat(small)), buildOf(large, estimatedFat(large))},
		} {
			before := widths(of[0])
			for part, width := range widths(of[1]) {
				if width <= before[part] {
					t.Fatalf("%s, BMI %v to %v: %s goes from %v to %v", name, small, large, part, before[part], width)
				}
			}
			if a, b := area(sampled(of[0].outline(), 8)), area(sampled(of[1].outline(), 8)); !(a > 0 && b > a) {
				t.Fatalf("%s, BMI %v to %v: the area goes from %v to %v", name, small, large, a, b)
			}
		}
	})
}

// More fat makes no part of the trunk narrower, and the waist wider beside the shoulders.
func TestMoreFatWidensTheWaist(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bmi := rapid.Float64Range(leastBMI, mostBMI).Draw(t, "BMI")
		lean := rapid.Float64Range(leastFat, mostFat-0.1).Draw(t, "less")
		fat := rapid.Float64Range(lean+0.1, mostFat).Draw(t, "more")
		a, b := widths(buildOf(bmi, lean)), widths(buildOf(bmi, fat))
		for part, width := range b {
			if part != "shoulders" && width < a[part] {
				t.Fatalf("BMI %v, fat %v to %v: %s goes from %v to %v", bmi, lean, fat, part, a[part], width)
			}
		}
		if b["waist"]/b["shoulders"] <= a["waist"]/a["shoulders"] {
			t.Fatalf("BMI %v, fat %v to %v: the waist is not wider beside the shoulders", bmi, lean, fat)
		}
	})
}

// A little more of either changes the outline a little, everywhere: nothing jumps.
func TestSmallChangesMakeSmallChanges(t *testing.T) {
	const (
		step               = 0.05
		perBMI, perPercent = 0.8, 0.15 // hundredths of the height for one more
	)
	moves := func(bmi, fat, more, fatter, most float64) {
		before, after := buildOf(bmi, fat).outline(), buildOf(bmi+more, fat+fatter).outline()
		for i := range before {
			for k := range before[i] {
				if moved := after[i][k].minus(before[i][k]).length(); moved > most*(more+fatter)+1e-9 {
					t.Fatalf("BMI %v + %v, fat %v + %v: %v moves by %v", bmi, more, fat, fatter, before[i][k], moved)
				}
			}
		}
	}
	for bmi := 11.0; bmi < 61; bmi += step {
		for fat := 0.0; fat <= 70; fat += 17.5 {
			moves(bmi, fat, step, 0, perBMI)
		}
	}
	for fat := 0.0; fat < 70; fat += step {
		for bmi := 11.0; bmi <= 61; bmi += 10 {
			moves(bmi, fat, 0, step, perPercent)
		}
	}
}

// Whatever somebody looks like, there is room between the arms and the trunk and
// between the legs, so that the outline stays readable.
func TestLimbsStayClear(t *testing.T) {
	for bmi := leastBMI; bmi <= mostBMI; bmi++ {
		for fat := leastFat; fat <= mostFat; fat += 2 {
			b := buildOf(bmi, fat)
			a, leg := b.arm(), b.leg()
			for i, out := range []float64{b.elbow, b.forearm, (b.forearm + b.wrist) / 2, b.wrist} {
				from := a.at([]float64{17, 20.8, 26, 30.6}[i], -out)
				for _, p := range b.trunk(a)[1:] {
					if gap := from.minus(p).length(); gap < 2 || from.x < p.x && from.y > p.y-6 {
						t.Errorf("BMI %v, fat %v: the arm is %v from the trunk at %v", bmi, fat, gap, p)
					}
				}
			}
			for _, p := range leg[len(leg)-7 : len(leg)-1] {
				if p.x < 0.25 {
					t.Errorf("BMI %v, fat %v: the legs are %v apart at %v", bmi, fat, 2*p.x, p.y)
				}
			}
		}
	}
}

// Whoever it is keeps head, height and stance.
func TestTheSamePersonStaysRecognisable(t *testing.T) {
	thin, stout := buildOf(15, estimatedFat(15)), buildOf(45, estimatedFat(45))
	for i, p := range thin.head() {
		if q := stout.head()[i]; p.y != q.y || math.Abs(p.x-q.x) > 1.5 || i < 5 && p != q {
			t.Errorf("the head goes from %v to %v", p, q)
		}
	}
	for name, at := range map[string]func(b build) point{
		"hand":  func(b build) point { return b.arm().at(39.6, 0) },
		"foot":  func(b build) point { return b.leg()[8] },
		"joint": func(b build) point { return b.arm().joint },
	} {
		if moved := at(stout).minus(at(thin)).length(); moved > 14 {
			t.Errorf("the %s moves by %v of 100", name, moved)
		}
	}
}
