"""A desk over a real database, decisions as the service makes them, and two keys of two tenants."""

import json
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import text

from models.contracts import (
    CATEGORIES,
    Action,
    BundleReference,
    Category,
    CategoryScore,
    Context,
    Decision,
    Modality,
    PolicyReference,
    Reason,
    ScoreSource,
    ScoreStatus,
)
from service.access.principal import Principal, Scope
from service.asking import Decided
from service.identity import UuidSource
from service.records.ledger import write_transaction
from service.records.schema import open_database
from service.records.tables import deciders, decisions
from service.reviews.content import ContentKept, Keeping
from service.reviews.desk import Desk, Shares
from service.reviews.enqueueing import ReviewHook

DIGEST = "a" * 64
BUNDLE = BundleReference(name="hashing", version="1.0.0", digest=DIGEST)
new_id = UuidSource()


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.us = time.time_ns() // 1000

    def __call__(self) -> int:
        return self.us

    def forward(self, seconds: float) -> None:
        self.us += round(seconds * 1e6)


def principal(tenant: str | None = None, key: str | None = None, *scopes: Scope) -> Principal:
    return Principal(key, tenant, frozenset(scopes or Scope))


def subject(author_id: str) -> str:
    return f"digest of {author_id}"


def decision(
    action: Action = Action.HOLD,
    probs: dict[Category, float] | None = None,
    severity: int = 6,
    threshold: float = 0.9,
    at_us: int | None = None,
    review: bool = False,
) -> Decision:
    """A decision in which every category given fired a rule that asks for the action."""
    probs = {Category.HATE: 0.95} if probs is None else probs
    fired = [(category, prob) for category, prob in probs.items() if prob >= threshold]
    return Decision(
        decision_id=new_id(),
        action=action,
        review=review,
        flagged=True,
        reasons=tuple(
            Reason(
                rule=f"{category}.rule",
                code=f"{category}.rule",
                category=category,
                prob=prob,
                threshold=threshold,
                action=action,
                message="m",
                source=ScoreSource.TEXT,
            )
            for category, prob in fired
        ),
        scores=tuple(
            CategoryScore(
                category=category,
                status=ScoreStatus.SCORED,
                prob=probs[category],
                severity=severity,
                modalities=(Modality.TEXT,),
                source=ScoreSource.TEXT,
            )
            if category in probs
            else CategoryScore(category=category, status=ScoreStatus.NOT_APPLIED)
            for category in CATEGORIES
        ),
        decided_by=ScoreSource.TEXT,
        policy=PolicyReference(name="p", version="v1"),
        bundles=(BUNDLE,),
        decided_at=datetime.fromtimestamp((at_us or time.time_ns() // 1000) / 1e6, UTC),
    )


def decided(made: Decision, tenant: str = "t1", context: Context | None = None, content: str = "a text") -> Decided:
    return Decided(
        decision_id=made.decision_id,
        decided_at_us=round(made.decided_at.timestamp() * 1e6),
        tenant=tenant,
        surface="feed",
        action=made.action,
        review=made.review,
        flagged=made.flagged,
        context=context or Context(),
        text=content,
        images=(b"GIF89a",),
        make=lambda: made,
    )


def record(
    desk: Desk,
    made: Decision | None = None,
    tenant: str = "t1",
    author: str | None = None,
    context: Context | None = None,
    content: str = "a text",
    content_id: str | None = None,
) -> str:
    """Write a decision and what the hook says of it in one transaction, as the record writer does; returns its id."""
    made = made or decision()
    heard = ReviewHook(desk.keeping, desk.new_id)(decided(made, tenant, context, content))
    row: dict[str, Any] = {
        "decision_id": made.decision_id,
        "decided_at_us": round(made.decided_at.timestamp() * 1e6),
        "tenant": tenant,
        "surface": "feed",
        "modalities": "text",
        "content_digest": f"{abs(hash(content)):064x}",
        "scores": json.dumps({score.category: score.prob for score in made.scores if score.prob is not None}),
        "reasons": json.dumps([reason.model_dump(mode="json", exclude={"message"}) for reason in made.reasons]),
        "action": made.action.value,
        "review": made.review,
        "flagged": made.flagged,
        "decider_id": "d",
        "latency_ms": 1.0,
        "content_id": content_id,
        "subject": None if author is None else subject(author),
    }
    with write_transaction(desk.database) as connection:
        connection.execute(decisions.insert().values(row))
        if heard is not None:
            heard(connection)
    return made.decision_id


def open_test_desk(database: Database, **changes: Any) -> Desk:
    with database.begin() as connection:
        connection.execute(
            deciders.insert().values(
                id="d", policy_name="p", policy_version="v1", policy_text="t", bundles=f"[{BUNDLE.model_dump_json()}]"
            )
        )
    plain = Desk(database, Keeping(ContentKept.NONE), Shares(0.0, 0.0), subject, random=random.Random(7))
    return replace(plain, **changes)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    engine = open_database(f"sqlite:///{tmp_path / 'weir.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(database: Database, clock: Clock) -> Desk:
    return open_test_desk(database, now_us=clock)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a Postgres server of this session, if its binaries are there."""
    pytest.importorskip("psycopg")
    if shutil.which("initdb") is None or shutil.which("pg_ctl") is None:
        pytest.skip("no Postgres binaries")
    with tempfile.TemporaryDirectory(prefix="weir-postgres-", ignore_cleanup_errors=True) as folder:
        prefix: list[str] = []
        if os.geteuid() == 0:
            known = subprocess.run(["id", "postgres"], check=False, capture_output=True)
            if shutil.which("runuser") is None or known.returncode:
                pytest.skip("Postgres does not run as root, and there is no user postgres")
            prefix = ["runuser", "-u", "postgres", "--"]
            shutil.chown(folder, "postgres")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        control = [*prefix, "pg_ctl", "-D", f"{folder}/data"]
        for command in (
            [*prefix, "initdb", "-D", f"{folder}/data", "-U", "weir", "-A", "trust"],
            [*control, "-o", options, "-l", f"{folder}/log", "-w", "start"],
        ):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
        yield f"postgresql+psycopg://weir@/postgres?host={folder}"
        stop = [*control, "-m", "immediate", "stop"]
        subprocess.run(stop, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")


@pytest.fixture(params=["sqlite", "postgres"])
def any_desk(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    """The same over each kind of database."""
    if request.param == "sqlite":
        engine = open_database(f"sqlite:///{tmp_path / 'weir.db'}")
    else:
        engine = open_database(request.getfixturevalue("postgres"))
    try:
        yield open_test_desk(engine, now_us=clock)
    finally:
        if request.param == "postgres":
            with engine.begin() as connection:
                connection.execute(text("DROP SCHEMA public CASCADE"))
                connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
