"""Owns the tables of the jobs, from their first version on."""

from __future__ import annotations

from rung.runtime.store import Schema

_V1 = (
    """
    CREATE TABLE jobs (
      id TEXT PRIMARY KEY,
      app TEXT NOT NULL,
      operation TEXT NOT NULL,
      status TEXT NOT NULL,
      created DOUBLE PRECISION NOT NULL,
      started DOUBLE PRECISION,
      finished DOUBLE PRECISION,
      deadline_s DOUBLE PRECISION NOT NULL,
      deadline_at DOUBLE PRECISION,
      priority BIGINT NOT NULL,
      scope TEXT NOT NULL,
      cancel BIGINT NOT NULL,
      epoch BIGINT NOT NULL,
      server TEXT NOT NULL,
      beat BIGINT NOT NULL,
      last_seq BIGINT NOT NULL,
      callback TEXT NOT NULL,
      request TEXT NOT NULL,
      policy TEXT NOT NULL,
      progress TEXT NOT NULL,
      warnings TEXT NOT NULL,
      provenance TEXT NOT NULL,
      output TEXT,
      error TEXT
    )
    """,
    "CREATE INDEX jobs_by_status ON jobs (status, priority DESC, created, id)",
    "CREATE INDEX jobs_by_age ON jobs (created, id)",
    "CREATE INDEX jobs_by_end ON jobs (finished)",
    """
    CREATE TABLE attempts (
      job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
      number BIGINT NOT NULL,
      server TEXT NOT NULL,
      started DOUBLE PRECISION NOT NULL,
      ended DOUBLE PRECISION,
      outcome TEXT NOT NULL,
      detail TEXT NOT NULL,
      PRIMARY KEY (job, number)
    )
    """,
    """
    CREATE TABLE events (
      job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
      seq BIGINT NOT NULL,
      at DOUBLE PRECISION NOT NULL,
      kind TEXT NOT NULL,
      data TEXT NOT NULL,
      PRIMARY KEY (job, seq)
    )
    """,
    """
    CREATE TABLE inputs (
      job TEXT PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
      text TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE input_files (
      job TEXT NOT NULL REFERENCES inputs (job) ON DELETE CASCADE,
      position BIGINT NOT NULL,
      file TEXT NOT NULL,
      PRIMARY KEY (job, position)
    )
    """,
    "CREATE INDEX input_files_by_file ON input_files (file)",
    # Deferred: the key is taken first, since it decides whether there will be a job.
    """
    CREATE TABLE idempotency (
      scope TEXT NOT NULL,
      key TEXT NOT NULL,
      fingerprint TEXT NOT NULL,
      job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
      created DOUBLE PRECISION NOT NULL,
      PRIMARY KEY (scope, key)
    )
    """,
    "CREATE INDEX idempotency_by_job ON idempotency (job)",
    "CREATE INDEX idempotency_by_age ON idempotency (created)",
    """
    CREATE TABLE outbox (
      id TEXT PRIMARY KEY,
      job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
      url TEXT NOT NULL,
      body TEXT NOT NULL,
      state TEXT NOT NULL,
      attempts BIGINT NOT NULL,
      error TEXT NOT NULL,
      due DOUBLE PRECISION NOT NULL,
      created DOUBLE PRECISION NOT NULL
    )
    """,
    "CREATE INDEX outbox_by_job ON outbox (job)",
    "CREATE INDEX outbox_by_due ON outbox (state, due)",
)

JOBS = Schema("jobs", (_V1,))
"""Jobs with what they were asked and what came of them. Names are plain columns, values are JSON text."""
