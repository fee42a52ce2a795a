package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"vitals/bench/onscreen"
	"vitals/fitbit/fake"
)

// fresh is how long a store that was made is used again: the longer, the more
// is missing between its newest readings and now.
const fresh = 20 * time.Hour

// home is where the measured program lives: a configuration, ten years of data,
// a meter's database, and a made-up Google that goes on until stop.
type home struct {
	binary, dir string
	stop        func()
}

// furnish makes a home in dir, from what is there already if that is not too
// old, and brings its store up to date.
func furnish(ctx context.Context, binary, dir string) (*home, error) {
	d, err := newDecade(time.Now())
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	kept, meter := filepath.Join(data, "vitals.db"), filepath.Join(dir, "meter.db")
	if info, err := os.Stat(filepath.Join(dir, "made")); err != nil || time.Since(info.ModTime()) > fresh {
		fmt.Println("making ten years of data …")
		if err := os.RemoveAll(data); err != nil {
			return nil, err
		}
		if err := os.RemoveAll(meter); err != nil {
			return nil, err
		}
		if err := os.MkdirAll(data, 0o700); err != nil {
			return nil, err
		}
		if err := d.keep(ctx, kept); err != nil {
			return nil, fmt.Errorf("filling the store: %w", err)
		}
	}
	if err := d.meter(ctx, meter); err != nil {
		return nil, fmt.Errorf("writing the meter's readings: %w", err)
	}
	server := fake.New(d.person(), time.Now)
	address, stop, err := server.Listen()
	if err != nil {
		return nil, err
	}
	h := &home{binary: binary, dir: dir, stop: stop}
	text := fake.Configuration(address, server.SignIn(fake.Scopes()...)) + "signed_in_at = " + d.now.AddDate(0, 0, -20).Format(time.RFC3339) +
		"\n[energy]\ndatabase = " + meter + "\n[tariff]\ncurrency = GBP\nprice_per_kwh = 0.245\nstanding_charge = 0.53\n[display]\ngoal_kg = 70\n"
	if err := os.WriteFile(filepath.Join(dir, "config.ini"), []byte(text), 0o600); err != nil {
		return h, err
	}
	for _, command := range []string{"sync", "report"} {
		cmd := exec.CommandContext(ctx, binary, command)
		cmd.Dir, cmd.Env = dir, h.env()
		if out, err := cmd.CombinedOutput(); err != nil {
			return h, fmt.Errorf("vitals %s: %w\n%s", command, err, out)
		}
	}
	return h, os.WriteFile(filepath.Join(dir, "made"), nil, 0o600)
}

func (h *home) env() []string {
	return []string{"HOME=" + h.dir, "VITALS_CONFIG=" + filepath.Join(h.dir, "config.ini"),
		"VITALS_DATA_DIR=" + filepath.Join(h.dir, "data"), "VITALS_STATE_DIR=" + filepath.Join(h.dir, "state"),
		"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"}
}

// start starts the program as if for the first time, on a terminal of a kind,
// and waits until there is data and nothing more comes.
func (h *home) start(kind string, width, height int) (*onscreen.Program, error) {
	p, _, err := h.firstFrame(kind, width, height)
	if err == nil {
		p.Settle(time.Second)
	}
	return p, err
}

// firstFrame is start, but for the waiting; it returns how long after exec the
// first frame with data stood.
func (h *home) firstFrame(kind string, width, height int) (*onscreen.Program, time.Duration, error) {
	if err := os.RemoveAll(filepath.Join(h.dir, "state")); err != nil {
		return nil, 0, err
	}
	p, err := onscreen.Start(width, height, h.dir, append(h.env(), "TERM="+kind), h.binary)
	if err != nil {
		return nil, 0, err
	}
	shown, err := p.WaitFor("kWh", 10*time.Second)
	return p, shown, err
}

func quit(p *onscreen.Program) error {
	// Whatever is open, ctrl+c leaves it.
	if err := p.Type("\x03"); err != nil {
		return err
	}
	const interrupted = 130
	code, err := p.Wait(10 * time.Second)
	if err == nil && code != interrupted {
		err = fmt.Errorf("exit code %d", code)
	}
	return err
}
