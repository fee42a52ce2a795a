// Vitals is a health monitor for the terminal: who you are, what you weigh,
// and what energy you and your house use.
package main

import (
	"context"
	"os"
	_ "time/tzdata" // a box at home may have no zone files of its own

	"vitals/internal/command"
)

func main() {
	command.KeepPrivate()
	os.Exit(command.Run(context.Background(), command.System(os.Args[1:])))
}
