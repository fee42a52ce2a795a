package config

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var ann = Grant{
	RefreshToken:  "1//token",
	GrantedScopes: []string{"openid", "https://example.org/weight"},
	SignedInAt:    time.Date(2026, 11, 22, 13, 37, 0, 0, time.UTC),
}

// vault is where the secrets of the file at path are.
func vault(path string) *Vault {
	return &Vault{Place: Place{Path: path, Origin: "--config"}, Environ: os.Environ(), Now: time.Now}
}

// saveGrant keeps a grant, whatever was kept before.
func saveGrant(ctx context.Context, path string, g Grant) error {
	return vault(path).KeepGrant(ctx, func(Fitbit) (*Grant, error) { return &g, nil })
}

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// names lists a directory, so that a forgotten temporary file is seen.
func names(t *testing.T, dir string) []string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range files {
		all = append(all, f.Name())
	}
	return all
}

func TestSaveAndForget(t *testing.T) {
	ctx := t.Context()
	dir := filepath.Join(t.TempDir(), "new")
	path := filepath.Join(dir, "config.ini")
	steps := []func() error{
		func() error {
			return Set(ctx, path, "fitbit", Setting{"client_id", "id"}, Setting{"client_secret", " secret"})
		},
		func() error { return saveGrant(ctx, path, ann) },
		func() error {
			return Set(ctx, path, "energy", Setting{"database", "~/meter.db"}, Setting{"series", "a;b"})
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]os.FileMode{dir: 0o700, path: 0o600, path + ".lock": 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: got mode %v, %v, want %o", name, info.Mode(), err, want)
		}
	}
	if got := names(t, dir); !slices.Equal(got, []string{"config.ini", "config.ini.lock"}) {
		t.Errorf("the directory holds %v", got)
	}
	c, err := Load(path, "/home/ann", noEnv)
	if err != nil {
		t.Fatal(err)
	}
	if c.Fitbit.ClientID != "id" || c.Fitbit.ClientSecret != " secret" || c.Fitbit.RefreshToken != ann.RefreshToken ||
		!slices.Equal(c.Fitbit.GrantedScopes, ann.GrantedScopes) || !c.Fitbit.SignedInAt.Equal(ann.SignedInAt) ||
		!c.Fitbit.ExpiresAt.IsZero() || c.Energy.Database != "/home/ann/meter.db" || c.Energy.Series != "a;b" {
		t.Errorf("got %s", content(t, path))
	}
	if err := vault(path).ForgetGrant(ctx); err != nil {
		t.Fatal(err)
	}
	want := "[fitbit]\nclient_id = id\nclient_secret = \"\"\" secret\"\"\"\nrefresh_token =\ngranted_scopes =\nsigned_in_at =\n" +
		"\n[energy]\ndatabase = ~/meter.db\nseries = a;b\n"
	if got := content(t, path); got != want {
		t.Errorf("after forgetting: got %q, want %q", got, want)
	}
}

func TestForgetTakesTheOldTokensToo(t *testing.T) {
	path := save(t, "[Login Parameters]\nC_KEY = id\nU_KEY = a\nu_secret = b\n")
	if err := vault(path).ForgetGrant(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := content(t, path), "[Login Parameters]\nC_KEY = id\nU_KEY =\nu_secret =\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	none := filepath.Join(t.TempDir(), "config.ini")
	if err := vault(none).ForgetGrant(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(none); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("forgetting made a file: %v", err)
	}
}

func TestSaveTightensAndFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"dots", "home"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(dir, "home", "config.ini")
	target := filepath.Join(dir, "dots", "vitals.ini")
	if err := os.Symlink("../dots/vitals.ini", link); err != nil {
		t.Fatal(err)
	}
	for range 2 { // once without the target, once with it, too open
		if err := saveGrant(t.Context(), link, ann); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Lstat(target); err != nil || info.Mode() != 0o600 {
			t.Errorf("target: %v, %v", info, err)
		}
		if to, err := os.Readlink(link); err != nil || to != "../dots/vitals.ini" {
			t.Errorf("the link became %q, %v", to, err)
		}
		if err := os.WriteFile(target, []byte("[fitbit]\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(target, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(t, filepath.Join(dir, "home")); !slices.Equal(got, []string{"config.ini"}) {
		t.Errorf("beside the link: %v", got)
	}
	if got := names(t, filepath.Join(dir, "dots")); !slices.Equal(got, []string{"vitals.ini", "vitals.ini.lock"}) {
		t.Errorf("beside the target: %v", got)
	}
}

func TestKeepGrant(t *testing.T) {
	const before = "; mine\n[fitbit]\nrefresh_token = old\n"
	path := save(t, before)
	keep := func(grant *Grant, result error) (seen Secret, err error) {
		err = vault(path).KeepGrant(t.Context(), func(f Fitbit) (*Grant, error) {
			seen = f.RefreshToken
			return grant, result
		})
		return seen, err
	}
	refused := errors.New("refused")
	if seen, err := keep(&Grant{RefreshToken: "new"}, refused); seen != "old" || err != refused || content(t, path) != before {
		t.Errorf("failed: saw %q, got %v and %q", string(seen), err, content(t, path))
	}
	if seen, err := keep(nil, nil); seen != "old" || err != nil || content(t, path) != before {
		t.Errorf("unchanged: saw %q, got %v and %q", string(seen), err, content(t, path))
	}
	if _, err := keep(&Grant{RefreshToken: "new"}, nil); err != nil {
		t.Fatal(err)
	}
	if seen, _ := keep(nil, nil); seen != "new" || content(t, path) != strings.Replace(before, "old", "new", 1) {
		t.Errorf("saved: saw %q in %q", string(seen), content(t, path))
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if seen, err := keep(nil, nil); seen != "" || err == nil {
		t.Errorf("open to all: saw %q, got %v", string(seen), err)
	}
}

func TestOneTokenIsSpentOnce(t *testing.T) {
	path := save(t, "[fitbit]\nrefresh_token = x\n")
	var all sync.WaitGroup
	spent := make(chan Secret, 20)
	for range 10 {
		all.Go(func() {
			err := vault(path).KeepGrant(t.Context(), func(f Fitbit) (*Grant, error) {
				spent <- f.RefreshToken
				return &Grant{RefreshToken: f.RefreshToken + "x"}, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			if err := Set(t.Context(), path, "display", Setting{"theme", "dark"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	close(spent)
	lengths := map[int]bool{}
	for token := range spent {
		lengths[len(token)] = true
	}
	if len(lengths) != 10 || !strings.Contains(content(t, path), "= "+strings.Repeat("x", 11)+"\n") {
		t.Errorf("spent %d different tokens; left %q", len(lengths), content(t, path))
	}
}

// asAnotherProcess makes a run of the test binary do one of the jobs below with
// the file it is given.
const asAnotherProcess = "VITALS_CONFIG_TEST_PROCESS"

func TestMain(m *testing.M) {
	job, ok := map[string]func(path string) error{
		"hold lock": holdLock,
		"full disk": saveOnAFullDisk,
	}[os.Getenv(asAnotherProcess)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := job(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func holdLock(path string) error {
	unlock, err := Lock(context.Background(), path)
	if err != nil {
		return err
	}
	defer unlock()
	fmt.Println("locked")
	bufio.NewReader(os.Stdin).ReadString('\n')
	return nil
}

// saveOnAFullDisk: a file may grow to 100 bytes, then writing fails as on a
// full disk.
func saveOnAFullDisk(path string) error {
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = 100
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	err := Set(context.Background(), path, "energy", Setting{"series", strings.Repeat("x", 200)})
	if !errors.Is(err, syscall.EFBIG) || !strings.HasSuffix(err.Error(), "cannot be saved, the old content stays: file too large") {
		return fmt.Errorf("saving on a full disk: %w", err)
	}
	return nil
}

func otherProcess(job, path string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], path)
	cmd.Env = append(os.Environ(), asAnotherProcess+"="+job, "GORACE=atexit_sleep_ms=0") // no second lost at the exit
	return cmd
}

func TestLockKeepsOutAnotherProcess(t *testing.T) {
	path := save(t, "")
	cmd := otherProcess("hold lock", path)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && lines.Text() != "locked" {
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err = saveGrant(ctx, path, ann)
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(e.Hint(), "another vitals") {
		t.Errorf("while it is held: got %v", err)
	}
	if content(t, path) != "" {
		t.Error("saved without the lock")
	}
	saved := make(chan error)
	go func() { saved <- saveGrant(t.Context(), path, ann) }()
	stdin.Close()
	if err := <-saved; err != nil {
		t.Errorf("after it is let go: %v", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func TestFullDiskLeavesTheOldContent(t *testing.T) {
	const before = "[fitbit]\nrefresh_token = old\n"
	path := save(t, before)
	if out, err := otherProcess("full disk", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got := content(t, path); got != before {
		t.Errorf("got %q, want %q", got, before)
	}
	if got := names(t, filepath.Dir(path)); !slices.Equal(got, []string{"config.ini", "config.ini.lock"}) {
		t.Errorf("the directory holds %v", got)
	}
}

func TestReadOnlyDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	const before = "[fitbit]\nrefresh_token = old\n"
	path := save(t, before)
	unlock, err := Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	dir := filepath.Dir(path)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	err = saveGrant(t.Context(), path, ann)
	if err == nil || err.Error() != path+": cannot be saved, the old content stays: permission denied" {
		t.Errorf("got %v", err)
	}
	if content(t, path) != before {
		t.Error("the content changed")
	}
	other := filepath.Join(dir, "other.ini")
	if err := saveGrant(t.Context(), other, ann); err == nil || err.Error() != other+".lock: cannot be locked: permission denied" {
		t.Errorf("without a lock file: got %v", err)
	}
}
