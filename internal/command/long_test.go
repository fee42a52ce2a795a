package command

import "os"

// long reports whether tests take their time.
func long() bool { return os.Getenv("VITALS_LONG") == "1" }
