package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// On a full disk no token is spent: the one that came instead could not be kept.
func TestNoTokenIsSpentWithoutRoomForAnother(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k,mode=0700"); err != nil {
		t.Skipf("nothing may be mounted here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	path, filler := filepath.Join(dir, "config.ini"), filepath.Join(dir, "filler")
	if err := os.WriteFile(path, []byte("[fitbit]\nrefresh_token = 1//old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	unlock, err := Lock(t.Context(), path) // its file is there from now on
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	asked := 0
	renew := func(Fitbit) (*Grant, error) { asked++; return &Grant{RefreshToken: "1//new"}, nil }
	if err := vault(path).RenewGrant(t.Context(), renew); err == nil || !strings.Contains(err.Error(), "nothing was asked of Google") || asked != 0 {
		t.Errorf("asked %d times, %v", asked, err)
	}
	gaveBack := false
	if err := vault(path).KeepGrant(t.Context(), func(Fitbit) (*Grant, error) { gaveBack = true; return &Grant{}, nil }); err == nil || !gaveBack {
		t.Errorf("on a full disk the access can be taken away: %v, %v", gaveBack, err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := vault(path).RenewGrant(t.Context(), renew); err != nil || asked != 1 {
		t.Errorf("with room: asked %d times, %v", asked, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("%v, %v", entries, err)
	}
}
