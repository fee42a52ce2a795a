-- When what a file tells of a reading was known; NULL for the account itself.
ALTER TABLE reading ADD COLUMN as_of INTEGER;
