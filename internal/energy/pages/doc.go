// Package pages reads the rows of a plain rowid table in order of their
// numbers straight from the pages of its b-tree. SQLite still does the locking,
// the log and the cache: pages come from its sqlite_dbpage table, inside a read
// transaction.
package pages
