"""`weir reviews` and `weir labels`: a whole review from the terminal, and one line for what a user can mend."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.commands import labels, reviews
from service.records.schema import open_database
from service.settings import load_settings
from tests.service.reviews.conftest import open_test_desk, record

RUNNER = CliRunner()


@pytest.fixture
def decision_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A held decision in the database that the commands work on."""
    url = f"sqlite:///{tmp_path / 'weir.db'}"
    monkeypatch.setenv("WEIR_DATABASE_URL", url)
    load_settings.cache_clear()
    database = open_database(url)
    yield record(open_test_desk(database), content_id="post-7")
    database.dispose()
    load_settings.cache_clear()


def test_an_item_is_listed_claimed_decided_and_exported(decision_id: str, tmp_path: Path) -> None:
    listed = RUNNER.invoke(reviews.app, ["list", "--state", "open", "--json"])
    assert [item["decision_id"] for item in json.loads(listed.stdout)["items"]] == [decision_id]
    claimed = RUNNER.invoke(reviews.app, ["claim", "--person", "anna", "--json"])
    (item,) = json.loads(claimed.stdout)["items"]
    assert item["claimed_by"].endswith("/anna")
    verdict = ["decide", decision_id, "overturn", "--label", "hate=no", "--lease", item["lease"]]
    decided = RUNNER.invoke(reviews.app, verdict)
    assert (decided.exit_code, "allow stands" in decided.output) == (0, True)
    stats = RUNNER.invoke(reviews.app, ["stats", "--json"])
    assert json.loads(stats.stdout)["states"]["decided"] == 1
    out = tmp_path / "labels.jsonl"
    exported = RUNNER.invoke(labels.app, ["export", "--out", str(out), "--since", "7d"])
    assert (exported.exit_code, "wrote 1 examples" in exported.output) == (0, True)
    assert json.loads(out.read_text())["labels"] == {"hate": 0}


def test_the_tables_are_for_people(decision_id: str) -> None:
    assert "open" in RUNNER.invoke(reviews.app, ["list"]).output
    assert "oldest" in RUNNER.invoke(reviews.app, ["stats"]).output
    claimed = RUNNER.invoke(reviews.app, ["claim"])
    assert f"weir reviews decide {decision_id} uphold --lease" in claimed.output
    assert "post-7" in claimed.output
    assert "the queue is empty" in RUNNER.invoke(reviews.app, ["claim"]).output


def test_what_is_in_hand_is_listed_on_request_alone(decision_id: str) -> None:
    RUNNER.invoke(reviews.app, ["claim"])
    listed = {
        state: decision_id in RUNNER.invoke(reviews.app, ["list", *state]).stdout
        for state in ((), ("--state", "claimed"), ("--state", "all"))
    }
    assert listed == {(): False, ("--state", "claimed"): True, ("--state", "all"): True}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "--state", "nope"], "state: Input should be"),
        (["decide", "x", "uphold", "--lease", "x"], "lease: String should match"),
        (["decide", "x", "uphold", "--lease", "x", "--label", "hate"], "--label is CATEGORY="),
    ],
)
@pytest.mark.usefixtures("decision_id")
def test_what_a_user_can_mend_is_one_line(arguments: list[str], said: str) -> None:
    found = RUNNER.invoke(reviews.app, arguments)
    assert found.exit_code == 2
    assert said in found.output
    assert len(found.output.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--out", "x.csv"], ".jsonl or .parquet"), (["--out", "x.jsonl", "--since", "soon"], "--since is a time ago")],
)
@pytest.mark.usefixtures("decision_id")
def test_an_export_that_cannot_be_made_says_why(arguments: list[str], said: str) -> None:
    found = RUNNER.invoke(labels.app, ["export", *arguments])
    assert found.exit_code == 2
    assert said in found.output
