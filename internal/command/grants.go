package command

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"vitals/fitbit"
	"vitals/internal/config"
	"vitals/internal/health"
	"vitals/internal/view"
)

// configGrants keeps the grant in config.ini, or where a command of it keeps
// secrets, under the lock beside it.
type configGrants struct{ *config.Vault }

// Update implements fitbit.GrantKeeper.
func (k configGrants) Update(ctx context.Context, change func(fitbit.Grant) (fitbit.Grant, error)) error {
	return k.RenewGrant(ctx, func(f config.Fitbit) (*config.Grant, error) {
		kept := grantOf(f.Grant)
		changed, err := change(kept)
		if err != nil || reflect.DeepEqual(kept, changed) {
			return nil, err
		}
		// Change took its time. Who changed the file meanwhile without the lock,
		// with an editor or by restoring it, meant what is there now.
		now, err := config.Load(k.Place.Path, k.Home, func(string) string { return "" })
		if err != nil || now.Secrets.Command == "" && now.Fitbit.RefreshToken != f.RefreshToken {
			return nil, err
		}
		return toKeep(changed), nil
	})
}

// replace keeps a grant whatever was kept before.
func (k configGrants) replace(ctx context.Context, grant fitbit.Grant) error {
	return k.KeepGrant(ctx, func(config.Fitbit) (*config.Grant, error) { return toKeep(grant), nil })
}

// revoke gives the kept grant back to Google and forgets it, also when Google
// does not take it, which refused tells. Nobody renews it meanwhile.
func (k configGrants) revoke(ctx context.Context, client *fitbit.Client) (refused, err error) {
	given := false
	err = k.KeepGrant(ctx, func(f config.Fitbit) (*config.Grant, error) {
		refused = client.Revoke(ctx, grantOf(f.Grant))
		given = refused == nil
		if !given && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return &config.Grant{}, nil
	})
	if err != nil && given {
		err = fmt.Errorf("the access was given back to Google, but is not forgotten here: %w", err)
	}
	if err != nil {
		return nil, err
	}
	return refused, k.ForgetGrant(context.WithoutCancel(ctx)) // the one under the old names, too
}

func toKeep(g fitbit.Grant) *config.Grant {
	return &config.Grant{RefreshToken: config.Secret(g.RefreshToken), GrantedScopes: g.Scopes, SignedInAt: g.SignedInAt, ExpiresAt: g.ExpiresAt}
}

func grantOf(g config.Grant) fitbit.Grant {
	return fitbit.Grant{RefreshToken: fitbit.Secret(g.RefreshToken), Scopes: g.GrantedScopes,
		SignedInAt: g.SignedInAt, ExpiresAt: g.ExpiresAt}
}

// knownGrant is what can be told of the grant, without asking Google, nor a
// command that keeps it: how the data was fetched tells whether it was refused.
func (s *session) knownGrant(fetches []health.Fetch) (*view.Grant, error) {
	kept, signedIn, err := s.vault.Known()
	if err != nil {
		return nil, err
	}
	f := s.settings().Fitbit
	_, unusable := fitbit.Begin(oauthClient(f), endpoints(f), s.env.Now()) // the keys of the old blog open nothing
	return &view.Grant{Kept: signedIn && unusable == nil, SignedInAt: kept.SignedInAt, ExpiresAt: kept.ExpiresAt,
		Refused: slices.ContainsFunc(fetches, refused)}, nil
}

func refused(f health.Fetch) bool { return fitbit.SaysGrantIsDead(f.Error) }

// snapshot is the viewer's, with the grant.
func (s *session) snapshot(ctx context.Context, v *view.Viewer) (view.Snapshot, error) {
	snapshot, err := v.Snapshot(ctx)
	if err == nil {
		// A configuration that cannot be read is told by whoever fetches with it.
		snapshot.Grant, _ = s.knownGrant(snapshot.Fetches)
	}
	return snapshot, err
}

// forgetRefusals takes back what was noted of the grant before this one. It
// does so only while nobody fetches, who would note how it went anew.
func (s *session) forgetRefusals(ctx context.Context) error {
	lock := s.fetchLock()
	if ok, err := lock.TryLock(); !ok {
		return err
	}
	defer lock.Unlock()
	fetches, err := s.store.Fetches(ctx)
	if err != nil {
		return err
	}
	for _, f := range fetches {
		if refused(f) || config.SaysNotKept(f.Error) {
			f.Error = ""
			if err := s.store.SaveFetch(ctx, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// keepAtLast tries once more, before the program ends, to keep a refresh token
// that the store command did not take, and adds to how it went if that fails. It is
// noted for auth status: what is kept there may open nothing any more.
func (s *session) keepAtLast(ctx context.Context, went error) error {
	lost := s.vault.KeepAgain(ctx)
	if lost == nil {
		return went
	}
	identity := health.Fetch{Type: health.TypeIdentity}
	ctx = context.WithoutCancel(ctx)
	fetches, err := s.store.Fetches(ctx)
	for _, f := range fetches {
		if f.Type == identity.Type {
			identity = f
		}
	}
	if identity.Error = health.WithHint(lost); err == nil {
		_ = s.store.SaveFetch(ctx, identity) // it is said here in any case
	}
	if went == nil {
		return failure{code: exitPartly, cause: lost, hint: health.Hint(lost)}
	}
	complain(s.env.messages(), lost)
	return went
}
