package command

import (
	"context"
	"reflect"

	"vitals/fitbit"
	"vitals/internal/config"
)

// configGrants keeps the grant in config.ini, under the lock beside it.
type configGrants struct{ path string }

// Update implements fitbit.GrantKeeper.
func (k configGrants) Update(ctx context.Context, change func(fitbit.Grant) (fitbit.Grant, error)) error {
	return config.KeepGrant(ctx, k.path, func(f config.Fitbit) (*config.Grant, error) {
		kept := grantOf(f.Grant)
		changed, err := change(kept)
		if err != nil || reflect.DeepEqual(kept, changed) {
			return nil, err
		}
		return &config.Grant{RefreshToken: config.Secret(changed.RefreshToken), GrantedScopes: changed.Scopes,
			SignedInAt: changed.SignedInAt, ExpiresAt: changed.ExpiresAt}, nil
	})
}

func grantOf(g config.Grant) fitbit.Grant {
	return fitbit.Grant{RefreshToken: fitbit.Secret(g.RefreshToken), Scopes: g.GrantedScopes,
		SignedInAt: g.SignedInAt, ExpiresAt: g.ExpiresAt}
}
