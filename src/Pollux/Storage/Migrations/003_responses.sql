-- Answers that callers can ask for again and go on from.
CREATE TABLE responses (
    id         INTEGER PRIMARY KEY,
    hash       BLOB    NOT NULL UNIQUE, -- keyed, of the caller and the response's id
    expires_at INTEGER NOT NULL,
    bytes      INTEGER NOT NULL,
    record     BLOB    NOT NULL -- sealed: the response, its input, signatures
);
CREATE INDEX responses_by_expiry ON responses (expires_at, bytes); -- sums and sweeps without touching the records
