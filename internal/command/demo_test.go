package command

import "testing"

// A demo clears away what a demo makes, and nothing that only looks like it.
func TestMadeByDemo(t *testing.T) {
	t.Parallel()
	for name, made := range map[string]bool{
		"config.ini": true, "config.ini.lock": true, "vitals.db": true, "vitals.db-wal": true, "vitals.db.lock": true, "sync.lock": true,
		"energymonitor.db": true, "energymonitor.db-journal": true, "view.json": true, "sign-in.json": true, "sign-in.json.lock": true,
		"sign-in-address": true, "fetching.unfinished": true, ".config.ini.vitals-12.unfinished": true, ".view.json.vitals-1.unfinished": true,
		"": false, "notes.txt": false, "config.ini.bak": false, "vitals.db.bak": false, "vitals.db-old": false, "vitals.db.damaged-2026-03-29": false,
		".config.ini.vitals-x.unfinished": false, "my.unfinished": false, ".lock": false, "-wal": false,
	} {
		if madeByDemo(name) != made {
			t.Errorf("%q: %t", name, !made)
		}
	}
}
