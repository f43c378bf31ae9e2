-- A journal as the first schema's programs left it: a handover that waits, one that is
-- done, one that is paused, and a watermark. Its schema is migration 0001 as it was
-- released.
CREATE SCHEMA stafett;
CREATE TABLE stafett.journal_version (version integer NOT NULL);
INSERT INTO stafett.journal_version VALUES (1);
-- Times are nanoseconds since 1970 in UTC; NULL means no time.
CREATE TABLE stafett.handovers (
    key                   text COLLATE "C" PRIMARY KEY,
    version               bigint NOT NULL,
    definition_id         text COLLATE "C" NOT NULL,
    source                text NOT NULL,
    from_app              text NOT NULL,
    to_app                text COLLATE "C" NOT NULL,
    recipient             text NOT NULL,
    state                 text COLLATE "C" NOT NULL,
    reach                 bigint,
    not_before            bigint,
    attempts              integer NOT NULL,
    refusals              integer NOT NULL,
    fills                 integer NOT NULL,
    refusal               text NOT NULL,
    reason                text NOT NULL,
    receiving             text NOT NULL,
    soft_deleted          boolean NOT NULL,
    form_sha256           text NOT NULL,
    files                 text NOT NULL, -- JSON
    duplicates            text NOT NULL, -- JSON
    created_at            bigint,
    updated_at            bigint,
    setback_cause         text NOT NULL,
    setback_status        integer NOT NULL,
    setback_unknown_party boolean NOT NULL,
    trigger               text NOT NULL,
    unclears              integer NOT NULL,
    delays                integer NOT NULL,
    confirmed             boolean NOT NULL,
    lease_token           bigint NOT NULL DEFAULT 0, -- counts the leases ever taken
    lease_owner           text NOT NULL DEFAULT '',
    lease_heartbeat       bigint,
    lease_until           bigint, -- NULL: nobody holds it
    woken_until           bigint, -- NULL: not picked since its last update
    settled boolean NOT NULL GENERATED ALWAYS AS (state IN ('done', 'failed', 'skipped', 'cancelled')) STORED,
    due     bigint NOT NULL GENERATED ALWAYS AS (coalesce(not_before, created_at, 0)) STORED -- while not settled
) WITH (fillfactor = 80); -- room for leases to change where the row lies, without touching an index

CREATE INDEX handovers_by_state ON stafett.handovers (definition_id, state, created_at, key);
CREATE INDEX handovers_by_source ON stafett.handovers (source);
CREATE INDEX handovers_by_reference ON stafett.handovers (right(source, 12));
CREATE INDEX handovers_by_receiving ON stafett.handovers (receiving) WHERE receiving <> '';
CREATE INDEX handovers_due ON stafett.handovers (definition_id, to_app, due, key) WHERE NOT settled;
CREATE INDEX handovers_reach ON stafett.handovers (definition_id, reach) WHERE NOT settled;
CREATE INDEX handovers_detailed ON stafett.handovers (updated_at)
    WHERE settled AND (files <> 'null' OR form_sha256 <> '' OR refusal <> '' OR setback_cause <> '');

-- How many records there are: the sum of what has been added. The triggers only ever
-- add, so that nobody waits for another's count; what has been added is put together
-- now and then, and the dead rows of that are cleared away early.
CREATE TABLE stafett.tallies (
    definition_id text COLLATE "C" NOT NULL,
    state         text COLLATE "C" NOT NULL,
    records       bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE FUNCTION stafett.tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO stafett.tallies VALUES (OLD.definition_id, OLD.state, -1);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO stafett.tallies VALUES (NEW.definition_id, NEW.state, 1);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER handovers_counted AFTER INSERT OR DELETE ON stafett.handovers
    FOR EACH ROW EXECUTE FUNCTION stafett.tally();
CREATE TRIGGER handovers_recounted AFTER UPDATE ON stafett.handovers
    FOR EACH ROW WHEN ((OLD.definition_id, OLD.state) <> (NEW.definition_id, NEW.state)) EXECUTE FUNCTION stafett.tally();

CREATE TABLE stafett.watermarks (
    name text PRIMARY KEY,
    at   bigint NOT NULL
);

CREATE TABLE stafett.paused (
    definition_id text COLLATE "C" PRIMARY KEY
);

CREATE TABLE stafett.lineages (
    definition_id text COLLATE "C" PRIMARY KEY,
    from_app      text NOT NULL,
    to_app        text NOT NULL,
    since         bigint,
    first_served  bigint,
    confirmed     boolean NOT NULL
);

INSERT INTO stafett.handovers VALUES ('waits', 3, 'til-mottak', '50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a11', 'fts/soknad', 'fts/mottak', 'organisation:313547264',
    'unclear', 1932883730000000000, 1932884030000000000, 1, 1, 0, '', '', '', false, 'bb', '[{"Element":"e1","DataType":"vedlegg","Size":5,"SHA256":"aa"}]', 'null',
    1932883730000000000, 1932883731000000000, 'POST /x: 404 Not Found', 404, true, 'sweep', 1, 2, false, 1, '', 1932883730000000000, NULL, NULL);
INSERT INTO stafett.handovers VALUES ('done', 5, 'til-mottak', '50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a12', 'fts/soknad', 'fts/mottak', 'organisation:313547264',
    'done', 1932883730000000000, NULL, 1, 0, 0, '', '', '50700001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a13', false, 'bb', 'null', 'null',
    1932883732000000000, 1932883733000000000, '', 0, false, 'event', 0, 0, true, 1, '', 1932883730000000000, NULL, NULL);
INSERT INTO stafett.handovers VALUES ('paused', 1, 'til-arkiv', '50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a12', 'fts/soknad', 'fts/arkiv', 'party:50700001',
    'planned', 1932883730000000000, NULL, 0, 0, 0, '', '', '', false, '', 'null', 'null',
    1932883732000000000, 1932883732000000000, '', 0, false, 'command', 0, 0, false, 0, '', NULL, NULL, NULL);
INSERT INTO stafett.watermarks VALUES ('fts/soknad', 1932883730000000000);
INSERT INTO stafett.paused VALUES ('til-arkiv');
