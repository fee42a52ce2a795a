package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"vitals/internal/config"
	"vitals/internal/health"
)

// configuration says which file it is, why that one, and whether it can be read.
func (x *examination) configuration(context.Context) check {
	const name = "config"
	if x.unplaced != nil {
		return brokenBy(name, x.unplaced)
	}
	why := map[string]string{"--config": "named by --config", "VITALS_CONFIG": "named by VITALS_CONFIG",
		"./config.ini": "found in this folder", "XDG_CONFIG_HOME": "by XDG_CONFIG_HOME", "default": "the usual place"}[x.place.Origin]
	where := fmt.Sprintf("%s (%s)", x.place.Path, why)
	if here := filepath.Join(x.env.WorkingDir, "config.ini"); x.unread == nil && x.env.WorkingDir != "" && here != x.place.Path && !x.place.Named() {
		switch text, _, err := config.Read(here); {
		case err != nil:
			return doubtful(name, "see whose it is: ls -l "+here, "%s, as it is not known whether %s is vitals'", where, here)
		case text != "":
			where += "; the config.ini in this folder has no section of vitals'"
		}
	}
	if x.unread != nil {
		c := brokenBy(name, x.unread)
		c.Detail += "; it is this file: " + why
		return c
	}
	info, err := os.Stat(x.place.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && x.place.Named():
		return doubtful(name, "name one that is there; vitals auth makes this one", "there is no file %s", where)
	case errors.Is(err, fs.ErrNotExist):
		return fine(name, "%s: there is none yet, and nothing is configured", where)
	case err != nil:
		return brokenBy(name, err)
	case x.noSecrets != nil:
		return brokenBy(name, x.noSecrets)
	}
	where += fmt.Sprintf(", mode %04o", info.Mode().Perm())
	if x.config.Secrets.Command != "" {
		where += "; secrets come from a command"
		if err := x.vault.CanKeep(); err != nil {
			return doubtful(name, health.Hint(err), "%s, and a new sign-in could not be kept", where)
		}
	}
	if x.config.Fitbit.OldNames {
		where += "; client or grant by the old names of [Login Parameters]"
	}
	return fine(name, "%s", where)
}

// git says whether the grant could end up in somebody's history.
func (x *examination) git(context.Context) check {
	const name = "git"
	if x.unplaced != nil {
		return notChecked(name)
	}
	if risk, remedy := config.GitRisk(x.place.Path); risk != "" {
		return doubtful(name, remedy, "%s", risk)
	}
	return fine(name, "config.ini cannot end up in a git history")
}

// machineOrigin begins the origin of a zone that nobody chose for vitals.
const machineOrigin = "this machine's, by "

// zoneAndOrigin is the zone of the person's days, as package view has it, and
// what says so.
func (x *examination) zoneAndOrigin() (*time.Location, string) {
	if zone := x.config.Display.TimeZone; zone != nil {
		return zone, "time_zone under [display]"
	}
	if name := x.person.Settings.TimeZone; name != "" {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone, "the account's"
		}
	}
	zone, by := namedZone(x.env.Getenv)
	if by != "" {
		by = machineOrigin + by
	}
	return zone, by
}

func (x *examination) timeZone() check {
	const name = "time-zone"
	if x.unread != nil {
		return notChecked(name)
	}
	zone, origin := x.zoneAndOrigin()
	machines := strings.HasPrefix(origin, machineOrigin)
	const next = "set time_zone under [display], unless your days begin at midnight UTC"
	switch {
	case x.noPerson != nil && (machines || origin == ""):
		return doubtful(name, "put history right first, or set time_zone under [display]",
			"%s, as the configuration names none, and what the account says cannot be read", zone)
	case origin == "":
		return doubtful(name, next, "UTC, as neither the configuration nor the account nor this machine names a zone")
	case machines && strings.TrimPrefix(zone.String(), "Etc/") == "UTC":
		return doubtful(name, next, "UTC (%s), as neither the configuration nor the account names a zone", origin)
	default:
		return fine(name, "%s (%s)", zone, origin)
	}
}

func (x *examination) units() check {
	const name = "units"
	if x.unread != nil {
		return notChecked(name)
	}
	switch {
	case x.config.Display.Units != "":
		return fine(name, "%s (units under [display])", x.config.Display.Units)
	case x.person.Settings.Units != "":
		return fine(name, "%s (the account's)", x.person.Settings.Units)
	case x.noPerson != nil:
		return doubtful(name, "put history right first, or set units under [display]",
			"%s, as the configuration names none, and what the account says cannot be read", health.Kilograms)
	default:
		return fine(name, "%s (the default)", health.Kilograms)
	}
}

// folders checks where vitals keeps things, in the order of their names in the
// group.
func (x *examination) folders(context.Context) []check {
	return []check{
		x.folder("data-dir", "VITALS_DATA_DIR", x.data, x.noData),
		x.folder("state-dir", "VITALS_STATE_DIR", x.state, x.noState),
		x.disk(), x.locks(),
	}
}

// folder checks a directory that vitals writes to. It may be missing, as long as
// it can be made.
func (x *examination) folder(name, variable string, d config.Dir, missing error) check {
	if missing != nil {
		return brokenBy(name, missing)
	}
	where := fmt.Sprintf("%s (%s)", d.Path, map[bool]string{true: "the usual place", false: "by " + d.Origin}[d.Origin == "default"])
	info, err := os.Stat(d.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if up := above(d.Path); !writable(up) {
			return broken(name, "see whose it is: ls -ld "+up+"; or name another in "+variable, "%s is not there and cannot be made: there is no permission to write in %s", where, up)
		}
		where += ": not there yet, made when it is needed"
	case err != nil:
		return brokenBy(name, err)
	case !info.IsDir():
		return broken(name, "move it away, or name another in "+variable, "%s is not a folder", where)
	case !writable(d.Path):
		return broken(name, "see whose it is: ls -ld "+d.Path+"; or name another in "+variable, "%s: there is no permission to write there", where)
	case info.Mode().Perm()&0o022 != 0:
		return doubtful(name, "chmod 700 "+d.Path, "%s has mode %04o: others may replace what is in it", where, info.Mode().Perm())
	default:
		where += fmt.Sprintf(", mode %04o", info.Mode().Perm())
	}
	if !filepath.IsAbs(d.Path) {
		return doubtful(name, "begin the path in "+variable+" with a slash", "%s: that is another folder wherever vitals is started", where)
	}
	return fine(name, "%s", where)
}

func (x *examination) disk() check {
	if x.noData != nil {
		return fine("disk", "not looked at: there is no folder to keep anything in")
	}
	free, known := freeSpace(above(x.data.Path))
	return diskCheck(free, known)
}

// diskCheck judges what is left of a disk, in bytes. A history of ten years takes
// some 20 MB, and as much again while it is written.
func diskCheck(free uint64, known bool) check {
	const name, little, none = "disk", 100_000_000, 1_000_000
	const next = "free some space; what is stored stays readable"
	text := sized(int64(min(free, 1<<62))) + " free for the history"
	switch {
	case !known:
		return fine(name, "how much is free is not known on this system")
	case free < none:
		return broken(name, next, "%s: nothing new can be saved", text)
	case free < little:
		return doubtful(name, next, "%s", text)
	default:
		return fine(name, "%s", text)
	}
}

// locks says which are held. Their files stay when they are not, and whoever
// holds one lets go of it by ending, in whatever way: none is left over.
func (x *examination) locks() check {
	const name = "locks"
	var paths []string
	if x.noData == nil {
		paths = append(paths, filepath.Join(x.dataDir, "sync.lock"))
	}
	if x.unplaced == nil {
		paths = append(paths, config.LockFile(x.place.Path))
	}
	for _, path := range paths {
		if held(path) {
			return doubtful(name, "let it finish; if it does not, see who it is: fuser -v "+path, "%s is held: another vitals is fetching or signing in", path)
		}
	}
	return fine(name, "nobody holds one")
}

// held reports whether somebody holds the lock of a file, which is not made. To
// know, the lock is shared for a moment.
func held(path string) bool {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return false
	}
	lock := flock.New(path, flock.SetFlag(os.O_RDONLY))
	got, err := lock.TryRLock()
	if got {
		lock.Unlock()
	}
	return err == nil && !got
}

// sized is a number of bytes for people.
func sized(bytes int64) string {
	size, unit := float64(bytes), ""
	for _, larger := range []string{"kB", "MB", "GB", "TB"} {
		if size < 1000 {
			break
		}
		size, unit = size/1000, larger
	}
	if size >= 10 || unit == "" {
		return fmt.Sprintf("%.0f %s", size, cmp.Or(unit, "bytes"))
	}
	return fmt.Sprintf("%.1f %s", size, unit)
}
