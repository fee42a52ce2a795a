package energy

import (
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitals/internal/timeline"
)

// The address of a server may hold a password: no error names it. That of a file
// is named.
func TestAPasswordIsNotNamed(t *testing.T) {
	for _, address := range []string{
		"postgres://ann:hunter2@db.example/meter", "postgres:ann:hunter2@127.0.0.1/meter", "ann:hunter2@127.0.0.1/meter",
		"ann:hunter2@tcp(127.0.0.1:3306)/meter", "host=db user=ann password=hunter2 dbname=meter", "host=db password = 'hunter2'",
		"Server=db;Uid=ann;Pwd=hunter2;", "PASSWORD=hunter2", "host=db password=hunter2://x", "ann:hunter2@db://meter", "db?sslpassword=hunter2",
		"jdbc:postgresql://db/meter?user=ann&password=hunter2", "host=db passwd=hunter2", "url=//ann:hunter2@db", "token=hunter2",
		strings.Repeat("x", 5000) + " password=hunter2",
	} {
		meter := NewMeter(address, Mapping{}, time.UTC, time.Now)
		_, changed := meter.Changed(t.Context())
		_, rolled := meter.RollUp(t.Context(), nil, nil)
		_, detected := Detect(t.Context(), address, Mapping{}, time.UTC, time.Now(), nil)
		_, inspected := Inspect(t.Context(), address, Mapping{}, time.UTC, time.Now())
		read := meter.Readings(t.Context(), time.Time{}, time.Time{}, func(timeline.Reading, Unit) error { return nil }, nil)
		for _, err := range []error{changed, rolled, detected, inspected, read} {
			said, ok := err.(*Error)
			if !ok || !strings.Contains(err.Error(), "not supported yet") || strings.Contains(fmt.Sprint(err, said.Hint(), said.Unwrap()), "hunter2") {
				t.Errorf("%.100s: %v", address, err)
			}
		}
		if named := Named(address); named != "database under [energy]" {
			t.Errorf("%.100s is named %s", address, named)
		}
	}
	_, err := Detect(t.Context(), "host=db dbname=meter", Mapping{}, time.UTC, time.Now(), nil)
	if said, ok := err.(*Error); !ok || !strings.Contains(said.Hint(), "postgres://") {
		t.Errorf("another form of address: %v", err)
	}
	for _, path := range []string{"/var/lib/meter.db", "/volume1/@appdata/meter.db", "~ann/bypass/meter.db", "C:/meter.db", "a=b.db", "compass.db"} {
		if Named(path) != path {
			t.Errorf("%s is named %s", path, Named(path))
		}
		if _, err := Detect(t.Context(), path, Mapping{}, time.UTC, time.Now(), nil); err == nil || !strings.Contains(err.Error(), "there is no file "+path) {
			t.Errorf("%s: %v", path, err)
		}
	}
	// A file that is there is read, whatever its name.
	path := filepath.Join(t.TempDir(), "ann:hunter2@db password=x")
	if err := os.WriteFile(path, []byte("watts"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Detect(t.Context(), path, Mapping{}, time.UTC, time.Now(), nil); err == nil || !strings.Contains(err.Error(), "is not a SQLite database") {
		t.Errorf("a file: %v", err)
	}
}

// The commands that are told for lack of a permission name the folder and the files,
// whatever they are called, and run nothing that stands in a name.
func TestPermissionsAreGivenToTheFolderAndTheFiles(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "it's $(touch ran)")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"meter.db", "meter.db-wal", "other.db"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, commands, _ := strings.Cut(permissions(filepath.Join(folder, "meter.db")), ": ")
	shell := osexec.Command("sh", "-c", `sudo() { for word; do printf '%s|' "$word"; done; echo; }; USER=ann; `+commands)
	shell.Dir = t.TempDir()
	out, err := shell.CombinedOutput()
	want := "setfacl|-m|u:ann:rX,d:u:ann:r|" + folder + "|\nsetfacl|-m|u:ann:r|" + folder + "/meter.db|" + folder + "/meter.db-wal|\n"
	if err != nil || string(out) != want {
		t.Errorf("%v: it runs\n%swant\n%s", err, out, want)
	}
}
