-- Through what a total came, as for readings; its rank among the ways it can
-- come, the highest wins; and the seconds of the date that it covers, NULL for all.
ALTER TABLE day_total ADD COLUMN via TEXT NOT NULL DEFAULT '';
ALTER TABLE day_total ADD COLUMN rank INTEGER NOT NULL DEFAULT 20;
ALTER TABLE day_total ADD COLUMN covered INTEGER;
ALTER TABLE hour_total ADD COLUMN via TEXT NOT NULL DEFAULT '';
ALTER TABLE hour_total ADD COLUMN rank INTEGER NOT NULL DEFAULT 20;
ALTER TABLE hour_total ADD COLUMN covered INTEGER;
