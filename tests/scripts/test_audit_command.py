"""`weir audit` and `weir erase`: exit codes, what they print, and that they can be used again."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from scripts.cli import app
from service.records.keys import ContentDigester, deployment_key
from service.records.schema import open_database
from service.settings import load_settings
from tests.service.rows import add_decider, decision_row, write_decisions


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    monkeypatch.setenv("WEIR_DATABASE_URL", url)
    load_settings.cache_clear()
    engine = open_database(url)
    add_decider(engine)
    subject = ContentDigester(deployment_key(engine)).subject("user-1")
    write_decisions(engine, *(decision_row(action="remove", subject=subject, decided_at_us=1 + n) for n in range(3)))
    yield engine
    engine.dispose()
    load_settings.cache_clear()


def weir(*arguments: str, **options: str) -> Result:
    return CliRunner().invoke(app, list(arguments), **options)  # type: ignore[arg-type]


def tamper(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE decisions SET action = 'allow'"))


@pytest.mark.usefixtures("database")
def test_a_whole_log_is_valid_and_its_head_is_printed() -> None:
    verified, head = weir("audit", "verify"), weir("audit", "head")
    assert verified.exit_code == 0
    assert "valid: 3 entries" in verified.stderr
    assert verified.stdout == head.stdout


@pytest.mark.usefixtures("database")
def test_a_head_that_was_kept_is_accepted_again() -> None:
    head = weir("audit", "head").stdout.strip()
    assert weir("audit", "verify", "--expect-head", head).exit_code == 0


def test_a_changed_log_ends_with_code_1_and_names_the_entries(database: Engine) -> None:
    tamper(database)
    result = weir("audit", "verify", "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [problem["seq"] for problem in found["problems"]] == [1, 2, 3]


def test_people_are_shown_what_is_wrong(database: Engine) -> None:
    tamper(database)
    result = weir("audit", "verify")
    assert "changed_row" in result.stdout
    assert "NOT valid: 3 problems" in result.stderr


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("head", ["", "1", "x:00", "1:00", "-1:" + "0" * 64])
def test_a_head_that_is_none_is_refused(head: str) -> None:
    assert weir("audit", "verify", f"--expect-head={head}").exit_code == 2


def test_a_database_that_cannot_be_opened_is_explained() -> None:
    result = weir("audit", "verify", "--database", "postgresql+psycopg://weir:hunter2@127.0.0.1:1/weir")
    assert (result.exit_code, "hunter2" in result.stderr) == (2, False)
    assert "cannot be opened" in result.stderr


@pytest.mark.usefixtures("database")
def test_a_purge_counts_first_and_deletes_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_RETAIN_DECISIONS_DAYS", "1")
    load_settings.cache_clear()
    assert json.loads(weir("audit", "purge", "--dry-run", "--json").stdout)["decisions"] == 3
    assert json.loads(weir("audit", "purge", "--json").stdout)["decisions"] == 3
    assert json.loads(weir("audit", "verify", "--json").stdout)["purged_through"] == 3


def test_what_does_not_verify_is_not_purged(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    tamper(database)
    monkeypatch.setenv("WEIR_RETAIN_DECISIONS_DAYS", "1")
    load_settings.cache_clear()
    result = weir("audit", "purge")
    assert result.exit_code == 1
    assert "weir audit verify" in result.stderr


@pytest.mark.usefixtures("database")
def test_nothing_is_purged_where_nothing_says_so() -> None:
    assert json.loads(weir("audit", "purge", "--json").stdout).get("decisions", 0) == 0


@pytest.mark.usefixtures("database")
def test_an_author_is_erased_and_the_log_still_valid() -> None:
    assert json.loads(weir("erase", "--subject", "user-1", "--yes", "--json").stdout)["decisions"] == 3
    assert json.loads(weir("erase", "--subject", "user-1", "--yes", "--json").stdout)["decisions"] == 0
    assert json.loads(weir("audit", "verify", "--json").stdout)["n_erased"] == 3


@pytest.mark.usefixtures("database")
def test_an_erasure_asks_first() -> None:
    result = weir("erase", "--subject", "user-1", input="n\n")
    assert result.exit_code == 2
    assert "from 3 decisions" in result.output


@pytest.mark.usefixtures("database")
def test_statements_are_exported_into_a_folder(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    span = ["--since", "1970-01-01", "--until", "1970-01-02T00:00+00:00"]
    assert json.loads(weir("audit", "dsa", *span, "--out", out, "--json").stdout)["n_statements"] == 3
    again = weir("audit", "dsa", *span, "--out", out)
    assert (again.exit_code, "holds statements already" in again.stderr) == (2, True)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("span", "n_statements"),
    [
        (("--since", "1970-01-01", "--until", "1970-01-01"), 3),
        (("--since", "1970-01-02", "--until", "1970-01-02"), 0),
        (("--since", "1970-01-01"), 3),
        (("--since", "7d"), 0),
        (("--since", "7d", "--until", "1h"), 0),
        (("--since", "1970-01-01", "--until", "7d"), 3),
    ],
)
def test_a_span_is_a_day_an_age_or_until_now(tmp_path: Path, span: tuple[str, ...], n_statements: int) -> None:
    exported = weir("audit", "dsa", *span, "--out", str(tmp_path / "out"), "--json")
    assert json.loads(exported.stdout)["n_statements"] == n_statements


def test_the_event_of_an_export_has_moments_and_not_ages(database: Engine, tmp_path: Path) -> None:
    assert weir("audit", "dsa", "--since", "7d", "--out", str(tmp_path / "out")).exit_code == 0
    with database.connect() as connection:
        said = json.loads(connection.execute(text("SELECT payload FROM events")).scalar_one())
    spanned = datetime.fromisoformat(said["until"]) - datetime.fromisoformat(said["since"])
    assert spanned == timedelta(days=7)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "span",
    [("yesterday", "2026-01-01"), ("2026-01-02", "2026-01-01"), ("1h", "7d"), ("now", "now"), ("999999w", "now")],
)
def test_a_time_that_is_none_is_refused(tmp_path: Path, span: tuple[str, str]) -> None:
    since, until = span
    assert weir("audit", "dsa", "--since", since, "--until", until, "--out", str(tmp_path / "o")).exit_code == 2


@pytest.mark.parametrize("command", [["audit"], ["audit", "verify"], ["audit", "dsa"], ["erase"]])
def test_help_teaches(command: list[str]) -> None:
    assert weir(*command, "--help").exit_code == 0
