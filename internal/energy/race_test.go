//go:build race

package energy

// raceDetector makes SQLite, which is Go here, some forty times slower.
const raceDetector = true
