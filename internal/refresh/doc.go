// Package refresh decides when to fetch and from whom, and brings what was
// fetched into the store. It knows its sources only by interfaces of its own, so
// that another vendor is another implementation of Account.
package refresh
