-- What a service needs: waking, pausing, definitions' history, and finding a record
-- and counting them at the same cost however many there are.
ALTER TABLE handovers ADD COLUMN trigger TEXT NOT NULL DEFAULT '';
ALTER TABLE handovers ADD COLUMN unclears INTEGER NOT NULL DEFAULT 0;
ALTER TABLE handovers ADD COLUMN delays INTEGER NOT NULL DEFAULT 0;
ALTER TABLE handovers ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE handovers ADD COLUMN woken_until INTEGER; -- NULL: not picked since its last update
ALTER TABLE handovers ADD COLUMN settled INTEGER NOT NULL AS (state IN ('done', 'failed', 'skipped', 'cancelled'));
ALTER TABLE handovers ADD COLUMN due INTEGER NOT NULL AS (coalesce(not_before, created_at, 0)); -- while not settled
ALTER TABLE handovers ADD COLUMN detailed INTEGER NOT NULL AS (files <> 'null' OR form_sha256 <> '' OR refusal <> '' OR setback_cause <> '');

DROP INDEX handovers_unsettled;
DROP INDEX handovers_by_age;
CREATE INDEX handovers_by_state ON handovers (definition_id, state, created_at, key);
CREATE INDEX handovers_by_receiving ON handovers (receiving) WHERE receiving <> '';
CREATE INDEX handovers_by_reference ON handovers (substr(source, -12));
CREATE INDEX handovers_due ON handovers (definition_id, to_app, due, key) WHERE NOT settled;
CREATE INDEX handovers_reach ON handovers (definition_id, reach) WHERE NOT settled;
CREATE INDEX handovers_detailed ON handovers (updated_at) WHERE settled AND detailed;

-- How many records there are, kept by the triggers below.
CREATE TABLE tallies (
    definition_id TEXT NOT NULL,
    to_app        TEXT NOT NULL,
    state         TEXT NOT NULL,
    records       INTEGER NOT NULL,
    PRIMARY KEY (definition_id, to_app, state)
) STRICT, WITHOUT ROWID;
INSERT INTO tallies SELECT definition_id, to_app, state, count(*) FROM handovers GROUP BY 1, 2, 3;

CREATE TRIGGER handovers_inserted AFTER INSERT ON handovers BEGIN
    INSERT INTO tallies VALUES (new.definition_id, new.to_app, new.state, 1)
        ON CONFLICT (definition_id, to_app, state) DO UPDATE SET records = records + 1;
END;
CREATE TRIGGER handovers_updated AFTER UPDATE ON handovers
WHEN (old.definition_id, old.to_app, old.state) <> (new.definition_id, new.to_app, new.state) BEGIN
    UPDATE tallies SET records = records - 1 WHERE (definition_id, to_app, state) = (old.definition_id, old.to_app, old.state);
    INSERT INTO tallies VALUES (new.definition_id, new.to_app, new.state, 1)
        ON CONFLICT (definition_id, to_app, state) DO UPDATE SET records = records + 1;
END;
CREATE TRIGGER handovers_deleted AFTER DELETE ON handovers BEGIN
    UPDATE tallies SET records = records - 1 WHERE (definition_id, to_app, state) = (old.definition_id, old.to_app, old.state);
END;

CREATE TABLE paused (
    definition_id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE lineages (
    definition_id TEXT PRIMARY KEY,
    from_app      TEXT NOT NULL,
    to_app        TEXT NOT NULL,
    since         INTEGER,
    first_served  INTEGER,
    confirmed     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
