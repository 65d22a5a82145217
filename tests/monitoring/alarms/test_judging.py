from datetime import timedelta
from typing import Any

import pytest

from monitoring.alarms.hysteresis import Reading
from monitoring.alarms.judging import first_alarm, judge, judge_rule
from monitoring.alarms.loading import load_rules, parse_rules
from monitoring.alarms.looks import Finding, Look, Measure, Traffic
from monitoring.alarms.rules import Rule
from monitoring.drift.verdicts import Slice, Status, Subject
from tests.monitoring.alarms.alarm_cases import AT, AT_US, change, verdict


def rule(**given: Any) -> Rule:
    import json

    facts = {"name": "r", "severity": "ticket"} | given
    (one,) = parse_rules(json.dumps({"version": 1, "rules": [facts]})).rules
    return one


def read(one: Rule, **seen: Any) -> Finding:
    (found,) = judge_rule(one, Look(AT_US, **seen))
    return found


CONTENT = rule(kind="drift", groups=["text"], urgent_p=1e-6)


@pytest.mark.parametrize(
    ("one", "reading"),
    [
        (change(p=1e-9), Reading.URGENT),
        (change(p=1e-5), Reading.ALARMING),
        (change(p=1e-5, effect=0.09), Reading.BETWEEN),
        (change(p=1e-2), Reading.BETWEEN),
        (change(p=1e-9, effect=0.05), Reading.CALM),
        (change(p=0.4), Reading.CALM),
        (change("score:hate"), Reading.UNKNOWN),
        (change(subject=Subject.VOLUME, name="volume"), Reading.UNKNOWN),
    ],
)
def test_a_test_is_read_by_its_p_value_and_its_effect(one: Any, reading: Reading) -> None:
    assert read(CONTENT, verdicts=[verdict(one)]).reading is reading


def test_too_few_decisions_say_nothing() -> None:
    assert read(CONTENT, verdicts=[verdict(change(), n_decisions=49)]).reading is Reading.UNKNOWN


def test_a_failed_look_is_calm_for_no_rule() -> None:
    found = judge(load_rules(), Look(AT_US, error="the store is away"))
    assert not any(one.reading is Reading.CALM for one in found)
    assert [one.rule for one in found if one.reading is Reading.ALARMING] == ["monitor-failing"]


def test_a_look_that_tells_nothing_is_calm_for_the_failing_monitor_alone() -> None:
    found = judge(load_rules(), Look(AT_US, [verdict()], [Traffic(1.0, 0, None), Traffic(24.0, 3, None)]))
    assert [one.rule for one in found if one.reading is Reading.CALM] == ["monitor-failing"]
    assert [one.rule for one in found if one.reading is Reading.ALARMING] == ["monitor-undetermined"]


def test_a_rule_reads_the_directions_that_it_minds() -> None:
    up = rule(kind="drift", directions=["up"])
    assert read(up, verdicts=[verdict(change(direction="down"))]).reading is Reading.CALM
    assert read(up, verdicts=[verdict(change(direction="up"))]).reading is Reading.ALARMING


def test_slices_have_alarms_of_their_own() -> None:
    feed = change(slice=Slice(column="surface", value="feed"))
    chat = change(slice=Slice(column="surface", value="chat"), p=0.5)
    whole = verdict(change(p=0.5))
    found = judge_rule(rule(kind="drift", slices="each"), Look(AT_US, [whole, verdict(feed), verdict(chat)]))
    assert {one.key: one.reading for one in found} == {
        "r/surface=feed": Reading.ALARMING,
        "r/surface=chat": Reading.CALM,
    }


def test_what_all_of_the_traffic_shows_is_not_told_again_by_each_slice() -> None:
    one = change(slice=Slice(column="surface", value="feed"))
    found = read(rule(kind="drift", slices="each"), verdicts=[verdict(change()), verdict(one)])
    assert found.reading is Reading.BETWEEN


def test_an_alarm_names_each_thing_once_and_the_strongest_first() -> None:
    changes = [change(p=1e-7), change(p=1e-9, horizon_h=6.0), change("n_urls", title="Addresses", p=1e-8)]
    found = read(CONTENT, verdicts=[verdict(*changes)])
    assert found.title == "Characters and 1 more changed"
    assert [(one.name, one.p_adjusted) for one in found.changes] == [("n_chars", 1e-9), ("n_urls", 1e-8)]


@pytest.mark.parametrize(
    ("failures", "n_decisions", "reading"),
    [
        ({"empty_content": 20}, 80, Reading.ALARMING),
        ({"empty_content": 7}, 93, Reading.BETWEEN),
        ({}, 100, Reading.CALM),
        ({"empty_content": 20}, 20, Reading.UNKNOWN),
        (None, 1_000, Reading.UNKNOWN),
    ],
)
def test_failures_are_a_share_of_all_items(failures: dict[str, int] | None, n_decisions: int, reading: Reading) -> None:
    one = rule(kind="failures", above=0.1, close_below=0.05)
    assert read(one, traffic=[Traffic(1.0, n_decisions, failures)]).reading is reading


@pytest.mark.parametrize(
    ("hour", "day", "reading"),
    [(0, 5_000, Reading.ALARMING), (1, 5_000, Reading.CALM), (0, 100, Reading.UNKNOWN), (0, 0, Reading.UNKNOWN)],
)
def test_silence_is_alarming_where_there_was_traffic(hour: int, day: int, reading: Reading) -> None:
    traffic = [Traffic(1.0, hour, {}), Traffic(24.0, day, {})]
    assert read(rule(kind="silence"), traffic=traffic).reading is reading


def test_an_old_reference_is_alarming() -> None:
    one = rule(kind="reference", max_age_days=90)
    assert read(one, reference_at=AT - timedelta(days=91)).reading is Reading.ALARMING
    assert read(one, reference_at=AT - timedelta(days=89)).reading is Reading.CALM
    assert read(one).reading is Reading.UNKNOWN


@pytest.mark.parametrize(
    ("facts", "reading"),
    [
        ({"value": 0.03, "low": 0.02, "high": 0.04}, Reading.ALARMING),
        ({"value": 0.03, "low": 0.009, "high": 0.05}, Reading.BETWEEN),
        ({"value": 0.009, "low": 0.002, "high": 0.05}, Reading.BETWEEN),
        ({"value": 0.007, "low": 0.002, "high": 0.05}, Reading.CALM),
        ({"value": 0.03, "low": 0.02, "high": 0.04, "n": 49}, Reading.UNKNOWN),
        ({"value": None}, Reading.UNKNOWN),
    ],
)
def test_a_metric_is_alarming_with_its_whole_interval_and_calm_by_its_estimate(
    facts: dict[str, Any], reading: Reading
) -> None:
    one = rule(kind="metric", metric="prevalence", above=0.01, close=0.008)
    assert read(one, measures=[Measure(name="prevalence", **({"n": 100} | facts))]).reading is reading


def test_a_metric_without_categories_is_the_one_over_all() -> None:
    measures = [
        Measure(name="precision", category="hate", value=0.1, n=100),
        Measure(name="precision", value=0.9, n=100),
    ]
    assert read(rule(kind="metric", metric="precision", below=0.5), measures=measures).reading is Reading.CALM
    assert (
        read(rule(kind="metric", metric="precision", below=0.5, categories=["h*"]), measures=measures).key == "r/hate"
    )


def test_what_is_usual_scales_the_bound() -> None:
    one = rule(kind="metric", metric="prevalence", above=1.5, of_usual=True)
    known = Measure(name="prevalence", value=0.04, low=0.035, high=0.05, n=100, usual={"r": 0.02})
    assert read(one, measures=[known]).reading is Reading.ALARMING
    assert read(one, measures=[known.model_copy(update={"usual": {}})]).reading is Reading.UNKNOWN


def test_the_first_alarm_of_looks_follows_the_shipped_rules() -> None:
    calm, near, far = verdict(change(p=0.5)), verdict(change(p=1e-5)), verdict(change(p=1e-9))
    assert first_alarm(load_rules(), [calm, near, calm, near]) == 3
    assert first_alarm(load_rules(), [calm, far]) == 1
    assert first_alarm(load_rules(), [calm, near, calm, calm]) is None
    assert first_alarm(load_rules(), [verdict(status=Status.UNDETERMINED)] * 9) is None


def test_a_look_of_which_a_part_broke_is_not_calm_for_the_rule_about_the_monitor() -> None:
    rules = [rule for rule in load_rules().rules if rule.name == "monitor-undetermined"]
    whole, broken = (
        judge_rule(rules[0], Look(AT_US, [verdict(change(p=0.5))], faults=faults))
        for faults in ((), ("not seen: slices could not be made",))
    )
    assert [one.reading for one in whole] == [Reading.CALM]
    assert [one.reading for one in broken] == [Reading.ALARMING]
    assert "slices" in broken[0].summary
