package chart

import (
	"fmt"
	"strings"

	"vitals/internal/timeline"
)

// combine makes of items that are too many to be seen one of each longer civil
// unit: the shortest of which there are few enough. Nothing that counts is left out:
// each has the lowest and the highest of its items.
func (p *imagePlot) combine() {
	u := p.By + 1
	if p.Single {
		u = timeline.Hour
	}
	ends := p.groups(u)
	for ; len(ends) > MostDrawn && u < timeline.Year; ends = p.groups(u) {
		u++
	}
	each := "each column is a " + u.String()
	if u == timeline.Hour {
		each = "each column is an hour"
	}
	if len(ends) > MostDrawn || p.By >= timeline.Year && !p.Single {
		each, ends = "each column is several years", evenly(len(p.items), MostDrawn)
	}
	p.combined = each + ", from its lowest " + p.itemName() + " to its highest"
	items, begin := make([]Item, 0, len(ends)), 0
	for _, end := range ends {
		item := p.together(p.items[begin:end])
		if p.Single { // a reading has no length
			item.Start, item.End = u.Start(item.Start.In(p.From.Location())), u.Next(item.End.In(p.From.Location()))
		}
		items = append(items, item)
		begin = end
	}
	p.items = items
}

// itemName is what an item is called.
func (p *imagePlot) itemName() string {
	if p.Single {
		return "reading"
	}
	return p.By.String()
}

// groups returns where the items of each civil unit end.
func (p *imagePlot) groups(u timeline.Unit) []int {
	var ends []int
	for n := 0; n < len(p.items); {
		until := u.Next(p.items[n].Start.In(p.From.Location()))
		for n++; n < len(p.items) && p.items[n].Start.Before(until); n++ {
		}
		ends = append(ends, n)
	}
	return ends
}

// evenly splits n items into so many groups.
func evenly(n, groups int) []int {
	ends := make([]int, groups)
	for i := range ends {
		ends[i] = (i + 1) * n / groups
	}
	return ends
}

// together makes one item of several. Those that lack a part have a say in what
// is lowest and highest where there are no others, those that do not count have none.
func (p *imagePlot) together(items []Item) Item {
	first, last := items[0], items[len(items)-1]
	all := Item{Bucket: timeline.Bucket{Start: first.Start, End: last.End}, Label: first.Label}
	if len(items) > 1 {
		all.Label += " to " + last.Label
	}
	var count [timeline.Full + 1]int
	hollow, whole := 0, false
	for _, i := range items {
		switch {
		case i.Hollow:
			hollow++
		case !i.hasValue():
			count[timeline.Empty]++
		default:
			count[i.Status]++
			whole = whole || !lacking(i.Bucket)
		}
	}
	lowest, highest := "", ""
	for _, i := range items {
		if !i.hasValue() || i.Hollow || whole && lacking(i.Bucket) {
			continue
		}
		if all.Status == timeline.Empty || i.Low.Value < all.Low.Value {
			all.Low, lowest = i.Low, i.Label
		}
		if all.Status == timeline.Empty || i.High.Value > all.High.Value {
			all.High, highest = i.High, i.Label
		}
		all.Status = timeline.Full
	}
	all.Amount, all.Text = all.High.Value, all.High.Text
	told := []string{fmt.Sprintf("%d %ss", len(items), p.itemName())}
	if len(items) == 1 {
		told[0] = "1 " + p.itemName()
	}
	for _, kind := range []struct {
		n    int
		name string
	}{{count[timeline.Partial], "partial"}, {count[timeline.Estimated], "estimated"}, {count[timeline.Empty], "without data"}, {hollow, "left out or held back"}} {
		if kind.n > 0 {
			told = append(told, fmt.Sprintf("%d %s", kind.n, kind.name))
		}
	}
	if all.Status == timeline.Empty {
		all.Lines = append(all.Lines, "no data")
	} else {
		all.Lines = append(all.Lines, fmt.Sprintf("lowest %s %s (%s)", all.Low.Text, p.Unit, lowest),
			fmt.Sprintf("highest %s %s (%s)", all.High.Text, p.Unit, highest))
	}
	all.Lines = append(all.Lines, strings.Join(told, ", "))
	return all
}
