// Package postgres talks to a PostgreSQL server: addresses whose passwords no
// message shows, one connection at a time, and errors in words for the owner of
// the database. Values go both ways as text, the way PostgreSQL writes them with
// the time zone UTC and the date style ISO.
//
// It uses pgx's lower half alone (pgconn): the upper one adds three megabytes to
// the program for conversions that nobody here needs.
package postgres
