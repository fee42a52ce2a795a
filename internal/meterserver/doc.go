// Package meterserver reads a household's meter from a PostgreSQL server: it keeps
// a copy of the rows that may be readings in a SQLite file of its own, brings that
// up to date by short reads, and has package energy read it. So every rule about
// readings is the one of SQLite files.
//
// Row numbers of the copy are the server's integer primary keys or else follow the
// time of the rows, so the same rows give the same copy, whenever they came and
// however often it was begun anew: what package energy remembers of a table stays
// true. Nothing is ever written on the server, nothing locked beyond what any
// reader locks, and no transaction is longer than one page of rows takes.
package meterserver
