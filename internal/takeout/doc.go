// Package takeout reads health data out of files: the archives that Google
// Takeout and Fitbit made over the years, and CSV of weigh-ins.
//
// What a file holds is told by its name's shape, its header or its first bytes,
// never by the folder it lies in: people unpack, repack and rename, and folders
// are translated. Everything is read as a stream; an archive is neither held in
// memory nor unpacked. The package keeps nothing and judges nothing: readings
// are handed to a Sink as they stand in the file, in kg and percent.
package takeout
