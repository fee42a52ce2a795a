package postgres_test

import (
	"context"
	"errors"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitals/internal/postgres"
	"vitals/internal/postgres/trial"
)

func dial(t *testing.T, text string) *postgres.Conn {
	t.Helper()
	at, err := postgres.ParseAddress(text)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := at.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func TestValuesComeBackAsTheyWent(t *testing.T) {
	conn := dial(t, trial.Database(t))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		number := rapid.Float64().Draw(t, "number")
		whole := rapid.Int64().Draw(t, "whole")
		at := time.Unix(rapid.Int64Range(-6e10, 2e11).Draw(t, "seconds"), rapid.Int64Range(0, 999_999).Draw(t, "micros")*1000).UTC()
		var list postgres.List
		for _, s := range rapid.SliceOf(rapid.String()).Draw(t, "list") {
			list = append(list, s)
		}
		rows := 0
		err := conn.Each(context.Background(), func(cells []postgres.Cell) error {
			rows++
			for i, c := range cells[:4] {
				if string(c) != "t" {
					t.Errorf("value %d is another: text %q, number %v, whole %d, time %v", i, text, number, whole, at)
				}
			}
			if cells[4] != nil {
				t.Errorf("NULL is %q", cells[4])
			}
			return nil
		}, `SELECT $1::text = convert_from(decode($2, 'hex'), 'UTF8'), $3::float8 = $4::text::float8, $5::bigint = $6::text::bigint,
			to_timestamp($7::bigint) + $8::int * interval '1 microsecond' = $9::timestamptz, $10::text, $11::text[]`,
			text, hexOf(strings.ReplaceAll(text, "\x00", "")), number, number, whole, whole, at.Unix(), at.Nanosecond()/1000, at, nil, list)
		if err != nil || rows != 1 {
			t.Fatalf("%d rows, %v", rows, err)
		}
		n := 0
		err = conn.Each(context.Background(), func(cells []postgres.Cell) error {
			if want := strings.ReplaceAll(list[n].(string), "\x00", ""); string(cells[0]) != want {
				t.Errorf("element %d of the list is %q, not %q", n, cells[0], want)
			}
			n++
			return nil
		}, "SELECT unnest($1::text[])", list)
		if err != nil || n != len(list) {
			t.Fatalf("%d of %d elements, %v", n, len(list), err)
		}
	})
	err := conn.Each(t.Context(), func(cells []postgres.Cell) error {
		if got := string(cells[0]) + string(cells[1]) + string(cells[2]); got != "ttt" {
			t.Errorf("NaN and both infinities: %s", got)
		}
		return nil
	}, "SELECT $1::float8 = 'NaN', $2::float8 = 'Infinity', $3::float8 = '-Infinity'", math.NaN(), math.Inf(1), math.Inf(-1))
	if err != nil {
		t.Fatal(err)
	}
}

func hexOf(text string) string {
	const digits = "0123456789abcdef"
	var out strings.Builder
	for _, b := range []byte(text) {
		out.WriteByte(digits[b>>4])
		out.WriteByte(digits[b&15])
	}
	return out.String()
}

func TestTogetherKeepsAllOrNothing(t *testing.T) {
	conn := dial(t, trial.Database(t))
	if err := conn.Script(t.Context(), "CREATE TABLE t (n int)"); err != nil {
		t.Fatal(err)
	}
	insert := func(then error) error {
		return conn.Together(t.Context(), func() error {
			if _, err := conn.Run(t.Context(), "INSERT INTO t VALUES (1)"); err != nil {
				return err
			}
			return then
		})
	}
	refused := errors.New("no")
	if err := insert(refused); !errors.Is(err, refused) {
		t.Fatal(err)
	}
	if err := insert(nil); err != nil {
		t.Fatal(err)
	}
	rows := 0
	if err := conn.Each(t.Context(), func([]postgres.Cell) error { rows++; return nil }, "SELECT * FROM t"); err != nil || rows != 1 {
		t.Errorf("%d rows, %v", rows, err)
	}
}

func TestErrorsAreWordsWithoutSecrets(t *testing.T) {
	address := trial.Database(t)
	user, _, _ := strings.Cut(address, "@")
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	tests := []struct{ name, address, statement, says string }{
		{"password", strings.Replace(address, user, "postgres://vitals:hunter2", 1), "", "does not let vitals in"},
		{"database", address + "nowhere", "", "there is no database"},
		{"server", "postgres://ann:hunter2@" + closed.Addr().String() + "/site", "", "no PostgreSQL answers"},
		{"table", address, "SELECT * FROM hunter2", "no such table"},
		{"server without encryption", address + "?sslmode=require", "", "does not encrypt"},
		{"a word that is no setting", address + "?sslmod=hunter2", "", "does not know a setting"},
		{"setting", address + "?statement_timeout=hunter2", "", "does not know a setting"},
		{"anything else", address, "SELECT 'hunter2'::int", "22P02"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			at, err := postgres.ParseAddress(test.address)
			if err != nil {
				t.Fatal(err)
			}
			conn, err := at.Dial(t.Context())
			if err == nil {
				defer conn.Close()
				_, err = conn.Run(t.Context(), test.statement)
			}
			said, ok := errors.AsType[*postgres.Error](err)
			if !ok || !strings.Contains(said.Error(), test.says) || said.Hint() == "" || strings.Contains(said.Error(), "hunter") {
				t.Errorf("it says %v", err)
			}
		})
	}
}

func TestAServerThatDoesNotAnswerIsGivenUp(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	at, err := postgres.ParseAddress("postgres://ann:hunter2@" + silent.Addr().String() + "/site?connect_timeout=1")
	if err != nil {
		t.Fatal(err)
	}
	_, err = at.Dial(t.Context())
	if err == nil || !strings.Contains(err.Error(), "does not answer in time") {
		t.Errorf("it says %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = at.Dial(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted, it says %v", err)
	}
}
