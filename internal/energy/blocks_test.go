package energy

import (
	"runtime/debug"
	"strings"
	"testing"
)

// A panic of the reader beside ends in the caller's hands, not the program.
func TestAPanicBesideReachesTheCaller(t *testing.T) {
	conn, m, _ := meterFile(t, samplesTable)
	exec(t, conn, "PRAGMA journal_mode = wal")
	insert(t, conn, sampleRows(6*24*60, 5*partRows)...)
	m.blocks = blockSizes{newest: partRows, later: partRows, warmUp: 100}
	r := rollUp(t, m, nil)
	defer func() {
		if cause := recover(); cause != "broken" {
			t.Errorf("got %v", cause)
		}
	}()
	_, err := m.RollUp(t.Context(), r.Bookmark, func(int64, int64) {
		if strings.Contains(string(debug.Stack()), "sync.(*WaitGroup).Go") {
			panic("broken")
		}
	})
	t.Errorf("it went on, %v", err)
}
