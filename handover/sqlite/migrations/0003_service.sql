-- What a service needs: waking, pausing, definitions' history, and finding a record.
ALTER TABLE handovers ADD COLUMN trigger TEXT NOT NULL DEFAULT '';
ALTER TABLE handovers ADD COLUMN unclears INTEGER NOT NULL DEFAULT 0;
ALTER TABLE handovers ADD COLUMN delays INTEGER NOT NULL DEFAULT 0;
ALTER TABLE handovers ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE handovers ADD COLUMN woken_until INTEGER; -- NULL: not picked since its last update

DROP INDEX handovers_unsettled;
CREATE INDEX handovers_unsettled ON handovers (definition_id, not_before) WHERE state NOT IN ('done', 'failed', 'skipped', 'cancelled');
CREATE INDEX handovers_by_state ON handovers (definition_id, state);
CREATE INDEX handovers_by_receiving ON handovers (receiving) WHERE receiving <> '';
CREATE INDEX handovers_by_reference ON handovers (substr(source, -12));

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
