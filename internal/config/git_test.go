package config

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// gitCases are ignore files of a work tree with the file sub/config.ini, and
// whether that is ignored.
var gitCases = []struct {
	name         string
	ignore, deep string // .gitignore at the root and in sub
	want         bool
}{
	{"none", "", "", false},
	{"name", "config.ini\n", "", true},
	{"glob", "# secrets\n*.ini\r\n", "", true},
	{"path", "/sub/config.ini\n", "", true},
	{"path without slash", "sub/config.ini\n", "", true},
	{"other directory's", "/config.ini\n", "", false},
	{"deep", "", "/config.ini\n", true},
	{"deep, not", "", "sub/config.ini\n", false},
	{"taken back", "*.ini\n!config.ini\n", "", false},
	{"taken back deeper", "*.ini\n", "!config.ini\n", false},
	{"all", "*\n", "", true},
	{"comment", "#config.ini\n", "", false},
}

// newWorkTree makes what looks like a work tree, with the directory sub.
func newWorkTree(t *testing.T) (root, file string) {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"sub", ".git", ".git/info"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return root, filepath.Join(root, "sub", "config.ini")
}

func ignore(t *testing.T, root, ignore, deep string) {
	t.Helper()
	for name, text := range map[string]string{".gitignore": ignore, "sub/.gitignore": deep} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func git(t *testing.T, root string, args ...string) {
	t.Helper()
	if out, err := exec.Command("git", append([]string{"-C", root}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
}

// warningFits checks a warning, or that there is none.
func warningFits(t *testing.T, name, got, root string, ignored bool) {
	t.Helper()
	line := "add the line /sub/config.ini to " + root + "/.gitignore"
	if ignored != (got == "") || !ignored && !strings.Contains(got, line) {
		t.Errorf("%s: ignored %v, got %q", name, ignored, got)
	}
}

func TestGitWarning(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git here")
	}
	t.Setenv("GIT_CONFIG_GLOBAL", "/dev/null")
	t.Setenv("GIT_CONFIG_SYSTEM", "/dev/null")
	root, file := newWorkTree(t)
	git(t, root, "init", "--quiet")
	for _, test := range gitCases {
		ignore(t, root, test.ignore, test.deep)
		got := GitWarning(file)
		warningFits(t, test.name, got, root, test.want)
		if got != "" && !strings.Contains(got, "which does not ignore it") {
			t.Errorf("%s: git was not asked: %q", test.name, got)
		}
	}
	ignore(t, root, "sub/\n", "")
	warningFits(t, "a directory", GitWarning(file), root, true)
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	git(t, root, "add", "--force", "sub/config.ini")
	warningFits(t, "tracked although ignored", GitWarning(file), root, false)
	if got, want := GitWarning(file), "git -C "+root+" rm --cached -- sub/config.ini"; !strings.Contains(got, want) {
		t.Errorf("tracked: got %q, want it to have %q", got, want)
	}

	link := filepath.Join(t.TempDir(), "config.ini")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	warningFits(t, "a link into the work tree", GitWarning(link), root, false)
}

func TestGitWarningWithoutGit(t *testing.T) {
	t.Setenv("PATH", "")
	root, file := newWorkTree(t)
	for _, test := range gitCases {
		ignore(t, root, test.ignore, test.deep)
		warningFits(t, test.name, GitWarning(file), root, test.want)
	}
	ignore(t, root, "", "")
	if err := os.WriteFile(filepath.Join(root, ".git", "info", "exclude"), []byte("*.ini"), 0o600); err != nil {
		t.Fatal(err)
	}
	warningFits(t, "excluded", GitWarning(file), root, true)
}

func TestGitWarningOutsideAWorkTree(t *testing.T) {
	if got := GitWarning(filepath.Join(t.TempDir(), "none", "config.ini")); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestEscapePattern(t *testing.T) {
	if got, want := escapePattern(`a*b[c]?\d`), `a\*b\[c]\?\\d`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
