package command

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gofrs/flock"

	"vitals/fitbit/fake"
)

// What killed processes left is removed and told once, each by its own sentence;
// what belongs to a process that is alive stays, and nothing is told of it.
func TestLeftovers(t *testing.T) {
	for _, tt := range []struct{ file, says string }{
		{".config.ini.vitals-123456789.unfinished", "while it saved config.ini: what was saved before is kept"},
		{".local/state/vitals/.view.json.vitals-42.unfinished", "while it saved the view"},
		{".local/state/vitals/.sign-in.json.vitals-42.unfinished", "while it saved a sign-in"},
		{".local/state/vitals/.sign-in-address.vitals-42.unfinished", "while it saved the address of a sign-in"},
		{".local/share/vitals/fetching.unfinished", "in the middle of fetching: all that came is kept, the next sync goes on"},
		{".local/share/vitals/importing.unfinished", "in the middle of an import: what it read is kept, import the same again"},
		{".local/share/vitals/reading-meter.unfinished", "while it read the meter: all it read is kept, the next reading goes on"},
	} {
		t.Run(tt.file, func(t *testing.T) {
			b := newBox(t)
			b.configure("")
			for _, folder := range []string{".local/state/vitals", ".local/share/vitals"} {
				if err := os.MkdirAll(b.path(folder), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			b.write(tt.file, "")
			alive := flock.New(b.path(tt.file))
			if locked, err := alive.TryLock(); !locked {
				t.Fatal(err)
			}
			b.run("report").expect(t, exitDone)
			b.read(tt.file) // it is still there
			alive.Unlock()
			r := b.run("report")
			r.expect(t, exitDone, "vitals: an earlier run was ended "+tt.says)
			if n := strings.Count(r.stderr, "\n"); n != 1 {
				t.Errorf("it says %d lines: %s", n, r.stderr)
			}
			if _, err := os.Stat(b.path(tt.file)); err == nil {
				t.Error("it is still there")
			}
			b.run("report").expect(t, exitDone)
		})
	}
}

// Files that only look like leftovers stay: copies of somebody's, such as one of
// config.ini with the grant in it, and weights beside an export to "weights".
func TestWhatIsNoLeftover(t *testing.T) {
	b := newBox(t)
	b.signIn("")
	b.run("sync").expect(t, exitDone)
	names := []string{".config.ini", ".config.ini.swp", ".config.ini12a", "config.ini123", ".config.ini.123", ".config.ini1", ".weights2024"}
	for _, name := range names {
		b.write(name, "mine")
	}
	b.run("report").expect(t, exitDone)
	b.run("export", "weight", "--out", b.path("weights")).expect(t, exitDone)
	for _, name := range names {
		b.read(name)
	}
}

// A task that ends in good order, or with an error, leaves no note; one that is
// under way has a note that others respect.
func TestNotesOfTasks(t *testing.T) {
	b := newBox(t)
	b.signIn("")
	var note string
	t.Run("under way", func(t *testing.T) {
		here := *b
		here.t = t // the sessions are closed at its end
		s, other := here.session(), here.session()
		note = s.taskFile(importing)
		s.begin(importing)
		s.begin(importing)
		other.begin(importing)
		other.end(importing)
		if _, err := os.Stat(note); err != nil {
			t.Error("another process took the note back")
		}
		if said := other.leftovers(); len(said) > 0 {
			t.Errorf("it says %q of what is under way", said)
		}
	})
	if _, err := os.Stat(note); err == nil {
		t.Error("the note is left")
	}
	b.google.Set(func(k *fake.Knobs) {
		k.Troubles = []fake.Trouble{{Path: "/v4/", Status: 403, Reason: "SERVICE_DISABLED"}}
	})
	if r := b.run("sync"); r.code == exitDone {
		t.Error("it worked")
	}
	entries, err := os.ReadDir(b.path(".local/share/vitals"))
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(entries, func(e os.DirEntry) bool { return strings.HasSuffix(e.Name(), ".unfinished") }) {
		t.Errorf("left: %v", entries)
	}
	b.run("report").expect(t, exitDone)
}

// Between the making of a note and its lock nobody takes it for one that was left.
func TestANoteThatIsBeingMadeIsNotLeft(t *testing.T) {
	b := newBox(t)
	b.configure("")
	b.run("report").expect(t, exitDone)
	b.write(".local/share/vitals/importing.unfinished", "")
	making := flock.New(b.path(".local/share/vitals"), flock.SetFlag(os.O_RDONLY))
	if locked, err := making.TryLock(); !locked {
		t.Fatal(err)
	}
	b.run("report").expect(t, exitDone)
	b.read(".local/share/vitals/importing.unfinished") // it is still there
	if err := making.Close(); err != nil {
		t.Fatal(err)
	}
	b.run("report").expect(t, exitDone, "in the middle of an import")

	s := b.session()
	s.begin(importing)
	if locked, err := making.TryLock(); !locked {
		t.Errorf("the folder is still locked: %v", err)
	}
	_ = making.Close()
}

// What cannot be printed is told, also by help and version.
func TestAFullDiskBehindStandardOutput(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full")
	}
	defer full.Close()
	b := newBox(t)
	b.signIn("")
	for _, args := range []string{"report", "report --json", "report --line", "doctor", "sync", "export weight", "export steps --format json",
		"export calories --format text", "auth status", "auth --print-url", "help", "--help", "--version", "sync --help", "completion bash"} {
		in := b.file("stdin", "")
		var stderr strings.Builder
		code := Run(t.Context(), b.environment(in, full, &stderr, strings.Fields(args)...))
		in.Close()
		result{code: code, stderr: stderr.String()}.expect(t, exitFailed,
			"vitals: error: what was to be printed is cut short: no space left on device\n", "vitals: hint: make room")
	}
}
