package command

import (
	"os"
	"strings"
	"time"
)

// machineZone is the zone of this machine under its IANA name, which
// time.Local does not tell: that of TZ, of /etc/localtime, or UTC.
func machineZone(getenv func(string) string) *time.Location {
	names := []string{strings.TrimPrefix(getenv("TZ"), ":")}
	if target, err := os.Readlink("/etc/localtime"); err == nil {
		_, name, _ := strings.Cut(target, "zoneinfo/")
		names = append(names, name)
	}
	if text, err := os.ReadFile("/etc/timezone"); err == nil {
		names = append(names, strings.TrimSpace(string(text)))
	}
	for _, name := range names {
		if zone, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
			return zone
		}
	}
	return time.UTC
}
