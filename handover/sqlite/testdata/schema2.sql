-- A journal as the second schema's programs left it: a handover in each of the states
-- that they knew, and watermarks. Its schema is migrations 0001 and 0002 as released.
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
ALTER TABLE handovers ADD COLUMN setback_cause TEXT NOT NULL DEFAULT '';
ALTER TABLE handovers ADD COLUMN setback_status INTEGER NOT NULL DEFAULT 0;
ALTER TABLE handovers ADD COLUMN setback_unknown_party INTEGER NOT NULL DEFAULT 0;

INSERT INTO handovers VALUES ('planned', 'til-mottak', '50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a11', 'fts/soknad', 'fts/mottak', 'organisation:313547264',
    'planned', 1932880130000000000, NULL, 0, 0, 0, '', '', '', 0, '', 'null', 'null',
    1932883730000000000, 1932883731000000000, 1, 0, '', NULL, NULL, '', 0, 0);
INSERT INTO handovers VALUES ('creating', 'til-mottak', '50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a12', 'fts/soknad', 'fts/mottak', 'organisation:313547264',
    'creating', 1932880131000000000, NULL, 1, 0, 0, '', '', '', 0, 'bb', '[{"Element":"e1","DataType":"vedlegg","Size":5,"SHA256":"aa"}]', 'null',
    1932883731000000000, 1932883732000000000, 2, 2, 'host 4711', 1932883732000000000, 1932883762000000000, '', 0, 0);
INSERT INTO handovers VALUES ('unclear', 'til-mottak', '50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a13', 'fts/soknad', 'fts/mottak', 'organisation:313547264',
    'unclear', 1932880132000000000, 1932884032000000000, 1, 1, 0, 'POST /fts/mottak/instances: 500 Internal Server Error', '', '', 0, 'bb', '[{"Element":"e1","DataType":"vedlegg","Size":5,"SHA256":"aa"}]', 'null',
    1932883732000000000, 1932883733000000000, 3, 2, '', 1932883733000000000, NULL, 'POST /fts/mottak/instances: 500 Internal Server Error', 500, 0);
INSERT INTO handovers VALUES ('created', 'til-mottak', '50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a14', 'fts/soknad', 'fts/mottak', 'organisation:313547264',
    'created', 1932880133000000000, NULL, 1, 0, 0, '', '', '50700001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7b03', 0, 'bb', '[{"Element":"e1","DataType":"vedlegg","Size":5,"SHA256":"aa"}]', 'null',
    1932883733000000000, 1932883734000000000, 4, 2, '', 1932883734000000000, NULL, '', 0, 0);
INSERT INTO handovers VALUES ('filling', 'til-mottak', '50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a15', 'fts/soknad', 'fts/mottak', 'organisation:313547264',
    'filling', 1932880134000000000, NULL, 1, 0, 1, '', '', '50700001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7b04', 0, 'bb', '[{"Element":"e1","DataType":"vedlegg","Size":5,"SHA256":"aa"}]', 'null',
    1932883734000000000, 1932883735000000000, 5, 2, '', 1932883735000000000, NULL, '', 0, 0);
INSERT INTO handovers VALUES ('verified', 'til-mottak', '50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a16', 'fts/soknad', 'fts/mottak', 'organisation:313547264',
    'verified', 1932880135000000000, NULL, 1, 0, 1, '', '', '50700001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7b05', 0, 'bb', '[{"Element":"e1","DataType":"vedlegg","Size":5,"SHA256":"aa"}]', 'null',
    1932883735000000000, 1932883736000000000, 6, 2, '', 1932883736000000000, NULL, '', 0, 0);
INSERT INTO handovers VALUES ('done', 'til-mottak', '50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a17', 'fts/soknad', 'fts/mottak', 'organisation:313547264',
    'done', 1932880136000000000, NULL, 1, 0, 1, '', '', '50700001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7b06', 0, 'bb', '[{"Element":"e1","DataType":"vedlegg","Size":5,"SHA256":"aa"}]', '[{"Instance":"50700001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7c01","Fate":"deleted"}]',
    1932883736000000000, 1932883737000000000, 7, 2, '', 1932883737000000000, NULL, '', 0, 0);
INSERT INTO handovers VALUES ('failed', 'til-mottak', '50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a18', 'fts/soknad', 'fts/mottak', 'organisation:313547264',
    'failed', 1932880137000000000, NULL, 1, 1, 0, 'POST /fts/mottak/instances: 500 Internal Server Error', 'the receiving application refuses it', '', 0, 'bb', '[{"Element":"e1","DataType":"vedlegg","Size":5,"SHA256":"aa"}]', 'null',
    1932883737000000000, 1932883738000000000, 8, 2, '', 1932883738000000000, NULL, 'POST /fts/mottak/instances: 500 Internal Server Error', 500, 1);
INSERT INTO watermarks VALUES ('fts/soknad', 1932883730000000000);
INSERT INTO watermarks VALUES ('fts/mottak organisation:313547264', 1932883740000000000);
PRAGMA user_version = 2;
