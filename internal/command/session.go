package command

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"vitals/fitbit"
	"vitals/internal/config"
	"vitals/internal/health"
	"vitals/internal/refresh"
	"vitals/internal/store"
	"vitals/internal/terminal"
	"vitals/internal/view"
)

// session is the parts that commands work with, built from the configuration.
// It is safe for concurrent use.
type session struct {
	env      Environment
	place    config.Place
	dataDir  string
	stateDir string
	vault    *config.Vault
	store    *store.Store
	machine  *time.Location
	note     string // what to know about all that the screen shows
	repaired string // what was put right at the start, in a sentence
	again    bool   // this is the second try, after damage was met
	demo     bool   // nothing is left on disk
	looks    bool   // a command that saves nothing somebody asked it to save
	glances  bool   // one that saves nothing at all, and waits for nobody
	unsaved  bool   // nothing can be saved: store is a look at the history, and says what there is
	onScreen bool   // the screen shows it

	keepAgain atomic.Bool // a refresh token that could not be kept is to be tried again

	mu      sync.Mutex // guards what follows
	config  config.Config
	client  *fitbit.Client // nil until it is asked for, and after a change
	reloads int            // how often the configuration was read anew
	meter   house          // likewise
	zone    *time.Location // that meter reads stamps in
	tasks   map[task]*flock.Flock

	closeMeter func() // ends what meter keeps open; nil without a meter
}

// openSession reads the configuration and opens the store. What can be said
// against it by the configuration alone is checked before: wrong usage leaves
// no file behind.
func (c *cli) openSession(ctx context.Context, checks ...func(*session) error) (*session, error) {
	return c.open(ctx, &session{}, checks...)
}

// openToLook is openSession for commands that look: where nothing can be saved they
// show what there is.
func (c *cli) openToLook(ctx context.Context, checks ...func(*session) error) (*session, error) {
	return c.open(ctx, &session{looks: true}, checks...)
}

// openToGlance is openToLook for what runs all the time beside others: it shows a
// copy of the history, and makes, locks and tidies up nothing. That there is no
// history yet is an error that wraps fs.ErrNotExist.
func (c *cli) openToGlance(ctx context.Context) (*session, error) {
	return c.open(ctx, &session{looks: true, glances: true, unsaved: true})
}

func (c *cli) open(ctx context.Context, s *session, checks ...func(*session) error) (*session, error) {
	place, err := config.Locate(c.configFlag, c.Getenv, c.WorkingDir, c.Home)
	if err != nil {
		return nil, err
	}
	s.env, s.place, s.machine, s.again = c.Environment, place, machineZone(c.Getenv), c.again
	if _, err := os.Stat(place.Path); errors.Is(err, fs.ErrNotExist) && place.Named() {
		c.say("there is no file %s yet: nothing is configured", place.Path)
	}
	if s.config, err = config.Load(place.Path, c.Home, c.Getenv); err != nil {
		return nil, err
	}
	s.vault = c.vault(place)
	if _, _, err := s.vault.Known(); err != nil {
		return nil, err
	}
	data, err := config.DataDir(c.Getenv, c.Home)
	if err != nil {
		return nil, err
	}
	state, err := config.StateDir(c.Getenv, c.Home)
	if err != nil {
		return nil, err
	}
	s.dataDir, s.stateDir = data.Path, state.Path
	if !s.glances {
		s.tidyUp()
	}
	for _, check := range checks {
		if err := check(s); err != nil {
			return nil, err
		}
	}
	if s.store, err = s.openStore(ctx); err != nil {
		return nil, err
	}
	if !s.unsaved {
		s.tellRepaired(append(s.store.Repaired(), s.leftovers()...)...)
	}
	return s, nil
}

func (s *session) storePath() string { return filepath.Join(s.dataDir, "vitals.db") }

// saveState keeps a file in the state directory, for its owner alone.
func (s *session) saveState(name, text string) error {
	if err := config.MakeDir(s.stateDir); err != nil {
		return err
	}
	return config.WritePrivate(filepath.Join(s.stateDir, name), text)
}

// Close closes the store. What is under way ends in good order.
func (s *session) Close() error {
	for _, t := range []task{fetching, importing, readingMeter} {
		s.end(t)
	}
	s.mu.Lock()
	s.leaveMeter()
	s.mu.Unlock()
	return s.store.Close()
}

// reload reads the configuration anew after it was changed.
func (s *session) reload() error {
	changed, err := config.Load(s.place.Path, s.env.Home, s.env.Getenv)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config, s.client = changed, nil
	s.leaveMeter()
	s.reloads++
	return nil
}

func (s *session) settings() config.Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config
}

// vault is where the secrets of the configuration at place are.
func (c *cli) vault(place config.Place) *config.Vault {
	return &config.Vault{Place: place, Home: c.Home, Environ: c.Environ, Now: c.Now,
		Messages: c.messages(), Visible: terminal.Visible, Saving: c.saving, Terminal: terminal.Look(c.Getenv, c.Stdin, c.Stdout).StdinTerminal}
}

// grant is the one that is kept, the zero Grant when nobody is signed in. Where
// a command keeps it, that may have to run.
func (s *session) grant(ctx context.Context) (fitbit.Grant, error) {
	kept, err := s.vault.Fitbit(ctx)
	return grantOf(kept.Grant), err
}

// account returns what reads from Google, with the OAuth client as config.ini has
// it now, or had it when this was asked for the first time since a reload.
func (s *session) account(ctx context.Context) (*fitbit.Client, error) {
	for {
		s.mu.Lock()
		client, reloads := s.client, s.reloads
		s.mu.Unlock()
		if client != nil {
			return client, nil
		}
		f, err := s.vault.Fitbit(ctx) // for which somebody may be asked
		if err != nil {
			return nil, err
		}
		client, err = fitbit.New(fitbit.Options{Endpoints: endpoints(f), Client: oauthClient(f), Keeper: configGrants{s.vault},
			Transport: s.env.Transport, Now: s.env.Now, RequestsPerSecond: s.env.RequestsPerSecond, RetryWait: s.env.RetryWait})
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		if s.client == nil && s.reloads == reloads {
			s.client = client
		}
		s.mu.Unlock()
	}
}

func oauthClient(f config.Fitbit) fitbit.OAuthClient {
	return fitbit.OAuthClient{ID: f.ClientID, Secret: fitbit.Secret(f.ClientSecret), RedirectURL: f.RedirectURL}
}

// endpoints are Google's where the configuration names no others.
func endpoints(f config.Fitbit) fitbit.Endpoints {
	e := fitbit.GoogleEndpoints()
	for _, set := range []struct {
		to   *string
		from string
	}{{&e.Auth, f.AuthURL}, {&e.Token, f.TokenURL}, {&e.Revoke, f.RevokeURL}, {&e.UserInfo, f.UserinfoURL}, {&e.API, f.APIURL}} {
		if set.from != "" {
			*set.to = set.from
		}
	}
	return e
}

// What Google Health offers. The line keeps a slip of the pen in package fitbit
// from taking a type away unnoticed.
var _ interface {
	refresh.Account
	refresh.HasProfile
	refresh.HasSettings
	refresh.HasDevices
	refresh.HasWeighings
	refresh.HasBodyFats
	refresh.HasHeights
	refresh.HasTotals
} = (*fitbit.Client)(nil)

// syncer returns what fetches from Google.
func (s *session) syncer(ctx context.Context) (*refresh.Syncer, error) {
	client, err := s.account(ctx)
	if err != nil {
		return nil, err
	}
	grant, err := s.grant(ctx)
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256([]byte(grant.RefreshToken))
	return &refresh.Syncer{Account: client, Store: s.store, Now: s.env.Now, Fallback: s.fallbackZone(), Grant: hex.EncodeToString(hash[:8])}, nil
}

// fallbackZone is that of the person's days while the account tells none.
func (s *session) fallbackZone() *time.Location {
	if zone := s.settings().Display.TimeZone; zone != nil {
		return zone
	}
	return s.machine
}

// viewer answers with the configuration as it is now.
func (s *session) viewer() *view.Viewer {
	c := s.settings()
	p := view.Preferences{Zone: c.Display.TimeZone, Fallback: s.machine, Units: health.WeightUnit(c.Display.Units),
		HeightM: c.Display.HeightMetres, GoalKG: c.Display.GoalKG, Tariffs: tariffs(c.Tariffs)}
	if c.Energy.Database != "" {
		p.Meter = meterKey(c.Energy)
	}
	return &view.Viewer{Store: shown{s.store}, Preferences: p, Now: s.env.Now}
}

// fetchLock keeps two programs from fetching at the same time.
func (s *session) fetchLock() *flock.Flock {
	return flock.New(filepath.Join(s.dataDir, "sync.lock"), flock.SetPermissions(0o600))
}
