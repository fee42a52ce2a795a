package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// Config is what config.ini says, with defaults where it is silent.
type Config struct {
	Fitbit  Fitbit
	Energy  Energy
	Tariffs []Tariff // by ValidFrom, oldest first
	Display Display
	Push    Push
	Secrets Secrets
}

// Fitbit is the section [fitbit]: the OAuth client and its grant.
type Fitbit struct {
	ClientID     string
	ClientSecret Secret
	RedirectURL  string // default http://127.0.0.1:8765/
	Grant
	OldNames bool // some of it stands in [Login Parameters], under the names of old

	// Addresses to use instead of Google's own; "" for those.
	AuthURL     string
	TokenURL    string
	RevokeURL   string
	UserinfoURL string
	APIURL      string
}

// Grant is what signing in left behind. The zero Grant means signed out.
type Grant struct {
	RefreshToken  Secret
	GrantedScopes []string
	SignedInAt    time.Time // zero when not known
	ExpiresAt     time.Time // of the grant, not of an access token; zero when it has no known end
}

// Energy is the section [energy]: where the meter readings are. Whatever is
// empty, nil or 0 is left to detection.
type Energy struct {
	Database  string // a path, "~/" expanded, or a postgres:// address
	Series    string
	ClockZone *time.Location // of stamps without a zone, when not the display zone

	Table       string
	Time        string // column
	Value       string // column
	Where       Where
	Kind        string // power, counter or interval
	Unit        string // W, kW, Wh, kWh, MWh or J
	TimeFormat  string // unix, unix_ms, unix_us, julian, iso, local or utc
	Label       string // start, instant or end
	NominalStep time.Duration
	MaxGap      time.Duration
	MaxKW       float64
}

// Where limits the rows of a table to those whose Column holds Value. The zero
// Where is no limit.
type Where struct{ Column, Value string }

// Tariff is one section [tariff] or [tariff 2024-04-01] that has a price.
// Prices are in the currency's major unit.
type Tariff struct {
	ValidFrom      time.Time // midnight UTC of the first local date; zero: since ever
	Currency       string    // ISO 4217 code such as GBP, or ""
	PricePerKWh    float64
	Night          *Night  // nil when the price is the same all day
	StandingCharge float64 // per local day
}

// Night is the cheaper (or dearer) part of each local day. It lasts from From
// to To on the clock on the wall, as time since 00:00, over midnight when To
// is the earlier of the two.
type Night struct {
	PricePerKWh float64
	From, To    time.Duration
}

// Display is the section [display].
type Display struct {
	Units        string         // kg, lb or st; "" for the account's
	TimeZone     *time.Location // nil for the account's
	HeightMetres float64        // 0 when not given
	GoalKG       float64        // 0 when not given
	Theme        string         // auto (default), dark, light or mono
	ASCII        bool
	Refresh      bool // look for new data while open; default true
}

// Push is the section [push].
type Push struct {
	DSN Secret // VITALS_PUSH_DSN, when set, wins over the file
}

// Secrets is the section [secrets]: commands that keep the secrets elsewhere.
type Secrets struct {
	Command      string // prints "name = value" lines
	StoreCommand string // takes such lines on stdin
}

// Load reads the file at path. A missing file is an empty one. In paths "~/"
// stands for home. Every error about the content is an *Error with its line;
// so is the refusal of a file that holds a secret others may read, and of what
// is no regular file.
//
// Secrets that a command keeps are left empty; a Vault has them.
func Load(path, home string, getenv func(string) string) (Config, error) {
	d, _, err := load(path, home)
	if err != nil {
		return Config{}, err
	}
	if dsn := strings.TrimSpace(getenv("VITALS_PUSH_DSN")); dsn != "" {
		d.Push.DSN = Secret(dsn)
	}
	return d.Config, nil
}

func load(path, home string) (*decoder, fileRead, error) {
	file, err := read(path)
	if err != nil {
		return nil, file, err
	}
	d, err := decode(path, home, file.text)
	if err != nil {
		return nil, file, err
	}
	if d.secretInside && file.info.Mode().Perm()&0o077 != 0 {
		return nil, file, &Error{Path: path,
			problem: "it holds a secret, and others on this machine may open it",
			hint:    "run: chmod 600 " + ShellQuote(path)}
	}
	return d, file, nil
}

// Read returns the text and the permissions of the file at path, nothing when
// there is none. It does not wait for what is no file, such as a pipe.
func Read(path string) (string, fs.FileMode, error) {
	file, err := read(path)
	if err != nil || file.info == nil {
		return "", 0, err
	}
	return file.text, file.info.Mode().Perm(), nil
}

// fileRead is a file that was read, and what was known of it while it was open.
type fileRead struct {
	text string
	info fs.FileInfo // nil: there is none
}

func read(path string) (fileRead, error) {
	// Before it is opened, as that would wait for somebody who writes.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return fileRead{}, &Error{Path: path, problem: "cannot be read: is not a regular file",
			hint: "check the path, and see what is there: ls -l " + ShellQuote(path)}
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fileRead{}, nil
	}
	if err != nil {
		return fileRead{}, failed(path, "cannot be read", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fileRead{}, failed(path, "cannot be read", err)
	}
	data, err := io.ReadAll(file)
	if err != nil {
		return fileRead{}, failed(path, "cannot be read", err)
	}
	return fileRead{string(data), info}, nil
}
