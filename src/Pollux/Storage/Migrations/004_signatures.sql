-- Thought signatures and Gemini's ids of calls, for clients that do not send them back.
CREATE TABLE signatures (
    id         INTEGER PRIMARY KEY, -- a row holds kilobytes: such do not belong into an index
    hash       BLOB    NOT NULL UNIQUE, -- keyed, of caller and call
    generation INTEGER NOT NULL, -- the highest two are kept
    kept_at    INTEGER NOT NULL,
    record     BLOB    NOT NULL -- sealed: caller, call, Gemini's id, signature
);
CREATE INDEX signatures_by_generation ON signatures (generation);
CREATE INDEX signatures_by_age ON signatures (kept_at);
