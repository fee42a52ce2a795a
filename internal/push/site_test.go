package push_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vitals/internal/health"
	"vitals/internal/postgres"
	"vitals/internal/postgres/trial"
	"vitals/internal/push"
	"vitals/internal/report"
	"vitals/internal/store"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

// moment is when the tests happen.
var moment = time.Date(2026, time.November, 22, 13, 37, 0, 0, time.UTC)

// site is a website's database and a history that is pushed to it.
type site struct {
	t       testing.TB
	store   *store.Store
	viewer  *view.Viewer
	address string
	conn    *postgres.Conn
	history string
}

func newSite(t testing.TB) *site {
	t.Helper()
	return siteIn(t, trial.Database(t))
}

func siteIn(t testing.TB, address string) *site {
	t.Helper()
	kept, err := store.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kept.Close() })
	now := func() time.Time { return moment }
	s := &site{t: t, store: kept, address: address, history: "history", conn: dial(t, address),
		viewer: &view.Viewer{Store: kept, Now: now, Preferences: view.Preferences{Fallback: zone(t, "Europe/London"), Meter: "m"}}}
	return s
}

func dial(t testing.TB, text string) *postgres.Conn {
	t.Helper()
	conn, err := parsed(t, text).Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func parsed(t testing.TB, text string) postgres.Address {
	t.Helper()
	address, err := postgres.ParseAddress(text)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func (s *site) pusher() *push.Pusher {
	return &push.Pusher{Address: parsed(s.t, s.address), Viewer: s.viewer, Now: s.viewer.Now, History: s.history, Meter: "meter of " + s.history,
		Patience: 10 * time.Second, Silence: 20 * time.Second}
}

// push pushes and returns what was written and what was removed in all.
func (s *site) push() (written, removed int64) {
	s.t.Helper()
	return s.pushBy(s.pusher())
}

func (s *site) pushBy(p *push.Pusher) (written, removed int64) {
	s.t.Helper()
	done, err := p.Push(s.t.Context())
	if err != nil {
		s.t.Fatalf("%v (%s)", err, health.Hint(err))
	}
	for _, w := range done {
		written, removed = written+w.Written, removed+w.Removed
	}
	return written, removed
}

// rows are the answer to a question, NULL as "".
func (s *site) rows(sql string, args ...any) [][]string {
	s.t.Helper()
	var rows [][]string
	err := s.conn.Each(context.Background(), func(cells []postgres.Cell) error {
		row := make([]string, len(cells))
		for i, c := range cells {
			row[i] = string(c)
		}
		rows = append(rows, row)
		return nil
	}, sql, args...)
	if err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
	return rows
}

func (s *site) run(statements ...string) {
	s.t.Helper()
	for _, sql := range statements {
		if err := s.conn.Script(context.Background(), sql); err != nil {
			s.t.Fatalf("%s: %v", sql, err)
		}
	}
}

// csv is a table as vitals export prints it, without the header.
func (s *site) csv(table report.Table) [][]string {
	s.t.Helper()
	var out bytes.Buffer
	err := table.WriteCSV(&out)
	if err != nil {
		s.t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, row := range rows {
		for i, c := range row { // which keeps a spreadsheet from calculating
			if len(c) > 1 && c[0] == '\'' && strings.ContainsRune("=+-@\t\r", rune(c[1])) {
				row[i] = c[1:]
			}
		}
	}
	return rows[1:]
}

// matches fails unless the tables hold what exports print of the whole history.
func (s *site) matches(person string) {
	s.t.Helper()
	ctx := context.Background()
	viewer := *s.viewer
	in, err := viewer.Zone(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	viewer.Preferences.Zone, viewer.Preferences.TariffZone = in, in
	s.bodyMatches(&viewer, person, in)
	s.daysMatch(&viewer, person, in)
	kept, _, err := s.store.RollUp(ctx, viewer.Preferences.Meter)
	if err != nil {
		s.t.Fatal(err)
	}
	for table, u := range map[string]timeline.Unit{"vitals_electricity_hour": timeline.Hour, "vitals_electricity_day": timeline.Day} {
		var want [][]string
		if !kept.First.IsZero() {
			buckets, costs, err := viewer.Electricity(ctx, u.Start(kept.First.In(in)), u.Next(kept.Last.In(in).Add(-1)), u)
			if err != nil {
				s.t.Fatal(err)
			}
			want = s.csv(report.Electricity(buckets, costs, u, in, "", nil))
		}
		columns, more := "starts, ends, kwh, covered_s, estimated_s, mean_w, status", ""
		if u == timeline.Day {
			more = ", cost, civil_date"
		}
		got := s.rows("SELECT "+columns+more+" FROM "+table+" WHERE meter_id = $1 ORDER BY starts", "meter of "+s.history)
		for i := range want {
			w := want[i]
			row := []string{instant(s.t, w[1]), instant(s.t, w[2]), w[4], w[5], w[6], w[7], w[8]}
			if u == timeline.Day {
				row = append(row, w[9], w[0])
			}
			want[i] = row
		}
		s.same(table, got, want)
	}
}

func (s *site) bodyMatches(viewer *view.Viewer, person string, in *time.Location) {
	s.t.Helper()
	var exported [2][][]string
	for i, series := range []view.BodySeries{view.Weight, view.BMI} {
		readings, err := viewer.BodyReadings(context.Background(), series)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, r := range s.csv(report.BodyReadings(series, readings, in)) {
			exported[i] = append(exported[i], []string{instant(s.t, r[0]), r[1], r[2], r[4], r[5], r[6]})
		}
	}
	const from = " FROM vitals_weigh_in WHERE person_id = $1"
	const order = " ORDER BY time, ordinal"
	s.same("vitals_weigh_in", s.rows("SELECT time, civil_date, weight_kg, trend_kg, source, excluded"+from+order, person), exported[0])
	for i, r := range exported[1] {
		exported[1][i] = []string{r[0], r[2]}
	}
	s.same("bmi", s.rows("SELECT time, bmi"+from+" AND bmi IS NOT NULL"+order, person), exported[1])
}

func (s *site) daysMatch(viewer *view.Viewer, person string, in *time.Location) {
	s.t.Helper()
	for columns, t := range map[string]health.DataType{"calories_kcal, calories_covered_s, calories_status": health.TypeCalories,
		"active_calories_kcal, active_calories_covered_s, active_calories_status": health.TypeActiveCalories, "steps, steps_covered_s, steps_status": health.TypeSteps} {
		data, err := viewer.TotalsExtent(context.Background(), t, timeline.Day)
		if err != nil {
			s.t.Fatal(err)
		}
		var want [][]string
		if !data.First.IsZero() {
			buckets, err := viewer.Totals(context.Background(), t, timeline.Day.Start(data.First.In(in)), timeline.Day.Next(data.Last.In(in).Add(-1)), timeline.Day)
			if err != nil {
				s.t.Fatal(err)
			}
			for _, r := range s.csv(report.Totals("", "", buckets, timeline.Day, in)) {
				want = append(want, []string{r[0], instant(s.t, r[1]), instant(s.t, r[2]), r[4], r[6], r[7]})
			}
		}
		got := s.rows("SELECT civil_date, starts, ends, "+columns+" FROM vitals_energy_day WHERE person_id = $1 ORDER BY civil_date", person)
		inside := got[:0]
		for _, row := range got { // days of other totals are there, without one of these
			if len(want) > 0 && row[0] >= want[0][0] && row[0] <= want[len(want)-1][0] {
				inside = append(inside, row)
			} else if row[3] != "" || row[4] != "0" || row[5] != "empty" {
				s.t.Errorf("%s: a day that is in no export: %v", t, row)
			}
		}
		s.same(string(t), inside, want)
	}
}

// same compares rows; numbers by the decimals of exports.
func (s *site) same(what string, got, want [][]string) {
	s.t.Helper()
	if len(got) != len(want) {
		s.t.Fatalf("%s: %d rows, want %d", what, len(got), len(want))
	}
	for i := range got {
		for k := range got[i] {
			g, w := got[i][k], want[i][k]
			if at, err := time.Parse("2006-01-02 15:04:05.999999-07", g); err == nil {
				g = at.Truncate(time.Second).UTC().Format(time.RFC3339)
			} else if v, err := strconv.ParseFloat(g, 64); err == nil && strings.Contains(w, ".") && len(w)-strings.IndexByte(w, '.') == 7 {
				g = strconv.FormatFloat(v, 'f', 6, 64)
			}
			if g != w {
				s.t.Fatalf("%s, row %d: %q is %q, want %q", what, i, got[i], g, want[i])
			}
		}
	}
}

func instant(t testing.TB, text string) string {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC().Format(time.RFC3339)
}

// wire is a way to the server that is cut after some bytes.
type wire struct {
	address string // by that way

	mu   sync.Mutex
	left int // bytes that still go to the server; negative: as many as come
}

func newWire(t testing.TB, address string) *wire {
	t.Helper()
	server, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	w, host := &wire{left: -1}, server.Host
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go w.carry(near, host)
		}
	}()
	server.Host = listener.Addr().String()
	server.RawQuery = "sslmode=disable"
	w.address = server.String()
	return w
}

// cutAfter cuts the connections to come after so many bytes to the server.
func (w *wire) cutAfter(bytes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left = bytes
}

func (w *wire) carry(near net.Conn, server string) {
	defer near.Close()
	far, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer far.Close()
	go func() {
		defer near.Close()
		_, _ = io.Copy(near, far)
	}()
	w.mu.Lock()
	left := w.left
	w.mu.Unlock()
	if left < 0 {
		_, _ = io.Copy(far, near)
		return
	}
	_, _ = io.CopyN(far, near, int64(left))
}
