package postgres

import (
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Address is where a database is, and as whom to ask there. The zero Address is
// nowhere. Printing one shows no password.
type Address struct{ config *pgconn.Config }

// IsAddress reports whether a text is meant as the address of a PostgreSQL server
// and not as the path of a file.
func IsAddress(text string) bool {
	return strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://")
}

// ParseAddress reads postgres://user:password@host:port/name?sslmode=…, or libpq's
// "host=… dbname=…". What it leaves open comes from PGHOST, PGPASSWORD and their
// like, from ~/.pgpass and from libpq's defaults. A server that is not on this
// machine has to encrypt, unless the address or PGSSLMODE says otherwise. Its error
// is an *Error that repeats nothing of the text.
func ParseAddress(text string) (Address, error) {
	config, err := pgconn.ParseConfig(text)
	if err != nil {
		return Address{}, Problem(nil, "write it like postgres://user:password@host:5432/name; what is no letter or digit in a password is written as %XX",
			"the address of the PostgreSQL database cannot be read")
	}
	if !choosesMode(text) && os.Getenv("PGSSLMODE") == "" {
		config.Fallbacks = slices.DeleteFunc(config.Fallbacks, func(f *pgconn.FallbackConfig) bool {
			return f.TLSConfig == nil && !local(f.Host)
		})
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	config.RuntimeParams["application_name"] = "vitals"
	config.RuntimeParams["timezone"] = "UTC"
	config.RuntimeParams["datestyle"] = "ISO, YMD"
	config.RuntimeParams["client_encoding"] = "UTF8"
	return Address{config}, nil
}

// What libpq's form of an address is read by.
var (
	// blanks in it part nothing
	quoted = regexp.MustCompile(`'(\\.|[^'\\])+'|\\.`)
	chosen = regexp.MustCompile(`(^|\s)sslmode\s*=\s*[^\s']`)
)

// choosesMode reports whether an address says itself how to encrypt. A password or
// a name may hold the word, too.
func choosesMode(text string) bool {
	if IsAddress(text) {
		_, query, _ := strings.Cut(text, "?")
		settings, _ := url.ParseQuery(query) // of what cannot be read nothing is chosen
		return settings.Get("sslmode") != ""
	}
	return chosen.MatchString(quoted.ReplaceAllString(text, "x"))
}

// local reports whether a host is this machine: a socket, localhost or a loopback
// address.
func local(host string) bool {
	if filepath.IsAbs(host) || strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// String names the database without its password: name on host.
func (a Address) String() string {
	if a.config == nil {
		return "nowhere"
	}
	host := a.config.Host
	if a.config.Port != 5432 && !filepath.IsAbs(host) {
		host = net.JoinHostPort(host, strconv.Itoa(int(a.config.Port)))
	}
	return Printable(a.Database() + " on " + host)
}

// Database is the name of the database.
func (a Address) Database() string {
	if a.config.Database == "" { // as libpq has it
		return a.config.User
	}
	return a.config.Database
}

// Identity is the same for all addresses of one database, whoever asks: host, port
// and name.
func (a Address) Identity() string {
	return net.JoinHostPort(a.config.Host, strconv.Itoa(int(a.config.Port))) + "/" + a.Database()
}
