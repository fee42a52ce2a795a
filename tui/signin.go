package tui

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"vitals/internal/terminal"
)

// Account signs a person in. It knows nothing of screens; its errors are
// sentences, with a Hint() where there is one.
type Account interface {
	// Begin returns the sign-in under way, or a fresh one. Without an OAuth
	// client it returns a Link with NeedsClient set.
	Begin(ctx context.Context, fresh bool) (Link, error)

	// TakeClient takes the OAuth client: the path of the file that Google
	// offers for download, its content, or an id and its secret. With an id
	// alone it returns wantsSecret.
	TakeClient(ctx context.Context, text, secret string) (wantsSecret bool, err error)

	// Read judges a text pasted for the sign-in under way, without any I/O.
	Read(pasted string) Paste

	// Complete finishes the sign-in under way and reports each step before it
	// begins.
	Complete(ctx context.Context, pasted string, report func(step string)) (Connected, error)

	// Leave tells that nobody looks at the sign-in under way any more. It may
	// still be finished.
	Leave()

	// CopySequence makes terminals that allow it put text on the clipboard;
	// note says honestly whether this one will.
	CopySequence(text string) (sequence, note string)
}

// Link is a sign-in under way.
type Link struct {
	NeedsClient bool
	Note        string // what else to know before signing in; may be empty
	Warning     string // what should be done first about the place that secrets are saved in; may be empty

	Address  string // to open in a browser
	Redirect string // where the browser is sent afterwards
	Until    time.Time
	File     string // where the address is saved too; "" if it is not
}

// Paste is what became of a pasted text.
type Paste struct {
	State   PasteState
	Problem string // why it will not do, and what will
	Note    string // what to know about one that will do
}

// PasteState says what to do with a pasted text.
type PasteState uint8

// The states of a pasted text.
const (
	PasteEmpty      PasteState = iota
	PasteUnfinished            // a beginning: the rest may follow
	PasteWrong
	PasteReady
)

// Connected is a sign-in that worked.
type Connected struct {
	Name    string // "" when not known
	Granted []string
	Missing []string
	Saved   string // a sentence on where the grant is kept now
	Untried error  // why nothing was read with it yet; nil when something was
}

// guideStep is where a sign-in stands.
type guideStep uint8

const (
	preparing guideStep = iota
	wantsClient
	wantsSecret
	wantsAnswer
	working
	connected
	failed // before there was a link
)

// signInGuide is the guided sign-in.
type signInGuide struct {
	generation int
	step       guideStep
	link       Link
	hidden     bool   // while the address is printed anew
	pasted     string // never shown: it holds a code
	refused    bool   // it will not do: what comes next replaces it
	lastKey    time.Time
	inBurst    bool // keys came as fast as a paste
	paste      Paste
	doing      []string
	problem    string
	notice     string
	result     Connected

	cancel func() // ends what is under way; may be nil

	client textinput.Model // the id, a path, or a file's content
	secret textinput.Model
}

// openSignIn begins the guide.
func (m *Model) openSignIn() tea.Cmd {
	m.screen = SigningIn
	return m.beginSignIn(false)
}

// endSignIn gives up what the guide was at; answers that come later are stale.
func (m *Model) endSignIn() {
	if m.signIn.cancel != nil {
		m.signIn.cancel()
	}
	m.signIn = signInGuide{generation: m.signIn.generation + 1}
}

type linkReady struct {
	generation int
	link       Link
	err        error
}

func (m *Model) beginSignIn(fresh bool) tea.Cmd {
	m.endSignIn()
	m.signIn.client, m.signIn.secret = newInput("   > "), newInput("   > ")
	m.signIn.secret.EchoMode = textinput.EchoPassword
	m.fitFields()
	generation, account := m.signIn.generation, m.Account
	ctx, cancel := context.WithCancel(context.Background())
	m.signIn.cancel = cancel
	return func() tea.Msg {
		link, err := account.Begin(ctx, fresh)
		return linkReady{generation, link, err}
	}
}

// printAddress asks for the address to be printed, a little after the view has
// left the alternate screen: printed in the same update it would be lost.
type printAddress struct {
	generation int
	width      int // of the terminal that it is printed for anew; 0 the first time
}

const untilMainScreen = 100 * time.Millisecond

type clientTaken struct {
	generation  int
	wantsSecret bool
	err         error
}

type stepBegun struct {
	generation int
	text       string
	next       tea.Cmd
}

type signInEnded struct {
	generation int
	result     Connected
	err        error
}

// signInBroke is a panic on the way.
type signInBroke struct {
	cause any
	calls []uintptr
}

func (b signInBroke) String() string { return fmt.Sprint(b.cause) }

// Calls returns the calls that led to the panic, as runtime.Callers does.
func (b signInBroke) Calls() []uintptr { return b.calls }

func (m *Model) updateSignIn(msg tea.Msg) tea.Cmd {
	g := &m.signIn
	switch msg := msg.(type) {
	case linkReady:
		if msg.generation == g.generation {
			return m.showLink(msg)
		}
	case printAddress:
		switch {
		case msg.generation != g.generation || msg.width != 0 && msg.width != m.width:
		case msg.width != 0: // the guide makes room first
			m.guideRows, g.hidden = 0, true
			again := printAddress{generation: msg.generation}
			return tea.Sequence(tea.ClearScreen, tea.Tick(untilMainScreen, func(time.Time) tea.Msg { return again }))
		default:
			g.hidden = false
			address := terminal.Clean(g.link.Address)
			const around = 2 // blank lines
			m.addressRows += around + (len(address)+m.width-1)/m.width
			// Below a long address, the guide may have to be moved down.
			return tea.Sequence(tea.Println("\n"+address+"\n"), tea.ClearScreen)
		}
	case clientTaken:
		if msg.generation == g.generation {
			return m.clientTaken(msg)
		}
	case stepBegun:
		if msg.generation == g.generation {
			g.doing = append(g.doing, terminal.Brief(msg.text))
			return msg.next
		}
	case signInEnded:
		if msg.generation == g.generation {
			m.signInEnded(msg)
		}
	case tea.PasteMsg:
		return m.pasteIntoSignIn(msg)
	case tea.KeyPressMsg:
		return m.signInKey(msg)
	}
	return nil
}

// reprintAddress prints the address anew, once the terminal keeps its new width:
// what stood on the main screen was broken into other lines by it.
func (m *Model) reprintAddress(before int) tea.Cmd {
	g := &m.signIn
	if m.screen != SigningIn || g.step != wantsAnswer || before == 0 || before == m.width {
		return nil
	}
	const untilSteady = 200 * time.Millisecond
	again := printAddress{g.generation, m.width}
	return tea.Tick(untilSteady, func(time.Time) tea.Msg { return again })
}

func (m *Model) showLink(msg linkReady) tea.Cmd {
	g := &m.signIn
	switch {
	case msg.err != nil:
		g.step, g.problem = failed, said(msg.err)
	case msg.link.NeedsClient:
		g.step, g.link = wantsClient, msg.link
	default:
		g.step, g.link = wantsAnswer, msg.link
		generation := g.generation
		return tea.Tick(untilMainScreen, func(time.Time) tea.Msg { return printAddress{generation: generation} })
	}
	return nil
}

func (m *Model) clientTaken(msg clientTaken) tea.Cmd {
	g := &m.signIn
	switch {
	case msg.err != nil:
		g.problem = said(msg.err)
	case msg.wantsSecret:
		g.step, g.problem = wantsSecret, ""
	default:
		return m.beginSignIn(true)
	}
	return nil
}

func (m *Model) signInEnded(msg signInEnded) {
	g := &m.signIn
	if msg.err != nil {
		g.step, g.problem, g.doing = wantsAnswer, said(msg.err), nil
		g.refused = true
		return
	}
	g.step, g.result, g.pasted = connected, msg.result, ""
	m.account, m.settled = News{}, true
	m.Refresh()
}

func (m *Model) signInKey(k tea.KeyPressMsg) tea.Cmd {
	g := &m.signIn
	switch {
	case key.Matches(k, m.keys.back), g.step == connected && k.String() == "enter":
		return m.leaveSignIn()
	case k.String() == "ctrl+n" && g.step != working && g.step != wantsClient && g.step != wantsSecret:
		return m.beginSignIn(true)
	case k.String() == "ctrl+y" && g.step == wantsAnswer:
		sequence, note := m.Account.CopySequence(g.link.Address)
		g.notice = note
		return tea.Raw(sequence)
	}
	g.notice = ""
	switch g.step {
	case wantsClient, wantsSecret:
		return m.clientKey(k)
	case wantsAnswer:
		return m.answerKey(k)
	}
	return nil
}

// leaveSignIn goes back to where there is something to see, after a moment in
// which the guide is erased from the main screen.
func (m *Model) leaveSignIn() tea.Cmd {
	m.endSignIn()
	m.erasing = true
	leave := func() tea.Msg {
		m.Account.Leave()
		return nil
	}
	return tea.Batch(leave, m.home(), tea.Tick(untilErased, func(time.Time) tea.Msg { return erased{} }))
}

type erased struct{}

// untilErased is some frames long.
const untilErased = 50 * time.Millisecond

// clientKey handles typing the OAuth client.
func (m *Model) clientKey(k tea.KeyPressMsg) tea.Cmd {
	g := &m.signIn
	if k.String() == "enter" && !m.fromPaste() {
		text, secret := g.client.Value(), ""
		if g.step == wantsSecret {
			if secret = g.secret.Value(); secret == "" {
				return nil
			}
		}
		return m.takeClient(text, secret)
	}
	g.lastKey = m.Now()
	g.problem = ""
	var cmd tea.Cmd
	if g.step == wantsSecret {
		g.secret, cmd = g.secret.Update(k)
	} else {
		g.client, cmd = g.client.Update(k)
		g.hideFile()
	}
	return cmd
}

// hideFile hides what is typed once it looks like the content of Google's file,
// which has the secret in it; so does a terminal that does not mark pastes.
func (g *signInGuide) hideFile() {
	g.client.EchoMode = textinput.EchoNormal
	if strings.Contains(g.client.Value(), "{") {
		g.client.EchoMode = textinput.EchoPassword
	}
}

func (m *Model) takeClient(text, secret string) tea.Cmd {
	generation, account := m.signIn.generation, m.Account
	ctx, cancel := context.WithCancel(context.Background())
	m.signIn.cancel = cancel
	return func() tea.Msg {
		wants, err := account.TakeClient(ctx, text, secret)
		return clientTaken{generation, wants, err}
	}
}

// fasterThanFingers is how soon a key follows another only where text is pasted.
const fasterThanFingers = 30 * time.Millisecond

// fromPaste reports whether a key came too soon after the one before to have
// been pressed: terminals that do not mark a paste send it as keys, line ends
// as enter.
func (m *Model) fromPaste() bool {
	return m.Now().Sub(m.signIn.lastKey) < fasterThanFingers
}

func (m *Model) pasteIntoSignIn(msg tea.PasteMsg) tea.Cmd {
	g := &m.signIn
	switch g.step {
	case wantsClient:
		if strings.Contains(msg.Content, "{") {
			return m.takeClient(msg.Content, "")
		}
		g.client, _ = g.client.Update(msg)
	case wantsSecret:
		g.secret, _ = g.secret.Update(msg)
	case wantsAnswer:
		if m.Account.Read(msg.Content).State == PasteReady { // whole by itself, whatever came before
			g.refused = true
		}
		m.addToAnswer(msg.Content)
		if g.paste.State == PasteReady && g.paste.Note == "" {
			return m.completeSignIn()
		}
		g.refused = g.paste.State == PasteWrong
	}
	return nil
}

// mostPasted bounds what is kept of a pasted text; an answer is far shorter.
const mostPasted = 8 << 10

// addToAnswer adds text to the answer and judges it.
func (m *Model) addToAnswer(text string) {
	g := &m.signIn
	if g.refused && text != "" {
		g.pasted = ""
	}
	g.refused, g.problem = false, ""
	g.paste = m.Account.Read(g.pasted + text)
	if len(g.pasted)+len(text) <= mostPasted {
		g.pasted += text
	} else {
		g.refused = true
	}
}

func (m *Model) answerKey(k tea.KeyPressMsg) tea.Cmd {
	g := &m.signIn
	fromPaste := m.fromPaste()
	if !fromPaste && g.inBurst && g.paste.State == PasteWrong {
		g.refused = true // the paste that ended was none of use
	}
	g.inBurst = fromPaste
	defer func() { g.lastKey = m.Now() }()
	switch {
	case k.String() == "enter":
		if fromPaste {
			return nil
		}
		if g.paste.State == PasteReady {
			return m.completeSignIn()
		}
		if !g.refused {
			g.paste = m.Account.Read(g.pasted)
		}
		g.problem, g.refused = g.paste.Problem, g.paste.State == PasteWrong
	case k.String() == "backspace":
		g.pasted = g.pasted[:max(0, len(g.pasted)-1)]
		m.addToAnswer("")
	case k.String() == "ctrl+u":
		g.pasted = ""
		m.addToAnswer("")
	case k.Text != "":
		m.addToAnswer(k.Text)
	}
	return nil
}

// completeSignIn runs the steps that need the network, each reported as a
// message of its own.
func (m *Model) completeSignIn() tea.Cmd {
	g := &m.signIn
	g.step, g.problem, g.doing = working, "", nil
	generation, account, pasted := g.generation, m.Account, g.pasted
	ctx, cancel := context.WithCancel(context.Background())
	g.cancel = cancel
	messages := make(chan tea.Msg, 8)
	var next tea.Cmd = func() tea.Msg {
		msg := <-messages
		if broken, ok := msg.(signInBroke); ok {
			panic(broken) // in a command, where it is seen to
		}
		return msg
	}
	return func() tea.Msg {
		go func() {
			defer cancel()
			defer func() {
				if cause := recover(); cause != nil {
					calls := make([]uintptr, 64)
					messages <- signInBroke{cause, calls[:runtime.Callers(0, calls)]}
				}
			}()
			result, err := account.Complete(ctx, pasted, func(step string) {
				messages <- stepBegun{generation, step, next}
			})
			messages <- signInEnded{generation, result, err}
		}()
		return next()
	}
}
