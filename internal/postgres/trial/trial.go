package trial

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"vitals/internal/postgres"
)

// Server is the variable with the address of a server that tests may make
// databases on: postgres://user:password@127.0.0.1:port/postgres. ".ci/postgres"
// starts one.
const Server = "VITALS_TEST_POSTGRES"

// Database makes an empty database for one test, which goes when that ends, and
// returns its address. Without a server the test is skipped, with a word.
func Database(t testing.TB) string {
	t.Helper()
	server := os.Getenv(Server)
	if server == "" {
		t.Skip("no PostgreSQL to try it with: " + Server + " is not set; eval \"$(.ci/postgres start)\" starts one")
	}
	name := "trial_" + strings.ToLower(rand.Text())
	run(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { run(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	at, err := url.Parse(server)
	if err != nil {
		t.Fatalf("%s is no address", Server)
	}
	at.Path = "/" + name
	return at.String()
}

// Run runs statements in a database, which may be given several at a time.
func Run(t testing.TB, address string, statements ...string) {
	t.Helper()
	for _, s := range statements {
		run(t, address, s)
	}
}

func run(t testing.TB, address, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	at, err := postgres.ParseAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := at.Dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Script(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
