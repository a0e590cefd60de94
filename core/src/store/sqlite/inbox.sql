CREATE TABLE IF NOT EXISTS fairlane_inbox (
    id INTEGER PRIMARY KEY,            -- the order
    queue TEXT NOT NULL,
    payload ANY NOT NULL CHECK (typeof(payload) IN ('blob', 'text')),
    lane TEXT NOT NULL DEFAULT 'default' CHECK (length(CAST(lane AS BLOB)) BETWEEN 1 AND 1024),
    priority INTEGER NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 9),
    due_at INTEGER CHECK (due_at BETWEEN 0 AND 253402300799999), -- milliseconds since 1970
    cost INTEGER NOT NULL DEFAULT 1 CHECK (cost BETWEEN 1 AND 10000),
    max_tries INTEGER NOT NULL DEFAULT 10
        CHECK (max_tries = -1 OR max_tries BETWEEN 1 AND 4294967295),
    key TEXT CHECK (length(CAST(key AS BLOB)) BETWEEN 1 AND 1024),
    key_ttl INTEGER NOT NULL DEFAULT 0 CHECK (key_ttl BETWEEN 0 AND 315360000000),
    tps INTEGER CHECK (tps BETWEEN 0 AND 1000000),
    headers TEXT CHECK (headers IS NULL OR json_valid(headers) AND json_type(headers) = 'object')
) STRICT;
CREATE INDEX IF NOT EXISTS fairlane_inbox_queue ON fairlane_inbox (queue);
