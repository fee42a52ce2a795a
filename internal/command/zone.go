package command

import (
	"os"
	"strings"
	"time"
)

// machineZone is the zone of this machine under its IANA name, which
// time.Local does not tell: that of TZ, of /etc/localtime, or UTC.
func machineZone(getenv func(string) string) *time.Location {
	zone, _ := namedZone(getenv)
	return zone
}

// namedZone is the machineZone, and what names it: "TZ" or a file; "" when
// nothing does, and it is UTC.
func namedZone(getenv func(string) string) (zone *time.Location, by string) {
	const link, file = "/etc/localtime", "/etc/timezone"
	names := []struct{ by, name string }{{"TZ", strings.TrimPrefix(getenv("TZ"), ":")}}
	if target, err := os.Readlink(link); err == nil {
		_, name, _ := strings.Cut(target, "zoneinfo/")
		names = append(names, struct{ by, name string }{link, name})
	}
	if text, err := os.ReadFile(file); err == nil {
		names = append(names, struct{ by, name string }{file, strings.TrimSpace(string(text))})
	}
	for _, n := range names {
		if zone, err := time.LoadLocation(n.name); err == nil && n.name != "" && n.name != "Local" {
			return zone, n.by
		}
	}
	return time.UTC, ""
}
