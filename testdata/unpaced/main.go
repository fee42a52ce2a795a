// Unpaced is vitals, except that it asks Google as often as it likes: at two
// requests a second a test would mostly wait.
package main

import (
	"context"
	"os"
	_ "time/tzdata"

	"vitals/internal/command"
)

func main() {
	env := command.System(os.Args[1:])
	env.RequestsPerSecond = -1
	os.Exit(command.Run(context.Background(), env))
}
