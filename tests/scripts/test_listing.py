"""Listings: whatever the width, and in a pipe, every cell is whole: ids are there to be typed."""

import re
import uuid
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.commands import keys, reviews
from scripts.commands.listing import print_listing
from service.access.keys import KeyDraft
from service.access.store import KeyStore
from service.records.schema import open_database
from service.settings import load_settings
from tests.service.reviews.conftest import open_test_desk, record

IDS = [str(uuid.UUID(int=number)) for number in range(3)]
TITLES = ("job", "name", "state", "items", "decided", "failed", "items/s", "made")
ROWS = [
    (one, f"[bold]file {number}.jsonl", "running", "1000", "10", "0", "12.5", "2026-11-21T16:20")
    for number, one in enumerate(IDS)
]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.usefixtures("narrow")
def test_a_pipe_gets_a_line_an_entry(capsys: pytest.CaptureFixture[str]) -> None:
    print_listing(TITLES, ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert [re.split(r"\s{2,}", line) for line in lines] == [list(TITLES), *map(list, ROWS)]


@pytest.mark.parametrize("columns", ["40", "80", "400"])
def test_no_terminal_is_so_narrow_that_an_id_is_cut(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    print_listing(TITLES, ROWS)
    written = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert all(one in written for one in IDS)
    assert "[bold]" in written
    assert ("\u2503" in written) == (columns == "400")  # the border of a table


def test_a_listing_of_nothing_has_its_titles(capsys: pytest.CaptureFixture[str]) -> None:
    print_listing(TITLES, [])
    assert capsys.readouterr().out.split() == list(TITLES)


@pytest.fixture
def database_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'weir.db'}"
    monkeypatch.setenv("WEIR_DATABASE_URL", url)
    load_settings.cache_clear()
    return url


@pytest.mark.usefixtures("narrow")
def test_ids_of_keys_are_whole_at_eighty_columns(database_url: str) -> None:
    database = open_database(database_url)
    draft = KeyDraft(name="a name that takes some room in it", scopes=("score", "decide", "review"), rate="6000/m")
    made = KeyStore(database).create(draft, "test").key.id
    database.dispose()
    assert made in CliRunner().invoke(keys.app, ["list"]).stdout.split()


@pytest.mark.usefixtures("narrow")
def test_ids_of_reviews_are_whole_at_eighty_columns(database_url: str) -> None:
    database = open_database(database_url)
    decision_id = record(open_test_desk(database))
    database.dispose()
    assert decision_id in CliRunner().invoke(reviews.app, ["list"]).stdout.split()


@pytest.mark.usefixtures("database_url")
def test_a_rate_of_another_form_is_told_the_form() -> None:
    refused = CliRunner().invoke(keys.app, ["create", "--name", "x", "--rate", "100"])
    assert (refused.exit_code, "such as 100/s" in refused.stderr) == (2, True)
