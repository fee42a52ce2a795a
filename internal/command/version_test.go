package command

import (
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersionOf(t *testing.T) {
	commit := debug.BuildSetting{Key: "vcs.revision", Value: "2c5f4960abcd0123456789abcdef0123456789ab"}
	date := debug.BuildSetting{Key: "vcs.time", Value: "2026-11-23T16:40:01Z"}
	clean := debug.BuildSetting{Key: "vcs.modified", Value: "false"}
	dirty := debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	tests := []struct {
		release, module string
		settings        []debug.BuildSetting
		want            string
	}{
		{"1.0.0", "v1.0.0", []debug.BuildSetting{commit, date, clean}, "1.0.0 (2c5f4960abcd, 2026-11-23)"},
		{"", "v1.0.0", []debug.BuildSetting{commit, date, clean}, "1.0.0 (2c5f4960abcd, 2026-11-23)"},
		{"", "v1.0.0+dirty", []debug.BuildSetting{commit, date, dirty}, "1.0.0+dirty (2c5f4960abcd+dirty, 2026-11-23)"},
		{"", "v0.0.0-20261123164001-2c5f4960abcd", []debug.BuildSetting{commit, date, clean}, "devel (2c5f4960abcd, 2026-11-23)"},
		{"", "v1.0.1-0.20261123164001-2c5f4960abcd+dirty", []debug.BuildSetting{commit, date, dirty}, "devel (2c5f4960abcd+dirty, 2026-11-23)"},
		{"1.0.0", "(devel)", nil, "1.0.0"},
		{"1.0.0", "", []debug.BuildSetting{commit}, "1.0.0 (2c5f4960abcd)"},
		{"", "(devel)", nil, "devel"},
		{"", "", nil, "devel"},
		{"", "", []debug.BuildSetting{date, dirty}, "devel"},
		{"", "", []debug.BuildSetting{{Key: "vcs.revision", Value: "17"}, {Key: "vcs.time", Value: "yesterday"}}, "devel (17)"},
	}
	for _, tt := range tests {
		info := &debug.BuildInfo{Main: debug.Module{Version: tt.module}, Settings: tt.settings}
		if got := versionOf(tt.release, info); got != tt.want {
			t.Errorf("%q, %q, %v: %q, want %q", tt.release, tt.module, tt.settings, got, tt.want)
		}
	}
	if words := strings.Fields(version()); len(words) < 3 || words[0] != "devel" {
		t.Errorf("this test says it is %q", words)
	}
}
