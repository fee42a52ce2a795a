-- Instants are microseconds since 1970-01-01 00:00 UTC; dates, civil or UTC, are
-- days since 1970-01-01. NULL is "not known".

-- What the account says about its owner: one row each.
CREATE TABLE identity (
  one            INTEGER PRIMARY KEY CHECK (one = 1),
  health_user_id TEXT NOT NULL,
  fitbit_user_id TEXT NOT NULL
) STRICT;

CREATE TABLE profile (
  one          INTEGER PRIMARY KEY CHECK (one = 1),
  name         TEXT NOT NULL,
  age          INTEGER NOT NULL,
  member_since INTEGER
) STRICT;

CREATE TABLE settings (
  one       INTEGER PRIMARY KEY CHECK (one = 1),
  time_zone TEXT NOT NULL,
  units     TEXT NOT NULL
) STRICT;

CREATE TABLE device (
  position  INTEGER PRIMARY KEY,
  name      TEXT NOT NULL,
  type      TEXT NOT NULL,
  battery   TEXT NOT NULL,
  last_sync INTEGER
) STRICT;

-- Weigh-ins (kg), body fat (percent) and heights (metres). The key is 'id:' and
-- the ID or, without one, 'at:', the instant and the source.
CREATE TABLE reading (
  type        TEXT NOT NULL,
  key         TEXT NOT NULL,
  id          TEXT NOT NULL, -- the source's own, or empty
  at          INTEGER NOT NULL,
  utc_offset  INTEGER NOT NULL, -- seconds east of UTC
  value       REAL NOT NULL,
  source      TEXT NOT NULL,
  source_kind INTEGER NOT NULL,
  PRIMARY KEY (type, key)
) STRICT, WITHOUT ROWID;

-- Calories (kcal) and steps: of civil dates, and of the hours from an instant on.
CREATE TABLE day_total (
  type   TEXT NOT NULL,
  start  INTEGER NOT NULL,
  amount REAL NOT NULL,
  as_of  INTEGER,
  PRIMARY KEY (type, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE hour_total (
  type   TEXT NOT NULL,
  start  INTEGER NOT NULL,
  amount REAL NOT NULL,
  as_of  INTEGER,
  PRIMARY KEY (type, start)
) STRICT, WITHOUT ROWID;

-- How fetching each type of data went.
CREATE TABLE fetch (
  type         TEXT PRIMARY KEY,
  last_success INTEGER,
  error        TEXT NOT NULL,
  since        INTEGER
) STRICT, WITHOUT ROWID;

-- Electricity: what is known of a series of readings, without the energy.
CREATE TABLE roll_up (
  id            INTEGER PRIMARY KEY,
  series        TEXT NOT NULL UNIQUE,
  revision      INTEGER NOT NULL,
  source        TEXT NOT NULL,
  step          INTEGER NOT NULL, -- nanoseconds
  latest_at     INTEGER,
  latest_value  REAL, -- W; NULL: not a number
  dropped_total INTEGER NOT NULL,
  bookmark      BLOB NOT NULL
) STRICT;

CREATE TABLE dropped_reading (
  roll_up  INTEGER NOT NULL REFERENCES roll_up (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  at       INTEGER,
  value    REAL, -- NULL: not a number
  reason   TEXT NOT NULL,
  PRIMARY KEY (roll_up, position)
) STRICT, WITHOUT ROWID;

-- The energy of a series, packed by UTC day: for each known quarter-hour, in
-- time order, one byte and one or three numbers, their lowest byte first. The byte is the quarter-hour's place in the day (0–95); the
-- first number is its kWh, a 64-bit float. Where 128 is added to the byte, the
-- quarter-hour is not simply covered by readings, and two 32-bit numbers follow:
-- the microseconds covered, and those of them that were estimated. (A row is too
-- long to be kept well in a table WITHOUT ROWID.)
CREATE TABLE quarter_hours (
  roll_up INTEGER NOT NULL REFERENCES roll_up (id) ON DELETE CASCADE,
  day     INTEGER NOT NULL,
  packed  BLOB NOT NULL,
  PRIMARY KEY (roll_up, day)
) STRICT;
