// Package fake writes the database of an electricity meter that nobody has, for
// the demonstration and for tests.
package fake
