"""Tables of the monitor's own state."""

from typing import Final

from sqlalchemy import BigInteger, Column, Float, Index, Integer, MetaData, String, Table, Text

VERSION: Final = 1
"""Kept as SQLite's `user_version`; a higher one was written by a newer Weir."""

metadata: Final = MetaData()

runs: Final = Table(
    "runs",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("at_us", BigInteger, nullable=False, comment="End of what was looked at, microseconds since 1970, UTC."),
    Column("started_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger, nullable=False),
    Column("status", String(16), nullable=False, comment="clear, changed, undetermined or failed."),
    Column("is_catch_up", Integer, nullable=False, comment="Made after its time, as the monitor was down."),
    Column("bundle", String(128), comment="Name and version of the text bundle that decided."),
    Column("bundle_digest", String(64)),
    Column("reference_id", String(64)),
    Column("n_decisions", BigInteger, nullable=False, comment="In the longest window."),
    Column("verdict", Text, comment="JSON."),
    Column("slices", Text, comment="JSON: verdicts of parts of the traffic."),
    Column("safety", Text, comment="JSON."),
    Column("quality", Text, comment="JSON."),
    Column("report", Text, comment="Folder of the report, in the home's."),
    Column("error", Text, comment="Why it failed."),
    Column("notes", Text, nullable=False, comment="JSON: what could not be done, such as a report."),
    Index("runs_by_time", "at_us"),
    sqlite_autoincrement=True,
)

measures: Final = Table(
    "measures",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("category", String(64), primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("value", Float),
    Column("low", Float),
    Column("high", Float),
    Column("n", BigInteger, nullable=False),
    Index("measures_by_name", "name", "at_us"),
    comment="Metrics of safety and quality over time.",
)

readings: Final = Table(
    "readings",
    metadata,
    Column("key", String(255), primary_key=True, comment="Of the alarm that they belong to."),
    Column("rule", String(64), nullable=False),
    Column("at_us", BigInteger, nullable=False, comment="Of the newest."),
    Column("readings", Text, nullable=False, comment="JSON: the last ones, oldest first."),
    comment="What hysteresis remembers.",
)

alarms: Final = Table(
    "alarms",
    metadata,
    Column("alarm_id", Integer, primary_key=True, comment="Small, as people type it."),
    Column("key", String(255), nullable=False),
    Column("rule", String(64), nullable=False),
    Column("severity", String(8), nullable=False),
    Column("state", String(16), nullable=False, comment="open, acknowledged or closed."),
    Column("document", Text, nullable=False, comment="JSON: the alarm."),
    Column("opened_us", BigInteger, nullable=False, comment="Of the look that opened it last."),
    Column("closed_us", BigInteger),
    Index("alarms_by_key", "key"),
    Index("alarms_by_state", "state"),
    sqlite_autoincrement=True,
)

alarm_events: Final = Table(
    "alarm_events",
    metadata,
    Column("event_id", Integer, primary_key=True),
    Column("alarm_id", Integer, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False, comment="opened, reopened, acknowledged or closed."),
    Column("actor", String(128), nullable=False, comment="A person, or `monitor`."),
    Column("reason", Text, nullable=False),
    Index("alarm_events_by_alarm", "alarm_id"),
    sqlite_autoincrement=True,
)

messages: Final = Table(
    "messages",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("message_id", String(36), nullable=False, unique=True),
    Column("alarm_id", Integer, nullable=False),
    Column("event", String(32), nullable=False, comment="Such as alarm.opened."),
    Column("payload", Text, nullable=False, comment="JSON, as it is sent."),
    Column("state", String(16), nullable=False, comment="held, pending, delivered or refused."),
    Column("n_attempts", Integer, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("next_us", BigInteger, nullable=False, comment="Of the next attempt."),
    Column("settled_us", BigInteger),
    Column("error", Text, comment="Of the last attempt."),
    Index("messages_by_state", "state", "seq"),
    sqlite_autoincrement=True,
    comment="What waits for the receiver of alarms.",
)
