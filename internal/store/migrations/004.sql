-- The civil dates of the account whose hours were fetched, with data or without.
CREATE TABLE hours_fetched (
  type TEXT NOT NULL,
  day  INTEGER NOT NULL,
  PRIMARY KEY (type, day)
) STRICT, WITHOUT ROWID;
