-- A journal as the first schema's programs left it: one handover that waits, one
-- that is done, and a watermark. Its schema is migration 0001 as it was released.
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
    files           TEXT NOT NULL,
    duplicates      TEXT NOT NULL,
    created_at      INTEGER,
    updated_at      INTEGER,
    version         INTEGER NOT NULL,
    lease_token     INTEGER NOT NULL DEFAULT 0,
    lease_owner     TEXT NOT NULL DEFAULT '',
    lease_heartbeat INTEGER,
    lease_until     INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX handovers_by_age ON handovers (created_at, key);
CREATE INDEX handovers_by_source ON handovers (source);
CREATE INDEX handovers_unsettled ON handovers (not_before) WHERE state NOT IN ('done', 'failed');
CREATE TABLE watermarks (
    name TEXT PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO handovers VALUES ('waits', 'til-mottak', '50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a11', 'fts/soknad', 'fts/mottak', 'organisation:313547264',
    'unclear', 1932883730000000000, 1932884030000000000, 1, 1, 0, '', '', '', 0, 'bb', '[{"Element":"e1","DataType":"vedlegg","Size":5,"SHA256":"aa"}]', 'null',
    1932883730000000000, 1932883731000000000, 3, 1, '', 1932883730000000000, NULL);
INSERT INTO handovers VALUES ('done', 'til-mottak', '50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a12', 'fts/soknad', 'fts/mottak', 'organisation:313547264',
    'done', 1932883730000000000, NULL, 1, 0, 0, '', '', '50700001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a13', 0, 'bb', 'null', 'null',
    1932883732000000000, 1932883733000000000, 5, 1, '', 1932883730000000000, NULL);
INSERT INTO watermarks VALUES ('fts/soknad', 1932883730000000000);
PRAGMA user_version = 1;
