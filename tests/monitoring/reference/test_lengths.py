"""Repeats: a short window is compared with stretches of its own length, so that a flood in it is found at once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from monitoring.drift.detector import Detector
from monitoring.drift.verdicts import Change, DriftVerdict
from monitoring.reference.building import build_reference
from monitoring.reference.reference import Reference
from monitoring.reference.storing import load_reference, save_reference
from monitoring.windows.window import DAY_US, HOUR_US, Window
from tests.monitoring.drift.drift_cases import BUNDLES, last, traffic

DETECTOR = Detector()
N_EVERGREENS = 800


def post(n: int, seed: int, *, hours: int, flood: float = 0.0) -> Window:
    """One post in twenty is the same one, three in ten one of some evergreens; `flood` is a share of the last hour."""

    def repeat(rng: np.random.Generator, frame: pd.DataFrame) -> None:
        chance = rng.random(len(frame))
        evergreens = pd.Series([f"e{place}" for place in rng.integers(N_EVERGREENS, size=len(frame))])
        frame.loc[chance < 0.35, "content_digest"] = evergreens[chance < 0.35]
        frame.loc[chance < 0.05, "content_digest"] = "greeting"
        is_late = frame["decided_at_us"] >= (100 * DAY_US + (hours - 1) * HOUR_US)
        frame.loc[is_late & (rng.random(len(frame)) < flood), "content_digest"] = "flood"

    return counted(traffic(n, seed, hours=hours, change=repeat))


def counted(window: Window) -> Window:
    """With repeats counted as reading does, within the window."""
    repeated = window.frame["content_digest"].duplicated().astype(float)
    return replace(window, frame=window.frame.assign(repeated=repeated))


@pytest.fixture(scope="module")
def reference() -> Reference:
    return build_reference(post(20_000, 1, hours=72), *next(iter(BUNDLES.items())), "production")


def repeats(reference: Reference, window: Window) -> list[Change]:
    verdict: DriftVerdict = DETECTOR.check(reference, [counted(last(window, 1)), counted(last(window, 6)), window])
    return [change for change in verdict.real if change.name == "repeated"]


def test_a_short_window_of_usual_traffic_repeats_as_much_as_usual(reference: Reference) -> None:
    share = {hours: reference.by_length[f"repeated@{hours}"] for hours in (1, 6, 24)}
    assert share[1] < share[6] < share[24] < 1.0
    assert not [change for seed in range(2, 6) for change in repeats(reference, post(6_700, seed, hours=24))]


def test_a_flood_is_found_in_the_first_hour_though_days_repeat_as_much(reference: Reference) -> None:
    whole = float(reference.window.frame["repeated"].mean())
    window = post(6_700, 9, hours=24, flood=0.18)
    assert counted(last(window, 1)).frame["repeated"].mean() < whole
    found = repeats(reference, window)
    assert [(change.horizon_h, change.direction) for change in found] == [(1.0, "up")]


def test_a_window_longer_than_the_reference_is_no_flood(reference: Reference) -> None:
    verdict = DETECTOR.check(reference, [post(60_000, 10, hours=216)])
    assert "repeated" not in {change.name for change in verdict.changes}


def test_a_sampled_reference_knows_lengths_as_a_whole_one_does(reference: Reference) -> None:
    whole = post(20_000, 1, hours=72)
    rows = np.sort(np.random.default_rng(0).choice(20_000, 8_000, replace=False))
    frame = whole.frame.iloc[rows].reset_index(drop=True).assign(weight=2.5)
    vectors = whole.text_vectors[rows], whole.image_vectors[rows]
    sampled = replace(whole, frame=frame, text_vectors=vectors[0], image_vectors=vectors[1])
    found = build_reference(sampled, *next(iter(BUNDLES.items())), "production").by_length
    for key, ratio in reference.by_length.items():
        assert found[key] == pytest.approx(ratio, rel=0.25)


def test_what_lengths_do_is_kept_with_the_reference(reference: Reference, tmp_path: Path) -> None:
    save_reference(reference, tmp_path)
    assert load_reference(tmp_path).by_length == reference.by_length
