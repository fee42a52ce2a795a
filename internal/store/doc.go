// Package store keeps what was fetched and computed in one SQLite file of our
// own: the history of a person, roll-ups of electricity, and what was fetched
// when. It keeps and gives back; what to fetch, and what a figure means, is
// decided elsewhere.
package store
