package fitbit_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"vitals/fitbit"
	"vitals/internal/health"
)

func TestPersonIsRead(t *testing.T) {
	person := lately()
	w := newWorld(t, person)
	identity, err := w.client.Identity(t.Context())
	if err != nil || identity != person.Identity {
		t.Errorf("%+v, %v", identity, err)
	}
	profile, err := w.client.Profile(t.Context())
	if err != nil || profile != person.Profile {
		t.Errorf("%+v, %v", profile, err)
	}
	settings, err := w.client.Settings(t.Context())
	if err != nil || settings != (health.Settings{TimeZone: "Europe/London", Units: health.Kilograms}) {
		t.Errorf("%+v, %v", settings, err)
	}
	devices, err := w.client.Devices(t.Context())
	if err != nil || len(devices) != 2 {
		t.Fatalf("%+v, %v", devices, err)
	}
	for i, d := range devices {
		if !d.LastSync.Equal(person.Devices[i].LastSync) || d.Name != person.Devices[i].Name || d.Battery != person.Devices[i].Battery || d.Type != person.Devices[i].Type {
			t.Errorf("%+v, want %+v", d, person.Devices[i])
		}
	}

	var many []health.Device
	for i := range 230 {
		many = append(many, health.Device{Name: fmt.Sprint("Charge ", i), Type: "TRACKER"})
	}
	person.Devices = many
	w.fake.Become(person)
	devices, err = w.client.Devices(t.Context())
	if err != nil || len(devices) != 230 || devices[229].Name != "Charge 229" || !devices[0].LastSync.IsZero() {
		t.Errorf("%d devices, %v", len(devices), err)
	}
}

func TestUnits(t *testing.T) {
	for _, unit := range []health.WeightUnit{health.Kilograms, health.Pounds, health.Stone} {
		person := lately()
		person.Units = unit
		settings, err := newWorld(t, person).client.Settings(t.Context())
		if err != nil || settings.Units != unit {
			t.Errorf("%s: %+v, %v", unit, settings, err)
		}
	}
}

func TestFixturesOfPerson(t *testing.T) {
	read := func(name string) *fitbit.Client { return clientOf(t, canned(http.StatusOK, fixture(t, name))) }
	if got, err := read("synthetic/identity.json").Identity(t.Context()); err != nil || got != (health.Identity{HealthUserID: "health-id-123", FitbitUserID: "fitbit-id-abc"}) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := read("synthetic/profile.json").Profile(t.Context()); err != nil || got.Age != 35 || got.MemberSince != date(2026, time.June, 22) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := read("constructed/settings_full.json").Settings(t.Context()); err != nil || got != (health.Settings{TimeZone: "Europe/Berlin", Units: health.Kilograms}) {
		t.Errorf("%+v, %v", got, err)
	}
	got, err := read("constructed/paired_devices_with_aria.json").Devices(t.Context())
	if err != nil || len(got) != 2 || got[0].Battery != "High" || got[1].Name != "Aria Air" || got[1].Type != "SCALE" || got[1].Battery != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

// "Local" would be the zone of this machine.
func TestLocalIsNoZone(t *testing.T) {
	for _, zone := range []string{"Local", "local", "LOCAL", "../etc/passwd", "/etc/localtime"} {
		settings, err := clientOf(t, canned(http.StatusOK, `{"timeZone":"`+zone+`"}`)).Settings(t.Context())
		if err != nil || settings.TimeZone != "" {
			t.Errorf("%s: %+v, %v", zone, settings, err)
		}
	}
}

// Names from outside go to a terminal.
func TestTextFromOutsideIsCleaned(t *testing.T) {
	client := clientOf(t, canned(http.StatusOK, `{"name":"Ann\u001b]0;x\u0007\u202e\n E.","healthUserId":"1\u0000","age":-4,
		"membershipStartDate":{"year":2014,"month":2,"day":30},"timeZone":"Mars/Olympus","weightUnit":"WEIGHT_UNIT_CARATS",
		"pairedDevices":[null,{"deviceType":"SCALE\r"},{"deviceVersion":"`+strings.Repeat("A", 500)+`","batteryStatus":"BATTERY_STATUS_HIGH","lastSyncTime":"soon"},{"batteryStatus":"fi\u0009ne"}]}`))
	profile, err := client.Profile(t.Context())
	if want := (health.Profile{Name: "Ann]0;x E."}); err != nil || profile != want {
		t.Errorf("%+v, %v", profile, err)
	}
	if identity, err := client.Identity(t.Context()); err != nil || identity.HealthUserID != "1" {
		t.Errorf("%+v, %v", identity, err)
	}
	if settings, err := client.Settings(t.Context()); err != nil || settings != (health.Settings{}) {
		t.Errorf("%+v, %v", settings, err)
	}
	devices, err := client.Devices(t.Context())
	if err != nil || len(devices) != 3 || devices[0] != (health.Device{Name: "scale", Type: "SCALE"}) ||
		len(devices[1].Name) > 100 || devices[1].Battery != "High" || devices[2] != (health.Device{Name: "device", Battery: "fine"}) {
		t.Errorf("%+v, %v", devices, err)
	}
}
