// Package terminal knows what the terminal at hand can do, and prints what a
// user is to copy.
//
// The rules it keeps:
//
//   - What is to be copied stands alone on its line, on the main screen, with
//     blank lines around it: a copy of anything boxed or wrapped is broken.
//   - A copy to the clipboard is a hope, as no terminal confirms it, and is
//     worded so.
//   - The terminal is asked nothing: its answers can come late or never, and
//     then end up among the keys typed.
//   - Text from outside is cleaned before it is printed.
package terminal
