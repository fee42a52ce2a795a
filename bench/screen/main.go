// Screen measures the real binary on a pseudo-terminal: how long after exec the
// first frame with data stands, how many bytes a key sends, and how many an
// idle screen. See bench/README.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"vitals/bench/onscreen"
	"vitals/fitbit/fake"
	energyfake "vitals/internal/energy/fake"
	"vitals/internal/health"
)

func main() {
	binary := flag.String("binary", "./vitals", "the binary to measure")
	starts := flag.Int("starts", 15, "how many starts to time")
	idle := flag.Duration("idle", 30*time.Second, "how long to watch an idle screen")
	flag.Parse()
	if err := measure(*binary, *starts, *idle); err != nil {
		fmt.Fprintln(os.Stderr, "screen:", err)
		os.Exit(1)
	}
}

func measure(binary string, starts int, idle time.Duration) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	info, err := os.Stat(binary)
	if err != nil {
		return err
	}
	fmt.Printf("binary: %.1f MB\n", float64(info.Size())/1e6)
	dir, err := os.MkdirTemp("", "vitals-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	env, stop, err := warm(binary, dir)
	if err != nil {
		return err
	}
	defer stop()
	if err := firstFrames(binary, dir, env, starts); err != nil {
		return err
	}
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		if err := keys(binary, dir, env, size[0], size[1]); err != nil {
			return err
		}
	}
	return idleBytes(binary, dir, env, idle)
}

// warm makes a configuration with a made-up account and meter, and fetches
// everything once. The server goes on until stop.
func warm(binary, dir string) (env []string, stop func(), err error) {
	now := time.Now()
	person := fake.Ann(now)
	person.Profile.MemberSince = health.DateOf(now.AddDate(-1, 0, 0)) // a longer history takes minutes at Google's pace
	server := fake.New(person, time.Now)
	address, stop, err := server.Listen()
	if err != nil {
		return nil, nil, err
	}
	meter := filepath.Join(dir, "meter.db")
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, stop, err
	}
	if err := energyfake.WriteMeter(context.Background(), meter, now, zone); err != nil {
		return nil, stop, err
	}
	text := fake.Configuration(address, server.SignIn(fake.Scopes()...)) + "[energy]\ndatabase = " + meter + "\n"
	if err := os.WriteFile(filepath.Join(dir, "config.ini"), []byte(text), 0o600); err != nil {
		return nil, stop, err
	}
	env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"}
	fmt.Println("filling the store …")
	for _, command := range []string{"sync", "report"} {
		cmd := exec.Command(binary, command)
		cmd.Dir, cmd.Env = dir, env
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, stop, fmt.Errorf("vitals %s: %w\n%s", command, err, out)
		}
	}
	return env, stop, nil
}

func firstFrames(binary, dir string, env []string, starts int) error {
	var times []time.Duration
	for range starts {
		p, err := onscreen.Start(120, 40, dir, env, binary)
		if err != nil {
			return err
		}
		shown, err := p.WaitFor("kWh", 10*time.Second)
		if err != nil {
			return err
		}
		times = append(times, shown)
		if err := quit(p); err != nil {
			return err
		}
	}
	slices.Sort(times)
	fmt.Printf("first frame after exec, 120x40, warm store: median %d ms of %d (%d to %d)\n",
		times[starts/2].Milliseconds(), starts, times[0].Milliseconds(), times[starts-1].Milliseconds())
	return nil
}

// keys prints how many bytes each range, bucket, source and heat map key sends.
func keys(binary, dir string, env []string, width, height int) error {
	p, err := onscreen.Start(width, height, dir, env, binary)
	if err != nil {
		return err
	}
	if _, err := p.WaitFor("kWh", 10*time.Second); err != nil {
		return err
	}
	p.Settle(time.Second)
	most, mostKey := int64(0), ""
	fmt.Printf("bytes a key at %dx%d:", width, height)
	for _, key := range []string{"2", "3", "4", "5", "1", "h", "d", "w", "m", "y", "1", "s", "s", "s", "4", "v", "3", "2", "5", "s", "s", "s", "v"} {
		before, _ := p.Sent()
		if err := p.Type(key); err != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
		p.Settle(200 * time.Millisecond)
		after, _ := p.Sent()
		fmt.Printf(" %s %d", key, after-before)
		if after-before > most {
			most, mostKey = after-before, key
		}
	}
	fmt.Printf("; most %d (%s)\n", most, mostKey)
	return quit(p)
}

func idleBytes(binary, dir string, env []string, idle time.Duration) error {
	p, err := onscreen.Start(120, 40, dir, env, binary)
	if err != nil {
		return err
	}
	if _, err := p.WaitFor("kWh", 10*time.Second); err != nil {
		return err
	}
	p.Settle(3 * time.Second)
	before, _ := p.Sent()
	time.Sleep(idle)
	after, _ := p.Sent()
	fmt.Printf("idle for %s: %d bytes\n", idle, after-before)
	return quit(p)
}

func quit(p *onscreen.Program) error {
	if err := p.Type("q"); err != nil {
		return err
	}
	code, err := p.Wait(10 * time.Second)
	if err == nil && code != 0 {
		err = fmt.Errorf("exit code %d", code)
	}
	return err
}
