// Package health knows what can be known about a person: who they are, what
// they weigh, what they burn, and the arithmetic over it. Weights are in kg,
// heights in metres, body fat in percent; other units exist only for display.
// It is pure: no clock, no files, no network.
package health
