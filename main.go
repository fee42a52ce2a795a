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
