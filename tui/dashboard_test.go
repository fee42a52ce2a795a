package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"vitals/internal/health"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

func onDashboard(t *testing.T, test func(r *driver)) {
	t.Helper()
	drive(t, Dependencies{History: ann(t), Account: &account{}, Meter: &meters{}, Remembered: Remembered{Reach: view.LastDay}}, 80, 24, test)
}

func TestRangeAndBucketKeys(t *testing.T) {
	onDashboard(t, func(r *driver) {
		for _, step := range []struct{ key, title string }{
			{"2", "by day"}, {"3", "30 days: Sat 24 Oct → now"}, {"4", "by month"}, {"5", "all: Jan 2026 → now"},
			{"h", "by hour"}, {"d", "by day"}, {"w", "by week"}, {"m", "by month"}, {"y", "by year"},
			{"1", "24 h: Sat 14:00 → now"}, {"left", "24 h: Fri 14:00 → Sat 14:00"}, {"left", "24 h: Thu 14:00 → Fri 14:00"},
			{"right", "24 h: Fri 14:00 → Sat 14:00"}, {"t", "24 h: Sat 14:00 → now"}, {"right", "24 h: Sat 14:00 → now"},
			{"g", "24 h: 1 Jan 00:00 → 2 Jan 00:00"}, {"G", "24 h: Sat 14:00 → now"},
		} {
			r.keys(step.key)
			r.expect(step.title)
		}
		r.keys("2", "h") // a bucket key holds …
		r.expect("72 of 158 · Thu 14:00 → now", "by hour")
		r.keys("3") // … until the next range key
		r.expect("30 days:", "by day")
	})
}

func TestComparing(t *testing.T) {
	onDashboard(t, func(r *driver) {
		r.expectNot("before")
		r.keys("c")
		r.expect("by hour · vs the day before", "day before 11.34 kWh −11 %")
		r.keys("2")
		r.expect("by day · vs the week before", "week before")
		r.keys("4")
		r.expect("vs the year before", "year before no data")
		r.keys("3", "enter")
		r.expect("vs 4 weeks before", "4 weeks before: ", "2026-10-25")
		r.keys("esc", "s", "2")
		r.expect("calories · by day · vs the week before", "week before 18,200 kcal −8 %")
		if !r.m.Remember().Compare {
			t.Error("comparing is not remembered")
		}
		r.keys("c")
		r.expectNot("before")
		r.keys("tab", "tab", "enter", "c") // the body is compared with nothing
		if r.m.Remember().Compare {
			t.Error("compared while the body fills the screen")
		}
	})
}

func TestWhatACounterpartIsCalled(t *testing.T) {
	look := newTheme(false, "", colorprofile.Unknown)
	b := timeline.Bucket{Start: time.Date(2026, 11, 14, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 14, 13, 39, 0, 0, time.UTC),
		Amount: 5.6, Covered: 13 * time.Hour, Status: timeline.Partial}
	m := energyState{window: view.Window{Unit: timeline.Day}, data: view.Energy{Stride: view.Stride{N: 1, Of: timeline.Week}}}
	own, wellKnown, none := b, b, b
	own.Amount, none.Status = 7, timeline.Empty
	wellKnown.Covered = own.Length()
	for _, c := range []struct {
		own, b timeline.Bucket
		want   string
	}{
		{own, b, "the week before: 5.60 kWh +25 %  2026-11-14 until 13:39  partial: 13 of 13.7 h"},
		{wellKnown, b, "the week before: 5.60 kWh  2026-11-14 until 13:39  partial: 13 of 13.7 h"},
		{none, b, "the week before: 5.60 kWh  2026-11-14 until 13:39  partial: 13 of 13.7 h"},
		{own, timeline.Bucket{Start: b.Start, End: b.Start.AddDate(0, 0, 1)}, "the week before: no data  2026-11-14"},
		{own, timeline.Bucket{}, "the week before: –"},
	} {
		if got := ansi.Strip(look.readingBefore(m, c.own, c.b, kWh, 80)); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	m.data.HouseCompared = view.Compared{Own: 5, Before: 8, OwnCovered: 24 * time.Hour, BeforeCovered: 20 * time.Hour,
		OwnLength: 24 * time.Hour, BeforeLength: 24 * time.Hour, Known: true}
	if got := look.difference(m); got.values[0] != "8.00 kWh → 5.00 kWh where both are known (gaps differ)" {
		t.Errorf("%v", got)
	}
}

func TestScrollingBeforeMoving(t *testing.T) {
	onDashboard(t, func(r *driver) {
		r.keys("2", "h")
		r.expect("72 of 158")
		r.keys("left")
		r.expect("72 of 158 · Mon 14:00 → Thu 14:00")
		r.keys("left", "left")
		r.expect("72 of 168 · 13 Nov 00:00 → Mon 00:00")
		r.keys("right") // goes on where that ended
		r.expect("72 of 158 · Mon 00:00 → Thu 00:00")
		r.keys("t")
		r.expect("72 of 158 · Thu 14:00 → now")
		// Of all there is, the oldest and the newest are scrolled to.
		r.keys("5", "h")
		r.expect("of 7,814 · Thu 14:00 → now")
		r.keys("g")
		r.expect("of 7,814 · 1 Jan 00:00 →")
		r.keys("G")
		r.expect("of 7,814 · Thu 14:00 → now")
		r.keys("4", "d", "g") // a window moved to the oldest begins with them, too
		r.expect("· Thu 1 Jan → ")
		r.keys("5", "h", "g", "enter", "home", "right")
		r.expect("2026-01-01 01:00 +0000", "▲")
		r.keys("t")
		r.expect("→ now", "2026-11-22 13:00 +0000")
	})
}

func TestKeysActOnTheFocusedPane(t *testing.T) {
	onDashboard(t, func(r *driver) {
		r.keys("tab", "tab", "5")
		r.expect("Body · means by month · 71.5–88.0 kg ──", "─ all ─", "24 h: Sat 14:00 → now")
		r.keys("t")
		r.expect("─ 90 days ─")
		r.keys("1") // the body never shows less than thirty days
		r.expect("─ 30 days ─", "24 h: Sat 14:00 → now")
		r.keys("tab", "2")
		r.expect("7 days: Mon 16 Nov → now", "─ 30 days ─")
		r.keys("shift+tab", "left")
		r.expect("30 days: Thu 24 Sep → Fri 23 Oct")
	})
}

func TestTypedRange(t *testing.T) {
	onDashboard(t, func(r *driver) {
		r.keys("/")
		r.typed("nonsense")
		r.keys("enter")
		r.expect("is not a time")
		r.keys("esc", "/")
		r.typed("2026-10-24 2026-10-27")
		r.keys("enter")
		r.expect("range: Sat 24 Oct → Mon 26 Oct", "by day")
		r.keys("right")
		r.expect("range: Tue 27 Oct → Thu 29 Oct")
		if got := r.m.Remember(); got.Reach != view.LastDay || got.Unit != timeline.Hour {
			t.Errorf("a range is remembered: %+v", got)
		}
		r.keys("t")
		r.expect("24 h: Sat 14:00 → now", "by hour") // what was there before
	})
}

func TestZoomReadsExactValues(t *testing.T) {
	onDashboard(t, func(r *driver) {
		r.keys("enter")
		r.expect("2026-11-22 13:00 +0000", "kWh", "partial: 0.7 of 1 h")
		r.keys("left", "left", "left")
		r.expect("2026-11-22 10:00 +0000", "mean", "£", "the day before: ", "2026-11-21 10:00 +0000")
		r.expectNot("vs the day before", "─█") // nothing is drawn of it without c
		r.keys("home")
		r.expect("2026-11-21 14:00 +0000")
		for range 13 {
			r.keys("right")
		}
		r.expect("2026-11-22 03:00 +0000  no data")
		r.keys("[")
		r.expect("24 h: Fri 14:00 → Sat 14:00", "2026-11-21 13:00 +0000")
		r.keys("]", "esc")
		r.expect("Profile", "24 h: Sat 14:00 → now")
		r.expectNot("no data")
	})
}

func TestZoomKeepsTheCursorInSight(t *testing.T) {
	onDashboard(t, func(r *driver) {
		r.keys("2", "h", "enter", "home")
		r.expect("2026-11-16 00:00 +0000", "▲")
		r.keys("end")
		r.expect("2026-11-22 13:00 +0000", "▲")
		r.send(tea.WindowSizeMsg{Width: 40, Height: 15})
		r.expect("▲")
	})
}

func TestStaleAnswersAreDropped(t *testing.T) {
	onDashboard(t, func(r *driver) {
		_, first := r.m.Update(tea.KeyPressMsg{Code: '2', Text: "2"})
		_, second := r.m.Update(tea.KeyPressMsg{Code: '4', Text: "4"})
		r.send(second())
		r.expect("12 months:")
		r.send(first())
		r.expect("12 months:")
		r.expectNot("7 days:")
	})
}

func TestWhatWentWrongIsOneLineAndOldDataStays(t *testing.T) {
	onDashboard(t, func(r *driver) {
		r.send(News{Problem: "the sign-in has expired", SignIn: true})
		r.expect("the sign-in has expired – press a to connect again", "71.4 kg", "412 W")
		r.send(News{Meter: true, Problem: "there is no file ~/meter.db", Hint: "check the path"})
		r.send(News{})
		r.expect("there is no file ~/meter.db – check the path", "71.4 kg", "412 W")
		r.send(News{Meter: true})
		r.expectNot("there is no file")
		r.m.History.(*past).err = hinted{"the history cannot be read", "look at the disk"}
		r.keys("2")
		r.expect("the history cannot be read – look at the disk", "71.4 kg")
	})
}

func TestNewDataAppears(t *testing.T) {
	onDashboard(t, func(r *driver) {
		p := r.m.History.(*past)
		lighter := *p.snapshot.Body
		lighter.Weighing.KG = 70.1
		p.snapshot.Body = &lighter
		r.send(News{Doing: "fetching weight"})
		r.expect("71.4 kg", "fetching weight")
		r.send(News{Changed: true})
		r.expect("70.1 kg")
		r.expectNot("fetching weight")
		p.snapshot.AsOf = p.snapshot.AsOf.Add(30 * time.Minute)
		r.send(outdated{r.m.generation})
		r.expect("24 h: Sat 15:00 → now")
	})
}

func TestWhatIsUnderWayReadsInASCII(t *testing.T) {
	drive(t, Dependencies{History: ann(t), Account: &account{}, Meter: &meters{}, ASCII: true}, 80, 24, func(r *driver) {
		r.send(News{Doing: "fetching steps: 2 of 10 parts · 20 % · 1.3/s"})
		r.expect("fetching steps: 2 of 10 parts - 20 % - 1.3/s")
	})
}

func TestTheRestOfTheKeys(t *testing.T) {
	refreshed := 0
	drive(t, Dependencies{History: ann(t), Account: &account{}, Meter: &meters{}, Refresh: func() { refreshed++ }}, 80, 24, func(r *driver) {
		r.keys("r")
		if refreshed != 1 {
			t.Errorf("r asked for new data %d times", refreshed)
		}
		r.expect("looking for new data")
		r.keys("s")
		r.expect("Energy · calories", "1,432 kcal")
		r.expectNot("looking for new data")
		r.keys("?")
		r.expect("any key goes back", "now (Body: 90 days)", "account: connect Google")
		r.keys("esc", "q")
		if !r.quit || r.m.Interrupted() {
			t.Error("q did not end the program in peace")
		}
	})
}

// Where there is no room for what to do about a problem, a key leads to it.
func TestProblemsSayWhatToDo(t *testing.T) {
	long := News{Meter: true, Problem: "/home/ann/somewhere/else/cookies.db: found tables moz_places, none looks like power readings",
		Hint: "set table, time and value in [energy] to where the readings are"}
	for _, c := range []struct {
		news News
		line string
	}{
		{long, "… – press ? for what to do"},
		{News{Problem: "access to weight was not granted", Hint: "sign in again and allow weight (press a, or run vitals auth)"}, "not granted – press a to connect again"},
		{News{Problem: "Google Health is overloaded or broken (HTTP 503)", Hint: "nothing is lost: try again later", Retry: true}, "(HTTP 503) – press r to try again"},
		{News{Problem: "could not reach health.googleapis.com (no answer in time)", Hint: "check the connection; what is stored stays readable", Retry: true}, "in time) – press r"},
	} {
		onDashboard(t, func(r *driver) {
			r.send(c.news)
			r.expect(c.line)
			r.keys("?")
			r.expect(strings.Fields(c.news.Hint)[0], "Where in time")
		})
	}
	drive(t, Dependencies{History: nothing(t), Account: &account{}, Meter: &meters{}}, 80, 24, func(r *driver) {
		r.m.snapshot.MeterNamed = true
		r.m.drawn = nil
		r.expect("Nothing was read from the meter's database yet.", "Press enter to name another")
	})
}

func TestTheViewIsRemembered(t *testing.T) {
	onDashboard(t, func(r *driver) {
		r.keys("2", "h", "s")
		r.keys("tab", "tab", "4")
		want := Remembered{Reach: view.LastWeek, Unit: timeline.Hour, Source: view.Burned, BodyReach: view.LastYear, BodyUnit: timeline.Month}
		if got := r.m.Remember(); got != want {
			t.Errorf("remembered %+v, want %+v", got, want)
		}
	})
	for _, nonsense := range []Remembered{{Reach: 99}, {Reach: view.LastDay, Unit: 99}, {Source: 99}, {BodyReach: view.LastDay}, {BodyReach: view.LastYear, BodyUnit: 99}, {}} {
		drive(t, Dependencies{History: ann(t), Remembered: nonsense}, 80, 24, func(r *driver) {
			r.expect("house", "24 h: Sat 14:00 → now", "─ 90 days ─")
		})
	}
}

func TestATerminalThatDoesNotKnowItsSize(t *testing.T) {
	filter := SizeOr(80, 24)
	for _, size := range []tea.WindowSizeMsg{{}, {Width: 80}, {Height: 24}} {
		if got := filter(nil, size); got != (tea.WindowSizeMsg{Width: 80, Height: 24}) {
			t.Errorf("%v became %v", size, got)
		}
	}
	if size := (tea.WindowSizeMsg{Width: 100, Height: 30}); filter(nil, size) != size {
		t.Error("a known size was changed")
	}
}

func TestMeterOnlyAndAccountOnly(t *testing.T) {
	meterOnly, accountOnly := nothing(t), ann(t)
	full := ann(t)
	meterOnly.snapshot.Electricity, meterOnly.portions = full.snapshot.Electricity, full.portions
	accountOnly.snapshot.Electricity, accountOnly.portions = nil, nil
	drive(t, Dependencies{History: meterOnly, Account: &account{}}, 80, 24, func(r *driver) {
		r.expect("412 W", "Not signed in.", "Press a to connect Google.")
		r.keys("s")
		r.expect("No calories yet.")
		r.keys("s")
		r.expect("412 W")
	})
	drive(t, Dependencies{History: accountOnly, Account: &account{}}, 80, 24, func(r *driver) {
		r.expect("71.4 kg", "No meter yet", "Press enter to name it")
		r.keys("s")
		r.expect("1,432 kcal")
		r.keys("s")
		r.expect("1,432 kcal")
	})
}

func TestAFirstQuestionWithoutAnAnswer(t *testing.T) {
	p := ann(t)
	p.err = hinted{"the history cannot be read", "look at the disk"}
	drive(t, Dependencies{History: p, Account: &account{}}, 80, 24, func(r *driver) {
		r.expect("the history cannot be read – look at the disk", "try again")
		r.keys("2", "enter", "s")
		p.err = nil
		r.keys("r")
		r.expect("71.4 kg")
		r.expectNot("cannot be read")
	})
}

func TestASumOfMoreThanItsNameSaysIsCalledShown(t *testing.T) {
	onDashboard(t, func(r *driver) {
		r.expect("24 h 10.12 kWh")
		p := r.m.History.(*past)
		p.widened = true
		r.keys("m")
		r.expect("shown ")
	})
}

func TestThePowerOfNowEnds(t *testing.T) {
	onDashboard(t, func(r *driver) {
		r.expect("now 412 W")
		gone := *r.m.History.(*past).snapshot.Electricity
		gone.NowW = nil
		r.m.History.(*past).snapshot.Electricity = &gone
		r.send(outdated{r.m.generation - 1}) // of an older answer
		r.expect("now 412 W")
		r.send(outdated{r.m.generation})
		r.expect("last reading today 13:39")
	})
}

func TestLookingForNewDataEndsWithTheNews(t *testing.T) {
	onDashboard(t, func(r *driver) {
		r.keys("r")
		r.expect("looking for new data")
		r.send(News{Problem: "could not reach Google"})
		r.expect("could not reach Google – press r to try again")
		r.expectNot("looking for new data")
	})
}

func TestDaysThatAreLeftOutAreToldWhereThereIsRoom(t *testing.T) {
	p := ann(t)
	p.excess.Add(229_313, health.Date{Year: 2024, Month: time.March, Day: 1})
	d := Dependencies{History: p, Account: &account{}, Meter: &meters{}}
	drive(t, d, 80, 24, func(r *driver) {
		r.expectNot("left out")
		r.keys("s", "2")
		r.expect("covered · 1 day left out: 229,313 kcal on 1 Mar 2024")
		r.keys("h")
		r.expect("covered · 1 hour left out")
		p.burned = []timeline.Portion{} // all the window held
		r.keys("3")
		r.expect("1 day left out: 229,313 kcal")
	})
	drive(t, d, 44, 24, func(r *driver) {
		r.keys("s", "2")
		r.expect("covered · 1 day left out")
		r.expectNot("229")
	})
}

func TestHoursThatAreLookedAtAreAskedFor(t *testing.T) {
	type stretch struct{ from, to string }
	var opened []stretch
	d := Dependencies{History: ann(t), Account: &account{}, Meter: &meters{}, OpenHours: func(from, to time.Time) {
		opened = append(opened, stretch{from.Format("2 Jan 15:04"), to.Format("2 Jan 15:04")})
	}}
	drive(t, d, 80, 24, func(r *driver) {
		expect := func(want ...stretch) {
			t.Helper()
			if !slices.Equal(opened, want) {
				t.Errorf("opened %v, want %v", opened, want)
			}
			opened = nil
		}
		expect() // the house by the hour
		r.keys("s")
		expect(stretch{"21 Nov 14:00", "22 Nov 14:00"})
		r.keys("s") // both, of the same time
		r.send(News{Changed: true})
		expect()
		r.keys("left")
		expect(stretch{"20 Nov 14:00", "21 Nov 14:00"})
		r.keys("c") // with what they are compared with
		expect(stretch{"19 Nov 14:00", "21 Nov 14:00"})
		r.keys("c", "2")
		expect(stretch{"20 Nov 14:00", "21 Nov 14:00"})
		r.keys("h")
		expect(stretch{"16 Nov 00:00", "22 Nov 14:00"})
	})
	d.OpenHours = nil
	drive(t, d, 80, 24, func(r *driver) { r.keys("s", "h", "left") })
}
