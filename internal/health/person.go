package health

import "time"

// DataType names one kind of data that is fetched on its own. Its text is what
// reports and the store use.
type DataType string

// The data types, in the order they are fetched.
const (
	TypeIdentity       DataType = "identity"
	TypeProfile        DataType = "profile"
	TypeSettings       DataType = "settings"
	TypeDevices        DataType = "devices"
	TypeWeight         DataType = "weight"
	TypeBodyFat        DataType = "body-fat"
	TypeHeight         DataType = "height"
	TypeCalories       DataType = "calories"
	TypeActiveCalories DataType = "active-calories"
	TypeSteps          DataType = "steps"
)

// DataTypes lists all data types in the order they are fetched.
func DataTypes() []DataType {
	return []DataType{TypeIdentity, TypeProfile, TypeSettings, TypeDevices, TypeWeight,
		TypeBodyFat, TypeHeight, TypeCalories, TypeActiveCalories, TypeSteps}
}

// Identity is how the account names its owner.
type Identity struct {
	HealthUserID string
	FitbitUserID string // of the closed Fitbit API; "" for newer accounts
}

// Profile is what the account tells about its owner.
type Profile struct {
	Name        string // "" when not known
	Age         int    // full years; 0 when not known
	MemberSince Date
}

// Settings are the account's own choices of display.
type Settings struct {
	TimeZone string     // IANA name; "" when not known
	Units    WeightUnit // "" when not known
}

// Device is a tracker or scale paired with the account.
type Device struct {
	Name     string // product name: "Aria 2"
	Type     string // "SCALE", "TRACKER", …
	Battery  string // "High", "Medium", "Low", "Empty", or "" when not told
	LastSync time.Time
}

// Person is everything the account tells about its owner. What is not known is
// the zero value.
type Person struct {
	Identity Identity
	Profile  Profile
	Settings Settings
	Devices  []Device
}

// Source is where a reading came from.
type Source struct {
	Name string // for people: "Aria 2", "scale", "manual", or an app's package
	Kind SourceKind
	Via  string // the kind of file it came in, one of those below; "": the account itself
}

// The kinds of file.
const (
	ViaFitbitArchive = "fitbit-archive" // classic JSON
	ViaGoogleArchive = "google-archive" // Google's CSV
	ViaFitabase      = "fitabase"
	ViaFitbitExport  = "fitbit-export" // the CSV of Fitbit's old dashboard
	ViaFitbitAPI     = "fitbit-api"    // kept answers of the closed Fitbit API
	ViaIHealth       = "ihealth"
	ViaCSV           = "csv" // any other
)

// SourceKind ranks sources: of two copies of a reading the higher kind wins.
type SourceKind uint8

// The kinds of source, the least trusted first.
const (
	SourceUnknown SourceKind = iota
	SourceManual
	SourceApp
	SourceDevice
	SourceScale
)

// Fetch is how fetching one data type went.
type Fetch struct {
	Type        DataType
	LastSuccess time.Time // zero: never
	Error       string    // of the newest attempt, for people; "" when it worked

	// Since is the first civil date from which on everything was fetched; zero
	// for a type without daily totals.
	Since Date

	// By tells, for the identity, the grants apart that a history was begun or
	// last confirmed with; "" when that is not known. It is no secret.
	By string
}

// NewestSuccess is when any data type was last fetched, the zero time for never.
func NewestSuccess(fetches []Fetch) time.Time {
	var newest time.Time
	for _, f := range fetches {
		if f.LastSuccess.After(newest) {
			newest = f.LastSuccess
		}
	}
	return newest
}
