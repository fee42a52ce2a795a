// Package onscreen runs a program on a pseudo-terminal, presses its keys, and
// reads its screen: for tests and measurements of the real binary.
package onscreen
