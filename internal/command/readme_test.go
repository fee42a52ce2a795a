package command

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vitals/internal/config"
)

// What the documents tell people to type is there: each command, and each of its
// flags.
func TestDocumentsShowCommandsThatExist(t *testing.T) {
	var (
		code    = regexp.MustCompile("(?s)```[a-z]*\n(.*?)```|`([^`\n]+)`")
		command = regexp.MustCompile(`(?m)(?:^|[ (/])vitals((?: [^ \n|)#<>]\S*)+)`)
		flag    = regexp.MustCompile(`--[a-z-]+`)
		word    = regexp.MustCompile(`^[a-z][a-z-]*$`)
	)
	const least = 10 // commands in the README; fewer, and they are not found any more
	for name, atLeast := range map[string]int{"README.md": least, "SECURITY.md": 1, "CHANGELOG.md": 1, "CONTRIBUTING.md": 0} {
		text, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		shown := map[string]bool{}
		for _, span := range code.FindAllStringSubmatch(string(text), -1) {
			for _, typed := range command.FindAllStringSubmatch(span[1]+span[2], -1) {
				cmd := (&cli{}).root()
				cmd.InitDefaultCompletionCmd()
				cmd.InitDefaultVersionFlag()
				for _, arg := range strings.Fields(typed[1]) {
					next, _, err := cmd.Find([]string{arg})
					if err != nil || next == cmd || !word.MatchString(arg) {
						break
					}
					cmd = next
				}
				if first := strings.Fields(typed[1])[0]; cmd == cmd.Root() && word.MatchString(first) {
					t.Errorf("%s: there is no command vitals%s", name, typed[1])
				}
				cmd.InitDefaultHelpFlag()
				shown[cmd.CommandPath()] = true
				for _, f := range flag.FindAllString(typed[1], -1) {
					if cmd.Flags().Lookup(f[2:]) == nil && cmd.InheritedFlags().Lookup(f[2:]) == nil {
						t.Errorf("%s: %s has no flag %s", name, cmd.CommandPath(), f)
					}
				}
			}
		}
		if len(shown) < atLeast {
			t.Errorf("%s: only %v were found", name, shown)
		}
	}
}

// A configuration that the README shows is one.
func TestTheReadmeShowsConfigurationsThatAreRead(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```ini\n(.*?)```").FindAllSubmatch(text, -1)
	if len(shown) == 0 {
		t.Error("the README shows none")
	}
	for _, block := range shown {
		path := filepath.Join(t.TempDir(), "config.ini")
		if err := os.WriteFile(path, block[1], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := config.Load(path, "/home/ann", func(string) string { return "" }); err != nil {
			t.Errorf("%v in\n%s", err, block[1])
		}
	}
}
