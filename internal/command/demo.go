package command

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"vitals/fitbit"
	"vitals/fitbit/fake"
	"vitals/internal/config"
	energyfake "vitals/internal/energy/fake"
	"vitals/internal/health"
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
	cmd.Flags().BoolVar(&signedOut, "signed-out", false, "begin with the guided sign-in, against the built-in server")
	return cmd
}

// demo shows the screen on a made-up person and house: a server in this
// process stands in for Google, and everything is kept in memory and in a
// folder that goes when the demo ends.
func (c *cli) demo(ctx context.Context, signedOut bool) error {
	folder, err := os.MkdirTemp("", "vitals-demo-")
	if err != nil {
		return fmt.Errorf("making a folder for the demo: %w", err)
	}
	defer os.RemoveAll(folder)
	server := fake.New(fake.Ann(c.Now()), c.Now)
	address, stop, err := server.Listen()
	if err != nil {
		return err
	}
	defer stop()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return err
	}
	meter := filepath.Join(folder, "energymonitor.db")
	if err := energyfake.WriteMeter(ctx, meter, c.Now(), london); err != nil {
		return err
	}
	s := &session{env: c.Environment, machine: london, config: demoConfig(address, meter)}
	s.env.RequestsPerSecond = -1 // nobody's quota
	grants := &memoryGrants{}
	if !signedOut {
		grants.grant = fitbit.Grant{RefreshToken: fitbit.Secret(server.SignIn(fake.Scopes()...)), Scopes: fake.Scopes(), SignedInAt: c.Now()}
	}
	s.grants = grants
	if s.store, err = store.OpenMemory(ctx); err != nil {
		return err
	}
	defer s.Close()
	facts := terminal.Look(c.Getenv, c.Stdin, c.Stdout)
	if !facts.Interactive(c.plain) {
		return s.demoReport(ctx, signedOut)
	}
	begin := tui.Dashboard
	if signedOut {
		begin = tui.SigningIn
	}
	_, err = s.run(ctx, facts, begin)
	return err
}

// demoConfig is a configuration that points at the made-up server and meter.
func demoConfig(address, meter string) config.Config {
	client := fake.DesktopClient()
	var c config.Config
	c.Fitbit = config.Fitbit{ClientID: client.ID, ClientSecret: config.Secret(client.Secret), RedirectURL: "http://127.0.0.1:8765/",
		AuthURL: address + fake.AuthPath, TokenURL: address + fake.TokenPath, RevokeURL: address + fake.RevokePath,
		UserinfoURL: address + fake.UserInfoPath, APIURL: address + "/"}
	c.Energy.Database = meter
	c.Tariffs = []config.Tariff{{Currency: "GBP", PricePerKWh: 0.245, StandingCharge: 0.53}}
	c.Display = config.Display{GoalKG: 68, Refresh: true}
	return c
}

// demoReport prints the figures of the made-up person where there is no screen.
func (s *session) demoReport(ctx context.Context, signedOut bool) error {
	if !signedOut {
		syncer, err := s.syncer()
		if err != nil {
			return err
		}
		if _, err := syncer.Sync(ctx, health.DataTypes(), false); err != nil {
			return err
		}
	}
	return s.report(ctx, reportOptions{})
}
