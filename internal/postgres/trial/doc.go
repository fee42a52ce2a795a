// Package trial gives tests a database of their own on a real server.
package trial
