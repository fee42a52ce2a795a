package store

import (
	"fmt"

	"zombiezen.com/go/sqlite"
)

// logIsSafe reports whether a version of SQLite keeps a write-ahead log without
// fault. Before 3.51.3, a log that was begun anew at the moment at which another
// connection wrote could damage the file. 3.50.7 and 3.44.6 have the mending,
// too, and 3.52.0, which was withdrawn, has not. What is no version is not safe.
func logIsSafe(version string) bool {
	var major, minor, patch int
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch); err != nil || major != 3 {
		return err == nil && major > 3
	}
	switch minor {
	case 44:
		return patch >= 6
	case 50:
		return patch >= 7
	case 51:
		return patch >= 3
	case 52:
		return patch > 0
	default:
		return minor > 52
	}
}

// keepJournal switches the file to a write-ahead log or, with a version of SQLite
// that may damage a file by it, to a rollback journal. That is safe with every
// version: the history stays of use, and a dashboard only waits now and then for
// a sync to save. Nobody may use the log meanwhile, so the file is not opened as
// long as others do.
func keepJournal(conn *sqlite.Conn, version string) error {
	if !logIsSafe(version) {
		return execute(conn, "PRAGMA journal_mode = DELETE")
	}
	err := execute(conn, "PRAGMA journal_mode = WAL")
	if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultBusy {
		return nil // another process that just opened the file switches it
	}
	return err
}
