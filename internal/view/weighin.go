package view

import (
	"context"

	"vitals/internal/health"
)

// WeighIn is a weigh-in that counts, with what is known of the body by it.
type WeighIn struct {
	Weighing health.Weighing
	HeightM  float64  // valid on its date; 0 when not known
	BMI      *float64 // in kg/m², not rounded; nil without a height
	Fat      *float64 // percent, measured with it; nil: none was
	TrendKG  float64  // after it
}

// WeighIns returns all weigh-ins that count, in time order.
func (v *Viewer) WeighIns(ctx context.Context) ([]WeighIn, error) {
	history, err := v.bodyHistory(ctx)
	if err != nil {
		return nil, err
	}
	var weighIns []WeighIn
	for _, j := range history.judged {
		if j.Verdict == health.Accepted {
			weighIns = append(weighIns, history.weighIn(j))
		}
	}
	return weighIns, nil
}

// weighIn is what is known of the body by a weigh-in.
func (h bodyHistory) weighIn(j health.Judged) WeighIn {
	w := WeighIn{Weighing: j.Weighing, HeightM: h.heightOn(j.Date()), TrendKG: j.TrendKG}
	if w.HeightM > 0 {
		w.BMI = known(health.BMI(j.KG, w.HeightM))
	}
	if j.Fat != nil {
		w.Fat = known(j.Fat.Percent)
	}
	return w
}
