-- Why a handover waits, or has failed.
ALTER TABLE handovers ADD COLUMN setback_cause TEXT NOT NULL DEFAULT '';
ALTER TABLE handovers ADD COLUMN setback_status INTEGER NOT NULL DEFAULT 0;
ALTER TABLE handovers ADD COLUMN setback_unknown_party INTEGER NOT NULL DEFAULT 0;
