"""A small real deployment: a database, policies that differ, and workers that follow it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine as Database

from service.companions import accompany
from service.engine import Engine, open_engine
from service.policy.document import PolicyDocument, parse_policy
from service.records.schema import open_database
from service.rollout.companions import follow
from service.rollout.following import Follower
from service.rollout.store import PolicyStore
from service.settings import Settings
from tests.service.hashing import loaded_model


def policy_text(name: str, action: str = "demote", at: str = "balanced", category: str = "harassment") -> str:
    return f"""
name: {name}
rules:
  - category: {category}
    at: {at}
    action: {action}
    message: it insults
"""


def document(name: str, action: str = "demote", at: str = "balanced", category: str = "harassment") -> PolicyDocument:
    return parse_policy(policy_text(name, action, at, category), f"{name}.yaml")


MILD, STRICT = document("mild", "label"), document("strict", "remove")
HOPELESS = document("hopeless", category="weapons")
"""No bundle of these tests scores what it rests on."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "policy.yaml").write_text(policy_text("file"))
    return Settings(
        database_url=f"sqlite:///{tmp_path / 'weir.db'}",
        metrics_dir=tmp_path / "metrics",
        policy=tmp_path / "policy.yaml",
    )


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = open_database(settings.database_url)
    yield database
    database.dispose()


@pytest.fixture
def store(database: Database) -> PolicyStore:
    """With the two policies in it, of which none is active."""
    store = PolicyStore(database)
    store.add(MILD, "test")
    store.add(STRICT, "test")
    return store


class Worker:
    """One worker process, as far as policies go; `follower.poll` is what its thread does by itself."""

    def __init__(self, settings: Settings) -> None:
        self.engine: Engine = open_engine(settings, loaded_model)
        self.follower: Follower = follow(self.engine)

    def decides(self, tenant: str = "default") -> str:
        """The version of the policy that decides for a tenant."""
        return self.engine.judges.panel(tenant).moderator.policy.version


@pytest.fixture
def workers(settings: Settings) -> Iterator[list[Worker]]:
    """Two over one database; nothing runs in their event loops."""
    workers = [Worker(settings), Worker(settings)]
    yield workers
    for worker in workers:
        worker.engine.banks.close()
        worker.engine.log.close(10)
        worker.engine.database.dispose()


@pytest.fixture
def accompanied(settings: Settings) -> Iterator[Engine]:
    """An engine with everything that goes with it."""
    engine = open_engine(settings, loaded_model)
    accompany(engine)
    yield engine
    engine.database.dispose()
