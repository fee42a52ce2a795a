// Package energy recognises the SQLite database that a household's electricity
// meter is logged to, reads it beside the program that writes it without ever
// changing anything, and turns its readings into energy by the UTC
// quarter-hour.
//
// A database is described by its Series; a Meter reads one of them.
package energy
