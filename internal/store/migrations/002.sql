-- Under which grant the identity was confirmed: a hash of it.
ALTER TABLE fetch ADD COLUMN confirmed_by TEXT NOT NULL DEFAULT '';
