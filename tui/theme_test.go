package tui

import (
	"fmt"
	"math"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// palettes are what usual terminals make of the sixteen colours, and the dark
// and the light ground that go with them.
var palettes = []struct {
	name        string
	dark, light uint32
	colours     [16]uint32
}{
	{"xterm", 0x000000, 0xffffff, [16]uint32{
		0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
		0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff}},
	{"VGA and the Linux console", 0x000000, 0xffffff, [16]uint32{
		0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa,
		0x555555, 0xff5555, 0x55ff55, 0xffff55, 0x5555ff, 0xff55ff, 0x55ffff, 0xffffff}},
	{"Windows console", 0x0c0c0c, 0xf2f2f2, [16]uint32{
		0x0c0c0c, 0xc50f1f, 0x13a10e, 0xc19c00, 0x0037da, 0x881798, 0x3a96dd, 0xcccccc,
		0x767676, 0xe74856, 0x16c60c, 0xf9f1a5, 0x3b78ff, 0xb4009e, 0x61d6d6, 0xf2f2f2}},
	{"Tango", 0x2e3436, 0xeeeeec, [16]uint32{
		0x2e3436, 0xcc0000, 0x4e9a06, 0xc4a000, 0x3465a4, 0x75507b, 0x06989a, 0xd3d7cf,
		0x555753, 0xef2929, 0x8ae234, 0xfce94f, 0x729fcf, 0xad7fa8, 0x34e2e2, 0xeeeeec}},
	{"Solarized", 0x002b36, 0xfdf6e3, [16]uint32{
		0x073642, 0xdc322f, 0x859900, 0xb58900, 0x268bd2, 0xd33682, 0x2aa198, 0xeee8d5,
		0x002b36, 0xcb4b16, 0x586e75, 0x657b83, 0x839496, 0x6c71c4, 0x93a1a1, 0xfdf6e3}},
}

// luminance and contrast are those of WCAG 2.
func luminance(rgb uint32) float64 {
	part := func(shift int) float64 {
		v := float64(rgb>>shift&0xff) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}

func contrast(a, b uint32) float64 {
	x, y := luminance(a)+0.05, luminance(b)+0.05
	return max(x, y) / min(x, y)
}

func TestContrastIsThatOfTheStandard(t *testing.T) {
	for _, c := range []struct {
		a, b uint32
		want string
	}{{0xffffff, 0x000000, "21.00"}, {0x777777, 0xffffff, "4.48"}, {0xff0000, 0xffffff, "4.00"}} {
		if got := fmt.Sprintf("%.2f", contrast(c.a, c.b)); got != c.want {
			t.Errorf("contrast of %06x and %06x: %s, want %s", c.a, c.b, got, c.want)
		}
	}
}

// styles are all that a theme draws with, by what they are for.
func (t theme) styles() map[string]lipgloss.Style {
	all := map[string]lipgloss.Style{
		"border": t.border, "focused border": t.focusedBorder, "title": t.title, "focused title": t.focusedTitle,
		"faint": t.faint, "strong": t.strong, "figure": t.figure, "problem": t.problem, "urgent": t.problem.Bold(true), "key": t.key,
		"bar": t.chart.Bar, "incomplete": t.chart.Faint, "line": t.chart.Line, "dot": t.chart.Dot,
		"rule": t.chart.Rule, "axis": t.chart.Axis, "cursor": t.chart.Cursor,
	}
	for i, s := range t.chart.Heat {
		all[fmt.Sprint("heat ", i)] = s
	}
	return all
}

// shades are what a style may come out as in a palette of sixteen: many
// terminals show the dark half of it bright where it is bold.
func shades(s lipgloss.Style, palette [16]uint32) []uint32 {
	switch c := s.GetForeground().(type) {
	case ansi.BasicColor:
		all := []uint32{palette[c]}
		if c < 8 && s.GetBold() {
			all = append(all, palette[c+8])
		}
		return all
	case ansi.IndexedColor:
		r, g, b, _ := c.RGBA()
		return []uint32{r>>8<<16 | g>>8<<8 | b>>8}
	}
	return nil
}

// Every theme is legible on its grounds in every palette; auto on all of them.
func TestThemesAreLegible(t *testing.T) {
	for _, name := range []string{"auto", "dark", "light", "mono"} {
		for _, colours := range []colorprofile.Profile{colorprofile.ASCII, colorprofile.ANSI, colorprofile.ANSI256, colorprofile.TrueColor} {
			for use, s := range newTheme(false, name, colours).styles() {
				where := fmt.Sprintf("%s, %v, %s", name, colours, use)
				if s.GetBackground() != (lipgloss.NoColor{}) {
					t.Errorf("%s has a background", where)
				}
				switch c := s.GetForeground().(type) {
				case lipgloss.NoColor:
					continue
				case ansi.BasicColor:
				case ansi.IndexedColor:
					if colours == colorprofile.ANSI || c <= 21 {
						t.Errorf("%s: colour %d is not for certain there", where, c)
					}
				default:
					t.Errorf("%s: colour %v of no palette", where, c)
				}
				if colours == colorprofile.ASCII || name == "mono" {
					t.Errorf("%s has a colour", where)
				}
				if s.GetFaint() {
					t.Errorf("%s is made faint besides its colour", where)
				}
				for _, p := range palettes {
					grounds := []uint32{p.dark, p.light}
					switch name {
					case "dark":
						grounds = grounds[:1]
					case "light":
						grounds = grounds[1:]
					}
					for _, ground := range grounds {
						for _, shade := range shades(s, p.colours) {
							if c := contrast(shade, ground); c < 3 {
								t.Errorf("%s: %06x on %06x of %s has a contrast of %.2f", where, shade, ground, p.name, c)
							}
						}
					}
				}
			}
		}
	}
}

// What stands side by side is told apart by the style, too; without colour by
// an attribute where there is one to spare.
func TestThemesTellThingsApart(t *testing.T) {
	apart := [][]string{{"border", "focused border"}, {"title", "focused title"}, {"axis", "bar"}, {"incomplete", "bar"}, {"bar", "cursor"}, {"dot", "cursor"}}
	colourful := append([][]string{{"bar", "rule", "problem"}, {"line", "dot", "rule"}, {"heat 0", "heat 1"}}, apart...)
	for _, name := range []string{"auto", "dark", "light", "mono"} {
		for _, colours := range []colorprofile.Profile{colorprofile.ASCII, colorprofile.ANSI, colorprofile.ANSI256} {
			groups := apart
			if colours == colorprofile.ANSI256 && name != "mono" {
				groups = colourful
			}
			styles := newTheme(false, name, colours).styles()
			for _, group := range groups {
				seen := map[string]string{}
				for _, use := range group {
					look := styles[use].Render("x")
					if seen[look] != "" {
						t.Errorf("%s, %v: %s looks like %s", name, colours, use, seen[look])
					}
					seen[look] = use
				}
			}
		}
	}
}

// Heat grows away from the ground, so that much of it stands out.
func TestHeatRises(t *testing.T) {
	for name, sign := range map[string]float64{"dark": 1, "light": -1} {
		last := math.Inf(-1)
		ramp := newTheme(false, name, colorprofile.ANSI256).chart.Heat
		for i, s := range ramp {
			l := sign * luminance(shades(s, [16]uint32{})[0])
			if l <= last {
				t.Errorf("%s: step %d of the heat does not stand out from the one before", name, i)
			}
			last = l
		}
		if len(ramp) == 0 {
			t.Errorf("%s has no heat", name)
		}
	}
	for _, none := range []theme{newTheme(false, "mono", colorprofile.TrueColor), newTheme(false, "auto", colorprofile.ANSI)} {
		if none.chart.Heat != nil {
			t.Error("heat without colours for it")
		}
	}
}
