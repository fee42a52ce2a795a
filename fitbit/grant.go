package fitbit

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"vitals/internal/health"
)

// The scopes that are asked for. Everything is read only.
const (
	scopePrefix   = "https://www.googleapis.com/auth/googlehealth."
	scopeWeight   = scopePrefix + "health_metrics_and_measurements.readonly"
	scopeActivity = scopePrefix + "activity_and_fitness.readonly"
	scopeProfile  = scopePrefix + "profile.readonly"
	scopeSettings = scopePrefix + "settings.readonly"
	scopeOpenID   = "openid"
	scopeName     = "https://www.googleapis.com/auth/userinfo.profile"
)

func requestedScopes() []string {
	return []string{scopeWeight, scopeActivity, scopeProfile, scopeSettings, scopeOpenID, scopeName}
}

// namedScopes are the scopes that cover data, with the words users see.
func namedScopes() []struct{ scope, word string } {
	return []struct{ scope, word string }{
		{scopeWeight, "weight"}, {scopeActivity, "activity"},
		{scopeProfile, "profile"}, {scopeSettings, "settings"},
	}
}

// scopeWord names the part of the consent that covers a data type.
func scopeWord(t health.DataType) string {
	switch t {
	case health.TypeWeight, health.TypeBodyFat, health.TypeHeight:
		return "weight"
	case health.TypeCalories, health.TypeActiveCalories, health.TypeSteps:
		return "activity"
	case health.TypeSettings, health.TypeDevices:
		return "settings"
	default:
		return "profile"
	}
}

// Grant is what a person has allowed: all that is kept of a sign-in. The zero
// Grant means that nobody is signed in.
type Grant struct {
	RefreshToken Secret
	Scopes       []string // sorted
	SignedInAt   time.Time

	// ExpiresAt is when Google ends the grant; zero when it has set no end. A
	// Google project in status "Testing" has grants of seven days.
	ExpiresAt time.Time
}

// Granted names the parts of the data that may be read, in the words of the
// command line: weight, activity, profile, settings.
func (g Grant) Granted() []string { return g.words(true) }

// Missing names the parts that were asked for and not granted; none when it was
// not recorded what was.
func (g Grant) Missing() []string {
	if g.RefreshToken != "" && len(g.Scopes) == 0 {
		return []string{}
	}
	return g.words(false)
}

func (g Grant) words(granted bool) []string {
	words := []string{}
	for _, named := range namedScopes() {
		if slices.Contains(g.Scopes, named.scope) == granted {
			words = append(words, named.word)
		}
	}
	return words
}

// GrantKeeper keeps the one grant that every process of the user shares.
type GrantKeeper interface {
	// Update hands the newest stored grant to change, under a lock that holds
	// across processes, and stores what change returns if it differs. When
	// change fails nothing is stored. Change may take as long as one request
	// to a slow server.
	Update(ctx context.Context, change func(Grant) (Grant, error)) error
}

// withToken returns the grant after the token endpoint has answered at the
// given time. What the answer leaves out stays as it was.
func (g Grant) withToken(token *oauth2.Token, now time.Time) Grant {
	g.RefreshToken = Secret(token.RefreshToken)
	if text, _ := token.Extra("scope").(string); strings.TrimSpace(text) != "" {
		scopes := strings.Fields(text)
		slices.Sort(scopes)
		g.Scopes = slices.Compact(scopes)
	}
	seconds, _ := token.Extra("refresh_token_expires_in").(float64)
	const century = 100 * 365 * 24 * 3600
	expires := now.Add(time.Duration(min(seconds, century)) * time.Second)
	switch {
	case seconds > 0 && expires.Sub(g.ExpiresAt).Abs() > time.Minute: // not for every rounding
		g.ExpiresAt = expires
	case seconds <= 0 && now.After(g.ExpiresAt):
		g.ExpiresAt = time.Time{} // that end has come, and the grant lives
	}
	return g
}

// endedByTesting reports whether a refused grant looks like one that Google
// ended after seven days because its project is in status "Testing".
func (g Grant) endedByTesting(now time.Time) bool {
	const day = 24 * time.Hour
	if !g.ExpiresAt.IsZero() {
		return now.After(g.ExpiresAt.Add(-day / 24))
	}
	age := now.Sub(g.SignedInAt)
	return age > 6*day+day/2 && age < 9*day
}
