package command

import (
	"strings"

	"github.com/spf13/cobra"
)

// choice is one of the words that an argument or a flag takes, and in a few words
// what it means.
type choice struct{ name, means string }

// choices are all of them, in the order in which they are named: help, errors and
// completion have them from here.
type choices []choice

func (c choices) names() []string {
	var names []string
	for _, one := range c {
		names = append(names, one.name)
	}
	return names
}

// either names them as "csv, json or text".
func (c choices) either() string {
	names := c.names()
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// offered returns those that begin like what was typed, for completion.
func (c choices) offered(typed string) []cobra.Completion {
	var offered []cobra.Completion
	for _, one := range c {
		if strings.HasPrefix(one.name, typed) {
			offered = append(offered, cobra.CompletionWithDesc(one.name, one.means))
		}
	}
	return offered
}

// forFlag completes the values of a flag.
func (c choices) forFlag(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return c.offered(typed), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// first completes the first argument, and no more.
func (c choices) first(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return c.forFlag(cmd, args, typed)
}

// The words of more than one command, and those that screens share.
var (
	// exportable lists the series in the order the help names them.
	exportable = choices{
		{"weight", "body weight in kg"},
		{"fat", "body fat in percent"},
		{"bmi", "body mass index"},
		{"calories", "kcal burned in all"},
		{"active-calories", "kcal burned by being active"},
		{"steps", "steps walked"},
		{"electricity", "what the house used, in kWh"},
	}
	exportFormats = choices{
		{"csv", "a line a bucket, for spreadsheets"},
		{"json", "one object, for programs"},
		{"text", "aligned columns, for people"},
		{"svg", "a picture, for browsers and for paper"},
	}
	exportBuckets = choices{
		{"hour", "by the hour"},
		{"day", "by the day"},
		{"week", "by the week, from Monday"},
		{"month", "by the month"},
		{"year", "by the year"},
		{"raw", "single readings"},
	}
	importUnits = choices{
		{"kg", "kilograms"},
		{"lb", "pounds"},
		{"st", "stones"},
	}
	importDates = choices{
		{"dmy", "02-03-2019 is 2 March"},
		{"mdy", "02-03-2019 is 3 February"},
	}
)
