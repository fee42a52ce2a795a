package command

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vitals/fitbit"
	"vitals/internal/config"
	"vitals/internal/terminal"
	"vitals/tui"
)

type authOptions struct {
	printURL, pasteStdin bool
	client               string
}

func (c *cli) authCommand() *cobra.Command {
	var o authOptions
	cmd := &cobra.Command{
		Use:   "auth",
		Short: "Sign in to Google Health, guided, on plain input and output",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.printURL && o.pasteStdin {
				return usage("--print-url comes first, --paste-stdin after the browser", "--print-url and --paste-stdin exclude each other")
			}
			return c.auth(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.printURL, "print-url", false, "print the address alone and keep the attempt for ten minutes")
	flags.BoolVar(&o.pasteStdin, "paste-stdin", false, "read the browser's address from standard input and finish")
	flags.StringVar(&o.client, "client", "", "take the OAuth client from Google's client_secret_….json")

	var asJSON bool
	status := &cobra.Command{Use: "status", Short: "Say who is signed in, since when, and what was granted", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.authStatus(cmd.Context(), asJSON) }}
	status.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	logout := &cobra.Command{Use: "logout", Short: "Give the access back to Google, then forget it", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.authLogout(cmd.Context()) }}
	cmd.AddCommand(status, logout)
	return cmd
}

func (c *cli) auth(ctx context.Context, o authOptions) error {
	s, err := c.openSession(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	facts := terminal.Look(c.Getenv, c.Stdin, c.Stdout)
	guide := &authGuide{signIn: &signIn{session: s, facts: facts}, in: bufio.NewReader(c.Stdin)}
	if o.client != "" {
		if wantsSecret, err := guide.TakeClient(ctx, o.client, ""); err != nil || wantsSecret {
			return errors.Join(err, fileWanted(wantsSecret))
		}
	}
	switch {
	case o.printURL:
		return guide.printURL(ctx)
	case o.pasteStdin:
		return guide.pasteStdin(ctx)
	case o.client != "" && !facts.StdinTerminal:
		guide.tell("The OAuth client is saved. Next: vitals auth")
		return nil
	default:
		return guide.run(ctx)
	}
}

func fileWanted(wantsSecret bool) error {
	if wantsSecret {
		return errNotAClient
	}
	return nil
}

// authGuide is the sign-in on plain input and output: what is to be read by
// people goes to standard error, the address to standard output.
type authGuide struct {
	*signIn
	in *bufio.Reader
}

func (g *authGuide) tell(format string, args ...any) { fmt.Fprintf(g.env.Stderr, format+"\n", args...) }

func (g *authGuide) printURL(ctx context.Context) error {
	link, err := g.Begin(ctx, true)
	if err != nil {
		return err
	}
	if link.NeedsClient {
		return noClient(link)
	}
	_, err = fmt.Fprintln(g.env.Stdout, link.Address)
	return err
}

func noClient(link tui.Link) error {
	text := "no Google OAuth client is set up yet"
	if link.Note != "" {
		text = strings.TrimSuffix(link.Note, ".")
	}
	return usage("vitals auth --client client_secret_….json, or vitals auth for the steps", "%s", text)
}

func (g *authGuide) pasteStdin(ctx context.Context) error {
	attempt, err := g.pending()
	if err != nil {
		return err
	}
	g.use(attempt)
	const most = 64 << 10
	text, err := io.ReadAll(io.LimitReader(g.in, most))
	if err != nil {
		return fmt.Errorf("reading standard input: %w", err)
	}
	return g.finish(ctx, tui.Link{}, string(text))
}

// run guides through the steps until the sign-in worked or input ends.
func (g *authGuide) run(ctx context.Context) error {
	link, err := g.Begin(ctx, false)
	if err != nil {
		return err
	}
	if link.NeedsClient {
		if link, err = g.askClient(ctx, link); err != nil {
			return err
		}
	}
	if link.Note != "" {
		g.tell("%s", link.Note)
	}
	g.tell("1 Open this address in a browser on any device, with the Google account of your Fitbit, and allow access:")
	if err := terminal.PrintForCopy(g.env.Stdout, link.Address); err != nil {
		return err
	}
	g.tell("2 The browser then tries to open %s and shows an error page (\"can't connect\"). That is expected.", link.Redirect)
	g.tell("3 Copy the whole address from the browser's address bar, paste it here and press enter.")
	g.tell("  The link is good until %s.", link.Until.Format("15:04"))
	var pasted strings.Builder
	for {
		line, err := g.line(ctx)
		if err != nil {
			return err
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		pasted.WriteString(line)
		paste := g.Read(link, pasted.String())
		switch paste.State {
		case tui.PasteReady:
			err := g.finish(ctx, link, pasted.String())
			var problem *fitbit.Error
			if !errors.As(err, &problem) || problem.Kind != fitbit.KindTryAgain {
				return err
			}
			complain(g.env.Stderr, err)
			pasted.Reset()
		case tui.PasteUnfinished: // the terminal cut it into lines: more may follow
			g.tell("%s", paste.Problem)
		default:
			g.tell("%s", paste.Problem)
			pasted.Reset()
		}
	}
}

// line reads a line of input, or ends with ctx.
func (g *authGuide) line(ctx context.Context) (string, error) {
	type read struct {
		text string
		err  error
	}
	done := make(chan read, 1)
	go func() {
		text, err := g.in.ReadString('\n')
		done <- read{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-done:
		if r.err != nil && r.text == "" {
			return "", failure{code: exitFailed, cause: errors.New("the browser's address never came"),
				hint: "vitals auth --paste-stdin takes it, while the link is good"}
		}
		return r.text, nil
	}
}

// askClient guides through making an OAuth client.
func (g *authGuide) askClient(ctx context.Context, link tui.Link) (tui.Link, error) {
	if !g.facts.StdinTerminal {
		return link, noClient(link)
	}
	if link.Note != "" {
		g.tell("%s", link.Note)
	}
	g.tell("First, a Google OAuth client of your own (once):")
	for _, step := range tui.ClientSteps() {
		g.tell("%s", step)
	}
	for id := ""; ; {
		what := "Client id, or path of the downloaded file:"
		if id != "" {
			what = "Client secret:"
		}
		g.tell("%s", what)
		text, err := g.line(ctx)
		if err != nil {
			return link, err
		}
		var wantsSecret bool
		if id != "" {
			wantsSecret, err = g.TakeClient(ctx, id, text)
		} else {
			wantsSecret, err = g.TakeClient(ctx, text, "")
		}
		switch {
		case err != nil:
			complain(g.env.Stderr, err)
			id = ""
		case wantsSecret:
			id = strings.TrimSpace(text)
		default:
			return g.Begin(ctx, true)
		}
	}
}

func (g *authGuide) finish(ctx context.Context, link tui.Link, pasted string) error {
	if paste := g.Read(link, pasted); paste.Note != "" {
		g.tell("vitals: %s", paste.Note)
	}
	connected, err := g.Complete(ctx, link, pasted, func(step string) { g.tell("%s …", step) })
	if err != nil {
		return err
	}
	who := "Connected"
	if connected.Name != "" {
		who += " as " + connected.Name
	}
	g.tell("%s (%s). %s", who, strings.Join(connected.Granted, ", "), connected.Saved)
	if len(connected.Missing) > 0 {
		g.tell("vitals: access was granted without %s", strings.Join(connected.Missing, ", "))
	}
	if connected.Warning != "" {
		g.tell("vitals: %s", connected.Warning)
	}
	return nil
}

// authStatus tells what is known of the grant without asking Google.
func (c *cli) authStatus(ctx context.Context, asJSON bool) error {
	s, err := c.openSession(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	grant, err := s.grant()
	if err != nil {
		return err
	}
	snapshot, err := s.viewer().Snapshot(ctx)
	if err != nil {
		return err
	}
	var newest time.Time
	var problem *string
	for _, f := range snapshot.Fetches {
		if f.LastSuccess.After(newest) {
			newest = f.LastSuccess
		}
		if f.Error != "" && problem == nil {
			problem = &f.Error
		}
	}
	at := func(t time.Time) *string {
		if t.IsZero() {
			return nil
		}
		text := t.In(snapshot.AsOf.Location()).Format(time.RFC3339)
		return &text
	}
	signedIn := grant.RefreshToken != ""
	out := struct {
		Schema      int      `json:"schema"`
		SignedIn    bool     `json:"signed_in"`
		SignedInAt  *string  `json:"signed_in_at"`
		ExpiresAt   *string  `json:"expires_at"`
		Granted     []string `json:"granted"`
		Missing     []string `json:"missing"`
		LastSuccess *string  `json:"last_success"`
		Problem     *string  `json:"problem"`
	}{1, signedIn, at(grant.SignedInAt), at(grant.ExpiresAt), grant.Granted(), grant.Missing(), at(newest), problem}
	if asJSON {
		return json.NewEncoder(c.Stdout).Encode(out)
	}
	if !signedIn {
		_, err := fmt.Fprintln(c.Stdout, "not signed in (vitals auth)")
		return err
	}
	lines := []string{"signed in"}
	add := func(name string, value *string) {
		if value != nil {
			lines = append(lines, name+" "+*value)
		}
	}
	add("since", out.SignedInAt)
	add("until", out.ExpiresAt)
	lines = append(lines, "granted "+strings.Join(out.Granted, ", "))
	if len(out.Missing) > 0 {
		lines = append(lines, "missing "+strings.Join(out.Missing, ", "))
	}
	add("last success", out.LastSuccess)
	add("problem:", out.Problem)
	_, err = fmt.Fprintln(c.Stdout, strings.Join(lines, "\n"))
	return err
}

// authLogout forgets the grant also when Google cannot be told.
func (c *cli) authLogout(ctx context.Context) error {
	s, err := c.openSession(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	grant, err := s.grant()
	if err != nil {
		return err
	}
	client, err := s.account()
	if err != nil {
		return err
	}
	refused := client.Revoke(ctx, grant)
	if err := config.ForgetGrant(ctx, s.configPath); err != nil {
		return err
	}
	return refused
}
