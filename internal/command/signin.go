package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

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

	turn    sync.Mutex // guards what follows
	attempt fitbit.Attempt
	spent   fitbit.Secret // state of the attempt whose code this program exchanged
}

// Begin implements tui.Account.
func (s *signIn) Begin(ctx context.Context, fresh bool) (tui.Link, error) {
	f := s.settings().Fitbit
	if f.ClientID != "" {
		var err error
		if f, err = s.vault.Fitbit(ctx); err != nil {
			return tui.Link{}, err
		}
	}
	if err := s.vault.CanKeep(); err != nil {
		return tui.Link{}, err
	}
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
			return attempt, s.keepAddress(attempt)
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
	return attempt, s.keep(ctx, attempt)
}

// link describes an attempt to the screen.
func (s *signIn) link(attempt fitbit.Attempt) (tui.Link, error) {
	link := tui.Link{Address: attempt.URL(), Redirect: attempt.RedirectURL, Until: attempt.Expires,
		File: s.shortened(filepath.Join(s.stateDir, addressFile)), Warning: config.GitWarning(s.place.Path)}
	_, signedIn, err := s.vault.Known()
	if err != nil {
		return tui.Link{}, err
	}
	if signedIn {
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
	redirect := f.RedirectURL
	if redirect == s.settings().Fitbit.RedirectURL {
		redirect = ""
	}
	if err := s.vault.KeepClient(ctx, f.ClientID, f.ClientSecret, redirect); err != nil {
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
	if err := s.vault.CanKeep(); err != nil { // before the code is spent
		return tui.Connected{}, err
	}
	client, err := s.account(ctx)
	if err != nil {
		return tui.Connected{}, err
	}
	release, err := s.claim(ctx, attempt)
	if err != nil {
		return tui.Connected{}, err
	}
	defer release()
	signedIn, err := client.Complete(ctx, attempt, answer, func(step fitbit.Step) {
		if step == fitbit.Verifying {
			s.spend(attempt)
		}
		report(step.String())
	})
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
		kept, failed := s.grant(ctx)
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
		Saved:   s.savedIn(),
		Untried: signedIn.Unverified}
	err := configGrants{s.vault}.replace(ctx, signedIn.Grant)
	if err != nil {
		return tui.Connected{}, failure{code: exitFailed, cause: fmt.Errorf("signed in, but the grant could not be saved: %w", err),
			hint: health.Hint(err)}
	}
	client.Forget()           // whatever it read with so far
	_ = s.forgetRefusals(ctx) // the next sync notes it, too
	return connected, nil
}

// savedIn says where a grant is.
func (s *session) savedIn() string {
	if s.settings().Secrets.Command != "" {
		return "The grant is kept by the store_command of " + s.shortened(s.place.Path) + "."
	}
	return "The grant is saved in " + s.shortened(s.place.Path) + "; only you can read it."
}

// CopySequence implements tui.Account.
func (s *signIn) CopySequence(text string) (sequence, note string) {
	return s.facts.ClipboardSequence(text), s.facts.ClipboardNote()
}
