-- Times are seconds since 1970 (UTC).

-- How far the streams of Redis have been read.
CREATE TABLE places (stream TEXT PRIMARY KEY, entry_id TEXT NOT NULL) WITHOUT ROWID;

-- An hour of one room (`heard_hours.py`); `heard` counts its seconds with a score.
CREATE TABLE hours (
    hour INTEGER NOT NULL,
    mic TEXT NOT NULL,
    heard INTEGER NOT NULL,
    seconds BLOB NOT NULL
);
CREATE UNIQUE INDEX hours_by_time ON hours (hour, mic);

CREATE TABLE episodes (
    id TEXT PRIMARY KEY,
    mic TEXT NOT NULL,
    began_at REAL NOT NULL,
    alerted_at REAL NOT NULL,
    ended_at REAL,
    ending TEXT NOT NULL,
    peak_score REAL NOT NULL,
    level_dbfs REAL NOT NULL,
    starred INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX episodes_by_time ON episodes (began_at);

CREATE TABLE near_misses (
    id TEXT PRIMARY KEY,
    mic TEXT NOT NULL,
    began_at REAL NOT NULL,
    ended_at REAL NOT NULL,
    peak_score REAL NOT NULL,
    level_dbfs REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX near_misses_by_time ON near_misses (began_at);

-- Who was told of an episode, and who acknowledged it.
CREATE TABLE notices (
    episode_id TEXT NOT NULL,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    who TEXT NOT NULL,
    PRIMARY KEY (episode_id, at, kind, who)
) WITHOUT ROWID;

-- What parents say of sounds. A label of neither an episode nor a near miss is a mark.
CREATE TABLE labels (
    id TEXT PRIMARY KEY,
    mic TEXT NOT NULL,
    from_at REAL NOT NULL,
    to_at REAL NOT NULL,
    verdict TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at REAL NOT NULL,
    episode_id TEXT UNIQUE,
    near_miss_id TEXT UNIQUE
) WITHOUT ROWID;
CREATE INDEX labels_by_time ON labels (from_at);

-- The clips of episodes, near misses and marks, by their ids.
CREATE TABLE clips (id TEXT PRIMARY KEY, state TEXT NOT NULL, from_at REAL NOT NULL, seconds REAL NOT NULL) WITHOUT ROWID;

-- What a parent has deleted does not come back when a stream is read again.
CREATE TABLE deleted (id TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
