-- The names that parents give to rooms; one without, or with an empty one, is called as its microphone says.
CREATE TABLE room_names (mic TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
