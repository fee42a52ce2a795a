package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"strconv"
	"time"

	"vitals/bench/onscreen"
)

// quiet is how long nothing comes when all that a key leads to has come.
const quiet = 60 * time.Millisecond

// Keys that send more than their own letter.
const (
	left, right     = "\x1b[D", "\x1b[C"
	oldest, newest  = "\x1b[H", "\x1b[F"
	tab, enter, esc = "\t", "\r", "\x1b"
)

// nameOf names a key for people.
func nameOf(key string) string {
	names := map[string]string{left: "left", right: "right", oldest: "home", newest: "end", tab: "tab", enter: "enter", esc: "esc"}
	return cmp.Or(names[key], key)
}

// press is a key and what came of it.
type press struct {
	key    string
	bytes  int64
	took   time.Duration // from the key to the last byte; 0 when nothing came
	writes int64         // to the terminal; -1 when the system does not tell
}

// pressKey types a key and waits for all that it leads to.
func pressKey(p *onscreen.Program, key string) (press, error) {
	before, _ := p.Sent()
	callsBefore := callsOf(p.ID())
	at := time.Now()
	if err := p.Type(key); err != nil {
		return press{}, err
	}
	time.Sleep(quiet)
	p.Settle(quiet)
	after, last := p.Sent()
	found := press{key: key, bytes: after - before, writes: callsOf(p.ID()).since(callsBefore, after-before)}
	if found.bytes > 0 {
		found.took = last.Sub(at)
	}
	return found, nil
}

// calls are what Linux counts of a process: its writes to whatever, and their
// bytes; nil elsewhere.
type calls map[string]int64

func callsOf(process int) calls {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", process))
	if err != nil {
		return nil
	}
	c := calls{}
	for line := range bytes.Lines(text) {
		key, value, _ := bytes.Cut(bytes.TrimSpace(line), []byte(": "))
		c[string(key)], _ = strconv.ParseInt(string(value), 10, 64)
	}
	return c
}

// since is how many writes to the terminal were made since before, which got so
// many bytes; -1 when that cannot be told. (A terminal does not tell where one
// write ends and the next begins.) All other writes are 8 bytes long, and wake up
// a thread of the program, unless something is saved at the same time.
func (c calls) since(before calls, sent int64) int64 {
	const wake, page = 8, 1024
	others := c["wchar"] - before["wchar"] - sent
	if c == nil || before == nil || others < 0 || others >= page || others%wake != 0 {
		return -1
	}
	return c["syscw"] - before["syscw"] - others/wake
}
