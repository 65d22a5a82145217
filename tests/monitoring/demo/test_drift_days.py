"""Simulated days: what a window holds, and when a shift begins."""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from models.contracts import Context
from monitoring.windows.records import window_from_records
from scripts.bench.drift_baselines import ks_p_value
from scripts.bench.drift_days import Onset, Pool, Stream, make_stream, shuffled
from scripts.bench.drift_pool import draw_context
from scripts.demo.posts import Post


def make_pool(n_posts: int, action: str = "allow", n_failures: int = 0) -> Pool:
    records = [
        {
            "decision_id": f"{row:06d}",
            "decided_at_us": row,
            "content_digest": f"{action}-{row}",
            "surface": ("feed", "chat")[row % 2],
            "action": action,
            "scores": "{}",
            "decider_id": "d",
        }
        for row in range(n_posts - n_failures)
    ]
    rows = np.concatenate([np.arange(n_posts - n_failures), np.full(n_failures, -1)])
    return Pool(window_from_records(records), rows, np.arange(n_posts) % 2 == 0)


def stream(onset: Onset | None = None, *, mix_spread: float = 0.0) -> Stream:
    rng = np.random.default_rng(0)
    return make_stream(shuffled(make_pool(4_000), rng), 3, 500, rng, onset, mix_spread)


def test_a_window_holds_the_decisions_of_its_hours() -> None:
    made = stream()
    window = made.windows(30)[1]
    hours = made.decided_h[(made.decided_h >= 24) & (made.decided_h < 30)]
    assert window.n_decisions == len(hours) == made.n_posts_between(24, 30)
    assert window.totals.counts["action"] == {"allow": len(hours)}


def test_no_post_comes_twice_while_there_are_others() -> None:
    assert not stream().decisions.frame["content_digest"].duplicated().any()


def test_nothing_changes_before_the_onset_and_the_share_after_it() -> None:
    made = stream(Onset(24.5, 0.5, is_harmful_only=False, pool=make_pool(900, "hold")))
    assert "hold" not in made.window(0, 24.5).totals.counts["action"]
    after = made.window(24.5, 72).totals.counts["action"]
    assert after["hold"] / sum(after.values()) == pytest.approx(0.5, abs=0.07)


def test_failures_are_counted_and_get_no_decision() -> None:
    made = stream(Onset(24, 0.5, is_harmful_only=False, pool=make_pool(50, n_failures=50)))
    window = made.window(24, 48)
    assert window.totals.n_failures + window.n_decisions == made.n_posts_between(24, 48)
    assert window.totals.n_failures > 100


def test_mixed_days_have_other_shares_of_surfaces() -> None:
    made = stream(mix_spread=1.0)
    shares = [made.window(24 * day, 24 * day + 24).frame["surface"].eq("feed").mean() for day in range(3)]
    assert max(shares) - min(shares) > 0.1


def test_the_ks_test_is_that_of_scipy() -> None:
    rng = np.random.default_rng(1)
    known, values = np.sort(rng.normal(size=2_000)), rng.normal(0.1, size=500)
    assert ks_p_value(known, values) == pytest.approx(ks_2samp(known, values, method="asymp").pvalue, rel=0.15)


def test_the_context_names_the_surface_of_the_post() -> None:
    context = draw_context(Post("x", "forum", is_harmful=True), np.random.default_rng(0))
    assert isinstance(context, Context)
    assert context.surface == "forum"
