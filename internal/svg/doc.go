// Package svg writes the elements of an SVG image: well-formed, one a line, every
// text and value escaped, numbers as short as they are exact enough to be drawn.
package svg
