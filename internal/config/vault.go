package config

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"sync"
	"sync/atomic"
	"time"
)

// Vault is where the client secret and the refresh token are: in the file
// itself or, where it has a section [secrets], with a program of the user's.
//
// With a command set, both secrets are the command's and none may stand in the
// file: there is never a question which of two is meant, and nothing is written
// to a file that is to stay clean. What is no secret – client id, scopes,
// times – stays in the file all the same.
//
// A command runs when a secret is first needed, and again under the lock of a
// KeepGrant, where another process may have changed it. What it said is kept in
// memory until [fitbit] or [secrets] of the file change.
//
// Set the fields before the first use. A Vault is safe for concurrent use, and
// runs one command at a time.
type Vault struct {
	Place   Place
	Home    string   // for "~/" in a command
	Environ []string // of the commands, less what is secret in it
	Now     func() time.Time

	// Messages takes what a command says on its standard error, as it comes,
	// while no screen is up; nil drops it, and so does one that takes nothing: the
	// command must not be ended in the middle of its work. It is in no error: errors are
	// stored, and nobody knows what a command says.
	Messages io.Writer

	// Visible returns a writer that drops what must not get to a terminal, before
	// the secrets in Messages are looked for. Nil: nothing is dropped.
	Visible func(io.Writer) io.Writer

	// Terminal says that somebody sits at one, whom a command may ask for a
	// passphrase. It then shares the terminal, as a shell's would.
	Terminal bool

	Patience time.Duration // how long a command may take; 0: a minute

	// Saving is held while a secret may be on its way: from before the old one is
	// spent until the new one is kept, also while that is in memory alone. It is
	// locked within itself. Nil: nobody asks.
	Saving sync.Locker

	screen atomic.Bool
	aside  aside // what is on its way to Messages

	turn   sync.Mutex // of the command that runs
	mu     sync.Mutex // guards what follows
	from   source     // what the answer belongs to
	answer *answer    // nil: not asked yet
	unkept *unkept    // nil: all is kept
}

// source is all of a file that the secrets depend on.
type source struct {
	fitbit  Fitbit
	secrets Secrets
}

// answer is what the command said, or why it did not.
type answer struct {
	held
	err error
	at  time.Time
}

// ScreenIsUp tells that the terminal belongs to a screen, or does no more:
// meanwhile commands run without a terminal, and say nothing.
func (v *Vault) ScreenIsUp(up bool) { v.screen.Store(up) }

// AskAgain forgets that the command failed. Otherwise that is remembered for an
// hour: a program that asks for a passphrase must not do so every ten seconds.
func (v *Vault) AskAgain() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.answer != nil && v.answer.err != nil {
		v.answer = nil
	}
}

// Fitbit reads the section [fitbit] anew, with its secrets wherever they are.
func (v *Vault) Fitbit(ctx context.Context) (Fitbit, error) {
	file, err := v.read()
	if err != nil || file.Secrets.Command == "" {
		return file.Fitbit, err
	}
	if a := v.remembered(file); a != nil {
		return a.in(file.Fitbit), a.err
	}
	v.turn.Lock()
	defer v.turn.Unlock()
	if a := v.remembered(file); a != nil { // meanwhile
		return a.in(file.Fitbit), a.err
	}
	secrets, err := v.ask(ctx, file)
	return v.newer(file, secrets.held).in(file.Fitbit), err
}

// Known is Fitbit without running a command: secrets that are not known are
// empty. Whether a grant is kept is then told by what the file says of it.
func (v *Vault) Known() (f Fitbit, signedIn bool, err error) {
	file, err := v.read()
	f = file.Fitbit
	if err != nil || file.Secrets.Command == "" {
		return f, f.RefreshToken != "", err
	}
	if a := v.remembered(file); a != nil && a.err == nil {
		f = a.in(f)
		return f, f.RefreshToken != "", nil
	}
	return f, !f.SignedInAt.IsZero(), nil
}

// CanKeep returns why a new secret could not be kept, before there is one.
func (v *Vault) CanKeep() error {
	file, err := v.read()
	if err != nil || file.Secrets.Command == "" {
		return err
	}
	if err := v.mayRun(file); err != nil {
		return err
	}
	if file.Secrets.StoreCommand == "" {
		return noStoreCommand(file)
	}
	return nil
}

func noStoreCommand(file *opened) error {
	return &Error{Path: file.path, Line: file.lineOf("secrets", "command"),
		problem: "[secrets] has a command, and there is no store_command to keep a new one",
		hint:    "set store_command under [secrets]: a program that takes \"name = value\" lines on its standard input"}
}

// KeepGrant reads the grant anew under the lock, hands it to renew, and saves
// the grant that renew returns; nil leaves all as it is. The lock is held all
// the while, so two processes never spend one refresh token. A new refresh
// token goes to the store command, where there is one to go to.
func (v *Vault) KeepGrant(ctx context.Context, renew func(Fitbit) (*Grant, error)) error {
	return v.keepGrant(ctx, renew, v.keep)
}

// keepGrant is KeepGrant, by a way to keep.
func (v *Vault) keepGrant(ctx context.Context, renew func(Fitbit) (*Grant, error), keep keeping) error {
	return v.underLock(ctx, "refresh_token", func(file *opened, now held, unknown error) error {
		if unknown != nil {
			return unknown
		}
		newest := v.newer(file, now)
		grant, err := renew(newest.in(file.Fitbit))
		if err != nil || grant == nil {
			return err
		}
		if err := v.sameCommands(file); err != nil { // renew took its time
			return err
		}
		return keep(ctx, file, now, held{newest.clientSecret, grant.RefreshToken}, grant.settings())
	})
}

// keeping saves changed secrets, and settings beside them.
type keeping func(ctx context.Context, file *opened, was, are held, settings []Setting) error

// underLock hands over the file and the secrets as they are while this process
// holds the lock and, where a command is set, the turn; and why they are unknown.
// A command may be silent about the one that is to be replaced, "" for none.
func (v *Vault) underLock(ctx context.Context, replaced string, do func(file *opened, now held, unknown error) error) error {
	if v.Saving != nil { // before the lock: one who waits for that with a token in memory is not to be cut off
		v.Saving.Lock()
		defer v.Saving.Unlock()
	}
	unlock, err := Lock(ctx, v.Place.Path)
	if err != nil {
		return err
	}
	defer unlock()
	file, err := v.read()
	if err != nil {
		return err
	}
	if file.Secrets.Command == "" {
		return do(file, held{file.Fitbit.ClientSecret, file.Fitbit.RefreshToken}, nil)
	}
	v.turn.Lock()
	defer v.turn.Unlock()
	now, unknown := v.ask(ctx, file)
	if unknown == nil && now.missing != "" && now.missing != replaced && file.Secrets.StoreCommand != "" {
		unknown = &CommandError{at: Error{Path: file.path, Line: file.lineOf("secrets", "command"),
			problem: "[secrets] command prints one of the two secrets only, and the other one could be overwritten",
			hint:    fmt.Sprintf(`have it print the line "%s =" where there is none`, now.missing)}}
	}
	return do(file, now.held, unknown)
}

// ForgetGrant empties the grant, the one under the old names included.
func (v *Vault) ForgetGrant(ctx context.Context) error {
	return v.KeepGrant(ctx, func(Fitbit) (*Grant, error) {
		return &Grant{}, set(v.Place.Path, oldSection, []Setting{{"U_KEY", ""}, {"U_SECRET", ""}})
	})
}

// KeepClient saves an OAuth client; a redirectURL of "" leaves that as it is.
func (v *Vault) KeepClient(ctx context.Context, id string, secret Secret, redirectURL string) error {
	if err := v.CanKeep(); err != nil {
		return err
	}
	settings := []Setting{{"client_id", id}, {"client_secret", string(secret)}}
	if redirectURL != "" {
		settings = append(settings, Setting{"redirect_url", redirectURL})
	}
	return v.underLock(ctx, "client_secret", func(file *opened, now held, unknown error) error {
		if unknown != nil {
			failed, ok := errors.AsType[*CommandError](unknown)
			if !ok || !failed.showsNothing {
				return unknown
			}
			// Many programs fail while there is nothing to show. With a client or a
			// sign-in in the file, it is rather that something is locked.
			if file.Fitbit.ClientID != "" || !file.Fitbit.SignedInAt.IsZero() {
				return failed.orEmpty()
			}
		}
		return v.keep(ctx, file, now, held{secret, v.newer(file, now).refreshToken}, settings)
	})
}

// orEmpty says, too, what to do where nothing is kept yet.
func (e *CommandError) orEmpty() error {
	also := *e
	also.at.hint += "; if nothing is kept yet, have it print \"client_secret =\" and \"refresh_token =\""
	return &also
}

// sameCommands returns an error when [secrets] says something else than it did:
// a secret would go to where it is not looked for any more.
func (v *Vault) sameCommands(file *opened) error {
	now, err := v.read()
	if err != nil || now.Secrets == file.Secrets { // a file in the middle of being edited says nothing
		return nil
	}
	return &Error{Path: file.path, Line: now.lineOf("secrets", "command"), saving: true,
		problem: "[secrets] was changed while a secret was to be kept, which is now kept nowhere", hint: "sign in again: vitals auth"}
}

// keep saves changed secrets and the settings beside them. It does not end with
// ctx: the old token may be spent by then, and a store command that is cut off
// may leave half of what it had. The caller holds the lock and, where a command
// is set, the turn.
func (v *Vault) keep(ctx context.Context, file *opened, was, are held, settings []Setting) error {
	ctx = context.WithoutCancel(ctx)
	if file.Secrets.Command == "" {
		err := set(v.Place.Path, "fitbit", settings)
		if err == nil {
			v.noteUnkept(file, was, are, "", nil)
		}
		return err
	}
	// The secret first: if the rest fails, it is only a date that is old.
	if was != are {
		if err := v.store(ctx, file, are); err != nil {
			return err
		}
	}
	v.noteUnkept(file, was, are, "", nil)
	return v.keepBeside(file, are, settings)
}

// keepBeside saves what is no secret, and remembers the secrets beside it.
func (v *Vault) keepBeside(file *opened, are held, settings []Setting) error {
	if err := set(v.Place.Path, "fitbit", withoutSecrets(settings)); err != nil {
		return err
	}
	if saved, err := v.read(); err == nil && saved.Secrets == file.Secrets {
		v.remember(saved, are, nil)
	}
	return nil
}

func withoutSecrets(settings []Setting) []Setting {
	var rest []Setting
	for _, s := range settings {
		if !isSecretKey(s.Key) {
			rest = append(rest, s)
		}
	}
	return rest
}

// opened is a configuration and the open file that it was read from.
type opened struct {
	*decoder
	path string
	file fileRead
}

func (v *Vault) read() (*opened, error) {
	d, file, err := load(v.Place.Path, v.Home)
	if err == nil {
		err = d.checkSecrets(v.Place.Path)
	}
	if err != nil {
		return &opened{decoder: newDecoder(v.Home)}, err
	}
	return &opened{d, v.Place.Path, file}, nil
}

// remembered is the answer that still holds, nil for none.
func (v *Vault) remembered(file *opened) *answer {
	const failureHolds = time.Hour
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.answer == nil || !reflect.DeepEqual(v.from, source{file.Fitbit, file.Secrets}) ||
		v.answer.err != nil && v.Now().Sub(v.answer.at).Abs() > failureHolds {
		return nil
	}
	return v.answer
}

func (v *Vault) remember(file *opened, secrets held, err error) {
	if isEnded(err) {
		return // whoever asked went away; that says nothing of the command
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.from, v.answer = source{file.Fitbit, file.Secrets}, &answer{secrets, err, v.Now()}
}

// ask runs the command; the caller has the turn.
func (v *Vault) ask(ctx context.Context, file *opened) (printed, error) {
	secrets, err := printed{}, v.mayRun(file)
	if err == nil {
		secrets, err = v.command(ctx, file)
		secrets, err = v.fillIn(file, secrets, err)
	}
	v.remember(file, v.newer(file, secrets.held), err)
	return secrets, err
}

// store hands all secrets to the store command, and looks whether the command
// has them now: a program that takes them and forgets them would cost the
// sign-in.
func (v *Vault) store(ctx context.Context, file *opened, secrets held) error {
	if file.Secrets.StoreCommand == "" {
		return noStoreCommand(file)
	}
	if err := v.mayRun(file); err != nil {
		return err
	}
	if err := v.storeCommand(ctx, file, secrets); err != nil {
		return err
	}
	kept, err := v.command(ctx, file)
	if err != nil {
		return err
	}
	if kept.held != secrets {
		return &CommandError{at: Error{Path: file.path, Line: file.lineOf("secrets", "store_command"),
			problem: "[secrets] store_command ended well, but [secrets] command does not print what it was given",
			hint:    "make both of them use the same place"}}
	}
	return nil
}

// held is what a command holds.
type held struct{ clientSecret, refreshToken Secret }

// printed is what a command said that it holds.
type printed struct {
	held
	missing string // the one it did not mention, not even that there is none
}

func (h held) in(f Fitbit) Fitbit {
	f.ClientSecret, f.RefreshToken = h.clientSecret, h.refreshToken
	return f
}

// folder is where commands run: beside the file, which was looked at, and not
// wherever somebody happens to be.
func (o *opened) folder() string { return cmp.Or(filepath.Dir(resolve(o.path)), "/") }
