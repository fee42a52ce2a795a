package fitbit

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"vitals/internal/health"
)

// Kind tells a sign-in screen what became of a step, so that it can decide
// what to offer next.
type Kind uint8

// The kinds of error. An error that needs no decision is a KindOther.
const (
	KindOther         Kind = iota
	KindSetup              // the OAuth client or an address in the configuration is at fault
	KindNothingPasted      // no text
	KindIncomplete         // the beginning of a right answer: the rest may still come
	KindWrongPaste         // something else was pasted, maybe for another attempt
	KindDeclined           // the user said no in the browser
	KindRefused            // Google said no
	KindExpired            // the attempt is too old
	KindCodeRefused        // the code was used before, is too old, or was cut
	KindTryAgain           // nobody answered; the same answer may be tried again
)

// Error is what users see: one sentence and a hint at the next step. It never
// holds a secret, a health value or a message of the server. It wraps
// health.ErrSignInNeeded, health.ErrUnreachable, health.ErrOverloaded or a
// context's error where they apply.
type Error struct {
	Kind     Kind
	sentence string
	hint     string
	causes   []error
	whole    *Error        // OfAccount; nil for none
	pause    time.Duration // that Google asks for; 0 for none
}

// Error returns the sentence.
func (e *Error) Error() string { return e.sentence }

// Hint returns the next step in one sentence.
func (e *Error) Hint() string { return e.hint }

// Pause returns how long the server asked not to be asked again, whole seconds
// up to 34 years; 0 when it did not.
func (e *Error) Pause() time.Duration { return e.pause }

// Unwrap returns the errors that this one stands for.
func (e *Error) Unwrap() []error { return e.causes }

// OfAccount is what to say, once, when every data type fails in this way; nil
// when it says nothing of the others.
func (e *Error) OfAccount() error {
	if e.whole == nil {
		return nil
	}
	return e.whole
}

func problem(kind Kind, sentence, hint string, causes ...error) *Error {
	return &Error{Kind: kind, sentence: sentence, hint: hint, causes: causes}
}

// Skipped reports points that were left out because they have no value above
// nothing, no time, or the ID of another one that differs; the points returned
// beside it are to be kept.
type Skipped struct {
	Type  health.DataType
	Count int
}

// Error says how many points of what were left out.
func (s *Skipped) Error() string {
	if s.Count == 1 {
		return fmt.Sprintf("1 reading of %s was of no use and left out", spoken(s.Type))
	}
	return fmt.Sprintf("%d readings of %s were of no use and left out", s.Count, spoken(s.Type))
}

// Hint says where such points can be put right.
func (s *Skipped) Hint() string { return "look for it in the Google Health app; the rest was read" }

// Skipped returns the number of points left out.
func (s *Skipped) Skipped() int { return s.Count }

// skipped returns the error of an otherwise good answer.
func skipped(t health.DataType, count int) error {
	if count == 0 {
		return nil
	}
	return &Skipped{Type: t, Count: count}
}

const (
	hintSignIn     = "sign in again: press a, or run vitals auth"
	hintNewLink    = "ask for a new link"
	hintUpdate     = "try again later; if it stays so, look for a newer vitals"
	hintConnection = "check the connection; what is stored stays readable"
	hintPortal     = "log in to this network in a browser, if it wants that first, then try again"
	hintClock      = "see whether the clock is right: date; set it: sudo timedatectl set-ntp true"
)

func hintNotGoogle(key string) string {
	return "a proxy, or a network that wants a login in the browser first, stands between; else check " + key + " under [fitbit] in config.ini"
}

// switchedOff is the error of a service that is gone, such as Fitbit's own.
func switchedOff(key string) *Error {
	return problem(KindOther, "this service has been switched off (HTTP 410)", "check "+key+" under [fitbit] in config.ini, or look for a newer vitals")
}

// spoken is a data type's name in a sentence.
func spoken(t health.DataType) string { return strings.ReplaceAll(string(t), "-", " ") }

// interrupted returns the error of a call whose context has ended, else nil.
func interrupted(ctx context.Context, doing string) error {
	switch {
	case ctx.Err() == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return problem(KindTryAgain, doing+" took too long", hintConnection, ctx.Err(), health.ErrUnreachable)
	default:
		return problem(KindOther, doing+" was interrupted", "start it again", ctx.Err())
	}
}

// unreachable is the error of a request that got no answer from a host.
func unreachable(err error) *Error {
	host := "Google"
	if failed, ok := errors.AsType[*url.Error](err); ok {
		if u, err := url.Parse(failed.URL); err == nil && u.Host != "" {
			host = health.Printable(u.Host, 60)
		}
	}
	why, cause, hint := reason(err), health.ErrUnreachable, hintConnection
	switch why {
	case connectionCut:
		cause = health.ErrOverloaded
	case wrongTime:
		hint = hintClock
	}
	return problem(KindTryAgain, fmt.Sprintf("could not reach %s (%s)", host, why), hint, cause)
}

const (
	connectionCut = "connection cut"
	wrongTime     = "its certificate is not valid at the time of this machine's clock"
)

// cutShort reports whether an answer began but did not arrive whole and sound.
func cutShort(err error) bool {
	_, garbled := errors.AsType[flate.CorruptInputError](err)
	return garbled || slices.ContainsFunc([]error{io.ErrUnexpectedEOF, gzip.ErrHeader, gzip.ErrChecksum, errTooLong},
		func(broken error) bool { return errors.Is(err, broken) })
}

// reason puts in a few words why a connection failed.
func reason(err error) string {
	var (
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
		invalid     x509.CertificateInvalidError
		record      tls.RecordHeaderError
		timeout     net.Error
	)
	switch {
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.As(err, &dns):
		return "name not found"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return wrongTime
	case errors.As(err, &certificate):
		return "its certificate is not trusted"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "it does not speak TLS"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), cutShort(err):
		return connectionCut
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "no network"
	default:
		return "no connection"
	}
}
