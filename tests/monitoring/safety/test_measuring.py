"""The other metrics, each against a small story that can be counted by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.sql import FromClause

from monitoring.errors import SourceError
from monitoring.safety.catalogue import SAFETY
from monitoring.safety.measuring import measure_safety
from monitoring.safety.metric import Metric
from monitoring.safety.report import SafetyReport
from monitoring.safety.tables import TABLES
from monitoring.windows.source import Source, open_source
from service.records.tables import metadata
from tests.monitoring.safety.conftest import NOW_US, PERIOD, START_US, Town

HOUR = 3_600_000_000
REPORTED = '{"user_reports":3}'


def measured(source: Source, tenant: str | None = None) -> SafetyReport:
    return measure_safety(source, PERIOD, now_us=NOW_US, tenant=tenant)


def metric(source: Source, key: str) -> Metric:
    found = measured(source).find(key)
    assert found is not None
    return found


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_tables_are_those_of_the_service(table: FromClause) -> None:
    assert {column.name for column in table.c} <= {column.name for column in metadata.tables[str(table)].c}


def test_an_empty_store_has_a_reason_for_every_metric_and_no_zero(town: Town, source: Source) -> None:
    found = measured(source)
    assert found.values == {}
    assert {entry.name for entry in found.metrics} == {definition.name for definition in SAFETY}
    assert all(entry.reason for entry in found.metrics)


def test_what_was_acted_on_before_a_report_is_proactive(town: Town, source: Source) -> None:
    for _ in range(6):
        town.decide(action="hold")
    for _ in range(2):
        town.decide(action="remove", context=REPORTED)
    found_by_a_person = town.decide(context=REPORTED, review=True)
    town.queue(found_by_a_person, "review", user_reports=3)
    town.judge(found_by_a_person, "remove")
    town.decide()
    town.write()
    assert metric(source, "proactive_rate").value == pytest.approx(6 / 9)
    assert metric(source, "actioned_rate").value == pytest.approx(0.8)


def test_a_caller_that_sends_no_reports_is_not_all_proactive(town: Town, source: Source) -> None:
    town.decide(action="hold", context='{"kind":"user_reports"}')
    town.write()
    assert metric(source, "proactive_rate").value is None
    assert "context.user_reports" in (metric(source, "proactive_rate").reason or "")


def test_reports_of_one_item_are_counted_once_and_by_harm(town: Town, source: Source) -> None:
    fired = json.dumps([{"rule": "r", "category": "hate"}])
    town.decide(START_US + 1, content_id="a", context='{"user_reports":2}', reasons=fired)
    town.decide(START_US + 2, content_id="a", context='{"user_reports":5}', reasons=fired)
    town.decide(START_US + 3, content_id="b", context='{"user_reports":1}')
    town.write()
    found = measured(source).values
    assert (found["user_reports"], found["user_reports:hate"], found["user_reports:(none)"]) == (6.0, 5.0, 1.0)


def test_appeals_are_counted_against_the_actions_and_by_outcome(town: Town, source: Source) -> None:
    held = [town.decide(action="hold") for _ in range(10)]
    town.appeal(held[0], "overturned", START_US + HOUR, START_US + 2 * HOUR)
    town.appeal(held[1], "changed", START_US + HOUR, START_US + 3 * HOUR)
    town.appeal(held[2], "upheld", START_US + HOUR, START_US + 5 * HOUR)
    town.appeal(held[3], "open", START_US + HOUR, None)
    town.write()
    found = measured(source)
    assert found.values["appeal_rate"] == pytest.approx(0.4)
    assert found.values["valid_appeal_rate"] == pytest.approx(0.2)
    assert found.values["overturn_rate"] == pytest.approx(2 / 3)
    assert found.values["appeal_answer_p50"] == pytest.approx(2 * 3600)
    assert "1 of these appeals wait" in found.find("valid_appeal_rate").note  # type: ignore[union-attr]


def test_a_store_without_any_appeal_has_no_rate_of_appeals(town: Town, source: Source) -> None:
    town.decide(action="hold")
    town.write()
    assert metric(source, "appeal_rate").value is None


def test_overturned_reviews_are_counted_among_reviewed_actions(town: Town, source: Source) -> None:
    for verdict in ("overturn", "uphold", "uphold", "change"):
        town.judge(town.decide(action="hold"), "allow", verdict=verdict)
    town.judge(town.decide(), "allow")
    town.write()
    assert metric(source, "review_overturn_rate").value == pytest.approx(0.25)


def test_agreement_is_that_of_the_service(town: Town, source: Source, rng: np.random.Generator) -> None:
    from service.reviews.agreement import krippendorff_alpha

    units = []
    for _ in range(60):
        key, said = (
            town.decide(action="hold"),
            [str(a) for a in rng.choice(["allow", "hold", "remove"], 2, p=[0.2, 0.6, 0.2])],
        )
        if rng.random() < 0.6:
            said[1] = said[0]
        units.append(said)
        for reviewer, action in zip(("anna", "ben"), said, strict=True):
            town.judge(key, action, reviewer=reviewer, source="review" if reviewer == "anna" else "second")
    town.write()
    found = metric(source, "action_agreement")
    assert found.value == pytest.approx(krippendorff_alpha(units))
    assert found.low < found.value < found.high  # type: ignore[operator]


def test_two_opinions_on_few_items_are_too_few(town: Town, source: Source) -> None:
    key = town.decide(action="hold")
    for reviewer in ("anna", "ben"):
        town.judge(key, "hold", reviewer=reviewer)
    town.write()
    assert metric(source, "action_agreement").value is None
    assert "WEIR_DOUBLE_REVIEW_SHARE" in (metric(source, "action_agreement").reason or "")


def test_golden_items_measure_the_reviewers_and_nothing_else(town: Town, source: Source) -> None:
    for number in range(10):
        key = town.decide(action="hold")
        town.mark_golden(key, "remove", {"hate": "yes", "spam": "no"})
        labels = {"hate": "yes" if number < 9 else "no", "spam": "unsure"}
        town.judge(key, "remove" if number < 7 else "allow", source="golden", labels=json.dumps(labels))
    town.write()
    found = measured(source).values
    assert found["golden_action_accuracy"] == pytest.approx(0.7)
    assert found["golden_label_accuracy"] == pytest.approx(0.9)
    assert "review_overturn_rate" not in found


def test_what_still_waits_counts_as_waiting(town: Town, source: Source) -> None:
    for number in range(10):
        key, done = town.decide(action="hold"), START_US + (number + 1) * HOUR
        is_over = number < 6
        state = "decided" if is_over else "open"
        town.queue(key, "review", action="hold", state=state, decided_at_us=done if is_over else None)
    town.write()
    assert metric(source, "time_to_verdict_p50").value == pytest.approx(5 * 3600)
    assert metric(source, "time_to_verdict_p90").value is None
    assert "4 of 10 still wait" in (metric(source, "time_to_verdict_p90").reason or "")


def test_times_to_action_are_those_of_machines_and_people(town: Town, source: Source) -> None:
    for _ in range(9):
        town.decide(action="remove", latency_ms=20.0, context=REPORTED)
    missed = town.decide(START_US, context=REPORTED)
    town.queue(missed, "review", user_reports=3, state="decided", decided_at_us=START_US + HOUR)
    town.judge(missed, "remove", START_US + HOUR)
    town.write()
    found = measured(source).values
    assert found["time_to_action_p50"] == pytest.approx(0.02)
    assert found["report_to_action_p90"] == pytest.approx(0.02)


def test_metrics_of_one_tenant_leave_out_the_others(town: Town, source: Source) -> None:
    town.decide(action="hold")
    town.decide(tenant="other")
    town.write()
    assert measured(source, "t").values["actioned_rate"] == 1.0
    assert measured(source, "other").values["actioned_rate"] == 0.0


def test_decisions_outside_the_period_are_not_counted(town: Town, source: Source) -> None:
    town.decide(START_US - 1, "hold")
    town.decide(PERIOD.end_us, "hold")
    town.decide(PERIOD.start_us)
    town.write()
    assert measured(source).n_decisions == 1


def test_a_store_of_an_older_weir_says_which_table_it_has_not(town: Town) -> None:
    town.decide(action="hold")
    town.write()
    with town.database.begin() as connection:
        connection.execute(text("DROP TABLE appeals"))
        connection.execute(text("ALTER TABLE reviews DROP COLUMN sample_share"))
    with open_source(town.url) as source:
        found = measured(source)
    assert found.values["actioned_rate"] == 1.0
    assert "no table appeals" in (found.find("appeal_rate").reason or "")  # type: ignore[union-attr]
    assert "sample_share" in (found.find("prevalence").reason or "")  # type: ignore[union-attr]


def test_a_store_that_breaks_while_it_is_read_is_an_error_that_says_so(town: Town, tmp_path: Path) -> None:
    class Broken:
        database = create_engine(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}")

    with pytest.raises(SourceError, match="cannot be read"):
        measure_safety(Broken(), PERIOD, now_us=NOW_US)  # type: ignore[arg-type]
