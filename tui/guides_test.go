package tui

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"vitals/internal/view"
)

const address = "https://accounts.example/auth?client_id=1&scope=a+b&state=s"

// account is an Account that accepts "http://127.0.0.1:8765/?state=s&code=c".
type account struct {
	noClient  bool
	clients   []string
	completed []string
	err       error
	warning   string
	untried   error
	links     int
	left      int        // times that the guide was left
	breaks    bool       // Complete does
	ended     chan error // when set, Complete waits and tells how its context ended
}

func (a *account) Begin(_ context.Context, fresh bool) (Link, error) {
	if a.noClient {
		return Link{NeedsClient: true, Warning: a.warning}, nil
	}
	a.links++
	return Link{Address: address, Redirect: "http://127.0.0.1:8765/", File: "~/.local/state/vitals/sign-in-address",
		Until: time.Date(2026, 11, 22, 13, 49, 0, 0, time.UTC), Warning: a.warning}, nil
}

func (a *account) TakeClient(_ context.Context, text, secret string) (bool, error) {
	a.clients = append(a.clients, text+"|"+secret)
	if strings.Contains(text, "rubbish") {
		return false, hinted{"that is no client", "make one"}
	}
	if secret == "" && !strings.Contains(text, "{") {
		return true, nil
	}
	a.noClient = false
	return false, nil
}

func (a *account) Read(pasted string) Paste {
	switch {
	case pasted == "":
		return Paste{State: PasteEmpty, Problem: "nothing pasted yet"}
	case pasted == "code":
		return Paste{State: PasteReady, Note: "a bare code"}
	case pasted == "http://127.0.0.1:8765/?state=s&code=c":
		return Paste{State: PasteReady}
	case strings.HasPrefix("http://127.0.0.1:8765/?state=s&code=c", pasted):
		return Paste{State: PasteUnfinished, Problem: "the address looks cut off"}
	default:
		return Paste{State: PasteWrong, Problem: "no code in that text – copy everything in the address bar"}
	}
}

func (a *account) Complete(ctx context.Context, pasted string, report func(string)) (Connected, error) {
	report("exchanging the code")
	if a.breaks {
		panic("no more")
	}
	if a.ended != nil {
		<-ctx.Done()
		a.ended <- ctx.Err()
		return Connected{}, ctx.Err()
	}
	a.completed = append(a.completed, pasted)
	report("checking the access")
	if a.err != nil {
		return Connected{}, a.err
	}
	return Connected{Name: "Ann E.", Granted: []string{"weight", "activity"}, Missing: []string{"profile"}, Saved: "The grant is saved.",
		Untried: a.untried}, nil
}

func (a *account) Leave() { a.left++ }

func (a *account) CopySequence(text string) (string, string) {
	return "\x1b]52;c;" + text, "copy sent; if nothing arrives, your terminal blocks it"
}

// meters is a MeterSetup that knows one file.
type meters struct {
	saved, chosen []string
	several       []Candidate
	refused       error
}

func (m *meters) Complete(typed string) []string {
	var found []string
	for _, path := range []string{"~/meter.db", "~/meter.old", "~/music/"} {
		if strings.HasPrefix(path, typed) {
			found = append(found, path)
		}
	}
	return found
}

func (m *meters) Detect(_ context.Context, path string) ([]Candidate, error) {
	if m.several != nil {
		return m.several, nil
	}
	if path != "~/meter.db" {
		return nil, hinted{"there is no file " + path, "check the path"}
	}
	return []Candidate{{"readings", "readings: r_datetime local Europe/London, r_watts in W every 2m0s, 788412 rows (certain)"}}, nil
}

func (m *meters) Save(_ context.Context, path, series string) error {
	m.saved = append(m.saved, strings.TrimSpace(path+" "+series))
	return nil
}

func (m *meters) Choose(_ context.Context, series string) error {
	m.chosen = append(m.chosen, series)
	return m.refused
}

func signingIn(t *testing.T, a *account, test func(r *driver)) {
	t.Helper()
	drive(t, Dependencies{History: nothing(t), Account: a, Meter: &meters{}, Remembered: Remembered{Reach: view.LastDay}}, 80, 24, func(r *driver) {
		r.keys("a")
		test(r)
	})
}

func TestSignInPrintsTheAddressPlainly(t *testing.T) {
	signingIn(t, &account{}, func(r *driver) {
		if r.m.View().AltScreen {
			t.Error("the guide is on the alternate screen, where nothing copies whole")
		}
		if len(r.printed) != 1 || strings.TrimSpace(r.printed[0]) != address {
			t.Errorf("printed %q, want the address", r.printed)
		}
		r.expectNot("accounts.example")
		r.keys("ctrl+n")
		if len(r.printed) != 2 {
			t.Errorf("a new link was printed %d times", len(r.printed)-1)
		}
	})
}

func TestSignInGoesOnByItselfAfterAPaste(t *testing.T) {
	refreshed := 0
	a := &account{warning: "this file would be committed", untried: hinted{"Google is busy", "try later"}}
	drive(t, Dependencies{History: ann(t), Account: a, Meter: &meters{}, Refresh: func() { refreshed++ }}, 80, 24, func(r *driver) {
		r.keys("a")
		r.expect("would be committed")
		r.send(tea.PasteMsg{Content: "http://127.0.0.1:8765/?state=s&code=c"})
		r.expect("Connected as Ann E. (weight, activity).", "The grant is saved.", "without profile", "would be committed",
			"could not be tried out: Google is busy – try later")
		if len(a.completed) != 1 || refreshed != 1 {
			t.Errorf("completed %q, refreshed %d times", a.completed, refreshed)
		}
		r.keys("enter")
		r.expect("Energy")
		if !r.m.View().AltScreen {
			t.Error("the dashboard is not on the alternate screen")
		}
	})
}

// Renewing by paste takes nothing away: not before, not while the guide is
// open, not after it.
func TestRenewingKeepsTheDataOnScreen(t *testing.T) {
	p := ann(t)
	p.snapshot.Grant.Refused = true
	p.snapshot.Fetches[0].Error = "the sign-in expired or was withdrawn – sign in again: press a, or run vitals auth"
	refreshed := 0
	drive(t, Dependencies{History: p, Account: &account{}, Meter: &meters{}, Refresh: func() { refreshed++ }}, 80, 24, func(r *driver) {
		r.send(News{Problem: "the sign-in expired or was withdrawn", SignIn: true})
		kept := []string{"71.4 kg", "412 W", "5.18 kWh", "Ann E. 41 y"}
		r.expect(append(kept, "sign-in expired · Google", "press a to connect again")...)
		r.keys("a")
		r.expect("Your data stays: 71.4 kg (today 07:12) · 5.18 kWh (today 13:39)")
		p.snapshot.Grant = &view.Grant{Kept: true, SignedInAt: r.clock}
		p.snapshot.Fetches[0].Error = ""
		r.send(tea.PasteMsg{Content: "http://127.0.0.1:8765/?state=s&code=c"})
		r.expect("Connected as Ann E.")
		r.keys("enter")
		r.expect(append(kept, "signed in today · Google 13:37")...)
		r.expectNot("expired", "press a")
		if refreshed != 1 {
			t.Errorf("asked for new data %d times", refreshed)
		}
	})
}

func TestSignInNeverShowsWhatWasPasted(t *testing.T) {
	signingIn(t, &account{err: hinted{"could not reach oauth2.googleapis.com", "try again"}}, func(r *driver) {
		r.send(tea.PasteMsg{Content: "http://127.0.0.1:8765/?state=s&code=c"})
		r.expect("got 37 characters", "could not reach oauth2.googleapis.com", "try again")
		r.expectNot("state=s", "code=c")
		r.m.Account.(*account).err = nil
		r.keys("enter") // the code is kept
		r.expect("Connected")
	})
}

func TestSignInTakesAnUnmarkedPaste(t *testing.T) {
	// A terminal that does not mark pastes sends keys, and enter where the
	// text was wrapped.
	a := &account{}
	signingIn(t, a, func(r *driver) {
		for _, c := range "http://127.0.0.1:8765/?state=\rs&code=c" {
			r.clock = r.clock.Add(time.Millisecond)
			if c == '\r' {
				r.send(tea.KeyPressMsg{Code: tea.KeyEnter})
			} else {
				r.send(tea.KeyPressMsg{Code: c, Text: string(c)})
			}
		}
		if len(a.completed) != 0 {
			t.Fatal("half a paste was taken for an answer")
		}
		r.keys("enter")
		r.expect("Connected")
	})
}

func TestSignInWithABareCode(t *testing.T) {
	a := &account{}
	signingIn(t, a, func(r *driver) {
		r.send(tea.PasteMsg{Content: "code"})
		r.expect("a bare code", "enter goes on")
		r.keys("enter")
		r.expect("Connected")
	})
}

func TestSignInCanBeCorrected(t *testing.T) {
	a := &account{}
	signingIn(t, a, func(r *driver) {
		r.keys("enter")
		r.expect("nothing pasted yet")
		r.typed("qq?")
		r.expect("no code in that text")
		r.keys("ctrl+u")
		r.typed("http://127.0.0.1:8765/?state=s&code=cx")
		r.keys("backspace", "enter")
		r.expect("Connected")
	})
}

func TestSignInTakesTheClientFirst(t *testing.T) {
	a := &account{noClient: true}
	signingIn(t, a, func(r *driver) {
		r.expect("OAuth client of your own", "Desktop app")
		r.typed("rubbish")
		r.keys("enter")
		r.expect("that is no client", "make one")
		for range "rubbish" {
			r.keys("backspace")
		}
		r.typed("1.apps.googleusercontent.com")
		r.keys("enter")
		r.expect("Client secret:")
		r.typed("hush")
		r.expectNot("hush")
		r.keys("enter")
		if got := a.clients[len(a.clients)-1]; got != "1.apps.googleusercontent.com|hush" {
			t.Errorf("client %q", got)
		}
		if len(r.printed) != 1 {
			t.Errorf("printed %q, want the address", r.printed)
		}
	})
	a = &account{noClient: true}
	signingIn(t, a, func(r *driver) {
		r.send(tea.PasteMsg{Content: "{\n \"installed\": {} }"})
		if len(a.clients) != 1 || len(r.printed) != 1 {
			t.Errorf("a pasted file: clients %q, printed %q", a.clients, r.printed)
		}
	})
}

func TestSignInIsLeft(t *testing.T) {
	a := &account{}
	signingIn(t, a, func(r *driver) {
		r.typed("q")
		if r.quit {
			t.Error("a letter of the answer ended the program")
		}
		r.keys("esc")
		r.expect("Energy")
		if a.left != 1 {
			t.Errorf("the account was told %d times", a.left)
		}
		r.keys("a", "ctrl+c")
		if !r.quit || !r.m.Interrupted() {
			t.Error("ctrl+c did not end the program")
		}
	})
}

func TestLeavingTheGuideEndsTheSignIn(t *testing.T) {
	a := &account{ended: make(chan error, 1)}
	signingIn(t, a, func(r *driver) {
		_, cmd := r.m.Update(tea.PasteMsg{Content: "http://127.0.0.1:8765/?state=s&code=c"})
		first := cmd() // exchanging
		_, next := r.m.Update(first)
		r.keys("esc")
		if err := <-a.ended; err == nil {
			t.Error("the sign-in went on after the guide was left")
		}
		r.send(next())
		r.expect("Energy")
	})
}

func TestAfterConnectingThereIsNoWelcome(t *testing.T) {
	drive(t, Dependencies{History: nothing(t), Account: &account{}, Meter: &meters{}, Begin: Welcome}, 80, 24, func(r *driver) {
		r.keys("c")
		r.send(tea.PasteMsg{Content: "http://127.0.0.1:8765/?state=s&code=c"})
		r.keys("enter")
		r.expectNot("Nothing is set up yet")
		r.expect("Energy")
	})
}

func TestAClientFileTypedIsHidden(t *testing.T) {
	signingIn(t, &account{noClient: true}, func(r *driver) {
		r.typed(`{"installed":{"client_secret":"hush"}}`)
		r.expectNot("hush")
	})
}

func TestMeterIsNamed(t *testing.T) {
	setup := &meters{}
	drive(t, Dependencies{History: nothing(t), Account: &account{}, Meter: setup}, 80, 24, func(r *driver) {
		r.keys("enter")
		r.expect("Name a meter database")
		r.typed("~/m")
		r.keys("tab")
		r.expect("~/meter.db", "~/meter.old", "~/music/")
		r.typed("e")
		r.keys("tab")
		r.expect("> ~/meter.")
		r.typed("x")
		r.keys("enter")
		r.expect("there is no file ~/meter.x", "check the path")
		r.keys("backspace")
		r.typed("db")
		r.keys("enter")
		r.expect("Understood:", "788412")
		if len(setup.saved) != 0 {
			t.Error("saved before it was seen")
		}
		r.keys("enter")
		if len(setup.saved) != 1 || setup.saved[0] != "~/meter.db" {
			t.Errorf("saved %q", setup.saved)
		}
		r.expect("Energy")
	})
}

func TestWelcomeOffersAllThree(t *testing.T) {
	begin := func(test func(r *driver)) {
		drive(t, Dependencies{History: nothing(t), Account: &account{}, Meter: &meters{}, Begin: Welcome}, 80, 24, test)
	}
	begin(func(r *driver) {
		r.expect("Connect Google", "Name a meter database", "Look around")
		r.keys("enter")
		r.expect("Connect Google", "Open the address above")
		r.keys("esc")
		r.expect("Look around")
		r.keys("down", "enter")
		r.expect("Name a meter database", "complete")
		r.keys("esc", "l")
		if !r.quit || !r.m.LookAround() {
			t.Error("looking around is not the demo")
		}
	})
	begin(func(r *driver) {
		r.keys("q")
		if !r.quit || r.m.LookAround() {
			t.Error("q is not quit")
		}
	})
}

// A panic of the sign-in is a command's, where it is seen to, with the calls that
// led to it.
func TestAPanicOfTheSignIn(t *testing.T) {
	drive(t, Dependencies{History: nothing(t), Account: &account{breaks: true}, Meter: &meters{}}, 80, 24, func(r *driver) {
		defer func() {
			cause, ok := recover().(interface{ Calls() []uintptr })
			if !ok || fmt.Sprint(cause) != "no more" {
				t.Fatalf("got %v", cause)
			}
			for frames := runtime.CallersFrames(cause.Calls()); ; {
				frame, more := frames.Next()
				if strings.HasSuffix(frame.Function, "(*account).Complete") {
					return
				}
				if !more {
					t.Fatal("nobody knows where")
				}
			}
		}()
		r.keys("a")
		r.send(tea.PasteMsg{Content: "http://127.0.0.1:8765/?state=s&code=c"})
		t.Error("it went on")
	})
}

// A new width breaks what stands on the main screen: the address is printed anew.
func TestTheAddressIsPrintedAnewForANewWidth(t *testing.T) {
	drive(t, Dependencies{History: ann(t), Account: &account{}, Meter: &meters{}}, 80, 24, func(r *driver) {
		r.send(tea.WindowSizeMsg{Width: 70, Height: 24}) // not on this screen
		r.keys("a")
		for i, size := range []tea.WindowSizeMsg{{Width: 70, Height: 20}, {Width: 60, Height: 20}, {Width: 100, Height: 30}} {
			r.send(size)
			printed := 0
			for _, text := range r.printed {
				printed += strings.Count(text, r.m.signIn.link.Address)
			}
			if printed != i+1 {
				t.Errorf("at %dx%d the address was printed %d times", size.Width, size.Height, printed)
			}
			r.expect("Copy the whole address")
		}
		r.run(r.m.reprintAddress(80))
		before := len(r.printed)
		r.send(printAddress{r.m.signIn.generation, 99}) // of a width that is gone
		if len(r.printed) != before {
			t.Error("the address was printed for a width that is gone")
		}
	})
}
