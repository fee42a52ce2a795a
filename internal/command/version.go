package command

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// release is the version of a release, such as 1.0.0, and "" in any other build.
// A build sets it with -ldflags "-X vitals/internal/command.release=1.0.0": the
// linker can set nothing but a variable, and from an archive of the source there
// is nothing else to know the version from. No code changes it.
var release string

// version says which program this is: "1.0.0 (2c5f4960abcd, 2026-11-23) go1.26.8
// linux/amd64". The first word is the version, or devel.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return fmt.Sprintf("%s %s %s/%s", versionOf(release, info), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// versionOf is the version and, where the build recorded them, the commit and its
// date in UTC. A commit that was built with changes of somebody's ends in +dirty.
func versionOf(release string, info *debug.BuildInfo) string {
	recorded := map[string]string{}
	for _, s := range info.Settings {
		recorded[s.Key] = s.Value
	}
	const enough = 12 // digits, as in Go's own pseudo-versions
	commit := recorded["vcs.revision"]
	commit = commit[:min(len(commit), enough)]

	name := release
	if name == "" {
		name = strings.TrimPrefix(info.Main.Version, "v")
	}
	// Between two tags Go makes a version of the commit, which is told anyway.
	if name == "" || name == "(devel)" || commit != "" && strings.Contains(name, commit) {
		name = "devel"
	}
	if commit == "" {
		return name
	}
	if recorded["vcs.modified"] == "true" {
		commit += "+dirty"
	}
	if date, _, ok := strings.Cut(recorded["vcs.time"], "T"); ok {
		commit += ", " + date
	}
	return fmt.Sprintf("%s (%s)", name, commit)
}
