-- How secrets are encrypted; one row. The master key itself is never in here.
CREATE TABLE vault (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    key_id     BLOB    NOT NULL, -- derived from the master key: tells a wrong one before anything is touched
    derivation TEXT    NOT NULL, -- raw, or pbkdf2-sha256:ITERATIONS
    salt       BLOB    NOT NULL,
    source     TEXT    NOT NULL, -- setting or file
    created_at INTEGER NOT NULL  -- instants are milliseconds since 1970 everywhere
);

CREATE TABLE credentials (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused: events outlive their credential
    kind                 TEXT    NOT NULL,
    secret               BLOB    NOT NULL, -- sealed
    hash                 BLOB    NOT NULL UNIQUE, -- keyed, for look-up
    name                 TEXT,
    project              TEXT,
    transport            TEXT    NOT NULL,
    origin               TEXT    NOT NULL, -- environment, imported, console
    tier                 TEXT,
    note                 TEXT,
    status               TEXT    NOT NULL,
    since                INTEGER NOT NULL,
    reason               TEXT,
    message              TEXT,
    next_recheck_at      INTEGER,
    failed_rechecks      INTEGER NOT NULL DEFAULT 0,
    consecutive_failures INTEGER NOT NULL DEFAULT 0,
    created_at           INTEGER NOT NULL
);

CREATE TABLE credential_events (
    sequence      INTEGER PRIMARY KEY AUTOINCREMENT,
    at            INTEGER NOT NULL,
    credential_id INTEGER NOT NULL, -- no foreign key: the event outlives it
    label         TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    reason        TEXT,
    message       TEXT,
    request_id    TEXT
);
CREATE INDEX credential_events_by_credential ON credential_events (credential_id, sequence);

CREATE TABLE quota_cells (
    project        TEXT    NOT NULL,
    model          TEXT    NOT NULL,
    day            TEXT    NOT NULL, -- the quota day that the counters belong to
    requests_day   INTEGER NOT NULL,
    tokens_day     INTEGER NOT NULL,
    rpm            INTEGER,
    rpm_source     TEXT,
    rpm_learned_at INTEGER,
    tpm            INTEGER,
    tpm_source     TEXT,
    tpm_learned_at INTEGER,
    rpd            INTEGER,
    rpd_source     TEXT,
    rpd_learned_at INTEGER,
    tpd            INTEGER,
    tpd_source     TEXT,
    tpd_learned_at INTEGER,
    blocked_until  INTEGER,
    blocked_by     TEXT,
    state          TEXT, -- JSON
    PRIMARY KEY (project, model)
) WITHOUT ROWID;

CREATE TABLE project_links (
    credential_id INTEGER NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    project       TEXT    NOT NULL,
    source        TEXT    NOT NULL, -- declared, number, correlated
    evidence      TEXT, -- JSON
    at            INTEGER NOT NULL,
    PRIMARY KEY (credential_id, source)
) WITHOUT ROWID;
