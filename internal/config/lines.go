package config

import (
	"slices"
	"strings"

	"gopkg.in/ini.v1"
)

// entry is a section's own line (key is "") or a key with its value.
type entry struct {
	line    int // counted from 1
	section string
	key     string // as the file spells it
	value   string
}

func (e entry) is(section, key string) bool {
	return e.section == section && strings.EqualFold(e.key, key)
}

// A quote around a whole value is not part of it: "…", '…', `…` or """…""".
var options = ini.LoadOptions{IgnoreContinuation: true, IgnoreInlineComment: true}

// parse reads a file one line at a time. The library would take several at
// once, but then it tells no line numbers, and a quote or backslash left open
// swallows what follows.
func parse(path, text string) ([]entry, error) {
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return nil, &Error{Path: path, Line: 1, problem: "the text is in UTF-16", hint: "save the file as UTF-8"}
	}
	var entries []entry
	section := ""
	for i, line := range strings.Split(text, "\n") {
		refuse := func(problem string) ([]entry, error) {
			return nil, &Error{Path: path, Line: i + 1, problem: problem,
				hint: `each line is empty, a [section], key = value, or a comment that starts with ; or #`}
		}
		file, err := ini.LoadSources(options, []byte(line))
		if err != nil {
			return refuse(syntaxProblem(err, line))
		}
		// The library begins with a section of its own, which [DEFAULT] only repeats.
		names := file.SectionStrings()
		if len(names) > 1 || strings.HasPrefix(strings.TrimSpace(line), "[") {
			section = strings.Join(strings.Fields(names[len(names)-1]), " ")
			entries = append(entries, entry{line: i + 1, section: section})
			continue
		}
		for _, key := range file.Section("").Keys() {
			e := entry{line: i + 1, section: section, key: key.Name(), value: key.Value()}
			if section == "" {
				return refuse("a key stands before the first [section]")
			}
			if cutShort(line, e.value) {
				return refuse("text follows the quote that ends the value of " + misspelt(e.key, keyNames(section)))
			}
			if slices.ContainsFunc(entries, func(o entry) bool { return o.is(section, e.key) }) {
				return refuse("key " + misspelt(e.key, keyNames(section)) + " is given a second time in its section")
			}
			entries = append(entries, e)
		}
	}
	return entries, nil
}

// syntaxProblem puts the library's error in words without the line itself,
// which may hold a secret.
func syntaxProblem(err error, line string) string {
	switch {
	case strings.HasPrefix(strings.TrimSpace(line), "["):
		return "the name of a section is missing or lacks its closing ]"
	case ini.IsErrDelimiterNotFound(err):
		return "there is no = after the key"
	case ini.IsErrEmptyKeyName(err):
		return "there is no key before the ="
	default:
		return "a quote is opened and not closed"
	}
}

// cutShort reports whether the library dropped the end of a line that goes on
// after a closing quote.
func cutShort(line, value string) bool {
	_, rest := splitKey(line)
	rest = strings.TrimSpace(rest)
	return !slices.ContainsFunc([]string{"", `"`, "'", "`", `"""`}, func(quote string) bool {
		return rest == quote+value+quote
	})
}

// Setting is a key and the value to save for it. An empty value empties the
// key, so that its default holds.
type Setting struct{ Key, Value string }

// edit returns text with the settings made in section, and every other line as
// it was. A section or key that is missing is added, unless to be empty.
func edit(path, text, section string, settings []Setting) (string, error) {
	entries, err := parse(path, text)
	if err != nil {
		return "", err
	}
	lineEnd := "\n"
	if strings.Contains(text, "\r\n") {
		lineEnd = "\r\n"
	}
	lines := strings.SplitAfter(text, "\n")
	elsewhere := slices.ContainsFunc(entries, func(e entry) bool { return e.is("secrets", "command") && e.value != "" })
	var added string
	for _, s := range settings {
		if elsewhere && isSecretKey(s.Key) && s.Value != "" {
			return "", &Error{Path: path, problem: "no secret is saved in this file, as [secrets] has a command that keeps them",
				hint: "empty command under [secrets] to keep them here"}
		}
		if strings.ContainsAny(s.Value, "\r\n") {
			return "", &Error{Path: path, problem: "the value for " + s.Key + " has more than one line",
				hint: "give it as one line"}
		}
		value := strings.TrimRight(" "+encode(s.Value), " ")
		found := slices.IndexFunc(entries, func(e entry) bool { return e.is(section, s.Key) })
		switch {
		case found >= 0:
			line := &lines[entries[found].line-1]
			kept, old := splitKey(*line)
			*line = kept + value + old[len(strings.TrimRight(old, "\r\n")):]
		case s.Value != "":
			added += s.Key + " =" + value + lineEnd
		}
	}
	if added == "" {
		return strings.Join(lines, ""), nil
	}
	at := 0 // the last line of the section
	for _, e := range entries {
		if e.section == section {
			at = e.line
		}
	}
	if at == 0 {
		at = len(lines)
		added = "[" + section + "]" + lineEnd + added
		if text != "" {
			added = lineEnd + added
		}
	}
	before, after := strings.Join(lines[:at], ""), strings.Join(lines[at:], "")
	if before != "" && !strings.HasSuffix(before, "\n") {
		before += lineEnd
	}
	return before + added + after, nil
}

// splitKey cuts a line behind its delimiter.
func splitKey(line string) (key, rest string) {
	i := strings.IndexAny(line, "=:") + 1
	return line[:i], line[i:]
}

// encode writes a value so that the library reads it back the same.
func encode(value string) string {
	if value != strings.TrimSpace(value) || strings.HasPrefix(value, `"`) ||
		strings.HasPrefix(value, "'") || strings.HasPrefix(value, "`") {
		return `"""` + value + `"""`
	}
	return value
}
