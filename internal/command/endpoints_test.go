package command

import (
	"strings"
	"testing"

	"vitals/fitbit/fake"
)

// Tokens and codes go over https, and http for this machine alone, whichever
// address is configured otherwise.
func TestNoSecretGoesToAnOpenAddress(t *testing.T) {
	b := newBox(t)
	b.signIn("")
	mine := b.read("config.ini")
	commands := []string{"sync", "auth --print-url", "auth logout"}
	for i, address := range []string{
		"http://google.example/", "http://localhost.evil.example/", "http://127.0.0.1.nip.io/", "http://127.0.0.1@evil.example/",
		"http://localhost@evil.example/", "https://ann@google.example/", "https://ann:hush@google.example/", "http://ann@127.0.0.1/",
		"http://[::1]@evil.example/", "http://127.0.0.1:80@evil.example:80/", "http://0.0.0.0/", "http://[::]/", "http://10.0.0.1/", "http://[fe80::1]/",
		"http://2130706433/", "http://0x7f000001/", "http://127.1/", "http://localhost./", "http://evil.example#@127.0.0.1/", `http://evil.example\@127.0.0.1/`,
		"ftp://127.0.0.1/", "ws://127.0.0.1/", "127.0.0.1:80", "//127.0.0.1/", "http:127.0.0.1", "http:///", "file:///etc/passwd",
	} {
		for k, key := range []string{"auth_url", "token_url", "revoke_url", "userinfo_url", "api_url", "redirect_url"} {
			var lines []string
			for line := range strings.Lines(mine) {
				if !strings.HasPrefix(line, key+" ") {
					lines = append(lines, line)
				}
			}
			b.write("config.ini", strings.Join(lines, "")+key+" = "+address+"\n")
			command := commands[(i+k)%len(commands)]
			r := b.run(strings.Fields(command)...)
			if r.code != exitUsage || !strings.Contains(r.stderr, key) || !strings.Contains(r.stderr, "https") {
				t.Errorf("%s = %s, %s: exit code %d, %s", key, address, command, r.code, r.stderr)
			}
		}
	}
	if n := len(b.google.Requests("/")); n > 0 {
		t.Errorf("%d requests", n)
	}
	for _, address := range []string{"http://127.0.0.1:1/", "http://127.255.0.9:1/", "http://[::1]:1/", "http://localhost:1/", "https://google.example/"} {
		b.write("config.ini", fake.Configuration(strings.TrimSuffix(address, "/"), "")+"redirect_url = "+address+"\n")
		b.run("auth", "--print-url").expect(t, 0)
	}
}
