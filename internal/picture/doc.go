// Package picture draws a frame of the screen as an SVG image, for documents.
//
// A browser's fonts cannot be trusted to keep columns. So lines, blocks, braille
// and signs are drawn as shapes on the grid of cells, and every word is put at
// its own column and stretched to its cells. The images fetch nothing and run
// nothing, and the same frame gives the same bytes.
package picture
