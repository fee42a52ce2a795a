// Package config reads, checks and saves config.ini.
//
// The rules it keeps:
//
//   - A value is one line. Saving changes only the lines it has to change:
//     comments, blank lines, order and alignment stay as the user made them.
//   - A file that holds a secret is 0600, written whole or not at all, and
//     whoever reads and then writes the grant holds the lock beside it.
//   - An error names file, line and key, says what is allowed, and never
//     repeats a secret.
//
// Nothing here keeps state: all functions may be called concurrently.
package config
