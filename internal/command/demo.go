package command

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vitals/fitbit/fake"
	"vitals/internal/config"
	energyfake "vitals/internal/energy/fake"
	"vitals/internal/refresh"
	"vitals/internal/store"
	"vitals/internal/terminal"
	"vitals/tui"
)

func (c *cli) demoCommand() *cobra.Command {
	var signedOut bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show everything on made-up data; nothing is left on disk",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return c.demo(cmd.Context(), signedOut) },
	}
	cmd.Flags().BoolVar(&c.plain, "plain", false, "print the report instead of the dashboard")
	cmd.Flags().BoolVar(&signedOut, "signed-out", false, "begin with the guided sign-in, against the built-in server")
	return cmd
}

// demo shows the screen on a made-up person and house: a server in this
// process stands in for Google, and everything else – configuration, history,
// meter – is in a folder that goes when the demo ends.
func (c *cli) demo(ctx context.Context, signedOut bool) error {
	folder, remove, err := store.Scratch(os.TempDir(), "vitals-demo-", madeByDemo)
	if err != nil {
		return fmt.Errorf("making a folder for the demo: %w", err)
	}
	defer remove()
	server := fake.New(fake.Ann(c.Now()), c.Now)
	address, stop, err := server.Listen()
	if err != nil {
		return err
	}
	defer stop()
	if err := furnish(ctx, folder, address, server, c.Now(), signedOut); err != nil {
		return err
	}
	demo := *c
	demo.configFlag = filepath.Join(folder, demoConfig)
	demo.RequestsPerSecond = -1 // nobody's quota
	demo.Getenv = func(name string) string {
		switch name {
		case "VITALS_DATA_DIR", "VITALS_STATE_DIR":
			return folder
		}
		return c.Getenv(name)
	}
	facts := terminal.Look(c.Getenv, c.Stdin, c.Stdout)
	s, err := demo.openSession(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	s.note, s.demo = "made-up data", true
	switch {
	case facts.Interactive(c.plain) && signedOut:
		_, err = s.run(ctx, facts, tui.SigningIn)
	case facts.Interactive(c.plain):
		_, err = s.run(ctx, facts, tui.Dashboard)
	default:
		err = s.demoReport(ctx, signedOut)
	}
	return err
}

const (
	demoConfig = "config.ini"
	demoMeter  = "energymonitor.db" // the made-up meter's database
)

// madeByDemo reports whether a demo makes a file of that name in its folder.
func madeByDemo(name string) bool {
	var in session // a folder
	made := []string{demoConfig, viewFile, attemptFile, addressFile, in.fetchLock().Path()}
	for _, locked := range []string{demoConfig, attemptFile, in.storePath()} {
		made = append(made, locked+".lock")
	}
	for _, t := range []task{fetching, importing, readingMeter} {
		made = append(made, in.taskFile(t))
	}
	for _, database := range []string{in.storePath(), demoMeter} {
		for _, ending := range []string{"", "-wal", "-shm", "-journal"} {
			made = append(made, database+ending)
		}
	}
	return slices.Contains(made, name) || slices.ContainsFunc(made, func(path string) bool { return config.IsUnfinished(name, path) })
}

// furnish writes the demo's meter and a configuration that points at the
// made-up server and that meter.
func furnish(ctx context.Context, folder, address string, server *fake.Server, now time.Time, signedOut bool) error {
	const zone = "Europe/London"
	london, err := time.LoadLocation(zone)
	if err != nil {
		return err
	}
	meter := filepath.Join(folder, demoMeter)
	if err := energyfake.WriteMeter(ctx, meter, now, london); err != nil {
		return err
	}
	grant, signedIn := "", ""
	if !signedOut {
		const days = 20
		signedIn = "signed_in_at = " + now.AddDate(0, 0, -days).Format(time.RFC3339) + "\n"
		grant = server.SignIn(fake.Scopes()...)
	}
	text := fake.Configuration(address, grant) + fmt.Sprintf(`granted_scopes = %s
%s[energy]
database = %s
[tariff]
currency = GBP
price_per_kwh = 0.245
standing_charge = 0.53
[display]
time_zone = %s
goal_kg = 68
`, strings.Join(fake.Scopes(), " "), signedIn, meter, zone)
	return os.WriteFile(filepath.Join(folder, demoConfig), []byte(text), 0o600)
}

// demoReport prints the figures of the made-up person where there is no screen.
func (s *session) demoReport(ctx context.Context, signedOut bool) error {
	if !signedOut {
		syncer, err := s.syncer(ctx)
		if err != nil {
			return err
		}
		if _, err := syncer.Sync(ctx, syncer.Types(), refresh.OneStep); err != nil {
			return err
		}
	}
	return s.report(ctx, reportOptions{})
}
