package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Place is where config.ini is, or would be: the file need not exist.
type Place struct {
	Path   string // absolute
	Origin string // the rule that led there: "--config", "VITALS_CONFIG", "./config.ini", "XDG_CONFIG_HOME" or "default"
}

// Named reports whether somebody named the file, so that it ought to be there.
func (p Place) Named() bool { return p.Origin == "--config" || p.Origin == "VITALS_CONFIG" }

// Locate finds the configuration file: flag, else VITALS_CONFIG, else
// config.ini in workingDir if it is one of ours, else vitals/config.ini under
// XDG_CONFIG_HOME, else under .config in home.
func Locate(flag string, getenv func(string) string, workingDir, home string) (Place, error) {
	absolute := func(path string) string {
		if filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(workingDir, path)
	}
	if flag != "" {
		return Place{absolute(flag), "--config"}, nil
	}
	if named := getenv("VITALS_CONFIG"); named != "" {
		return Place{absolute(named), "VITALS_CONFIG"}, nil
	}
	if here := absolute("config.ini"); isOurs(here) {
		return Place{here, "./config.ini"}, nil
	}
	dir, origin, err := baseDir(getenv, "XDG_CONFIG_HOME", home, ".config")
	if err != nil {
		return Place{}, err
	}
	return Place{filepath.Join(dir, "config.ini"), origin}, nil
}

// isOurs tells our config.ini from that of another program, also when a line
// of it is wrong.
func isOurs(path string) bool {
	text, _, err := Read(path)
	return err == nil && slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool {
		line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
		return strings.HasPrefix(line, "[fitbit]") || strings.HasPrefix(line, "[energy]") ||
			strings.HasPrefix(line, "["+oldSection+"]")
	})
}

// Dir is a directory of vitals', which may not exist yet.
type Dir struct {
	Path   string
	Origin string // the variable that names it, or "default"
}

// DataDir is where the history lives: VITALS_DATA_DIR, else vitals under
// XDG_DATA_HOME, else under .local/share in home.
func DataDir(getenv func(string) string, home string) (Dir, error) {
	return ownDir(getenv, "VITALS_DATA_DIR", "XDG_DATA_HOME", home, ".local/share")
}

// StateDir is where the pending sign-in and the remembered view live:
// VITALS_STATE_DIR, else vitals under XDG_STATE_HOME, else under .local/state
// in home.
func StateDir(getenv func(string) string, home string) (Dir, error) {
	return ownDir(getenv, "VITALS_STATE_DIR", "XDG_STATE_HOME", home, ".local/state")
}

func ownDir(getenv func(string) string, own, base, home, fallback string) (Dir, error) {
	if path := getenv(own); path != "" {
		return Dir{path, own}, nil
	}
	path, origin, err := baseDir(getenv, base, home, fallback)
	return Dir{path, origin}, err
}

// baseDir follows the XDG Base Directory Specification, which has relative
// values ignored.
func baseDir(getenv func(string) string, variable, home, fallback string) (dir, origin string, err error) {
	if base := getenv(variable); filepath.IsAbs(base) {
		return filepath.Join(base, "vitals"), variable, nil
	}
	if home == "" {
		return "", "", &Error{Path: "home directory", problem: "it is not known",
			hint: "set HOME or " + variable}
	}
	return filepath.Join(home, fallback, "vitals"), "default", nil
}

// MakeDir makes a directory, and what is missing above it, for its owner alone
// (0700). One that exists is left as it is.
func MakeDir(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return unsaved(path, "the directory cannot be made", err)
	}
	return nil
}

// resolve follows symbolic links to the file that is meant, which need not
// exist. (filepath.EvalSymlinks wants it to.)
func resolve(path string) string {
	const mostLinks = 40
	for range mostLinks {
		dir, name := filepath.Split(path)
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			path = filepath.Join(real, name)
		}
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	return path
}
