package meterserver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"vitals/internal/energy"
	"vitals/internal/postgres"

	"zombiezen.com/go/sqlite"
)

// ErrUnsaved is wrapped by errors of the disk that the copy is on.
var ErrUnsaved = errors.New("the copy cannot be saved")

// errSlow ends a question that the server does not answer.
var errSlow = errors.New("no answer")

// answerWithin is for how long an answer of the server is waited for.
const answerWithin = 30 * time.Second

// plain turns what went wrong into words for its owner; path is the copy's.
func (m *Meter) plain(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, ctx.Err()) {
		return err
	}
	if ctx.Err() != nil { // whatever was interrupted by it
		return fmt.Errorf("reading the database %s: %w", m.at, ctx.Err())
	}
	if errors.Is(err, errSlow) {
		return postgres.Problem(err, "check the network, and whether the server is busy", "the server of the database %s does not answer in time", m.at)
	}
	if postgres.Code(err) == postgres.Cancelled {
		return postgres.Problem(err, "name the table with the readings as table in [energy], and give it an index on its time", "it takes the server of the database %s more than %v to find rows", m.at, answerWithin)
	}
	if _, ok := errors.AsType[*postgres.Error](err); ok {
		return err
	}
	code := sqlite.ErrCode(err)
	if code == sqlite.ResultError && !m.aboutCopy(err) { // the server's, or about what it is to be read as
		return err
	}
	switch code.ToPrimary() {
	case sqlite.ResultError:
		return postgres.Problem(err, "try again; if it stays so, see whose the folder of vitals.db is", "the copy of the database %s cannot be read", m.at)
	case sqlite.ResultBusy, sqlite.ResultLocked:
		return postgres.Problem(err, "try again in a moment", "another vitals keeps the copy of the database %s locked", m.at)
	case sqlite.ResultFull:
		return postgres.Problem(errors.Join(ErrUnsaved, err), "free some space, or set VITALS_DATA_DIR to a folder on another disk", "there is no space left for the copy of the database %s", m.at)
	}
	return postgres.Problem(errors.Join(ErrUnsaved, err), "see whether its disk is read-only or full, and whose the folder of vitals.db is",
		"the copy of the database %s cannot be saved or read: %s", m.at, code.Message())
}

// aboutCopy reports whether an error of package energy names the copy, whose path
// means nothing to anybody.
func (m *Meter) aboutCopy(err error) bool {
	said, ok := errors.AsType[*energy.Error](err)
	return ok && strings.Contains(said.Error()+said.Hint(), m.path)
}

// spoilt reports whether a copy that is made anew is what an error calls for.
func (m *Meter) spoilt(err error) bool {
	return spoilt(err) || sqlite.ErrCode(err) == sqlite.ResultError && m.aboutCopy(err)
}

// spoilt reports whether an error says that the copy is damaged, or none at all.
func spoilt(err error) bool {
	code := sqlite.ErrCode(err).ToPrimary()
	return code == sqlite.ResultCorrupt || code == sqlite.ResultNotADB
}
