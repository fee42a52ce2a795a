package main

import (
	"os"
	"path/filepath"
)

// installed is vitals with a configuration, and a store that begins empty.
type installed struct {
	binary, home string
	file         database
}

// install makes a new home for vitals; remove takes it away.
func (o options) install(file database) (v installed, remove func(), err error) {
	home, err := os.MkdirTemp("", "vitals-bench-")
	if err != nil {
		return v, nil, err
	}
	text := "[energy]\ndatabase = " + file.path + "\n\n[display]\ntime_zone = " + zone + "\n"
	if err := os.WriteFile(filepath.Join(home, "config.ini"), []byte(text), 0o600); err != nil {
		os.RemoveAll(home)
		return v, nil, err
	}
	return installed{o.binary, home, file}, func() { os.RemoveAll(home) }, nil
}

func (v installed) env() []string {
	return []string{"HOME=" + v.home, "VITALS_CONFIG=" + filepath.Join(v.home, "config.ini"),
		"VITALS_DATA_DIR=" + filepath.Join(v.home, "data"), "VITALS_STATE_DIR=" + filepath.Join(v.home, "state")}
}

func (v installed) export(by string) command {
	return v.command("export", "electricity", "--by", by, "--db", v.file.path)
}

func (v installed) command(args ...string) command {
	return command{path: v.binary, args: args, env: v.env()}
}
