package main

import (
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What the program says of itself is what its build recorded, be it made in a
// clone of the repository or from an archive of the source.
func TestVersion(t *testing.T) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	commit := ""
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			commit = s.Value[:12]
		}
	}
	says := newBox(t).output(nil, "--version")
	form := regexp.MustCompile(`^vitals [^ ()]+( \([0-9a-f]{12}(\+dirty)?, \d{4}-\d\d-\d\d\))? go1\.\S+ \w+/\w+\n$`)
	if !form.MatchString(says) || !strings.Contains(says, commit) || (commit != "") != strings.Contains(says, "(") {
		t.Errorf("a program of commit %q says %q", commit, says)
	}
}

// The linker says nothing of a variable that is not there.
func TestAReleaseTellsItsVersion(t *testing.T) {
	made, err := os.ReadFile(".goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	flags := regexp.MustCompile(`(?m)^ +- (-s -w -X \S+=)\{\{ \.Version \}\}$`).FindSubmatch(made)
	if flags == nil {
		t.Fatal(".goreleaser.yaml sets no version")
	}
	// The manual page is printed by another build, and tells the version and its day too.
	setsIt := strings.TrimPrefix(string(flags[1]), "-s -w ") + "{{ .Version }}"
	if !regexp.MustCompile(`-buildvcs=true .*` + regexp.QuoteMeta(setsIt) + `.* man > release/vitals\.1"`).Match(made) {
		t.Error(".goreleaser.yaml does not tell the manual page its version and day")
	}
	release := filepath.Join(t.TempDir(), "vitals")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-ldflags", string(flags[1])+"1.2.3", "-o", release, ".").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), release, "--version").Output()
	if !strings.HasPrefix(string(out), "vitals 1.2.3 go1.") || err != nil {
		t.Errorf("%q, %v", out, err)
	}
}

// What a release is to hold is there, or made before it is packed.
func TestAReleaseHoldsWhatIsThere(t *testing.T) {
	made, err := os.ReadFile(".goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	sources := regexp.MustCompile(`(?m)src: (\S+)$`).FindAllSubmatch(made, -1)
	if len(sources) < 10 {
		t.Fatalf("only %d files are packed", len(sources))
	}
	for _, source := range sources {
		name := string(source[1])
		if strings.HasPrefix(name, "release/") {
			if !strings.Contains(string(made), "> "+name+`"`) {
				t.Errorf("nothing makes %s", name)
			}
		} else if _, err := os.Stat(name); err != nil {
			t.Errorf("it is packed, but not there: %v", err)
		}
	}
	for _, target := range []string{"linux_amd64_v1", "linux_arm64_v8.0", "linux_arm_6", "darwin_amd64_v1", "darwin_arm64_v8.0", "CGO_ENABLED=0", "-trimpath"} {
		if !strings.Contains(string(made), "- "+target+"\n") {
			t.Errorf("%s is not in it", target)
		}
	}
}
