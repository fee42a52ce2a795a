package likeness

import (
	"math"
	"slices"
)

// point is a place in hundredths of the figure's height: x to the right of its
// middle, y below its crown.
type point struct{ x, y float64 }

func (p point) plus(q point) point         { return point{p.x + q.x, p.y + q.y} }
func (p point) minus(q point) point        { return point{p.x - q.x, p.y - q.y} }
func (p point) times(factor float64) point { return point{p.x * factor, p.y * factor} }
func (p point) mirrored() point            { return point{-p.x, p.y} }
func (p point) length() float64            { return math.Hypot(p.x, p.y) }

// curve is a cubic Bézier curve.
type curve [4]point

// outline is the closed outline, clockwise from the crown.
func (b build) outline() []curve {
	half := smooth(b.side())
	whole := slices.Clone(half)
	for _, c := range slices.Backward(half) {
		whole = append(whole, curve{c[3].mirrored(), c[2].mirrored(), c[1].mirrored(), c[0].mirrored()})
	}
	return whole
}

// side is the right half of the outline, from the crown to where the legs part.
func (b build) side() []point {
	a := b.arm()
	return slices.Concat(b.head(), b.shoulder(a), a.outline(b), b.trunk(a), b.leg())
}

// head is the same for everybody, 1/7.5 of the height, but for the jaw.
func (b build) head() []point {
	return []point{{0, 0}, {2.5, 0.75}, {4.1, 3.1}, {4.5, 6}, {4.2, 8.7}, {b.jaw, 11.1}, {b.neck, 13.2}}
}

func (b build) shoulder(a arm) []point {
	return []point{
		{b.neck + 0.3, 14.8 - 0.6*b.stoutness},
		{b.neck + 2.8, 16.6 - 0.5*b.stoutness},
		{a.joint.x - 0.9 - 2.4*b.stoutness, 17.9 - 0.3*b.stoutness},
		a.at(1.5+0.8*b.stoutness, b.upperArm*0.96),
	}
}

// arm is the axis of an arm, from the joint of the shoulder on.
type arm struct {
	joint, along, across point
	free                 float64 // so far along it, it comes free of the chest
}

// arm hangs the further out the wider the body is beside it.
func (b build) arm() arm {
	const gap = 0.6 // to the chest
	stout := b.flank - neutralFlank
	sin, cos := math.Sincos(0.18 + 0.027*stout)
	a := arm{along: point{sin, cos}, across: point{cos, -sin}, free: 8.3 + 0.3*stout}
	a.joint = point{b.chest + gap + b.upperArm*cos - a.free*sin, 19.9 + 0.7*b.stoutness}
	return a
}

// at is a place so far along an arm and so far out from its axis.
func (a arm) at(along, out float64) point {
	return a.joint.plus(a.along.times(along)).plus(a.across.times(out))
}

// outline goes down the outer side of an arm and up the inner one.
func (a arm) outline(b build) []point {
	below := (b.forearm + b.wrist) / 2
	return []point{
		a.at(5, b.upperArm+0.4), a.at(11, b.upperArm), a.at(17, b.elbow), a.at(20.8, b.forearm), a.at(26, below),
		a.at(30.6, b.wrist), a.at(34, 1.7), a.at(37.6, 1.45), a.at(39.6, 0), a.at(37.6, -1.4), a.at(34, -1.7), a.at(30.6, -b.wrist),
		a.at(26, -below), a.at(20.8, -b.forearm), a.at(17, -b.elbow), a.at(a.free+2.8, -b.upperArm),
	}
}

// trunk goes from the armpit to the hip.
func (b build) trunk(a arm) []point {
	pit := a.at(a.free, -b.upperArm)
	chest, waist := pit.y+2.4, 38.5+b.stoutness
	return []point{
		{pit.x - 0.3, pit.y}, {b.chest, chest}, {b.ribs, (chest + waist - 0.5) / 2}, {b.waist, waist},
		{b.flank, 43 + 1.5*b.stoutness}, {b.hip, 49},
	}
}

// leg goes down the outer side of a leg, round the foot and up the inner side. A
// wider thigh moves the axis out, the less the lower, so that a gap is left between
// the legs.
func (b build) leg() []point {
	out := b.thigh - neutralThigh
	var outer, inner []point
	for _, l := range []struct{ y, axis, half, share float64 }{
		{55, 4.95, b.thigh, 0.93}, {63, 4.6, b.midThigh, 0.78}, {72, 4.2, b.knee, 0.6},
		{79.5, 4.1, b.calf, 0.5}, {87, 3.9, b.shin, 0.42}, {93.5, 3.8, b.ankle, 0.4},
	} {
		axis := l.axis + l.share*out
		outer, inner = append(outer, point{axis + l.half, l.y}), append(inner, point{axis - l.half, l.y})
	}
	for _, foot := range []point{{5.4, 96.6}, {6.4, 98.6}, {5.6, 99.7}, {3.2, 99.7}, {2.4, 98.6}, {2.5, 96.6}} {
		outer = append(outer, foot.plus(point{0.4 * out, 0}))
	}
	slices.Reverse(inner)
	return slices.Concat(outer, inner, []point{{0, 52.6}})
}

// smooth draws curves through the points, the first and last of which lie where the
// other half is mirrored. A curve leaves a point as the parabola through it and its
// neighbours does; where that bends gently, as fast as an arc of a circle, and where it
// turns round slower, so that it does not swing out.
func smooth(points []point) []curve {
	n := len(points)
	velocity := func(i int) point {
		before, after := points[max(i, 1)-1], points[min(i+1, n-1)]
		switch i {
		case 0:
			before = after.mirrored()
		case n - 1:
			after = before.mirrored()
		}
		in, out := points[i].minus(before), after.minus(points[i])
		l, m := in.length(), out.length()
		v := in.times(m / l / (l + m)).plus(out.times(l / m / (l + m))) // 1 long where it goes straight on
		return v.times(min(2/(v.length()*(1+v.length())), 1.25))
	}
	curves := make([]curve, n-1)
	for i := range curves {
		from, to := points[i], points[i+1]
		third := to.minus(from).length() / 3
		curves[i] = curve{from, from.plus(velocity(i).times(third)), to.minus(velocity(i + 1).times(third)), to}
	}
	return curves
}
