-- Through what kind of file a reading came; empty for the account itself.
ALTER TABLE reading ADD COLUMN via TEXT NOT NULL DEFAULT '';

-- What the owner decided about weigh-ins, by the keys of their readings.
CREATE TABLE ruling (
  type   TEXT NOT NULL,
  key    TEXT NOT NULL,
  ruling INTEGER NOT NULL,
  PRIMARY KEY (type, key)
) STRICT, WITHOUT ROWID;
