"""The tables of jobs. What a decided item got is in `decisions`; here stands only which decision is whose."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from service.records.tables import metadata

_INDEX: Final = BigInteger().with_variant(Integer, "sqlite")

jobs: Final = Table(
    "jobs",
    metadata,
    Column("job_id", String(36), primary_key=True, comment="UUID version 7: sorts by time."),
    Column("tenant", String(64), nullable=False),
    Column("key_id", String(32), comment="The API key that made it, for which it decides."),
    Column("key_tenant", String(64), comment="The one tenant of that key, if it has one."),
    Column("name", String(128), nullable=False),
    Column("format", String(16), nullable=False),
    Column("context", Text, nullable=False, comment="JSON: of items that bring none."),
    Column("webhook_id", String(36), comment="Told of the end, besides those that hear of every job."),
    Column("state", String(16), nullable=False),
    Column("error", String(300), comment="Why the whole job failed."),
    Column("input_name", String(80), comment="Of the file in the folder of jobs; empty when there is none."),
    Column("input_bytes", BigInteger),
    Column("n_items", BigInteger, comment="Known from the start on."),
    Column("n_decided", BigInteger, nullable=False),
    Column("n_failed", BigInteger, nullable=False),
    Column("created_at_us", BigInteger, nullable=False),
    Column("started_at_us", BigInteger),
    Column("finished_at_us", BigInteger),
    Column("lease_owner", String(36), comment="The worker that runs it."),
    Column("lease_until_us", BigInteger, nullable=False, comment="After that another worker takes it over."),
    Index("jobs_by_state", "state"),
)

job_results: Final = Table(
    "job_results",
    metadata,
    Column("job_id", String(36), primary_key=True),
    Column("index", _INDEX, primary_key=True, autoincrement=False, comment="Of the item in the input, from 0."),
    Column("decision_id", String(36), comment="Empty when the item failed."),
    Column("content_id", String(128), comment="The caller's name for an item that failed."),
    Column("code", String(64), comment="Why it failed."),
    Column("message", String(300)),
    sqlite_with_rowid=False,
    comment="One row an item, written with its decision: the primary key is why there is never a second.",
)
