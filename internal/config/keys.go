package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// oldSection is the blog's, from the days of the Fitbit API's first keys.
const oldSection = "Login Parameters"

func sectionNames() []string {
	return []string{"fitbit", "energy", "tariff", "display", "push", "secrets", oldSection}
}

// key is a key that a section knows.
type key struct {
	name string
	kind
}

// decoder fills a Config, entry by entry.
type decoder struct {
	Config
	home         string
	entries      []entry
	line         int // of the entry being taken
	secretInside bool
	old          oldKeys
	drafts       []*tariffDraft
}

type oldKeys struct {
	clientID                          string
	clientSecret, token, refreshToken Secret
}

func newDecoder(home string) *decoder {
	d := &decoder{home: home}
	d.Fitbit.RedirectURL = "http://127.0.0.1:8765/"
	d.Display.Theme = "auto"
	d.Display.Refresh = true
	return d
}

// keys lists what a section may hold, bound to the fields it fills. A section
// nobody knows holds nothing.
func (d *decoder) keys(section string) []key {
	switch section {
	case "fitbit":
		f := &d.Fitbit
		return []key{
			{"client_id", text(&f.ClientID)},
			{"client_secret", d.secret(&f.ClientSecret)},
			{"redirect_url", address(&f.RedirectURL)},
			{"refresh_token", d.secret(&f.RefreshToken)},
			{"granted_scopes", words(&f.GrantedScopes)},
			{"signed_in_at", instant(&f.SignedInAt)},
			{"expires_at", instant(&f.ExpiresAt)},
			{"auth_url", address(&f.AuthURL)},
			{"token_url", address(&f.TokenURL)},
			{"revoke_url", address(&f.RevokeURL)},
			{"userinfo_url", address(&f.UserinfoURL)},
			{"api_url", address(&f.APIURL)},
		}
	case "energy":
		e := &d.Energy
		return []key{
			{"database", d.database(&e.Database, d.home)},
			{"series", text(&e.Series)},
			{"clock_zone", zone(&e.ClockZone)},
			{"table", text(&e.Table)},
			{"time", text(&e.Time)},
			{"value", text(&e.Value)},
			{"where", where(&e.Where)},
			{"kind", choice(&e.Kind, "power", "counter", "interval")},
			{"unit", choice(&e.Unit, "W", "kW", "Wh", "kWh", "MWh", "J")},
			{"time_format", choice(&e.TimeFormat, "unix", "unix_ms", "unix_us", "julian", "iso", "local", "utc")},
			{"label", choice(&e.Label, "start", "instant", "end")},
			{"nominal_seconds", seconds(&e.NominalStep)},
			{"max_gap_seconds", seconds(&e.MaxGap)},
			{"max_kw", above0(&e.MaxKW)},
		}
	case "display":
		s := &d.Display
		return []key{
			{"units", choice(&s.Units, "kg", "lb", "st")},
			{"time_zone", zone(&s.TimeZone)},
			{"height_cm", height(&s.HeightMetres)},
			{"goal_kg", above0(&s.GoalKG)},
			{"theme", choice(&s.Theme, "auto", "dark", "light", "mono")},
			{"ascii", yesOrNo(&s.ASCII)},
			{"refresh", yesOrNo(&s.Refresh)},
		}
	case "push":
		return []key{{"dsn", d.dataSource(&d.Push.DSN)}}
	case "secrets":
		return []key{
			{"command", text(&d.Secrets.Command)},
			{"store_command", text(&d.Secrets.StoreCommand)},
		}
	case oldSection:
		return []key{
			{"C_KEY", text(&d.old.clientID)},
			{"C_SECRET", d.secret(&d.old.clientSecret)},
			{"U_KEY", d.secret(&d.old.token)},
			{"U_SECRET", d.secret(&d.old.refreshToken)},
		}
	}
	if from, ok := tariffDate(section); ok {
		t := d.draft(from)
		return []key{
			{"currency", currency(&t.Currency)},
			{"price_per_kwh", price(&t.price)},
			{"night_price", price(&t.nightPrice)},
			{"night_hours", hours(&t.nightHours)},
			{"standing_charge", price(&t.standing)},
		}
	}
	return nil
}

func decode(path, home, text string) (*decoder, error) {
	entries, err := parse(path, text)
	if err != nil {
		return nil, err
	}
	d := newDecoder(home)
	d.entries = entries
	for _, e := range entries {
		d.line = e.line
		if problem, hint := d.take(e); problem != "" {
			return nil, &Error{Path: path, Line: d.line, problem: problem, hint: hint}
		}
	}
	if err := d.finishTariffs(path); err != nil {
		return nil, err
	}
	d.useOldKeys()
	return d, nil
}

// lineOf is the line of a key, 0 where it is not given.
func (d *decoder) lineOf(section, key string) int {
	if i := slices.IndexFunc(d.entries, func(e entry) bool { return e.is(section, key) }); i >= 0 {
		return d.entries[i].line
	}
	return 0
}

// isSecretKey reports whether a key of [fitbit] or of the old section holds what
// a command of [secrets] may keep instead.
func isSecretKey(name string) bool {
	return slices.ContainsFunc([]string{"client_secret", "refresh_token", "C_SECRET", "U_KEY", "U_SECRET"},
		func(secret string) bool { return strings.EqualFold(name, secret) })
}

// checkSecrets refuses two places for one secret, and one to write to that
// nobody reads.
func (d *decoder) checkSecrets(path string) error {
	s := d.Secrets
	if s.Command == "" && s.StoreCommand != "" {
		return &Error{Path: path, Line: d.lineOf("secrets", "store_command"), problem: "there is a store_command, but no command that prints what it keeps",
			hint: "set command as well, or empty store_command"}
	}
	for _, e := range d.entries {
		if s.Command != "" && e.value != "" && (e.section == "fitbit" || e.section == oldSection) && isSecretKey(e.key) {
			return &Error{Path: path, Line: e.line, problem: "a secret stands here, although [secrets] has a command that keeps them",
				hint: "move it to where the command reads it, and empty the value; or empty command under [secrets]"}
		}
	}
	return nil
}

// take sets what an entry says, or tells what is wrong with it.
func (d *decoder) take(e entry) (problem, hint string) {
	keys := d.keys(e.section)
	if keys == nil {
		return unknownSection(e.section)
	}
	if e.key == "" {
		return "", ""
	}
	i := slices.IndexFunc(keys, func(k key) bool { return strings.EqualFold(k.name, e.key) })
	if i < 0 {
		return unknownKey(e.section, e.key)
	}
	if e.value == "" || keys[i].set(e.value) {
		return "", ""
	}
	value := quoted(e.value)
	if keys[i].private {
		value = "something else"
	}
	return fmt.Sprintf("%s in [%s] is %s; allowed: %s", keys[i].name, e.section, value, keys[i].allowed),
		"correct the line, or leave the value empty for the default"
}

// plainName is what people call a section; a secret in its place has digits.
var plainName = regexp.MustCompile(`^[A-Za-z _-]{1,20}$`)

func unknownSection(name string) (problem, hint string) {
	if strings.HasPrefix(name, "tariff ") {
		return "this section [tariff …] has no date like [tariff 2024-04-01]",
			"write the first date the tariff is valid as year-month-day"
	}
	// By the first word too, because the second one of a tariff is a date.
	word, _, _ := strings.Cut(name, " ")
	known := slices.MinFunc(sectionNames(), func(a, b string) int {
		return min(distance(name, a), distance(word, a)) - min(distance(name, b), distance(word, b))
	})
	shown := hidden
	if plainName.MatchString(name) {
		shown = quoted(name)
	}
	return fmt.Sprintf("there is no section %s; the nearest is [%s]", shown, known),
		"correct the name of the section"
}

func unknownKey(section, name string) (problem, hint string) {
	for _, other := range sectionNames() {
		if slices.Contains(keyNames(other), name) {
			return fmt.Sprintf("[%s] has no key %s; it belongs in [%s]", section, quoted(name), other),
				"move the line to that section"
		}
	}
	return fmt.Sprintf("[%s] has no key %s; the nearest is %s", section, misspelt(name, keyNames(section)), nearestKey(section, name)),
		"correct the name of the key, or put ; before the line"
}

func nearestKey(section, name string) string {
	return slices.MinFunc(keyNames(section), func(a, b string) int { return distance(name, a) - distance(name, b) })
}

func keyNames(section string) []string {
	var names []string
	for _, k := range newDecoder("").keys(section) {
		names = append(names, k.name)
	}
	return names
}

// useOldKeys fills in from [Login Parameters] what [fitbit] leaves empty. A
// secret and a token belong to their client, so they come with no other one.
func (d *decoder) useOldKeys() {
	f, old := &d.Fitbit, d.old
	if f.ClientID != "" && f.ClientID != old.clientID {
		return
	}
	f.OldNames = f.ClientID == "" && old.clientID != "" || f.ClientSecret == "" && old.clientSecret != "" ||
		f.RefreshToken == "" && old.refreshToken != ""
	f.ClientID = cmp.Or(f.ClientID, old.clientID)
	f.ClientSecret = cmp.Or(f.ClientSecret, old.clientSecret)
	f.RefreshToken = cmp.Or(f.RefreshToken, old.refreshToken)
}
