package config

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// GitWarning is a GitRisk in one sentence, "" when there is none.
func GitWarning(filename string) string {
	if risk, remedy := GitRisk(filename); risk != "" {
		return risk + ": " + remedy
	}
	return ""
}

// GitRisk says when the file at filename, where a secret is or is about to be
// saved, could end up in a git history: it lies in a work tree that tracks it or
// does not ignore it. The remedy gives the line to add to .gitignore. Otherwise
// it returns "". The file need not exist; without git installed only the
// .gitignore files count, and what cannot be told for sure is a risk.
func GitRisk(filename string) (risk, remedy string) {
	filename, err := filepath.Abs(filename)
	if err != nil {
		return "", ""
	}
	filename = resolve(filename)
	root := workTree(filepath.Dir(filename))
	if root == "" {
		return "", ""
	}
	name := strings.TrimPrefix(filename, strings.TrimSuffix(root, "/")+"/")
	line := fmt.Sprintf("add the line %s to %s", "/"+escapePattern(name), filepath.Join(root, ".gitignore"))

	ignored, err := askGit(root, "check-ignore", "--quiet", "--", "./"+name)
	if err != nil {
		if ignoredByFiles(root, name) {
			return "", ""
		}
		return fmt.Sprintf("%s lies in the git work tree %s and may not be ignored", filename, root), line
	}
	tracked, err := askGit(root, "ls-files", "--error-unmatch", "--", ":(literal)"+name)
	switch {
	case err == nil && tracked:
		return filename + " is tracked by git, which keeps what was committed for good",
			fmt.Sprintf("run git -C %s rm --cached -- %s and %s", ShellQuote(root), ShellQuote(name), line)
	case ignored:
		return "", ""
	default:
		return fmt.Sprintf("%s lies in the git work tree %s, which does not ignore it", filename, root), line
	}
}

// workTree returns the nearest directory, dir or above, with a .git in it.
func workTree(dir string) string {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		above := filepath.Dir(dir)
		if above == dir {
			return ""
		}
		dir = above
	}
}

// askGit runs a git command that answers yes with 0 and no with 1. Anything
// else, such as git not being there, is an error.
func askGit(root string, args ...string) (bool, error) {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...)
	cmd.Env = publicEnvironment(os.Environ())
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return false, nil
	}
	return err == nil, err
}

// ignoredByFiles reads the ignore files from the root of a work tree down to
// name (a path below it) as gitignore(5) says, but takes no notice of patterns
// for directories: then a file may count as not ignored although it is.
func ignoredByFiles(root, name string) bool {
	ignored := false
	apply := func(file, below string) {
		data, _ := os.ReadFile(file)
		for pattern := range strings.Lines(string(data)) {
			pattern = strings.TrimSpace(pattern)
			bare, negated := strings.CutPrefix(pattern, "!")
			subject := path.Base(below)
			if strings.Contains(bare, "/") {
				subject = below
			}
			if matched, _ := path.Match(strings.TrimPrefix(bare, "/"), subject); matched {
				ignored = !negated
			}
		}
	}
	apply(filepath.Join(root, ".git", "info", "exclude"), name)
	dir, below := root, name
	for {
		apply(filepath.Join(dir, ".gitignore"), below)
		first, rest, deeper := strings.Cut(below, "/")
		if !deeper {
			return ignored
		}
		dir, below = filepath.Join(dir, first), rest
	}
}

// escapePattern writes a path as a pattern that matches nothing else.
func escapePattern(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}
