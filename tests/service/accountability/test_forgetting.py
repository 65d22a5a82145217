"""Forgetting, through `weir erase` and the registry as they are: nothing that keeps a person is left out."""

import asyncio
import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import inspect as inspect_database
from sqlalchemy import text
from typer.testing import CliRunner

import service
from scripts.cli import app
from service.access.gate import OpenGate
from service.accountability import registry
from service.accountability.erasers import Eraser
from service.accountability.registry import erasers
from service.accountability.retention import Retained
from service.companions import accompany
from service.engine import open_engine
from service.http.api import build_api
from service.http.asgi import ProductApp
from service.http.management import build_management
from service.http.routers import build_routers
from service.jobs.forgetting import JobEraser
from service.jobs.tables import job_results, jobs
from service.records.ledger import write_transaction
from service.records.schema import open_database
from service.settings import Settings, load_settings
from tests.service.conftest import asker
from tests.service.hashing import loaded_model

AUTHOR = "user-4711-marker"
MARKERS = (AUTHOR, "post-marker", "idiot-marker")
"""What only this author's requests hold: the author's id, the caller's names for items, a word of each text."""


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    url = f"sqlite:///{tmp_path / 'weir.db'}"
    monkeypatch.setenv("WEIR_DATABASE_URL", url)
    load_settings.cache_clear()
    yield url
    load_settings.cache_clear()


@pytest.fixture
def used(url: str, tmp_path: Path) -> str:
    """A database after requests of one author, with all that goes with an engine: reviews, webhooks, shadows."""
    settings = Settings(
        database_url=url, metrics_dir=tmp_path / "metrics", webhook_allow_private=True, review_content="text"
    )
    engine = open_engine(settings, loaded_model)
    accompany(engine)
    product, gate = ProductApp(), OpenGate()
    product.api = build_api(engine, gate)
    product.management = build_management(gate, build_routers(engine))
    ask = asker("asgi", product)
    endpoint = {"url": "http://127.0.0.1:1/hook", "events": ["decision.made"], "min_action": "allow"}
    assert ask("POST", "/v1/webhooks", json=endpoint).status_code == 201
    context = {"author": {"id": AUTHOR}}
    items = [
        {
            "text": f"You are a complete idiot and nobody likes you, idiot-marker {n}",
            "id": f"post-marker-{n}",
            "context": context,
        }
        for n in range(4)
    ]
    for headers in ({}, {"idempotency-key": "k1"}):
        answer = ask("POST", "/v1/decisions", json={"items": items}, headers=headers)
        assert answer.status_code == 200, answer.text
    assert asyncio.run(engine.close()) == 0
    return url


def modules() -> list[ModuleType]:
    """All of the service; the application itself is left out, as it starts nothing but BentoML."""
    found = pkgutil.walk_packages(service.__path__, "service.")
    return [
        importlib.import_module(entry.name)
        for entry in found
        if entry.name != "service.app" and ".migrations" not in entry.name
    ]


def holders(database: Database) -> dict[str, set[str]]:
    """By marker, the tables in which it stands."""
    found: dict[str, set[str]] = {marker: set() for marker in MARKERS}
    with database.connect() as connection:
        for table in inspect_database(database).get_table_names():
            rows = connection.execute(text(f'SELECT * FROM "{table}"')).all()
            written = repr([tuple(row) for row in rows])
            for marker, tables in found.items():
                if marker in written:
                    tables.add(table)
    return found


def test_every_eraser_is_registered() -> None:
    takes = list(inspect.signature(Eraser.erase).parameters)
    offered = {
        value
        for module in modules()
        for value in vars(module).values()
        if inspect.isclass(value) and value is not Eraser and value.__module__.startswith("service.")
        if "erase" in vars(value) and list(inspect.signature(value.erase).parameters) == takes
    }
    assert offered == {type(eraser) for eraser in erasers()}


def test_everything_that_is_kept_for_a_time_is_registered() -> None:
    offered = {
        value
        for module in modules()
        if module is not registry
        for value in vars(module).values()
        if inspect.isfunction(value) and value.__module__ == module.__name__
        if get_return(value) in (Retained, tuple[Retained, ...])
    }
    assert offered
    assert offered <= {value for value in vars(registry).values() if inspect.isfunction(value)}


def get_return(function: Any) -> Any:
    """What a function says it returns; None where that is only known to type checkers."""
    try:
        return get_type_hints(function).get("return")
    except NameError:
        return None


def test_no_table_leads_to_an_author_who_was_erased(used: str) -> None:
    database = open_database(used)
    before = holders(database)
    assert before["post-marker"] == {"decisions", "webhook_deliveries"}
    assert before["idiot-marker"] == {"review_content"}
    erased = json.loads(CliRunner().invoke(app, ["erase", "--subject", AUTHOR, "--yes", "--json"]).stdout)
    assert (erased["decisions"], erased["rows"]["webhook deliveries"]) == (8, 8)
    assert holders(database) == {marker: set() for marker in MARKERS}
    database.dispose()


def test_the_files_of_the_database_forget_as_well(used: str, tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["erase", "--subject", AUTHOR, "--yes", "--json"]).exit_code == 0
    written = b"".join(path.read_bytes() for path in tmp_path.glob("weir.db*"))
    assert [marker for marker in MARKERS if marker.encode() in written] == []


def test_a_job_forgets_whom_it_named_for_all_its_items(url: str) -> None:
    database = open_database(url)
    job = {"job_id": "j", "tenant": "default", "name": "", "format": "jsonl", "state": "completed", "n_decided": 1}
    job |= {"context": json.dumps({"surface": "feed", "author": {"id": AUTHOR, "prior_violations": 2}})}
    job |= {"n_failed": 1, "created_at_us": 1, "lease_until_us": 0}
    with write_transaction(database) as connection:
        connection.execute(jobs.insert().values(**job))
        for index, found in enumerate(({"decision_id": "d"}, {"content_id": "post-marker-1", "code": "text_too_long"})):
            connection.execute(job_results.insert().values(job_id="j", index=index, **found))
        assert JobEraser().erase(connection, "s", None, ["d"]) == 2
        assert JobEraser().erase(connection, "s", None, ["d"]) == 0
    assert holders(database) == {marker: set() for marker in MARKERS}
    database.dispose()
