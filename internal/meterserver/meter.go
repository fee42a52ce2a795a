package meterserver

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"vitals/internal/energy"
	"vitals/internal/postgres"
	"vitals/internal/timeline"

	"zombiezen.com/go/sqlite"
)

// Meter reads one series of the tables of a PostgreSQL server, by way of a copy in
// a folder. It keeps one connection between calls, until Close. Its methods may be
// called from several goroutines; their errors are those of package energy, of
// package postgres; ErrUnsaved is wrapped by some.
type Meter struct {
	at      postgres.Address
	path    string // of the copy
	mapping energy.Mapping
	zone    *time.Location
	now     func() time.Time
	inner   *energy.Meter // reads the copy

	mu      sync.Mutex // guards what follows, and is held while the server is asked
	conn    *postgres.Conn
	sources []source
	chosen  time.Time
	seen    []seen    // at the last refresh
	asked   time.Time // when the server was asked to look
	resting time.Duration
	more    bool // the last RollUp left something to read
}

// NewMeter returns the Meter for a database, with its copy in folder. Zone is that
// of stamps without one, unless the mapping names another. Nothing is asked yet.
func NewMeter(at postgres.Address, folder string, mapping energy.Mapping, zone *time.Location, now func() time.Time) *Meter {
	mapping.Called = at.String()
	m := &Meter{at: at, path: CopyPath(at, folder, mapping), mapping: mapping, zone: zone, now: now}
	m.inner = energy.NewMeter(m.path, mapping, zone, now)
	return m
}

const copyBegins, copyEnds = "meter-", ".db"

// CopyPath is where the copy of what the mapping names of a database is: the same
// for whoever asks.
func CopyPath(at postgres.Address, folder string, mapping energy.Mapping) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", at.Identity(), mapping.Table, mapping.Columns()))
	return filepath.Join(folder, fmt.Sprintf("%s%x%s", copyBegins, sum[:8], copyEnds))
}

// Copies lists the copies in a folder, and of each the files it is made of.
func Copies(folder string) (map[string][]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	found := map[string][]string{}
	for _, e := range entries {
		name, end, ok := strings.Cut(e.Name(), copyEnds)
		number, is := strings.CutPrefix(name, copyBegins)
		if !ok || !is || len(number) != 16 || strings.Trim(number, "0123456789abcdef") != "" || !slices.Contains([]string{"", "-wal", "-shm", lockEnds}, end) {
			continue
		}
		path := filepath.Join(folder, name+copyEnds)
		found[path] = append(found[path], filepath.Join(folder, e.Name()))
	}
	return found, nil
}

// Close ends the connection. The Meter may be used again.
func (m *Meter) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hangUp()
}

func (m *Meter) hangUp() {
	if m.conn != nil {
		m.conn.Close()
		m.conn = nil
	}
}

// Changed reports whether the tables were written to since the last RollUp that
// worked, by one short question.
func (m *Meter) Changed(ctx context.Context) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if m.seen == nil || now.Sub(m.chosen).Abs() >= lateEvery {
		return true, nil
	}
	if now.Sub(m.asked).Abs() >= m.resting {
		found, err := m.look(ctx)
		if err != nil || !slices.Equal(found, m.seen) {
			return true, m.plain(ctx, err)
		}
	}
	changed, err := m.inner.Changed(ctx) // by another vitals
	return changed || err != nil, nil
}

// RollUp returns the energy by the quarter-hour, as energy.Meter does, after it
// brought the copy up to date.
func (m *Meter) RollUp(ctx context.Context, bookmark []byte, progress func(done, total int64)) (timeline.RollUp, error) {
	var r timeline.RollUp
	err := m.read(ctx, m.continues(bookmark), progress, func() (err error) {
		r, err = m.inner.RollUp(ctx, bookmark, progress)
		return err
	})
	m.mu.Lock()
	defer m.mu.Unlock()
	m.more = err == nil && r.More
	return r, err
}

// continues reports whether a roll-up goes on with the older part of what is copied.
func (m *Meter) continues(bookmark []byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.more && bookmark != nil
}

// Portions returns the energy of [from, to) by the quarter-hour, as energy.Meter
// does, of what was copied before.
func (m *Meter) Portions(ctx context.Context, from, to time.Time) ([]timeline.Portion, error) {
	portions, err := m.inner.Portions(ctx, from, to)
	return portions, m.plain(ctx, err)
}

// Readings gives each the readings stamped in [from, to), as energy.Meter does,
// after it brought the copy up to date.
func (m *Meter) Readings(ctx context.Context, from, to time.Time, each func(timeline.Reading, energy.Unit) error, progress func(done, total int64)) error {
	return m.read(ctx, false, progress, func() error { return m.inner.Readings(ctx, from, to, each, progress) })
}

// Detect finds the series, as energy.Detect does, after it brought the copy up to
// date.
func (m *Meter) Detect(ctx context.Context, progress func(done, total int64)) (found energy.Database, err error) {
	err = m.read(ctx, false, progress, func() (err error) {
		found, err = energy.Detect(ctx, m.path, m.mapping, m.zone, m.now(), progress)
		return err
	})
	return found, err
}

// read reads the copy, brought up to date unless it is good enough. One that is
// damaged is made anew.
func (m *Meter) read(ctx context.Context, goodEnough bool, progress func(done, total int64), read func() error) error {
	var err error
	for range 2 {
		if !goodEnough {
			err = m.upToDate(ctx, progress)
		}
		if err == nil {
			err = read()
		}
		if !m.spoilt(err) {
			break
		}
		goodEnough = false
		if removeErr := m.remove(ctx); removeErr != nil {
			return removeErr
		}
	}
	return m.plain(ctx, err)
}

const lockEnds = ".lock"

// locked calls work while no other vitals changes the copy. It is called false
// when another one does.
func (m *Meter) locked(work func() error) (bool, error) {
	if err := os.MkdirAll(filepath.Dir(m.path), 0o700); err != nil {
		return true, unsaved(err)
	}
	lock := flock.New(m.path+lockEnds, flock.SetPermissions(0o600))
	held, err := lock.TryLock()
	if err != nil {
		return true, unsaved(err)
	}
	if !held {
		return false, nil
	}
	defer func() { _ = lock.Unlock() }()
	return true, work()
}

func (m *Meter) remove(ctx context.Context) error {
	held, err := m.locked(func() error { return removeCopy(m.path) })
	if err == nil && !held {
		err = m.busy()
	}
	return m.plain(ctx, err)
}

func (m *Meter) busy() error {
	return postgres.Problem(nil, "try again in a moment", "another vitals copies the rows of the database %s just now", m.at)
}

// upToDate brings the copy up to date. Where another vitals does so, what is there
// is good enough once all was copied.
func (m *Meter) upToDate(ctx context.Context, progress func(done, total int64)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	const patience, pause = 10 * time.Second, 100 * time.Millisecond
	for waited := time.Duration(0); ; waited += pause {
		held, err := m.locked(func() error {
			c, err := openCopy(ctx, m.path, m.at.Identity())
			if err != nil {
				return err
			}
			defer c.close()
			err = m.refresh(ctx, c, progress)
			if code := postgres.Code(err); code == postgres.UndefinedTable || code == postgres.UndefinedColumn { // the tables are others now
				m.sources = nil
				err = m.refresh(ctx, c, progress)
			}
			return err
		})
		if held || err != nil {
			return err
		}
		if whole, err := m.whole(ctx); err != nil || whole {
			return err
		}
		if waited >= patience {
			return m.busy()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// whole reports whether all was copied once. It changes nothing of the file, not even
// its mode: whoever makes it just now does that.
func (m *Meter) whole(ctx context.Context) (bool, error) {
	if _, err := os.Stat(m.path); err != nil {
		return false, nil // it is just being made
	}
	conn, err := sqlite.OpenConn(m.path, sqlite.OpenReadWrite)
	if err != nil {
		return false, err
	}
	c := &rowsCopy{conn}
	defer c.close()
	conn.SetInterrupt(ctx.Done())
	conn.SetBusyTimeout(time.Second)
	var of fileNote
	err = c.get("", &of)
	if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultBusy {
		return false, nil
	}
	return of.Whole, err
}

// look asks what there is to be read. Where the answer takes the server a while,
// the next one is not asked for so soon.
func (m *Meter) look(ctx context.Context) (found []seen, err error) {
	began := time.Now()
	err = m.ask(ctx, func(ctx context.Context, conn *postgres.Conn) (err error) {
		found, err = look(ctx, conn, m.sources)
		return err
	})
	const quick, share = 200 * time.Millisecond, 50
	if m.asked, m.resting = m.now(), 0; time.Since(began) > quick {
		m.resting = share * time.Since(began)
	}
	return found, err
}

// ask asks the server, inside a transaction that can write nothing. A connection
// that broke since the last question is made anew.
func (m *Meter) ask(ctx context.Context, question func(context.Context, *postgres.Conn) error) error {
	for {
		kept := m.conn != nil
		err := m.askOnce(ctx, question)
		if err == nil {
			return nil
		}
		m.hangUp()
		code := postgres.Code(err)
		if !kept || ctx.Err() != nil || errors.Is(err, errSlow) || code != "" && !strings.HasPrefix(code, "57P") {
			return err
		}
	}
}

func (m *Meter) askOnce(ctx context.Context, question func(context.Context, *postgres.Conn) error) (err error) {
	if m.conn == nil {
		if m.conn, err = m.at.Dial(ctx); err != nil {
			m.conn = nil
			return err
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, answerWithin, errSlow)
	defer cancel()
	return m.conn.Reading(ctx, answerWithin, func() error { return question(ctx, m.conn) })
}
