package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"vitals/fitbit/fake"
	energyfake "vitals/internal/energy/fake"
	"vitals/internal/health"
	"vitals/internal/timeline"
)

// world is what all trials have in common. Nothing in it changes.
type world struct {
	person  fake.Person
	earlier fake.Person // the same person some days before
	unpaced string      // the program, which asks Google as often as it likes
	meter   string
	archive string
	until   string // the date that exports end before
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w, err := theWorld()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// theWorld is made once, beside the program.
var theWorld = sync.OnceValues(func() (*world, error) {
	now, dir := time.Now(), filepath.Dir(binary)
	w := &world{person: fake.Ann(now), until: now.Format(time.DateOnly)}
	w.person.Profile.MemberSince = health.DateOf(now.AddDate(0, 0, -40))
	w.earlier = asOf(w.person, now.AddDate(0, 0, -5))
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, err
	}
	w.meter, w.archive = filepath.Join(dir, "meter.db"), filepath.Join(dir, "archive.zip")
	// It is read in parts from 500,000 readings on.
	if err := energyfake.WriteYears(context.Background(), w.meter, now, london, 5); err != nil {
		return nil, err
	}
	text, err := archived()
	if err != nil {
		return nil, err
	}
	w.unpaced = filepath.Join(dir, "unpaced")
	if out, err := exec.Command("go", "build", "-o", w.unpaced, "./testdata/unpaced").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building: %w\n%s", err, out)
	}
	return w, os.WriteFile(w.archive, text, 0o600)
})

// asOf is a person without what came after an instant.
func asOf(p fake.Person, at time.Time) fake.Person {
	p.Weighings = slices.DeleteFunc(slices.Clone(p.Weighings), func(w health.Weighing) bool { return w.At.After(at) })
	p.BodyFats = slices.DeleteFunc(slices.Clone(p.BodyFats), func(f health.BodyFat) bool { return f.At.After(at) })
	p.Totals = maps.Clone(p.Totals)
	for t, portions := range p.Totals {
		p.Totals[t] = slices.DeleteFunc(slices.Clone(portions), func(p timeline.Portion) bool { return p.End > at.Unix() })
	}
	return p
}

// archived is an archive of a month in many files.
func archived() ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	var failed error
	add := func(name, text string) {
		w, err := z.Create("Takeout/Fitbit/" + name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		failed = errors.Join(failed, err)
	}
	add("Your Profile/Profile.csv", "id,full_name,timezone,member_since,height,weight_unit\r\n1ABCDE,Ann E.,Europe/London,2014-01-06,172,METRIC\r\n")
	const days = 5
	for first := time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC); first.Before(time.Date(2019, 2, 1, 0, 0, 0, 0, time.UTC)); first = first.AddDate(0, 0, days) {
		var weights, calories, steps []string
		for minute := range days * 1440 {
			at := first.Add(time.Duration(minute) * time.Minute)
			stamp := at.Format("01/02/06 15:04:05")
			calories = append(calories, fmt.Sprintf(`{"dateTime":%q,"value":"1.25"}`, stamp))
			steps = append(steps, fmt.Sprintf(`{"dateTime":%q,"value":"%d"}`, stamp, minute%7))
			if minute%1440 == 7*60 {
				weights = append(weights, fmt.Sprintf(`{"logId":%d,"weight":%.1f,"bmi":24.1,"fat":27.5,"date":%q,"time":"07:00:00","source":"Aria"}`,
					at.UnixMilli(), 157+float64(at.YearDay()%9)/2, at.Format("01/02/06")))
			}
		}
		for kind, entries := range map[string][]string{"weight": weights, "calories": calories, "steps": steps} {
			add("Global Export Data/"+kind+first.Format("-2006-01-02.json"), "["+strings.Join(entries, ",")+"]")
		}
	}
	failed = errors.Join(failed, z.Close())
	return out.Bytes(), failed
}

// trial is a home with a made-up Google of its own, in which vitals is cut off.
type trial struct {
	*box
	*world
	google *fake.Server
	base   string
	full   bool // its disk may be
}

// trial makes a home with a copy of the files of another.
func (w *world) trial(t *testing.T, copied string) *trial {
	t.Helper()
	tr := &trial{box: newBox(t), world: w, google: fake.New(w.person, time.Now)}
	var stop func()
	var err error
	if tr.base, stop, err = tr.google.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	if copied != "" {
		tr.copy(copied)
	}
	return tr
}

// copy copies the files of another home.
func (tr *trial) copy(from string) {
	tr.t.Helper()
	err := os.CopyFS(tr.dir, os.DirFS(from))
	if err == nil {
		err = filepath.WalkDir(tr.dir, func(path string, e fs.DirEntry, err error) error {
			if err == nil && path != tr.dir {
				err = os.Chmod(path, map[bool]fs.FileMode{true: 0o700, false: 0o600}[e.IsDir()])
			}
			return err
		})
	}
	if err != nil {
		tr.t.Fatal(err)
	}
}

func (tr *trial) data() string  { return filepath.Join(tr.dir, ".local", "share", "vitals") }
func (tr *trial) store() string { return filepath.Join(tr.data(), "vitals.db") }

// configure writes config.ini with the grant, or none, and more lines.
func (tr *trial) configure(grant, more string) {
	tr.t.Helper()
	text := "; mine\n" + fake.Configuration(tr.base, grant) + "granted_scopes =\nsigned_in_at =\nexpires_at =\n" + more +
		"\n; the end\n[display]\ntime_zone = Europe/London\n"
	if err := os.WriteFile(filepath.Join(tr.dir, "config.ini"), []byte(text), 0o600); err != nil {
		tr.t.Fatal(err)
	}
}

func (tr *trial) signIn(more string) { tr.configure(tr.google.SignIn(fake.Scopes()...), more) }

func (tr *trial) withMeter() string { return "[energy]\ndatabase = " + tr.meter + "\n" }

// command is the program; to ask Google, the one that does so at once.
func (tr *trial) command(args ...string) *exec.Cmd {
	cmd := exec.Command(binary, args...)
	if args[0] == "sync" || args[0] == "auth" {
		cmd = exec.Command(tr.unpaced, args...)
	}
	cmd.Dir, cmd.Env = tr.dir, tr.env
	return cmd
}

// run runs the program to its end.
func (tr *trial) run(args ...string) (code int, stdout, stderr string) {
	tr.t.Helper()
	return tr.ended(tr.command(args...))
}

// ended runs a command to its end.
func (tr *trial) ended(cmd *exec.Cmd) (code int, stdout, stderr string) {
	tr.t.Helper()
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Start(); err != nil {
		tr.t.Fatal(err)
	}
	// A lock that stays held would keep it waiting.
	patience := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer patience.Stop()
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode(), out.String(), problems.String()
}

// must runs a command that is to succeed.
func (tr *trial) must(args ...string) (stdout string) {
	tr.t.Helper()
	code, stdout, stderr := tr.run(args...)
	if code != 0 {
		tr.t.Fatalf("vitals %s: exit code %d: %s", strings.Join(args, " "), code, stderr)
	}
	return stdout
}

// exports is what all series of the history look like.
func (tr *trial) exports(lines ...string) string {
	tr.t.Helper()
	var all strings.Builder
	for _, line := range lines {
		all.WriteString(tr.must(append([]string{"export", "--to", tr.until}, strings.Fields(line)...)...))
	}
	return all.String()
}

// fromAccount and fromMeter are the exports that show everything.
var (
	fromAccount = []string{"weight --by raw", "fat --by raw", "calories --by hour", "steps --by hour"}
	fromMeter   = []string{"electricity --by hour"}
)

// browse signs in at the address as a browser does, and returns where it ends.
func (tr *trial) browse(address string) string {
	tr.t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(strings.TrimSpace(address))
	if err != nil {
		tr.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.Header.Get("Location")
}

// grantValues are the values in config.ini that differ between sign-ins.
var grantValues = regexp.MustCompile(`(?m)^(refresh_token|signed_in_at|granted_scopes|expires_at|[a-z]+_url)( *=).+$`)

// configuration is config.ini without those.
func (tr *trial) configuration() string {
	tr.t.Helper()
	path := filepath.Join(tr.dir, "config.ini")
	text, err := os.ReadFile(path)
	if err != nil {
		tr.t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		tr.t.Errorf("config.ini has mode %v, %v", info.Mode(), err)
	}
	return grantValues.ReplaceAllString(string(text), "$1$2 …")
}

// exported is the file that exports are written to; what is beside it was cut off.
func (tr *trial) exported() (text string, beside []string) {
	tr.t.Helper()
	content, err := os.ReadFile(filepath.Join(tr.dir, "out.csv"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		tr.t.Fatal(err)
	}
	beside, err = filepath.Glob(filepath.Join(tr.dir, ".out.csv*"))
	if err != nil {
		tr.t.Fatal(err)
	}
	return string(content), beside
}

// leftovers are those in a home that the next start is to tell, and
// whatever else is not to stay there.
func (tr *trial) leftovers() (told, others []string) {
	tr.t.Helper()
	err := filepath.WalkDir(tr.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		switch name := e.Name(); {
		case strings.HasPrefix(name, ".out.csv"): // until the next export to it
		case strings.HasSuffix(name, ".unfinished"), strings.HasPrefix(name, ".config.ini"), strings.HasPrefix(name, ".view.json"), strings.HasPrefix(name, ".sign-in"):
			told = append(told, name)
		case slices.Contains([]string{"config.ini", "config.ini.lock", "vitals.db", "vitals.db.lock", "sync.lock", "view.json", "sign-in.json", "sign-in.json.lock", "sign-in-address", "out.csv"}, name):
		default:
			others = append(others, name)
		}
		return nil
	})
	if err != nil {
		tr.t.Fatal(err)
	}
	return told, others
}

// startsAgain starts vitals after it was cut off, and checks that it works, that
// it says what it put right and nothing else, that nothing stays lying about, and
// that what the ledger has is there.
func (tr *trial) startsAgain(seen map[string]bool) {
	tr.t.Helper()
	told, _ := tr.leftovers()
	code, _, stderr := tr.run("report")
	if code != 0 {
		tr.t.Errorf("the next start: exit code %d: %s", code, stderr)
	}
	if n := strings.Count(stderr, "vitals: an earlier run was ended "); n != len(told) || strings.Count(stderr, "\n") != n {
		tr.t.Errorf("it found %q and says\n%s", told, stderr)
	}
	if told, others := tr.leftovers(); len(told)+len(others) > 0 {
		tr.t.Errorf("still there: %q %q", told, others)
	}
	now := tr.saved()
	for row := range seen {
		if !now[row] {
			tr.t.Errorf("lost: %s", row)
		}
	}
}

// saved is the ledger of a history that nobody has open, which must be sound.
func (tr *trial) saved() map[string]bool {
	tr.t.Helper()
	conn, err := sqlite.OpenConn(tr.store(), sqlite.OpenReadWrite)
	if err != nil {
		tr.t.Fatal(err)
	}
	defer conn.Close()
	sound := ""
	err = sqlitex.ExecuteTransient(conn, "PRAGMA integrity_check", &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		sound += stmt.ColumnText(0)
		return nil
	}})
	if err != nil || sound != "ok" {
		tr.t.Errorf("integrity: %s, %v", sound, err)
	}
	seen, err := ledger(conn)
	if err != nil {
		tr.t.Fatal(err)
	}
	return seen
}

// ledger is what is saved for good: a row may be bettered, but never go.
func ledger(conn *sqlite.Conn) (map[string]bool, error) {
	seen := map[string]bool{}
	defer sqlitex.Transaction(conn)(new(error))
	for _, query := range []string{
		"SELECT 'weigh-in or the like', type, key, at, value, source, via FROM reading",
		"SELECT 'day', type, start FROM day_total",
		"SELECT 'hour', type, start FROM hour_total",
		"SELECT 'date with hours', type, day FROM hours_fetched",
		"SELECT 'quarter-hours of', roll_up, day FROM quarter_hours",
		"SELECT 'ruling', key, ruling FROM ruling",
		"SELECT 'owner', fitbit_user_id FROM identity",
	} {
		err := sqlitex.ExecuteTransient(conn, query, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
			var row []string
			for i := range stmt.ColumnCount() {
				row = append(row, stmt.ColumnText(i))
			}
			seen[strings.Join(row, " ")] = true
			return nil
		}})
		if err != nil {
			return nil, err
		}
	}
	return seen, nil
}

// watch reads the ledger of a history that is being written, again and again,
// until stop is called, which returns what was last seen saved.
func (tr *trial) watch() (stop func() map[string]bool) {
	done := make(chan struct{})
	var seen map[string]bool
	var written time.Time
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
			// A reader before there is a log would stand in the writer's way.
			log, err := os.Stat(tr.store() + "-wal")
			if err != nil || log.ModTime().Equal(written) {
				continue
			}
			conn, err := sqlite.OpenConn("file:"+tr.store()+"?mode=ro", sqlite.OpenReadOnly|sqlite.OpenURI)
			if err != nil {
				continue
			}
			if found, err := ledger(conn); err == nil {
				seen, written = found, log.ModTime()
			}
			conn.Close()
		}
	})
	return func() map[string]bool {
		close(done)
		watching.Wait()
		return seen
	}
}

// killed starts a command and kills it with signal 9 at a moment: when Google got
// so many requests, and then some time later.
func (tr *trial) killed(cmd *exec.Cmd, requests int, later time.Duration) (seen map[string]bool) {
	tr.t.Helper()
	stop := tr.watch()
	if err := cmd.Start(); err != nil {
		tr.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	asked := time.NewTicker(200 * time.Microsecond)
	defer asked.Stop()
	for len(tr.google.Requests("")) < requests {
		select {
		case <-asked.C:
			continue
		case <-ended:
		}
		break
	}
	select {
	case <-time.After(later):
	case <-ended:
	}
	_ = cmd.Process.Signal(syscall.SIGKILL)
	<-ended
	return stop()
}
