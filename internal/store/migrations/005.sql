-- Through what a total came, as for readings; its rank among the ways it can
-- come, the highest wins; and the seconds of the date that it covers, NULL for all.
ALTER TABLE day_total ADD COLUMN via TEXT NOT NULL DEFAULT '';
ALTER TABLE day_total ADD COLUMN rank INTEGER NOT NULL DEFAULT 20;
ALTER TABLE day_total ADD COLUMN covered INTEGER;
ALTER TABLE hour_total ADD COLUMN via TEXT NOT NULL DEFAULT '';
ALTER TABLE hour_total ADD COLUMN rank INTEGER NOT NULL DEFAULT 20;
ALTER TABLE hour_total ADD COLUMN covered INTEGER;

-- What nobody can have burned or walked ranks below all else.
UPDATE day_total SET rank = -30 WHERE type IN ('calories', 'active-calories') AND amount > 20000 OR type = 'steps' AND amount > 300000;
UPDATE hour_total SET rank = -30 WHERE type IN ('calories', 'active-calories') AND amount > 4000 OR type = 'steps' AND amount > 30000;
