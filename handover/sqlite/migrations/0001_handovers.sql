-- Times are nanoseconds since 1970 in UTC; NULL means no time.
CREATE TABLE handovers (
    key             TEXT PRIMARY KEY,
    definition_id   TEXT NOT NULL,
    source          TEXT NOT NULL,
    from_app        TEXT NOT NULL,
    to_app          TEXT NOT NULL,
    recipient       TEXT NOT NULL,
    state           TEXT NOT NULL,
    reach           INTEGER,
    not_before      INTEGER,
    attempts        INTEGER NOT NULL,
    refusals        INTEGER NOT NULL,
    fills           INTEGER NOT NULL,
    refusal         TEXT NOT NULL,
    reason          TEXT NOT NULL,
    receiving       TEXT NOT NULL,
    soft_deleted    INTEGER NOT NULL,
    form_sha256     TEXT NOT NULL,
    files           TEXT NOT NULL, -- JSON
    duplicates      TEXT NOT NULL, -- JSON
    created_at      INTEGER,
    updated_at      INTEGER,
    version         INTEGER NOT NULL,
    lease_token     INTEGER NOT NULL DEFAULT 0, -- counts the leases ever taken
    lease_owner     TEXT NOT NULL DEFAULT '',
    lease_heartbeat INTEGER,
    lease_until     INTEGER -- NULL: nobody holds it
) STRICT, WITHOUT ROWID;

CREATE INDEX handovers_by_age ON handovers (created_at, key);
CREATE INDEX handovers_by_source ON handovers (source);
CREATE INDEX handovers_unsettled ON handovers (not_before) WHERE state NOT IN ('done', 'failed');

CREATE TABLE watermarks (
    name TEXT PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
