// Vitals is a health monitor for the terminal: who you are, what you weigh,
// and what energy you and your house use.
package main
