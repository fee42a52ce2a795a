package picture

import (
	"encoding/xml"
	"errors"
	"fmt"
	"go/scanner"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func draw(t *testing.T, frame string) string {
	t.Helper()
	svg, err := SVG(frame, 100, 30, "a title", "a description")
	if err != nil {
		t.Fatalf("%q: %v", frame, err)
	}
	return string(svg)
}

// wellFormed reads an image to its end and returns its text.
func wellFormed(svg string) (string, error) {
	var text strings.Builder
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		switch token, err := d.Token(); {
		case errors.Is(err, io.EOF):
			return text.String(), nil
		case err != nil:
			return "", err
		default:
			if data, ok := token.(xml.CharData); ok {
				text.Write(data)
			}
		}
	}
}

// A cell is 12 by 24, in a margin of 12.
func TestWhereThingsStand(t *testing.T) {
	const plain = `<path fill="#d7dae0" d="`
	const lines = `<path fill="none" stroke="#d7dae0" stroke-width="2" stroke-linecap="round" d="`
	const dots = `<path fill="none" stroke="#d7dae0" stroke-width="4" stroke-linecap="round" d="`
	for _, c := range []struct{ name, frame, want string }{
		{"a word", "ab c", `<text x="12" y="30" textLength="24">ab</text>` + "\n" + `<text x="48" y="30">c</text>`},
		{"two lines are two words", "ab\n  cd", `textLength="24">ab</text>` + "\n" + `<text x="36" y="54" textLength="24">cd<`},
		{"another line", "\n  ab", `<text x="36" y="54" textLength="24">ab</text>`},
		{"what is not ASCII stands alone", "a–b", `>a</text>` + "\n" + `<text x="24" y="30" textLength="12" lengthAdjust="spacingAndGlyphs">–</text>` + "\n" + `<text x="36" y="30">b`},
		{"a wide letter", "体b", `textLength="24" lengthAdjust="spacingAndGlyphs">体</text>` + "\n" + `<text x="36" `},
		{"escaped", "<&>", `textLength="36">&lt;&amp;&gt;<`},
		{"bold", "a\x1b[1mb\x1b[mc", "<g fill=\"#d7dae0\">\n<text x=\"12\" y=\"30\">a</text>\n<text x=\"36\" y=\"30\">c</text>\n</g>\n<g fill=\"#d7dae0\" font-weight=\"700\">\n<text x=\"24\" y=\"30\">b<"},
		{"of the cube", "\x1b[1;38;5;110ma", `<g fill="#87afd7" font-weight="700">`},
		{"black", "\x1b[38;5;16ma", `<g fill="#000000">`},
		{"white", "\x1b[38;5;231ma", `<g fill="#ffffff">`},
		{"the first grey", "\x1b[38;5;232ma", `<g fill="#080808">`},
		{"grey", "\x1b[38;5;244ma\x1b[0mb", `<g fill="#808080">`},
		{"a bar is one shape", "▂▂\n██\n██", plain + `M12 30h24v54h-24z"`},
		{"bars side by side", "█ █", plain + `M12 12h12v24h-12zM36 12h12v24h-12z"`},
		{"from above", "▀", plain + `M12 12h12v12h-12z"`},
		{"shades", "░▓", `<pattern id="shade1-0" width="4" height="4" patternUnits="userSpaceOnUse"><path fill="#d7dae0" d="M0 0h2v2h-2z"/></pattern>` + "\n" +
			`<path fill="url(#shade1-0)" d="M12 12h12v24h-12z"/>` + "\n" +
			`<pattern id="shade3-0" width="4" height="4" patternUnits="userSpaceOnUse"><path fill="#d7dae0" d="M0 0h2v2h-2zM2 2h2v2h-2zM2 0h2v2h-2z"/>`},
		{"a rule is one line", "───", lines + `M12 24h36"`},
		{"and an upright one", "│\n│", lines + `M18 12v48"`},
		{"a tick", "┤", lines + `M12 24h6M18 12v24"`},
		{"a foot", "┴", lines + `M12 24h12M18 12v12"`},
		{"arms to the right and down", "┌", lines + `M18 24h6M18 24v12"`},
		{"a box", "┌┬┐\n├┼┤\n└┴┘", lines + `M18 24h24M18 24v48M30 24v48M42 24v48M18 48h24M18 72h24"`},
		{"corners", "╭╯", lines + `M12 12m6 24v-6q0-6 6-6M24 12m6 0v6q0 6-6 6"`},
		{"braille", "⡁", dots + `M15 15h0M15 33h0"`},
		{"braille to the right", "⢈", dots + `M21 15h0M21 33h0"`},
		{"signs", "▲", plain + `M12 12m6 6l6 12h-12z"`},
		{"the cursor", "ab\n\x1b[1;3H\n", `<path fill="#808080" d="M36 12h12v24h-12z"/>`},
	} {
		if got := draw(t, c.frame); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s\nlacks %s", c.name, got, c.want)
		}
	}
	whole := draw(t, "")
	for _, want := range []string{`viewBox="0 0 1224 744" width="918" height="558"`, `<title id="title">a title</title>`, `<desc id="desc">a description</desc>`} {
		if !strings.Contains(whole, want) {
			t.Errorf("%s\nlacks %s", whole, want)
		}
	}
}

// What would be drawn wrong is not drawn.
func TestRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, frame := range []string{
		"\x1b[7mx", "\x1b[31mx", "\x1b[38;5;9mx", "\x1b[38;5;256mx", "\x1b[38;5mx", "\x1b[38:5:110mx", "\x1b[38;2;1;2;3mx", "\x1b[48;5;110mx",
		"\x1b[>1m", "\x1b[?38;5;110m", "\x1b[ m", "\x1b[1", "\x1b[2J", "\x1b[H", "\x1b[0;1H", "\x1b[1;1Hx", "\x1b[31;1H", "\x1b[1;101H", "\x1b]0;x\x07", "\x1bM", "\x1b",
		"\t", "\r", "\x00", "\x7f", "\u0085", "\u202e", "\u0301", "\ufffe", "\xff", "a\xc3", "╬", "▖", "■",
		strings.Repeat("x", 101), strings.Repeat("x", 99) + "体", strings.Repeat("\n", 30) + "x",
	} {
		if svg, err := SVG(frame, 100, 30, "", ""); err == nil {
			t.Errorf("%q was drawn: %s", frame, svg)
		}
	}
	_, err := SVG("ab\nc\x1b[7md", 100, 30, "", "")
	if want := `line 2, column 2: the sequence "\x1b[7m" is not known`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// Every character that the screen and the charts are made of is drawn: those in
// the text of their source, and those that came out in their golden frames.
func TestEveryGlyphIsDrawn(t *testing.T) {
	glyphs := map[rune]string{}
	note := func(text, from string) {
		for _, r := range text {
			if r > ' ' {
				glyphs[r] = from
			}
		}
	}
	for _, room := range []string{"tui", "chart"} {
		sources, err := filepath.Glob(filepath.Join("..", "..", room, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		frames, err := filepath.Glob(filepath.Join("..", "..", room, "testdata", "*.txt"))
		if err != nil || len(sources) == 0 || len(frames) == 0 {
			t.Fatalf("%d sources, %d frames, %v", len(sources), len(frames), err)
		}
		for _, path := range append(sources, frames...) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case strings.HasSuffix(path, ".txt"):
				note(string(text), path)
			case !strings.HasSuffix(path, "_test.go"):
				for _, literal := range literals(text) {
					note(literal, path)
				}
			}
		}
	}
	for r := rune(0x2800); r <= 0x28ff; r++ {
		glyphs[r] = "the braille patterns"
	}
	for r, from := range glyphs {
		svg, err := SVG(string(r), 100, 30, "", "")
		if err != nil {
			t.Errorf("%c of %s: %v", r, from, err)
			continue
		}
		text, err := wellFormed(string(svg))
		drawn := strings.Contains(string(svg), "<path")
		if must := r >= 0x2500 && r < 0x2600 || r >= 0x2800 && r < 0x2900; err != nil || must && !drawn || strings.ContainsRune(text, r) == drawn {
			t.Errorf("%c of %s is drawn as %s (%v)", r, from, svg, err)
		}
	}
}

// literals are the characters and strings in a Go source.
func literals(source []byte) []string {
	var all []string
	var s scanner.Scanner
	files := token.NewFileSet()
	s.Init(files.AddFile("", files.Base(), len(source)), source, nil, 0)
	for {
		switch _, kind, text := s.Scan(); kind {
		case token.EOF:
			return all
		case token.STRING, token.CHAR:
			if kind == token.CHAR {
				text = strconv.Quote(strings.Trim(text, "'"))
			}
			if value, err := strconv.Unquote(text); err == nil {
				all = append(all, value)
			}
		}
	}
}

// Rectangles that touch become fewer, and cover the same.
func TestJoinedCoversTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rects []rect
		covered := map[[2]int]int{}
		for y := range 6 {
			for x := range 6 {
				if h := rapid.IntRange(0, 2).Draw(t, fmt.Sprint(x, ",", y)); h > 0 {
					rects = append(rects, rect{x, 2*y + 2 - h, 1, h})
				}
			}
		}
		count := func(rects []rect, by int) {
			for _, r := range rects {
				for x := r.x; x < r.x+r.w; x++ {
					for y := r.y; y < r.y+r.h; y++ {
						covered[[2]int{x, y}] += by
					}
				}
			}
		}
		count(rects, 1)
		few := joined(rects)
		count(few, -1)
		for at, n := range covered {
			if n != 0 {
				t.Fatalf("%v is covered %+d times too often: %v became %v", at, -n, rects, few)
			}
		}
		if len(few) > len(rects) {
			t.Fatalf("%v became %v", rects, few)
		}
	})
}

// Whatever a frame holds, an image of it is XML that holds nothing else, and is
// the same again.
func FuzzSVG(f *testing.F) {
	for _, seed := range []string{"", "a <b> &amp; \"c\" ]]>", "\x1b[1;38;5;75m▆▆\x1b[m ░▒▓ ⠤•◆", "╭─ x ─╮\n│ ² │\x1b[2;3H", "体 e\u0301 👩‍👩‍👧", "\x1b[38;5;", "\u0000", "\x9b1m", "\x1b[99999999999999999999m"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, frame string) {
		svg, err := SVG(frame, 100, 30, "<title>", frame)
		if err != nil {
			return
		}
		if _, err := wellFormed(string(svg)); err != nil {
			t.Errorf("%q gives %s: %v", frame, svg, err)
		}
		if again, _ := SVG(frame, 100, 30, "<title>", frame); string(again) != string(svg) {
			t.Errorf("%q gives another image the second time", frame)
		}
	})
}
