package tui

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"vitals/internal/view"
)

// googleAddress is as long as a real one, and as dull.
const googleAddress = "https://accounts.google.com/o/oauth2/v2/auth?access_type=offline" +
	"&client_id=123456789012-made-up.apps.googleusercontent.com" +
	"&code_challenge=made-up-made-up-made-up-made-up-made-up-made&code_challenge_method=S256&prompt=consent" +
	"&redirect_uri=http%3A%2F%2F127.0.0.1%3A8765%2F&response_type=code" +
	"&scope=openid+profile+https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fgooglehealth.profile.readonly" +
	"&state=made-up-made-up-made-up-made-up-made-up-made"

// atGoogle is an account whose sign-in has a long address.
type atGoogle struct{ *account }

func (a atGoogle) Begin(ctx context.Context, fresh bool) (Link, error) {
	link, err := a.account.Begin(ctx, fresh)
	link.Address = googleAddress
	return link, err
}

// The frames that the README's pictures are drawn from, with their styles.
func TestPictures(t *testing.T) {
	const width, height = 100, 30
	for name, keys := range map[string][]string{
		"dashboard": nil,
		"sign-in":   {"a"},
		"zoom":      {"2", "c", "enter", "left", "left"},
		"help":      {"?"},
	} {
		t.Run(name, func(t *testing.T) {
			p := ann(t)
			for i := range p.portions { // no two days are the same
				day := time.Unix(p.portions[i].Start, 0).In(london(t)).YearDay()
				p.portions[i].Amount *= 0.7 + 0.05*float64(day*day%11)
			}
			d := Dependencies{History: p, Account: atGoogle{&account{}}, Meter: &meters{},
				Remembered: Remembered{Reach: view.LastDay}, Theme: "dark", Colours: colorprofile.ANSI256}
			drive(t, d, width, height, func(r *driver) {
				r.keys(keys...)
				printed := ""
				for _, text := range r.printed {
					printed += ansi.Hardwrap(text, width, true) + "\n"
				}
				v := r.m.View()
				frame := printed + v.Content + "\n"
				if v.Cursor != nil {
					frame += ansi.CursorPosition(v.Cursor.X+1, v.Cursor.Y+strings.Count(printed, "\n")+1) + "\n"
				}
				sameAsFile(t, filepath.Join("testdata", "pictures", name+".ansi"), frame)
			})
		})
	}
}
