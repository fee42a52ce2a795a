package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vitals/fitbit"
	"vitals/internal/config"
	"vitals/internal/health"
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
		Long: `Signs in step by step. It prints an address to open in any browser; what the
browser is sent to after that cannot connect, which is expected: its address is
pasted here. The sign-in is kept in config.ini, or by what [secrets] names there.`,
		Example: `  vitals auth --client client_secret_123.json
  vitals auth --print-url                  # in a script: first this,
  vitals auth --paste-stdin < answer       # then this`,
		Args: func(cmd *cobra.Command, args []string) error {
			if slices.ContainsFunc(args, config.HasSecret) {
				return usage("vitals auth asks for it; vitals auth --paste-stdin takes it from a pipe",
					"the browser's address, a code or a secret is not given as an argument: others on this machine could read it")
			}
			return noArguments(cmd, args)
		},
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
	flags.StringVar(&o.client, "client", "", "take the OAuth client from Google's `file` client_secret_*.json")

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
	s, err := c.openSession(ctx, func(s *session) error {
		if f := s.config.Fitbit; o.printURL && o.client == "" && (f.ClientID == "" || f.ClientSecret == "" && s.config.Secrets.Command == "") {
			return noClient(tui.Link{})
		}
		return nil
	})
	if err != nil {
		return err
	}
	defer s.Close()
	facts := terminal.Look(c.Getenv, c.Stdin, c.Stdout)
	guide := &authGuide{signIn: &signIn{session: s, facts: facts}, in: bufio.NewReader(c.Stdin)}
	if warning := config.GitWarning(s.place.Path); warning != "" && (o.client != "" || !o.printURL) {
		guide.tell("vitals: %s", warning)
	}
	if o.client != "" {
		wantsSecret, err := guide.TakeClient(ctx, o.client, "")
		if err != nil {
			return err
		}
		if wantsSecret { // an id: a file has both
			return errNotAClient
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

// authGuide is the sign-in on plain input and output: what is to be read by
// people goes to standard error, the address to standard output.
type authGuide struct {
	*signIn
	in *bufio.Reader
}

func (g *authGuide) tell(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
	fmt.Fprintf(g.env.messages(), "%s%s\n", indent, terminal.Brief(text))
}

func (g *authGuide) printURL(ctx context.Context) error {
	link, err := g.Begin(ctx, true)
	if err != nil {
		return err
	}
	if link.NeedsClient {
		return noClient(link)
	}
	defer g.Leave() // there is no guide that names the file
	_, err = fmt.Fprintln(g.env.text(), link.Address)
	return err
}

func noClient(link tui.Link) error {
	text := "no Google OAuth client is set up yet"
	if link.Note != "" {
		text = strings.TrimSuffix(link.Note, ".")
	}
	return usage("vitals auth --client client_secret_*.json, or vitals auth for the steps", "%s", text)
}

func (g *authGuide) pasteStdin(ctx context.Context) error {
	if _, err := g.pending(ctx); err != nil {
		return err
	}
	text, err := g.read(ctx, func() (string, error) {
		const most = 64 << 10
		text, err := io.ReadAll(io.LimitReader(g.in, most))
		return string(text), err
	})
	if err != nil {
		return fmt.Errorf("reading standard input: %w", err)
	}
	return g.finish(ctx, text)
}

// read reads input, or ends with ctx.
func (g *authGuide) read(ctx context.Context, input func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		text, err := input()
		done <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case a := <-done:
		return a.text, a.err
	}
}

// line reads a line of input.
func (g *authGuide) line(ctx context.Context) (string, error) {
	text, err := g.read(ctx, func() (string, error) { return g.in.ReadString('\n') })
	if err != nil && text == "" && ctx.Err() == nil {
		return "", failure{code: exitFailed, cause: errors.New("the browser's address never came"),
			hint: "vitals auth --paste-stdin takes it, while the link is good"}
	}
	return text, ctx.Err()
}

// run guides through the steps until the sign-in worked or input ends.
func (g *authGuide) run(ctx context.Context) error {
	defer g.Leave()
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
		if g.Read(line).State == tui.PasteReady { // whole by itself, whatever came before
			pasted.Reset()
		}
		pasted.WriteString(line)
		paste := g.Read(pasted.String())
		switch paste.State {
		case tui.PasteReady:
			err := g.finish(ctx, pasted.String())
			var ended failure
			var problem *fitbit.Error
			if errors.As(err, &ended) || !errors.As(err, &problem) || problem.Kind != fitbit.KindTryAgain {
				return err
			}
			complain(g.env.messages(), err)
			pasted.Reset()
		case tui.PasteUnfinished: // the terminal cut it into lines: more may follow
			g.tell("%s", paste.Problem)
		default:
			g.tell("%s", paste.Problem)
			pasted.Reset()
		}
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
	for {
		g.tell("Client id, or path of the downloaded file:")
		text, err := g.line(ctx)
		if err != nil {
			return link, err
		}
		wantsSecret, err := g.TakeClient(ctx, text, "")
		if err == nil && wantsSecret {
			g.tell("Client secret (not shown):")
			var secret string
			if secret, err = terminal.ReadSecret(ctx, g.env.Stdin); err != nil {
				return link, err
			}
			_, err = g.TakeClient(ctx, text, secret)
		}
		if err == nil {
			return g.Begin(ctx, true)
		}
		complain(g.env.messages(), err)
	}
}

func (g *authGuide) finish(ctx context.Context, pasted string) error {
	if paste := g.Read(pasted); paste.Note != "" {
		g.tell("vitals: %s", paste.Note)
	}
	connected, err := g.Complete(ctx, pasted, func(step string) { g.tell("%s …", step) })
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
	if connected.Untried != nil {
		return failure{code: exitPartly, cause: fmt.Errorf("the access could not be tried out: %w", connected.Untried),
			hint: health.Hint(connected.Untried)}
	}
	return nil
}

// authLogout forgets the grant also when Google cannot be told.
func (c *cli) authLogout(ctx context.Context) error {
	s, err := c.openSession(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.vault.CanKeep(); err != nil { // before Google is told
		return err
	}
	s.forgetAttempt(ctx)
	grant, err := s.grant(ctx)
	if err != nil {
		return err
	}
	if grant.RefreshToken == "" {
		c.say("nobody is signed in")
		return nil
	}
	client, err := s.account(ctx)
	if err != nil {
		return err
	}
	refused, err := configGrants{s.vault}.revoke(ctx, client)
	if err != nil {
		return err
	}
	if refused != nil {
		return failure{code: exitPartly, cause: fmt.Errorf("the grant is forgotten here, but Google was not told: %w", refused),
			hint: "remove vitals at https://myaccount.google.com/connections"}
	}
	c.say("the access was given back to Google and is forgotten")
	return nil
}
