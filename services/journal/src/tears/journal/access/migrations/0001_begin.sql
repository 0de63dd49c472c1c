-- Times are seconds since 1970 (UTC). A role is "parent" or "guest".

-- Random bytes that sign what this house gives out.
CREATE TABLE keys (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

-- `is_generated` is 1 until a parent chooses a password.
CREATE TABLE passwords (
    role TEXT PRIMARY KEY,
    hash TEXT NOT NULL,
    is_generated INTEGER NOT NULL,
    made_at REAL NOT NULL
) WITHOUT ROWID;

-- The browsers that have logged in, and the programs with a token; of their secrets there is only the digest (SHA-256).
CREATE TABLE sessions (
    digest BLOB PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    device TEXT NOT NULL,
    made_at REAL NOT NULL,
    seen_at REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE tokens (
    digest BLOB PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    made_at REAL NOT NULL
) WITHOUT ROWID;
