// Package likeness draws a person as an SVG image: a standing figure, neither man nor
// woman, whose outline follows the body mass index and body fat of a weigh-in, with
// the figures as text.
//
// The index says how wide the body is all over, body fat where. Head, height and
// stance stay, so that it is the same person who becomes wider or slimmer. Beyond an
// index of 12 and 60 and a body fat of 3 and 65 percent the outline changes no more;
// the text tells the true figures.
package likeness
