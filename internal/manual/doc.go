// Package manual writes a manual page: roff with the man macros, as man, groff and
// mandoc read it.
package manual
