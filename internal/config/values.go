package config

import (
	"math"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// kind is how the value of a key is read. set returns false, whatever it
// stored, when the value is not one that is allowed. It never gets "".
type kind struct {
	private bool // an error does not repeat the value
	allowed string
	set     func(value string) bool
}

func text(target *string) kind {
	return kind{set: func(value string) bool {
		*target = value
		return true
	}}
}

func (d *decoder) secret(target *Secret) kind {
	return kind{set: func(value string) bool {
		*target, d.secretInside = Secret(value), true
		return true
	}}
}

// dataSource reads an address of a database, a secret if it has a password.
func (d *decoder) dataSource(target *Secret) kind {
	return kind{set: func(value string) bool {
		*target = Secret(value)
		d.secretInside = d.secretInside || HasPassword(value)
		return true
	}}
}

// database reads the path of a file or the address of a server, a secret if it has
// a password.
func (d *decoder) database(target *string, home string) kind {
	file := filePath(target, home)
	return kind{set: func(value string) bool {
		d.secretInside = d.secretInside || strings.ContainsAny(value, "=@") && HasPassword(value)
		return file.set(value)
	}}
}

func filePath(target *string, home string) kind {
	return kind{set: func(value string) bool {
		if below, ok := strings.CutPrefix(value, "~/"); ok {
			value = filepath.Join(home, below)
		}
		*target = value
		return true
	}}
}

func words(target *[]string) kind {
	return kind{set: func(value string) bool {
		*target = strings.Fields(value)
		return true
	}}
}

func choice(target *string, allowed ...string) kind {
	return kind{allowed: strings.Join(allowed, ", "), set: func(value string) bool {
		*target = value
		return slices.Contains(allowed, value)
	}}
}

func yesOrNo(target *bool) kind {
	return kind{allowed: "on, off, true, false, yes, no", set: func(value string) bool {
		value = strings.ToLower(value)
		*target = slices.Contains([]string{"on", "true", "yes"}, value)
		return *target || slices.Contains([]string{"off", "false", "no"}, value)
	}}
}

func instant(target *time.Time) kind {
	return kind{allowed: "a time such as 2026-11-22T13:37:00Z", set: func(value string) bool {
		var err error
		*target, err = time.Parse(time.RFC3339, value)
		return err == nil
	}}
}

func zone(target **time.Location) kind {
	return kind{allowed: "a zone such as Europe/London, Etc/GMT-1 or UTC", set: func(value string) bool {
		var err error
		*target, err = time.LoadLocation(value)
		// "Local" would be the server's zone, without a name of its own.
		return err == nil && value != "Local"
	}}
}

// address reads a URL that a secret may be sent to.
func address(target *string) kind {
	return kind{private: true, allowed: "an https address, or http on 127.0.0.1, [::1] or localhost, without ? and #", set: func(value string) bool {
		*target = value
		u, err := url.Parse(value)
		if err != nil || u.Hostname() == "" || u.User != nil || strings.ContainsAny(value, "?#") {
			return false
		}
		return u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())
	}}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func where(target *Where) kind {
	return kind{allowed: "column = value", set: func(value string) bool {
		column, rest, _ := strings.Cut(value, "=")
		*target = Where{strings.TrimSpace(column), strings.TrimSpace(rest)}
		return target.Column != "" && target.Value != ""
	}}
}

// number reads a finite decimal number.
func number(value string) (float64, bool) {
	n, err := strconv.ParseFloat(value, 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

func above0(target *float64) kind {
	return kind{allowed: "a number above 0 such as 68.5", set: func(value string) bool {
		n, ok := number(value)
		*target = n
		return ok && n > 0
	}}
}

func seconds(target *time.Duration) kind {
	const year = 366 * 24 * 60 * 60
	return kind{allowed: "a number of seconds above 0, at most a year", set: func(value string) bool {
		n, ok := number(value)
		*target = time.Duration(n * float64(time.Second))
		return ok && n > 0 && n <= year
	}}
}

// height reads centimetres, and metres too: nobody is under 3 cm or over 3 m.
func height(target *float64) kind {
	return kind{allowed: "a height of 50 to 300 in cm such as 172, or in metres such as 1.72", set: func(value string) bool {
		n, ok := number(value)
		if n > 3 {
			n /= 100
		}
		*target = n
		return ok && n >= 0.5 && n <= 3
	}}
}

// quoted shows a text of the file in an error: without control characters, cut,
// and not at all if it looks like a secret that somebody pasted in the wrong place.
func quoted(text string) string {
	const most = 32
	if HasSecret(text) {
		return hidden
	}
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return strconv.Quote(text)
}

// misspelt shows a name in an error that was to be one of those known; one that
// is like none of them may be anything, such as a password.
func misspelt(name string, known []string) string {
	const slips = 3
	if !slices.ContainsFunc(known, func(k string) bool { return distance(name, k) <= slips }) {
		return hidden
	}
	return quoted(name)
}

// shownWord shows the name of a program in an error.
func shownWord(path string) string {
	if HasSecret(path) {
		return hidden
	}
	return quoted(filepath.Base(path))
}

// distance counts the letters to insert, delete or replace to turn a into b,
// upper and lower case being the same (Levenshtein).
func distance(a, b string) int {
	from, to := []rune(strings.ToLower(a)), []rune(strings.ToLower(b))
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range to {
			replaced := diagonal
			if x != y {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j]+1, diagonal+1, replaced)
		}
	}
	return row[len(to)]
}
