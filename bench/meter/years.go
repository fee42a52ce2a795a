package main

import (
	"fmt"
	"time"

	"vitals/bench/onscreen"
)

// years times what a database of ten years takes: the first export, which
// reads it all, and then what is to be had from the roll-up.
func (o options) years(file database) error {
	stop, err := file.logger()
	if err != nil {
		return err
	}
	defer stop()
	if err := file.warm(); err != nil {
		return err
	}
	var first times
	var most peak
	var v installed
	remove := func() {}
	defer func() { remove() }()
	for range min(o.rounds, 3) {
		remove()
		remove = func() {}
		if v, remove, err = o.install(file); err != nil {
			return err
		}
		r, err := v.export("day").run()
		if err != nil {
			return err
		}
		first, most = append(first, r.elapsed), most.or(r.peak)
	}
	fmt.Printf("\n%s\n\n| command | median time | peak memory |\n|---|---|---|\n", file)
	fmt.Printf("| first `vitals export electricity --by day` | %s | %s |\n", first, most)
	for _, c := range []struct {
		name string
		command
	}{
		{"again, from the roll-up", v.export("day")},
		{"`vitals export electricity --by month`", v.export("month")},
		{"`vitals report`", v.command("report")},
	} {
		all, most, err := c.repeat(o.start)
		if err != nil {
			return err
		}
		fmt.Printf("| %s | %s | %s |\n", c.name, all, most)
	}
	shown, err := v.frames(o.start)
	if err != nil {
		return err
	}
	fmt.Printf("| `vitals`, from exec to the first frame with data, 120x40 | %s | |\n", shown)
	return nil
}

func (c command) repeat(n int) (all times, most peak, err error) {
	for range n {
		r, err := c.run()
		if err != nil {
			return nil, most, err
		}
		all, most = append(all, r.elapsed), most.or(r.peak)
	}
	return all, most, nil
}

// frames times the first frame with data of so many starts.
func (v installed) frames(starts int) (times, error) {
	var all times
	for range starts {
		p, err := onscreen.Start(120, 40, v.home, v.env(), v.binary)
		if err != nil {
			return nil, err
		}
		shown, err := p.WaitFor("kWh", 10*time.Second)
		if err != nil {
			return nil, err
		}
		all = append(all, shown)
		if err := p.Type("q"); err != nil {
			return nil, err
		}
		if code, err := p.Wait(10 * time.Second); err != nil || code != 0 {
			return nil, fmt.Errorf("vitals ended with exit code %d: %w", code, err)
		}
	}
	return all, nil
}
