// Package push writes what screens and exports show to a website's PostgreSQL:
// the person, weigh-ins, daily energy and the house's electricity.
//
// Rows are sent by the month. What was sent of a month is remembered in the
// database, in the transaction that sent it, so a push that was killed goes on where
// it stopped, and the next one sends only months that have changed, here or there.
package push
