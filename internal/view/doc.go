// Package view holds what is to be seen, as values: the figures of the screen,
// the windows of time people look through, the series they export. Screen and
// report ask the same questions here and get the same numbers.
package view
