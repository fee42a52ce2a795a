package config

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// Lock waits for the lock beside the configuration file (config.ini.lock, next
// to the file that a symbolic link leads to) until ctx ends. Whoever reads the
// grant in order to change it holds the lock meanwhile; it keeps out other
// processes and other callers in this one. It is not re-entrant: the saving
// functions here take it themselves.
func Lock(ctx context.Context, path string) (unlock func(), err error) {
	const lookAgain = 50 * time.Millisecond
	name := LockFile(path)
	if err := MakeDir(filepath.Dir(name)); err != nil {
		return nil, err
	}
	lock := flock.New(name)
	if _, err := lock.TryLockContext(ctx, lookAgain); err != nil {
		if ctx.Err() == nil {
			return nil, unsaved(name, "cannot be locked", err)
		}
		return nil, &Error{Path: name, problem: "gave up waiting for this lock", cause: err, saving: true,
			hint: "another vitals holds it: look in other terminals and in cron, let it finish, then try again"}
	}
	return func() { lock.Unlock() }, nil
}

// LockFile is the file of the lock beside the configuration file at path. It
// stays when nobody holds the lock.
func LockFile(path string) string { return resolve(path) + ".lock" }

// Set saves settings in a section of the file at path. It takes the lock,
// waiting until ctx ends, and reads the file anew, so that nothing somebody
// else saved gets lost. The result is written beside the file that symbolic
// links lead to and renamed over it, with mode 0600; when that fails, the file
// is as it was. A secret is refused where a command keeps them: see Vault.
func Set(ctx context.Context, path, section string, settings ...Setting) error {
	unlock, err := Lock(ctx, path)
	if err != nil {
		return err
	}
	defer unlock()
	return set(path, section, settings)
}

func (g Grant) settings() []Setting {
	return []Setting{
		{"refresh_token", string(g.RefreshToken)},
		{"granted_scopes", strings.Join(g.GrantedScopes, " ")},
		{"signed_in_at", stamp(g.SignedInAt)},
		{"expires_at", stamp(g.ExpiresAt)},
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// set does what Set promises; the caller holds the lock.
func set(path, section string, settings []Setting) error {
	old, _, err := Read(path)
	if err != nil {
		return err
	}
	text, err := edit(path, old, section, settings)
	if err != nil || text == old {
		return err
	}
	err = WritePrivate(resolve(path), text)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrUnconfirmed):
		return unsaved(path, "is saved, but the disk does not confirm it, and the next loss of power may take it back", err)
	default:
		return unsaved(path, "cannot be saved, the old content stays", err)
	}
}

// unsaved is failed, of a file that was to be saved.
func unsaved(path, what string, err error) *Error {
	e := failed(path, what, err)
	e.saving = true
	return e
}
