from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from monitoring.drift.detector import Detector
from monitoring.drift.verdicts import DriftVerdict, Slice, Status, Subject
from monitoring.errors import MonitoringError
from monitoring.reference.building import build_reference
from monitoring.reference.reference import Reference
from monitoring.windows.window import DAY_US, HOUR_US, Period, Totals, Window
from tests.monitoring.drift.drift_cases import BUNDLES, last, traffic

DETECTOR = Detector()


@pytest.fixture(scope="module")
def reference() -> Reference:
    return build_reference(
        traffic(9_000, 1, hours=72, start_us=90 * DAY_US), *next(iter(BUNDLES.items())), "production"
    )


def check(reference: Reference, window: Window, *hours: int) -> DriftVerdict:
    return DETECTOR.check(reference, [*(last(window, each) for each in hours), window])


def test_traffic_like_the_reference_is_clear(reference: Reference) -> None:
    for seed in range(2, 12):
        assert check(reference, traffic(seed=seed), 1, 6).status is Status.CLEAR


def test_disguised_words_are_found_with_the_items_that_show_them(reference: Reference) -> None:
    def disguise(rng: np.random.Generator, frame: pd.DataFrame) -> None:
        frame.loc[rng.random(len(frame)) < 0.1, "disguised_share"] = 0.5

    window = traffic(seed=20, change=disguise)
    change = next(each for each in check(reference, window).real if each.name == "disguised_share")
    assert change.direction == "up"
    shown = window.frame.set_index("decision_id").loc[list(change.decision_ids), "disguised_share"]
    assert (shown > 0).all()
    assert "evasion" in change.advice


def test_a_change_is_dated_by_when_it_began(reference: Reference) -> None:
    def flood(rng: np.random.Generator, frame: pd.DataFrame) -> None:
        late = frame["decided_at_us"] >= 100 * DAY_US + 18 * HOUR_US
        frame.loc[late & (rng.random(len(frame)) < 0.5), "n_urls"] = 3.0

    change = next(each for each in check(reference, traffic(seed=21, change=flood), 6).real if each.name == "n_urls")
    assert change.since is not None
    began = datetime.fromtimestamp((100 * DAY_US + 18 * HOUR_US) / 1e6, UTC)
    assert abs((change.since - began).total_seconds()) < 1_800


def test_a_new_topic_is_found_in_the_embeddings(reference: Reference) -> None:
    verdict = check(reference, traffic(seed=22, topic=0.15))
    assert verdict.real[0].subject is Subject.TEXT_EMBEDDING
    assert verdict.real[0].decision_ids


def test_a_new_language_is_named(reference: Reference) -> None:
    def turn(rng: np.random.Generator, frame: pd.DataFrame) -> None:
        frame["language"] = pd.Categorical(np.where(rng.random(len(frame)) < 0.1, "hi", frame["language"].astype(str)))

    change = next(each for each in check(reference, traffic(seed=23, change=turn)).real if each.name == "language")
    assert "any other value" in change.now


def test_scores_that_are_gone_are_a_change(reference: Reference) -> None:
    def lose(_: np.random.Generator, frame: pd.DataFrame) -> None:
        frame["score:toxicity"] = np.nan

    change = next(e for e in check(reference, traffic(seed=24, change=lose)).real if e.name == "score:toxicity")
    assert "missing" in change.method


def test_silence_is_a_change_and_no_all_clear(reference: Reference) -> None:
    usual = traffic(seed=25)
    nothing = replace(
        usual, n_decisions=0, frame=usual.frame.iloc[:0], text_vectors=usual.text_vectors[:0],
        image_vectors=usual.image_vectors[:0], totals=Totals(),
    )  # fmt: skip
    verdict = check(reference, nothing)
    assert [change.subject for change in verdict.real] == [Subject.VOLUME]


def test_items_without_a_decision_are_a_change(reference: Reference) -> None:
    window = traffic(seed=26)
    failing = replace(window, totals=replace(window.totals, failures={"empty_content": 200}))
    change = next(each for each in check(reference, failing).real if each.subject is Subject.FAILURES)
    assert "empty_content" in change.now


def test_one_decision_says_nothing(reference: Reference) -> None:
    untimed = replace(reference, id="untimed", window=replace(reference.window, totals=Totals()))
    verdict = check(untimed, last_row(traffic(seed=27)))
    assert verdict.status is Status.UNDETERMINED
    assert "1 decisions" in verdict.reasons[0]


def test_another_bundle_cannot_be_compared_and_is_not_clear(reference: Reference) -> None:
    verdict = check(reference, replace(traffic(seed=28), bundles={"digest-2": "text-minilm 0.2.0"}))
    assert verdict.status is Status.UNDETERMINED
    assert "build a reference" in verdict.reasons[0]
    assert not any(change.name.startswith("score:") for change in verdict.changes)


def test_columns_that_an_older_store_lacks_are_no_all_clear(reference: Reference) -> None:
    window = traffic(seed=29)
    verdict = check(reference, replace(window, frame=window.frame.assign(disguised_share=np.nan)))
    assert verdict.status is Status.UNDETERMINED
    assert "disguised_share" in verdict.reasons[0]


def test_a_slice_is_compared_with_the_same_slice(reference: Reference) -> None:
    def flood_chat(_: np.random.Generator, frame: pd.DataFrame) -> None:
        frame.loc[frame["surface"] == "chat", "n_urls"] = 2.0

    verdicts = DETECTOR.check_slices(reference, [traffic(seed=30, change=flood_chat)], columns=("surface",))
    status = {str(verdict.changes[0].slice): verdict.status for verdict in verdicts}
    assert status["surface=chat"] is Status.CHANGED
    assert status["surface=feed"] is Status.CLEAR


def test_a_slice_by_an_unknown_column_says_what_to_slice_by(reference: Reference) -> None:
    with pytest.raises(MonitoringError, match="slice by tenant"):
        DETECTOR.check(reference, [traffic(seed=31)], part=Slice(column="planet", value="mars"))


def test_no_window_says_what_to_do(reference: Reference) -> None:
    with pytest.raises(MonitoringError, match="read one first"):
        DETECTOR.check(reference, [])


def test_weights_make_a_thinned_window_look_like_the_whole(reference: Reference) -> None:
    whole = traffic(6_000, 32)
    high = (whole.frame["score:toxicity"] > 0.3).to_numpy()
    kept = high | (np.arange(6_000) % 3 == 0)
    frame = whole.frame[kept].assign(weight=np.where(high[kept], 1.0, 3.0)).reset_index(drop=True)
    thinned = replace(
        whole, frame=frame, text_vectors=whole.text_vectors[kept], image_vectors=whole.image_vectors[kept]
    )
    assert check(reference, thinned).status is Status.CLEAR


def last_row(window: Window) -> Window:
    return replace(
        window, period=Period(window.period.start_us, window.period.end_us), n_decisions=1,
        frame=window.frame.tail(1).reset_index(drop=True), text_vectors=window.text_vectors[-1:],
        image_vectors=window.image_vectors[-1:], totals=Totals(),
    )  # fmt: skip


def test_an_hour_without_a_row_does_not_stop_the_slices(reference: Reference) -> None:
    window = traffic(seed=33)
    hour = Period(window.period.end_us - HOUR_US, window.period.end_us)
    silent = replace(
        window, period=hour, n_decisions=0, frame=pd.DataFrame(), text_vectors=window.text_vectors[:0],
        image_vectors=window.image_vectors[:0], totals=Totals(),
    )  # fmt: skip
    verdicts = DETECTOR.check_slices(reference, [silent, window], columns=("surface",))
    assert [verdict.status for verdict in verdicts[:2]] == [Status.CLEAR, Status.CLEAR]
    assert DETECTOR.check(reference, [silent, window]).real[0].subject is Subject.VOLUME
