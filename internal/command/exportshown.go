package command

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"vitals/internal/terminal"
	"vitals/tui"
)

// endings are the formats of files by how their names end.
var endings = map[string]string{".csv": "csv", ".json": "json", ".txt": "text", ".svg": "svg"}

// exportShown writes what the screen shows to a file: the same bytes that the
// export command prints for that series, range and bucket.
func (s *session) exportShown(ctx context.Context, e tui.Export) (tui.Exported, error) {
	path := s.expanded(strings.TrimSpace(e.Name))
	if terminal.Clean(path) != path {
		return tui.Exported{}, usage("type it anew", "the name has characters that cannot be seen")
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.env.WorkingDir, path)
	}
	path = filepath.Clean(path)
	x := &exporter{session: s, raw: e.Single, unit: e.Unit, begins: e.From, ends: e.To}
	known := false
	if x.exportOptions.format, known = endings[strings.ToLower(filepath.Ext(path))]; !known {
		return tui.Exported{}, usage("it says the format", "the name has to end in .csv, .json, .txt or .svg")
	}
	var err error
	if x.write, err = format(x.exportOptions.format); err != nil {
		return tui.Exported{}, err
	}
	written := tui.Exported{Where: s.shortened(path)}
	if written.Taken, err = taken(path); err != nil || written.Taken && !e.Replace {
		return written, err
	}
	if err := x.beginIn(ctx); err != nil {
		return tui.Exported{}, err
	}
	table, err := x.table(ctx, e.Series)
	if err == nil {
		err = ctx.Err() // somebody who gave up waits for no file
	}
	if err != nil {
		return tui.Exported{}, err
	}
	if !e.Replace {
		if written.Taken, err = reserved(path); err != nil || written.Taken {
			return written, err
		}
	}
	written.Lines, written.Taken = len(table.Rows), false
	if err = x.writeFile(path, table); err != nil && !e.Replace {
		os.Remove(path) // it is empty
	}
	return written, err
}

// reserved makes an empty file of that name, and reports whether there is one by
// now: reading the meter may have taken long.
func reserved(path string) (taken bool, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return true, nil
	}
	if err == nil {
		err = file.Close()
	}
	return false, unwritten(path, err)
}

// taken reports whether there is a file of that name, or a link that leads
// nowhere. What is no file is an
// error: nobody reads from a pipe that the screen writes to.
func taken(path string) (bool, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		_, err := os.Lstat(path)
		return err == nil, nil
	case err != nil:
		return false, unwritten(path, err)
	case info.IsDir():
		return false, errFolder(path)
	case !info.Mode().IsRegular():
		return false, usage("name another one", "%s is no ordinary file", path)
	default:
		return true, nil
	}
}
