package fitbit

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	google "google.golang.org/api/health/v4"

	"vitals/internal/health"
)

// longestName bounds names from outside, in characters.
const longestName = 80

// Identity reads how the account names its owner.
func (c *Client) Identity(ctx context.Context) (health.Identity, error) {
	return c.identity(ctx, c.google)
}

func (c *Client) identity(ctx context.Context, service *google.Service) (health.Identity, error) {
	read, err := something(service.Users.GetIdentity(me + "/identity").Context(ctx).Do())
	if err != nil {
		return health.Identity{}, c.failed(ctx, health.TypeIdentity, err)
	}
	return health.Identity{
		HealthUserID: health.Printable(read.HealthUserId, longestName),
		FitbitUserID: health.Printable(read.LegacyUserId, longestName),
	}, nil
}

// Profile reads what the account tells about its owner. The name comes from
// another service of Google's, and stays empty when that does not answer.
func (c *Client) Profile(ctx context.Context) (health.Profile, error) {
	read, err := something(c.google.Users.GetProfile(me + "/profile").Context(ctx).Do())
	if err != nil {
		return health.Profile{}, c.failed(ctx, health.TypeProfile, err)
	}
	profile := health.Profile{
		Name:        c.name(ctx, c.person),
		Age:         int(max(read.Age, 0)),
		MemberSince: dateFrom(read.MembershipStartDate),
	}
	return profile, interrupted(ctx, "reading "+spoken(health.TypeProfile))
}

// name reads the person's name from OpenID's userinfo, "" when there is none.
func (c *Client) name(ctx context.Context, client *http.Client) string {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.options.Endpoints.UserInfo, nil)
	if err != nil {
		return ""
	}
	resp, err := client.Do(req)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	var read struct {
		Name      string `json:"name"`
		GivenName string `json:"given_name"`
	}
	if resp.StatusCode != http.StatusOK || json.NewDecoder(resp.Body).Decode(&read) != nil {
		return ""
	}
	return health.Printable(cmp.Or(read.Name, read.GivenName), longestName)
}

// Settings reads the account's own choices of display. What is not known here,
// a zone included, comes back empty.
func (c *Client) Settings(ctx context.Context) (health.Settings, error) {
	read, err := something(c.google.Users.GetSettings(me + "/settings").Context(ctx).Do())
	if err != nil {
		return health.Settings{}, c.failed(ctx, health.TypeSettings, err)
	}
	var settings health.Settings
	if _, err := loadZone(read.TimeZone); err == nil {
		settings.TimeZone = read.TimeZone
	}
	switch read.WeightUnit {
	case "WEIGHT_UNIT_KILOGRAMS":
		settings.Units = health.Kilograms
	case "WEIGHT_UNIT_POUNDS":
		settings.Units = health.Pounds
	case "WEIGHT_UNIT_STONE":
		settings.Units = health.Stone
	}
	return settings, nil
}

// loadZone finds a zone by its IANA name, and by nothing else: "" and "Local"
// would be somebody's guess.
func loadZone(name string) (*time.Location, error) {
	if name == "" || strings.EqualFold(name, "local") {
		return nil, problem(KindOther, "no time zone", hintUpdate)
	}
	return time.LoadLocation(name)
}

// Devices reads the trackers and scales paired with the account.
func (c *Client) Devices(ctx context.Context) ([]health.Device, error) {
	const most = 100 // devices a page
	var devices []health.Device
	err := eachInPages(health.TypeDevices, func(token string) ([]*google.PairedDevice, string, error) {
		call := c.google.Users.PairedDevices.List(me).PageSize(most).Context(ctx)
		if token != "" {
			call.PageToken(token)
		}
		page, err := something(call.Do())
		if err != nil {
			return nil, "", err
		}
		return page.PairedDevices, page.NextPageToken, nil
	}, func(d *google.PairedDevice) { devices = append(devices, deviceFrom(d)) })
	if err != nil {
		return nil, c.failed(ctx, health.TypeDevices, err)
	}
	return devices, nil
}

func deviceFrom(d *google.PairedDevice) health.Device {
	kind := health.Printable(d.DeviceType, longestName)
	device := health.Device{
		Name:    cmp.Or(health.Printable(d.DeviceVersion, longestName), strings.ToLower(kind), "device"),
		Type:    kind,
		Battery: battery(d.BatteryStatus),
	}
	if at, err := time.Parse(time.RFC3339, d.LastSyncTime); err == nil {
		device.LastSync = at
	}
	return device
}

// battery reads "High", "HIGH" or "BATTERY_STATUS_HIGH" alike.
func battery(status string) string {
	for _, known := range []string{"High", "Medium", "Low", "Empty"} {
		if len(status) >= len(known) && strings.EqualFold(status[len(status)-len(known):], known) {
			return known
		}
	}
	return health.Printable(status, longestName)
}

// dateFrom reads a date, the zero Date when it is none.
func dateFrom(d *google.Date) health.Date {
	if d == nil || d.Year < 1 || d.Year > 9999 {
		return health.Date{}
	}
	date := health.Date{Year: int(d.Year), Month: time.Month(d.Month), Day: int(d.Day)}
	if date.Add(0) != date {
		return health.Date{}
	}
	return date
}
