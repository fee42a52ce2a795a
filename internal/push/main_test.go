package push_test

import (
	"flag"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == "100" && os.Getenv("VITALS_LONG") == "" {
		_ = checks.Value.Set("20") // a push takes its time
	}
	os.Exit(m.Run())
}
