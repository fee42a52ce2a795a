package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"vitals/internal/health"
)

// Another program that writes for long keeps nobody from ending.
func TestALockIsWaitedForNoLongerThanTheContext(t *testing.T) {
	const end = 3 * time.Second // a lock is waited for 5 s
	path := newPath(t)
	s := openFile(t, path)
	defer closeStore(t, s)
	raw(t, path, func(conn *sqlite.Conn) error {
		if err := execute(conn, "BEGIN IMMEDIATE"); err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			time.AfterFunc(50*time.Millisecond, cancel) // when it waits
			_, _, err := s.SaveIdentity(ctx, health.Identity{HealthUserID: "1"})
			ended <- err
		}()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		case <-time.After(end):
			t.Error("it waits on")
			<-ended
		}
		return execute(conn, "ROLLBACK")
	})
}
