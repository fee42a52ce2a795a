package command

import (
	"context"

	"vitals/internal/push"
)

// websiteDatabase checks the database that figures are pushed to.
func (x *examination) websiteDatabase(ctx context.Context) check {
	const name = "website"
	switch {
	case x.unread != nil:
		return notChecked(name)
	case x.config.Push.DSN == "":
		return fine(name, "none: dsn under [push] is not set")
	}
	at, err := x.website()
	if err != nil {
		return brokenBy(name, err)
	}
	found, err := push.Inspect(ctx, at, x.keptName())
	switch {
	case ctx.Err() != nil:
		return doubtful(name, "check the network, and whether the server is well", "the database %s did not answer within %v", at, x.patience)
	case err != nil:
		return brokenBy(name, err)
	case !found.Allowed:
		return broken(name, "ask its owner for the rights", "%s may not write to the database %s", found.User, at)
	case found.Pushed.IsZero():
		return doubtful(name, "run vitals push", "the database %s answers, and nothing was pushed to it from here yet", at)
	default:
		return fine(name, "the database %s, schema %s, last pushed %s", at, found.Schema, x.at(found.Pushed))
	}
}
