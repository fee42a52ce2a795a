package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"unicode"

	"github.com/jackc/pgx/v5/pgconn"
)

// Error is a problem with a server or a database that somebody can do something
// about. Its text is one plain sentence without a trailing period and without
// anything secret.
type Error struct {
	text, hint string
	cause      error
}

// Error says what is wrong.
func (e *Error) Error() string { return e.text }

// Hint says in one sentence what to do next.
func (e *Error) Hint() string { return e.hint }

// Unwrap returns the cause, if any. One of the library may tell of what was sent.
func (e *Error) Unwrap() error { return e.cause }

// Problem returns the Error of a sentence, and of what to do next. What caused it may
// be nil.
func Problem(cause error, hint, format string, args ...any) *Error {
	return &Error{text: Printable(fmt.Sprintf(format, args...)), hint: Printable(hint), cause: cause}
}

// Code returns PostgreSQL's five letters for what went wrong, "" where the server
// did not say. See https://www.postgresql.org/docs/current/errcodes-appendix.html.
func Code(err error) string {
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		return said.Code
	}
	return ""
}

// The codes that callers ask for.
const (
	UndefinedTable  = "42P01"
	UndefinedColumn = "42703"
	Cancelled       = "57014" // it took longer than statement_timeout, or somebody cancelled it
	NotPermitted    = "42501"
)

// plain turns what went wrong while talking to a database into words for its owner.
func (a Address) plain(ctx context.Context, err error) error {
	if _, ok := errors.AsType[*Error](err); err == nil || ok {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("asking the database %s: %w", a, context.Cause(ctx))
	}
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		return a.told(said, err)
	}
	var name *net.DNSError
	var unreached *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &name):
		return Problem(err, "check the name in the address, and the network", "there is no server called %s", a.config.Host)
	case errors.As(err, &certificate):
		return Problem(err, "give the server a certificate that fits its name, or name its authority with sslrootcert= in the address",
			"the server of the database %s is not who it says", a)
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		return Problem(err, "see whether the server runs, and whether it listens at that address and port", "no PostgreSQL answers for the database %s", a)
	case strings.Contains(err.Error(), "server refused TLS"):
		return Problem(err, "switch on ssl in its configuration; or, where nobody else is in that network, add ?sslmode=disable to the address",
			"the server of the database %s does not encrypt", a)
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), pgconn.Timeout(err):
		return Problem(err, "check the network, and whether a firewall is between", "the server of the database %s does not answer in time", a)
	case errors.As(err, &unreached):
		return Problem(err, "check the address and the network", "the server of the database %s cannot be reached", a)
	default:
		return Problem(err, "try again; if it stays so, see the log of the server", "the connection to the database %s broke off", a)
	}
}

// told is what a server said, in words where there is something to do about it.
// Its own words may quote a row, so no more than what it calls the kind of error
// is repeated.
func (a Address) told(said *pgconn.PgError, err error) *Error {
	switch code := said.Code; {
	case code == "28P01", code == "28000":
		return Problem(err, "check user and password: in the address, in PGPASSWORD or in ~/.pgpass, and pg_hba.conf on the server",
			"the database %s does not let %s in", a, a.config.User)
	case code == "3D000":
		return Problem(err, "make it with createdb, or correct the name at the end of the address", "there is no database %s", a)
	case code == NotPermitted:
		return Problem(err, "ask its owner for the rights: "+said.Message, "%s may not do that in the database %s", a.config.User, a)
	case code == UndefinedTable, code == UndefinedColumn:
		return Problem(err, "check the names: "+said.Message, "the database %s has no such table or column", a)
	case code == "22P05":
		return Problem(err, "make it with the encoding UTF8", "the database %s has no signs for some of the text", a)
	case code == "25006":
		return Problem(err, "name the server that takes writes", "the database %s can only be read", a)
	case code == "53300", code == "57P03", strings.HasPrefix(code, "57P"):
		return Problem(err, "try again in a moment", "the server of the database %s takes no connections now", a)
	case code == "53100":
		return Problem(err, "make room there", "the disk of the database %s is full", a)
	case code == "55P03", code == Cancelled, code == "40P01", code == "40001":
		return Problem(err, "try again in a moment; if it stays so, see in pg_stat_activity who holds it", "somebody else keeps the database %s busy", a)
	default:
		return Problem(err, "see the log of the server", "the database %s refused with the error %s", a, code)
	}
}

// Printable drops what cannot be seen from text from outside.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
}
