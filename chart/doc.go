// Package chart draws series for a terminal: buckets as bars or as one line of
// blocks, readings and their trend as dots and a line, the hours of the day as a
// heat map. An Image is a series for a browser or for paper, as SVG.
//
// A chart is a value; drawing it changes nothing and may be done by several
// goroutines at once. A picture is exactly as wide and as high as asked for, at
// any size, and for any values: what is not a finite number is no data, and no
// data is never drawn as 0. Everything in it reads without colour.
//
// The cells are those of ntcharts' canvas. Its ranges, time labels and line
// charts are not used: they panic or hang on NaN and on small sizes, draw over
// gaps, and know no time zones. Neither is its View, which styles every cell
// for itself.
package chart
