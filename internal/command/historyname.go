package command

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"vitals/internal/config"
)

// madeUp is what a made-up name of a history looks like.
var madeUp = regexp.MustCompile(`^[0-9a-f]{16}$`)

func (s *session) nameFile() string { return filepath.Join(s.dataDir, "history-name") }

// keptName is the made-up name of the history, "" when it has none yet.
func (s *session) keptName() string {
	text, err := os.ReadFile(s.nameFile())
	if name := strings.TrimSpace(string(text)); err == nil && madeUp.MatchString(name) {
		return name
	}
	return ""
}

// historyName is a made-up name of the history, by which a website's database tells
// it from those of other people and machines. It is made when it is first asked for.
func (s *session) historyName(ctx context.Context) (string, error) {
	if name := s.keptName(); name != "" {
		return name, nil
	}
	lock := flock.New(s.nameFile(), flock.SetPermissions(0o600))
	held, err := lock.TryLockContext(ctx, 50*time.Millisecond)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if held {
		defer lock.Unlock()
		if name := s.keptName(); name != "" { // somebody else was faster
			return name, nil
		}
		random := make([]byte, 8)
		_, _ = rand.Read(random) // never fails
		name := hex.EncodeToString(random)
		if err = config.WritePrivate(s.nameFile(), name+"\n"); err == nil || errors.Is(err, config.ErrUnconfirmed) {
			return name, nil
		}
	}
	// It cannot be kept: the account is told apart from others all the same.
	person, unknown := s.store.Person(ctx)
	if unknown != nil {
		return "", unknown
	}
	if person.Identity.HealthUserID == "" {
		what, remedy := s.unwritable(err)
		return "", failure{code: exitFailed, cause: errors.New("what is pushed needs a name to be known by, which cannot be kept: " + what), hint: remedy}
	}
	return hashed(person.Identity.HealthUserID, s.dataDir), nil
}

// hashed is a name made of others, which does not tell them.
func hashed(names ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(names, "\x00")))
	return hex.EncodeToString(sum[:8])
}
