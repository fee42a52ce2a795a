// Package fake is a server that behaves like Google's, as far as a reader of
// Google Health can see: sign-in, tokens with true lifetimes, lists, roll-ups,
// refusals and troubles. It serves one made-up person to tests and to the
// demonstration. Everything is measured by a clock that is handed in.
package fake
