"""From a store to a list, and from the list into the queue of the same store."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select
from typer.testing import CliRunner

from monitoring.alarms.alarm import Alarm, AlarmState, moment
from monitoring.alarms.loading import load_rules, parse_rules
from monitoring.alarms.rules import Severity
from monitoring.drift.verdicts import Change, Subject
from monitoring.errors import ReferenceWindowError
from monitoring.suggestions.confirming import ask_for_labels
from monitoring.suggestions.picking import Compared
from monitoring.suggestions.suggesting import Suggested, suggest_from
from monitoring.windows.source import open_source
from scripts.cli import app
from service.reviews.tables import reviews

N = 300


def no_reference(digest: str) -> Compared:
    raise ReferenceWindowError(f"no reference for {digest[:4]}")


def suggested(url: str, n: int = 20) -> Suggested:
    with open_source(url) as source:
        period = source.span()
        assert period is not None
        return suggest_from(source, period, no_reference, n)


def alarm(subject: Subject, state: AlarmState = AlarmState.OPEN, rule: str = "content-drift") -> Alarm:
    change = Change(
        subject=subject, name="n", title="t", method="m", statistic=1.0, p_value=0.0, p_adjusted=0.0, effect=1.0,
        effect_name="e", effect_threshold=0.1, is_real=True,
    )  # fmt: skip
    changes = () if subject is Subject.QUALITY else (change,)
    severity = next(iter(Severity))
    return Alarm(
        key="k", rule=rule, severity=severity, state=state, title="t", opened_at=moment(0), seen_at=moment(0),
        changes=changes,
    )  # fmt: skip


def test_decisions_of_a_store_are_suggested(make_store: Callable[..., str]) -> None:
    found = suggested(make_store(N))
    assert found.n_decisions == N
    assert len(found.suggestions) == 20
    assert found.bundle is not None


def test_a_missing_reference_is_said_and_not_an_error(make_store: Callable[..., str]) -> None:
    assert any("novelty is left out: no reference" in note for note in suggested(make_store(N)).notes)


def test_an_alarm_on_content_asks_for_labels() -> None:
    assert ask_for_labels([alarm(Subject.TEXT_EMBEDDING)], load_rules())


def test_an_alarm_on_a_metric_asks_for_labels() -> None:
    rules = parse_rules(
        "version: 1\nrules: [{name: worse, kind: metric, severity: page, metric: prevalence, above: 1}]"
    )
    assert ask_for_labels([alarm(Subject.QUALITY, rule="worse")], rules)


@pytest.mark.parametrize("subject", [Subject.VOLUME, Subject.FAILURES])
def test_a_flood_and_a_broken_upstream_ask_for_none(subject: Subject) -> None:
    assert ask_for_labels([alarm(subject)], load_rules()) == []


def test_a_closed_alarm_asks_for_none() -> None:
    assert ask_for_labels([alarm(Subject.COLUMN, AlarmState.CLOSED)], load_rules()) == []


@pytest.fixture
def command(make_store: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    url = make_store(N)
    with open_source(url) as source:
        span = source.span()
    assert span is not None
    monkeypatch.setenv("WEIR_DATABASE_URL", url)
    monkeypatch.setenv("WEIR_MONITOR_HOME", str(tmp_path / "home"))

    def run(*arguments: str, code: int = 0) -> str:
        at = ["--until", span.end.isoformat(), "--hours", str((span.end_us - span.start_us) / 3.6e9)]
        result = CliRunner().invoke(app, ["monitor", "suggest", "--n", "12", *at, *arguments])
        assert result.exit_code == code, result.output
        return result.stdout

    return run


def test_nothing_is_suggested_while_nothing_is_known_to_have_changed(command: Callable[..., str]) -> None:
    assert json.loads(command("--json", code=4))["suggestions"] == []


def test_what_is_sent_is_in_the_queue_and_not_suggested_again(command: Callable[..., str]) -> None:
    sent = json.loads(command("--json", "--force", "--send"))
    assert sent["sent"]["n_queued"] == 12
    database = create_engine(os.environ["WEIR_DATABASE_URL"])
    with database.connect() as connection:
        assert set(connection.execute(select(reviews.c.purpose)).scalars()) == {"suggest"}
        assert max(connection.execute(select(reviews.c.severity)).scalars()) > 0
        assert None not in set(connection.execute(select(reviews.c.category)).scalars())
    database.dispose()
    again = json.loads(command("--json", "--force"))
    ids = {one["decision_id"] for one in sent["suggestions"]}
    assert ids.isdisjoint(one["decision_id"] for one in again["suggestions"])


def test_suggested_ids_are_printed_whole_as_they_are_there_to_be_looked_up(
    command: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ids = [one["decision_id"] for one in json.loads(command("--json", "--force"))["suggestions"]]
    printed = command("--force")
    assert ids
    assert all(one in printed for one in ids)


def test_where_there_are_no_decisions_nothing_can_be_said(command: Callable[..., str]) -> None:
    command("--force", "--until", "2001-01-01", code=4)
