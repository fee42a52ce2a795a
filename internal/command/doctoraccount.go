package command

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"vitals/fitbit"
	"vitals/internal/config"
	"vitals/internal/health"
)

// clientProblem is why nothing can be asked of Google with a client.
func clientProblem(f config.Fitbit, now time.Time) error {
	_, err := fitbit.Begin(oauthClient(f), endpoints(f), now)
	return err
}

// grantCheck says what is known of the grant. It is not tried out: to renew it
// may change it, and what comes back then has to be saved under the lock, which
// is more than a look. Every sync tries it, and notes how that went.
func (x *examination) grantCheck(context.Context) check {
	const name = "grant"
	f := x.config.Fitbit
	switch {
	case x.unread != nil:
		return notChecked(name)
	case x.noSecrets != nil:
		return doubtful(name, "put config right first", "not known, as the command of [secrets] does not tell it")
	case f.ClientID == "" && f.RefreshToken == "":
		return fine(name, "Google is not set up (vitals auth does it)")
	case x.wrongSetup != nil:
		return brokenBy(name, x.wrongSetup)
	case f.RefreshToken == "":
		return doubtful(name, "vitals auth", "not signed in, with client %s", masked(f.ClientID))
	}
	grant, err := x.knownGrant(x.fetches)
	if err != nil {
		return brokenBy(name, err)
	}
	kept, now := grantOf(f.Grant), x.env.Now().In(x.zone)
	words := []string{"signed in"}
	if !grant.SignedInAt.IsZero() {
		words[0] += " since " + x.at(grant.SignedInAt)
	}
	if !grant.ExpiresAt.IsZero() {
		until := "until " + x.at(grant.ExpiresAt)
		if grant.OfTesting() {
			until += " (the Google project is in Testing: seven days)"
		}
		words = append(words, until)
	}
	if granted := kept.Granted(); len(granted) > 0 {
		words = append(words, "for "+strings.Join(granted, " and "))
	}
	last := health.NewestSuccess(x.fetches)
	if !last.IsZero() {
		words = append(words, "last used with success "+x.at(last))
	}
	detail := list(append(words, "client "+masked(f.ClientID)))
	failed := slices.IndexFunc(x.fetches, func(f health.Fetch) bool { return f.Error != "" })
	what := "everything"
	if failed >= 0 && slices.ContainsFunc(x.fetches, func(f health.Fetch) bool { return f.Error != x.fetches[failed].Error }) {
		what = string(x.fetches[failed].Type)
	}
	warning := grant.Warning(now)
	switch {
	case grant.Refused:
		return broken(name, renewal(*grant), "%s; it was %s", x.fetches[slices.IndexFunc(x.fetches, refused)].Error, detail)
	case warning != "" && grant.Ended(now):
		return broken(name, renewal(*grant), "%s; it was %s", warning, detail)
	case warning != "":
		return doubtful(name, renewal(*grant), "%s; %s", warning, detail)
	case len(kept.Missing()) > 0:
		return doubtful(name, "run vitals auth and leave the boxes ticked in the browser", "access was granted without %s; %s", strings.Join(kept.Missing(), " and "), detail)
	case failed >= 0:
		return doubtful(name, "try again, and see more: vitals sync", "fetching %s failed last time: %s; %s", what, x.fetches[failed].Error, detail)
	case x.unopened != nil && !x.noHistory() || x.about.Format != x.about.Known:
		return fine(name, "%s; when it was last used is not known", detail)
	case last.IsZero():
		return doubtful(name, "vitals sync", "nothing was fetched with it yet; %s", detail)
	default:
		return fine(name, "%s", detail)
	}
}

// masked is a client id, enough of it to tell it from another.
func masked(id string) string {
	const shown, ending = 4, ".apps.googleusercontent.com"
	bare, googles := strings.CutSuffix(id, ending)
	if len(bare) > 2*shown {
		bare = bare[:shown] + "..."
	} else {
		bare = "..."
	}
	if googles {
		return bare + ending
	}
	return bare
}

// network asks Google's two servers at once, without the grant. Nobody is asked
// before a Google client is set up.
func (x *examination) network(ctx context.Context) []check {
	const api, signIn, clock = "api", "sign-in", "clock"
	f := x.config.Fitbit
	const unused = "not asked, as Google is not set up"
	switch {
	case x.unread != nil:
		return []check{notChecked(api), notChecked(signIn), notChecked(clock)}
	case f.ClientID == "" && f.RefreshToken == "":
		return []check{fine(api, unused), fine(signIn, unused), fine(clock, unused)}
	case x.wrongSetup != nil:
		next := "put grant right first"
		return []check{doubtful(api, next, unused), doubtful(signIn, next, unused), doubtful(clock, next, unused)}
	}
	e := endpoints(f)
	var seen [2]fitbit.Reach
	var errs [2]error
	var both sync.WaitGroup
	both.Go(func() { seen[0], errs[0] = e.ReachAPI(ctx, nil, x.env.Now) })
	both.Go(func() { seen[1], errs[1] = e.ReachSignIn(ctx, nil, x.env.Now) })
	both.Wait()
	return []check{x.reached(api, e.API, seen[0], errs[0]), x.reached(signIn, e.Token, seen[1], errs[1]), x.clock(seen[:])}
}

// reached says whether a server answered as Google does. That it did not is in
// the way of somebody who is signed in; that it is overloaded passes.
func (x *examination) reached(name, address string, seen fitbit.Reach, err error) check {
	through := ""
	if seen.Proxy != "" {
		through = " through the proxy " + seen.Proxy
	}
	if err == nil {
		return fine(name, "%s answered%s in %v", seen.Host, through, seen.Took.Round(time.Millisecond))
	}
	c := brokenBy(name, err)
	c.Detail += through
	if u, parsed := url.Parse(address); parsed == nil && !strings.Contains(c.Detail, u.Host) {
		c.Detail += " (" + u.Host + ")"
	}
	if !x.signedIn || errors.Is(err, health.ErrOverloaded) {
		c.Status = statusWarn
	}
	return c
}

// How far the clock may be off. Half a minute is more than the network and whole
// seconds in an answer account for, and half of what access is renewed early by.
// Five minutes are half of the time that an address to sign in is good for, and
// a third of the quarter-hours that energy is filed under.
const (
	clockDoubtful = 30 * time.Second
	clockBroken   = 5 * time.Minute
)

// clock compares this machine's with that of a server, if one is known to be
// Google's.
func (x *examination) clock(seen []fitbit.Reach) check {
	const name, next = "clock", "set it: sudo timedatectl set-ntp true; see whether it is: timedatectl"
	for _, r := range seen {
		if r.ClockAhead == nil {
			continue
		}
		off := r.ClockAhead.Abs()
		far := off.String()
		if days := off / (24 * time.Hour); days > 1 {
			far = fmt.Sprintf("%d days", days)
		}
		text := fmt.Sprintf("%s behind %s", far, r.Host)
		if *r.ClockAhead > 0 {
			text = fmt.Sprintf("%s ahead of %s", far, r.Host)
		}
		switch {
		case off >= clockBroken:
			return broken(name, next, "%s: figures are filed under the wrong time", text)
		case off >= clockDoubtful:
			return doubtful(name, next, "%s", text)
		case off <= time.Second:
			return fine(name, "within a second of %s", r.Host)
		default:
			return fine(name, "%s", text)
		}
	}
	for _, r := range seen {
		if v := r.Certificate; v != nil {
			return broken(name, next, "it shows %s, and the certificate of %s is valid from %s to %s: mostly it is the clock that is wrong",
				x.at(x.env.Now()), r.Host, x.at(v.From), x.at(v.Until))
		}
	}
	return doubtful(name, "run vitals doctor again once a server of Google's answers", "not checked: there is nobody to compare it with")
}
