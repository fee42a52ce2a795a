// Package report prints the figures of the screen for scripts and people: as
// text, JSON, CSV and SVG, from the same values of view.
package report
