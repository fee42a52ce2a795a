// Package tui is the screen: one Bubble Tea model, its panes as plain values,
// and the guides for signing in and for naming a meter.
//
// The rules are:
//
//   - Update does no I/O. Commands do it and never touch the model; each answer
//     carries the generation of its question, and a stale one is dropped.
//   - Old data stays on screen. What went wrong is one line that says what to
//     press.
//   - Nothing moves while nothing changes: no clock, no spinner, no polling of
//     the terminal.
//   - What is to be copied by hand is printed plainly on the main screen, never
//     drawn inside a view: terminals copy boxed and wrapped text broken.
package tui
