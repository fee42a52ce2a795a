// Package timeline knows civil time: the hours, days, weeks, months and years
// of a zone as buckets, and how amounts known for stretches of time (kWh,
// kcal, steps) add up in them. It is pure: no clock, no files, no state.
//
// A zone always comes in with a time.Time (its Location); the zone of the
// process is never asked.
package timeline
