package energy

import (
	"context"
	"errors"
	"testing"
	"time"
)

// A writer that locks its database for long, before a reading or in its middle,
// keeps nobody from ending.
func TestALockIsWaitedForNoLongerThanTheContext(t *testing.T) {
	const end = 3 * time.Second // a lock is waited for 5 s
	for _, tt := range []struct {
		name   string
		sql    bool
		midway bool
	}{
		{"before", false, false}, {"between two parts", false, true}, {"between two parts that SQL reads", true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := database(t, samplesTable)
			conn := writer(t, path)
			exec(t, conn, `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 3 * ?)
				INSERT INTO samples SELECT 1700000000 + 10 * i, 400 FROM n`, partRows)
			mapping := Mapping{Table: "samples", Time: "ts", Value: "w", Unit: Watt}
			if tt.sql {
				exec(t, conn, "ALTER TABLE samples ADD COLUMN meter TEXT")
				exec(t, conn, "UPDATE samples SET meter = 'a'")
				mapping.Where = "meter = a"
			}
			ctx, cancel := context.WithCancel(t.Context())
			lock := func() {
				exec(t, conn, "BEGIN EXCLUSIVE")
				time.AfterFunc(50*time.Millisecond, cancel) // when it waits
			}
			if !tt.midway {
				lock()
			}
			parts := 0
			began := make(chan error, 1)
			go func() {
				m := NewMeter(path, mapping, time.UTC, func() time.Time { return testNow })
				_, err := m.RollUp(ctx, nil, func(int64, int64) {
					if parts++; parts == 1 && tt.midway {
						lock()
					}
				})
				began <- err
			}()
			select {
			case err := <-began:
				if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			case <-time.After(end):
				t.Error("it waits on")
				<-began
			}
			if tt.midway != (parts > 0) {
				t.Errorf("%d parts were read", parts)
			}
		})
	}
}
