package energy

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// state tells whether a database was written to without opening it: compare two
// with ==. Any commit changes it, in either journal mode.
type state struct{ database, writeAhead fileState }

type fileState struct {
	inode          uint64
	size, modified int64 // bytes; Unix nanoseconds
}

// stateOf looks at the database at path and at the write-ahead log beside it.
// Take it before reading what it shall stand for.
func stateOf(path string) (state, error) {
	path, err := locate(path)
	if err != nil {
		return state{}, err
	}
	database, err := os.Stat(path)
	if err != nil {
		return state{}, unreachable(path, err)
	}
	found := state{database: fileStateOf(database)}
	writeAhead, err := os.Stat(path + "-wal")
	if err == nil {
		found.writeAhead = fileStateOf(writeAhead)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return state{}, unreachable(path, err)
	}
	return found, nil
}

// locate follows links: SQLite keeps the log beside the file itself.
func locate(path string) (string, error) {
	if scheme, _, is := strings.Cut(path, "://"); is && schemePattern.MatchString(scheme) {
		return "", problem(nil, "name a SQLite file", "reading a meter from %s:// is not supported yet", scheme)
	}
	located, err := filepath.EvalSymlinks(path)
	if err != nil && (Named(path) != printable(path) || serverPattern.MatchString(path)) {
		return "", problem(nil, "name a SQLite file, or write the address as postgres://user@host/name", "database under [energy] seems to be the address of a server, and reading a meter from one is not supported yet")
	}
	if err != nil {
		return "", unreachable(path, err)
	}
	return filepath.Abs(located)
}

var (
	schemePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*$`)

	serverPattern = regexp.MustCompile(`(^|\s)(host|hostaddr|dbname|service)\s*=`)

	// Of user:password@host, with or without a scheme, and of the many forms of
	// password=….
	passwordPattern = regexp.MustCompile(`://|:[^@]*@|(?i:pass|pwd|pw|secret|token)\w*["']?\s*=`)
)

// Named is how a message may name what is configured as a database: by its path,
// unless it may be an address with a password in it.
func Named(path string) string {
	if passwordPattern.MatchString(path) {
		return "database under [energy]"
	}
	return printable(path)
}

func fileStateOf(info fs.FileInfo) fileState {
	return fileState{inode: inode(info), size: info.Size(), modified: info.ModTime().UnixNano()}
}

func unreachable(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return problem(err, "check the path; a relative one starts where vitals was started",
			"there is no file %s", path)
	case errors.Is(err, fs.ErrPermission):
		return problem(err, permissions(path), "there is no permission to read %s", path)
	}
	return problem(err, "check the path", "%s cannot be read", path)
}

// permissions says which reading takes, and the commands that give them: also for the
// log that a logger makes anew when it is started again.
func permissions(path string) string {
	folder, file := shellQuoted(filepath.Dir(path)), shellQuoted(path)
	return "it takes r on the file, and on those ending in -wal and -shm beside it, and x on its folder: " +
		"sudo setfacl -m u:$USER:rX,d:u:$USER:r " + folder + " && sudo setfacl -m u:$USER:r " + file + "*"
}

// shellQuoted makes text one word of a shell.
func shellQuoted(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-", r)
	}
	if strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return printable(text)
	}
	return "'" + strings.ReplaceAll(printable(text), "'", `'\''`) + "'"
}
