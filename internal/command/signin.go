package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"vitals/fitbit"
	"vitals/internal/config"
	"vitals/internal/health"
	"vitals/internal/refresh"
	"vitals/internal/terminal"
	"vitals/tui"
)

// signIn is the guided sign-in without a screen; the dashboard and the auth
// command present it.
type signIn struct {
	*session
	facts terminal.Facts

	turn    sync.Mutex // guards attempt
	attempt fitbit.Attempt
}

// The files of a sign-in under way, in the state directory. They are removed
// when it ends.
const (
	attemptFile = "sign-in.json"
	addressFile = "sign-in-address"
)

// Begin implements tui.Account.
func (s *signIn) Begin(ctx context.Context, fresh bool) (tui.Link, error) {
	f := s.settings().Fitbit
	if f.ClientID == "" || f.ClientSecret == "" {
		return tui.Link{NeedsClient: true, Warning: config.GitWarning(s.place.Path)}, nil
	}
	attempt, err := s.begin(ctx, fresh)
	if problem := (*fitbit.Error)(nil); errors.As(err, &problem) && problem.Kind == fitbit.KindSetup {
		return tui.Link{NeedsClient: true, Note: problem.Error() + ".", Warning: config.GitWarning(s.place.Path)}, nil
	}
	if err != nil {
		return tui.Link{}, err
	}
	return s.link(attempt)
}

// begin returns the attempt that is under way, or makes and keeps a new one.
func (s *signIn) begin(ctx context.Context, fresh bool) (fitbit.Attempt, error) {
	if !fresh {
		if attempt, err := s.pending(ctx); err == nil {
			return attempt, s.keep(attempt)
		}
	}
	zone, err := s.viewer().Zone(ctx)
	if err != nil {
		return fitbit.Attempt{}, err
	}
	f := s.settings().Fitbit
	attempt, err := fitbit.Begin(oauthClient(f), endpoints(f), s.env.Now().In(zone))
	if err != nil {
		return attempt, err
	}
	s.use(attempt)
	return attempt, s.keep(attempt)
}

func (s *signIn) use(attempt fitbit.Attempt) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.attempt = attempt
}

func (s *signIn) current() fitbit.Attempt {
	s.turn.Lock()
	defer s.turn.Unlock()
	return s.attempt
}

// errNoAttempt is the answer to a paste that no sign-in waits for.
var errNoAttempt = failure{code: exitFailed, cause: errors.New("no sign-in is under way, or it is older than ten minutes"),
	hint: "vitals auth --print-url begins one"}

// pending takes up the kept attempt, if it may still be finished.
func (s *signIn) pending(ctx context.Context) (fitbit.Attempt, error) {
	var attempt fitbit.Attempt
	text, err := os.ReadFile(filepath.Join(s.stateDir, attemptFile))
	if err != nil {
		return fitbit.Attempt{}, errNoAttempt
	}
	f := s.settings().Fitbit
	if json.Unmarshal(text, &attempt) != nil || attempt.Check(s.env.Now()) != nil || attempt.ClientID != f.ClientID || attempt.AuthURL != endpoints(f).Auth {
		s.forgetAttempt()
		return fitbit.Attempt{}, errNoAttempt
	}
	zone, err := s.viewer().Zone(ctx)
	if err != nil {
		return fitbit.Attempt{}, err
	}
	attempt.Expires = attempt.Expires.In(zone)
	s.use(attempt)
	return attempt, nil
}

// keep saves an attempt, so that a dropped connection does not end it, and its
// address until it has expired or the guide is left.
func (s *signIn) keep(attempt fitbit.Attempt) error {
	text, err := json.Marshal(attempt)
	if err != nil { // plain values always marshal
		panic(err)
	}
	for name, content := range map[string]string{attemptFile: string(text), addressFile: attempt.URL() + "\n"} {
		if err := s.saveState(name, content); err != nil {
			return fmt.Errorf("keeping the sign-in in %s: %w", s.stateDir, err)
		}
	}
	time.AfterFunc(attempt.Expires.Sub(s.env.Now()), func() { s.removeAddress(attempt) })
	return nil
}

// removeAddress removes the file with the address, unless it has another
// attempt's.
func (s *signIn) removeAddress(attempt fitbit.Attempt) {
	path := filepath.Join(s.stateDir, addressFile)
	if text, err := os.ReadFile(path); err == nil && strings.TrimSpace(string(text)) == attempt.URL() {
		os.Remove(path)
	}
}

// Leave implements tui.Account.
func (s *signIn) Leave() { s.removeAddress(s.current()) }

// tidyUp removes what a sign-in left that ended without a word, once it has
// expired.
func (s *signIn) tidyUp() {
	text, err := os.ReadFile(filepath.Join(s.stateDir, attemptFile))
	var attempt fitbit.Attempt
	if err != nil || json.Unmarshal(text, &attempt) != nil || attempt.Check(s.env.Now()) != nil {
		s.forgetAttempt()
	}
}

// forgetAttempt removes what keep saved.
func (s *signIn) forgetAttempt() {
	os.Remove(filepath.Join(s.stateDir, attemptFile))
	os.Remove(filepath.Join(s.stateDir, addressFile))
}

// link describes an attempt to the screen.
func (s *signIn) link(attempt fitbit.Attempt) (tui.Link, error) {
	link := tui.Link{Address: attempt.URL(), Redirect: attempt.RedirectURL, Until: attempt.Expires,
		File: s.shortened(filepath.Join(s.stateDir, addressFile)), Warning: config.GitWarning(s.place.Path)}
	grant, err := s.grant()
	if err != nil {
		return tui.Link{}, err
	}
	if grant.RefreshToken != "" {
		link.Note = "You are signed in already; signing in again replaces that."
	}
	return link, nil
}

// shortened writes the home directory as ~.
func (s *session) shortened(path string) string {
	if rest, ok := strings.CutPrefix(path, s.env.Home+"/"); ok && s.env.Home != "" {
		return "~/" + rest
	}
	return path
}

// errNotAClient says what the OAuth client may be given as.
var errNotAClient = failure{code: exitUsage, cause: errors.New("that is neither a client id nor Google's client file"),
	hint: "an id ends in .apps.googleusercontent.com; the file is named client_secret_*.json"}

// TakeClient implements tui.Account.
func (s *signIn) TakeClient(ctx context.Context, text, secret string) (wantsSecret bool, err error) {
	text = strings.TrimSpace(text)
	client := fitbit.OAuthClient{ID: text, Secret: fitbit.Secret(strings.TrimSpace(secret))}
	switch {
	case strings.Contains(text, "{"):
		client, err = fitbit.ParseClientFile([]byte(text))
	case s.readable(text):
		client, err = s.clientFromFile(text)
	case strings.HasSuffix(text, ".json"):
		err = usage("check the path of Google's client file", "there is no file %s", text)
	}
	if err != nil {
		return false, err
	}
	f := s.settings().Fitbit
	f.ClientID, f.ClientSecret = client.ID, config.Secret(client.Secret)
	if client.RedirectURL != "" {
		f.RedirectURL = client.RedirectURL
	}
	if _, err := fitbit.Begin(oauthClient(f), endpoints(f), s.env.Now()); err != nil || strings.ContainsAny(f.ClientID, " /\\") {
		return false, errNotAClient
	}
	if client.Secret == "" {
		return true, nil
	}
	return false, s.saveClient(ctx, f)
}

func (s *signIn) readable(path string) bool {
	info, err := os.Stat(s.expanded(path))
	return err == nil && info.Mode().IsRegular()
}

func (s *signIn) clientFromFile(path string) (fitbit.OAuthClient, error) {
	const most = 64 << 10
	if info, err := os.Stat(s.expanded(path)); err == nil && info.Size() > most {
		return fitbit.OAuthClient{}, errNotAClient
	}
	text, err := os.ReadFile(s.expanded(path))
	if err != nil {
		return fitbit.OAuthClient{}, fmt.Errorf("reading the client file: %w", err)
	}
	return fitbit.ParseClientFile(text)
}

func (s *signIn) saveClient(ctx context.Context, f config.Fitbit) error {
	settings := []config.Setting{{Key: "client_id", Value: f.ClientID}, {Key: "client_secret", Value: string(f.ClientSecret)}}
	if f.RedirectURL != s.settings().Fitbit.RedirectURL {
		settings = append(settings, config.Setting{Key: "redirect_url", Value: f.RedirectURL})
	}
	if err := config.Set(ctx, s.place.Path, "fitbit", settings...); err != nil {
		return err
	}
	return s.reload()
}

// Read implements tui.Account.
func (s *signIn) Read(pasted string) tui.Paste {
	answer, err := s.current().Read(pasted)
	var problem *fitbit.Error
	switch {
	case err == nil && answer.StateUnchecked:
		return tui.Paste{State: tui.PasteReady, Note: noteUnchecked}
	case err == nil:
		return tui.Paste{State: tui.PasteReady}
	case errors.As(err, &problem) && problem.Kind == fitbit.KindNothingPasted:
		return tui.Paste{State: tui.PasteEmpty, Problem: health.WithHint(err)}
	case errors.As(err, &problem) && problem.Kind == fitbit.KindIncomplete:
		return tui.Paste{State: tui.PasteUnfinished, Problem: health.WithHint(err)}
	default:
		return tui.Paste{State: tui.PasteWrong, Problem: health.WithHint(err)}
	}
}

const noteUnchecked = "a bare code: that it belongs to this sign-in cannot be checked (state)"

// Complete implements tui.Account.
func (s *signIn) Complete(ctx context.Context, pasted string, report func(step string)) (tui.Connected, error) {
	attempt := s.current()
	answer, err := attempt.Read(pasted)
	if err != nil {
		return tui.Connected{}, err
	}
	client, err := s.account()
	if err != nil {
		return tui.Connected{}, err
	}
	signedIn, err := client.Complete(ctx, attempt, answer, func(step fitbit.Step) { report(step.String()) })
	if err != nil {
		return tui.Connected{}, err
	}
	if err := s.acceptable(ctx, signedIn); err != nil {
		return tui.Connected{}, err
	}
	report("saving the grant")
	return s.save(ctx, client, signedIn)
}

// acceptable tells why a grant should not be kept. One that could not be tried
// out may prove good later, but does not replace another unless Google was just
// busy.
func (s *signIn) acceptable(ctx context.Context, signedIn fitbit.SignedIn) error {
	if err := signedIn.Unverified; err != nil {
		var problem *fitbit.Error
		busy := errors.As(err, &problem) && problem.Kind == fitbit.KindTryAgain
		kept, failed := s.grant()
		switch {
		case failed != nil:
			return failed
		case errors.Is(err, health.ErrSignInNeeded), kept.RefreshToken != "" && !busy:
			return err
		}
		return nil
	}
	person, err := s.store.Person(ctx)
	if err != nil {
		return err
	}
	if known := person.Identity.HealthUserID; known != "" && known != signedIn.Identity.HealthUserID {
		return refresh.ErrOtherPerson
	}
	return nil
}

// save keeps the grant and says where.
func (s *signIn) save(ctx context.Context, client *fitbit.Client, signedIn fitbit.SignedIn) (tui.Connected, error) {
	connected := tui.Connected{Name: signedIn.Name, Granted: signedIn.Grant.Granted(), Missing: signedIn.Grant.Missing(),
		Saved:   "The grant is saved in " + s.shortened(s.place.Path) + "; only you can read it.",
		Untried: signedIn.Unverified}
	err := configGrants{s.place.Path}.Update(ctx, func(fitbit.Grant) (fitbit.Grant, error) { return signedIn.Grant, nil })
	if err != nil {
		return tui.Connected{}, failure{code: exitFailed, cause: fmt.Errorf("signed in, but the grant could not be saved: %w", err),
			hint: health.Hint(err)}
	}
	client.Forget() // whatever it read with so far
	s.forgetAttempt()
	_ = s.forgetRefusals(ctx) // the next sync notes it, too
	return connected, nil
}

// CopySequence implements tui.Account.
func (s *signIn) CopySequence(text string) (sequence, note string) {
	return s.facts.ClipboardSequence(text), s.facts.ClipboardNote()
}
