package config

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// mayRun returns why no command of a configuration may be run. What is in the
// file is run with all that the user may do, so it has to be the user's own
// word: as with ssh's StrictModes, the file is the user's, and nobody else but
// root can write to it or replace it, a link to it, or a folder on the way.
//
// An access list that lets others write shows in the mode of the group, on
// Linux. Elsewhere it is not seen.
func (v *Vault) mayRun(file *opened) error {
	if v.Place.Origin == "./config.ini" {
		return &Error{Path: file.path, Line: file.lineOf("secrets", "command"),
			problem: "this file was only found in the current folder, and a command is not run from such a one",
			hint:    "if it is yours, name it: vitals --config " + ShellQuote(file.path) + ", or VITALS_CONFIG"}
	}
	return onlyOurs(file.path, file.file.info, os.Geteuid())
}

// onlyOurs checks the file that was opened at path, for a user.
//
// The way there is walked from the root down. A folder is looked at before what
// is in it, so that nobody can exchange what was looked at already, and at the
// end there has to be the very file that was opened.
func onlyOurs(path string, opened fs.FileInfo, user int) error {
	refuse := func(at, problem, hint string) error {
		return &Error{Path: at, problem: problem + ", and a command is run only from a configuration that nobody else can change", hint: hint}
	}
	// A folder like /tmp lets nobody but the owner of an entry replace it.
	check := func(at string, info fs.FileInfo) error {
		sticky := info.IsDir() && info.Mode()&fs.ModeSticky != 0
		owner, known := ownerOf(info)
		switch {
		case !known:
			return refuse(at, "whose it is cannot be told on this system", "keep the secrets in [fitbit], mode 0600, and empty [secrets]")
		case owner != user && (owner != 0 || info.Mode().IsRegular()):
			return refuse(at, "it belongs to another user", "see whose it is: ls -ld "+ShellQuote(at))
		case info.Mode()&fs.ModeSymlink == 0 && info.Mode().Perm()&0o022 != 0 && !sticky:
			return refuse(at, fmt.Sprintf("others may write to it (mode %04o)", info.Mode().Perm()), "run: chmod go-w "+ShellQuote(at))
		}
		return nil
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return failed(path, "cannot be looked at", err)
	}
	const mostLinks = 40
	at, links := "/", 0
	var info fs.FileInfo
	for rest := append([]string{"."}, strings.Split(path, "/")...); len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "":
			continue
		case "..":
			at = filepath.Dir(at)
			continue
		}
		next := filepath.Join(at, name)
		if info, err = os.Lstat(next); err != nil {
			return failed(next, "cannot be looked at", err)
		}
		if err := check(next, info); err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			at = next
			continue
		}
		target, err := os.Readlink(next)
		if links++; err != nil || links > mostLinks {
			return refuse(next, "this link leads nowhere", "see where: ls -l "+ShellQuote(next))
		}
		if filepath.IsAbs(target) {
			at = "/"
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	if !os.SameFile(info, opened) {
		return refuse(path, "it was replaced while it was read", "start again")
	}
	return nil
}
