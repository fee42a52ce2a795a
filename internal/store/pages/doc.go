// Package pages reads what still holds of a SQLite file that is damaged: its
// pages, those of its write-ahead log, and the rows on each page by itself. It
// trusts nothing that it reads, changes nothing, and takes no locks: nobody may
// write to the file meanwhile. See https://sqlite.org/fileformat2.html for the format.
package pages
