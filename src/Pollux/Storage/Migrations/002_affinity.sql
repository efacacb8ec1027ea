-- Which credential owns what lives at the upstream, and for whom.
CREATE TABLE affinity (
    hash          BLOB    PRIMARY KEY, -- keyed, of the name
    credential_id INTEGER NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    expires_at    INTEGER NOT NULL,
    record        BLOB    NOT NULL -- sealed: kind, name, owner, payload
) WITHOUT ROWID;
CREATE INDEX affinity_by_credential ON affinity (credential_id);
