package fake

import (
	"slices"
	"strings"

	"vitals/internal/health"
)

// The scopes that open the data, all read only.
const (
	scopePrefix       = "https://www.googleapis.com/auth/googlehealth."
	scopeMeasurements = scopePrefix + "health_metrics_and_measurements.readonly"
	scopeActivity     = scopePrefix + "activity_and_fitness.readonly"
	scopeSleep        = scopePrefix + "sleep.readonly"
	scopeProfile      = scopePrefix + "profile.readonly"
	scopeSettings     = scopePrefix + "settings.readonly"
	scopeName         = "https://www.googleapis.com/auth/userinfo.profile"
)

// Scopes returns the scopes of everything the server has data for.
func Scopes() []string {
	return []string{scopeMeasurements, scopeActivity, scopeProfile, scopeSettings, "openid", scopeName}
}

// allowedScope reports whether Google Health tolerates a scope in a token.
func allowedScope(scope string) bool {
	return strings.HasPrefix(scope, scopePrefix) || slices.Contains([]string{
		"openid", "email", "profile", scopeName, "https://www.googleapis.com/auth/userinfo.email",
	}, scope)
}

// recordKind says how the points of a data type lie in time.
type recordKind uint8

const (
	sampleKind recordKind = iota
	intervalKind
	dailyKind
	sessionKind
)

// dataType is what the service offers for one type.
type dataType struct {
	id      string // kebab-case, in addresses
	kind    recordKind
	scope   string
	actions string // in the order error messages name them
	maxDays int    // of a roll-up

	of health.DataType // the person's data; "" for types that are always empty
}

func dataTypes() []dataType {
	const all, plain, derived = "list, get, reconcile, rollup, dailyrollup", "list, reconcile, rollup, dailyrollup", "rollup, dailyrollup"
	return []dataType{
		{"weight", sampleKind, scopeMeasurements, all, 90, health.TypeWeight},
		{"body-fat", sampleKind, scopeMeasurements, all, 90, health.TypeBodyFat},
		{"height", sampleKind, scopeMeasurements, "list, get, reconcile", 0, health.TypeHeight},
		{"heart-rate", sampleKind, scopeMeasurements, plain, 14, ""},
		{"daily-resting-heart-rate", dailyKind, scopeMeasurements, "list, reconcile", 0, ""},
		{"total-calories", intervalKind, scopeActivity, derived, 14, health.TypeCalories},
		{"active-energy-burned", intervalKind, scopeActivity, plain, 90, health.TypeActiveCalories},
		{"basal-energy-burned", intervalKind, scopeActivity, "list, reconcile", 0, ""},
		{"calories-in-heart-rate-zone", intervalKind, scopeActivity, derived, 14, ""},
		{"steps", intervalKind, scopeActivity, plain, 90, health.TypeSteps},
		{"distance", intervalKind, scopeActivity, plain, 90, ""},
		{"floors", intervalKind, scopeActivity, "reconcile, rollup, dailyrollup", 90, ""},
		{"active-minutes", intervalKind, scopeActivity, plain, 14, ""},
		{"active-zone-minutes", intervalKind, scopeActivity, plain, 90, ""},
		{"exercise", sessionKind, scopeActivity, "list, get, reconcile", 0, ""},
		{"sleep", sessionKind, scopeSleep, "list, get, reconcile", 0, ""},
	}
}

func findType(id string) (dataType, *refusal) {
	types := dataTypes()
	i := slices.IndexFunc(types, func(t dataType) bool { return t.id == id })
	if i >= 0 {
		return types[i], nil
	}
	r := invalid("INVALID_PARENT_DATA_TYPE_COLLECTION", "Invalid data type ID referenced in the parent data type collection: %s", id)
	r.metadata = map[string]string{"dataType": id}
	r.violations = []violation{{"parent", "The data type ID '" + id + "' is not supported."}}
	return dataType{}, r
}

// snake is the type's name in filters.
func (t dataType) snake() string { return strings.ReplaceAll(t.id, "-", "_") }

// offers refuses an action that the type does not have.
func (t dataType) offers(action string) *refusal {
	if slices.Contains(strings.Split(t.actions, ", "), action) {
		return nil
	}
	r := invalid("UNSUPPORTED_DATA_TYPE_ACTION", "%s is not supported for data type %s, but the following actions are supported: %s",
		strings.ToUpper(action[:1])+action[1:], t.id, t.actions)
	r.metadata = map[string]string{"allowed_actions": t.actions}
	return r
}

// pageSizes returns the default and the largest number of points on a page.
func (t dataType) pageSizes() (usual, most int) {
	if t.id == "exercise" || t.id == "sleep" {
		return 25, 25
	}
	return 1440, 10_000
}
