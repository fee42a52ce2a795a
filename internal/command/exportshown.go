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
var endings = map[string]string{".csv": "csv", ".json": "json", ".txt": "text"}

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
		return tui.Exported{}, usage("it says the format", "the name has to end in .csv, .json or .txt")
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
	written.Lines, written.Taken = len(table.Rows), false
	return written, x.writeFile(path, table)
}

// taken reports whether there is a file of that name. What is no file is an
// error: nobody reads from a pipe that the screen writes to.
func taken(path string) (bool, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
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
