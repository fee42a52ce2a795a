// Package command is the command line: one file a command, each of which builds
// the parts it needs and hands over. It alone knows all rooms.
//
// The rules of its output are:
//
//   - Standard output is data, standard error is messages.
//   - A message is "vitals: error: …" and, where there is something to do about
//     it, "vitals: hint: …". No capitals, no full stop, no stack trace.
//   - Nothing is asked when standard input is not a terminal.
package command
