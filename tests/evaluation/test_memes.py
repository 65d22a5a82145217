import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.memes import (
    MemeScores,
    best_threshold,
    compare_systems,
    disagreement,
    false_alarm_rate,
    flagged_across,
    late_average,
    late_stacked,
)

N = 200


def make_scores() -> MemeScores:
    random = np.random.default_rng(0)
    harmful = random.random(N) < 0.4
    return MemeScores(
        harmful=harmful,
        politics=random.random(N) < 0.3,
        groups=np.arange(N) // 2,
        fold=(np.arange(N) // 2) % 5,
        systems={
            "good": harmful + random.normal(0.0, 0.4, N),
            "poor": harmful + random.normal(0.0, 3.0, N),
        },
    )


def test_the_judged_system_has_no_lead_over_itself() -> None:
    assert compare_systems(make_scores(), "good", seed=0, n_resamples=50).systems["good"].f1_lead is None


def test_a_better_system_leads_by_an_interval_above_zero() -> None:
    poor = compare_systems(make_scores(), "good", seed=0, n_resamples=200).systems["poor"]
    assert poor.f1_lead is not None
    assert poor.auc_lead is not None
    assert min(poor.f1_lead.low, poor.auc_lead.low) > 0.0


def test_the_lead_is_the_difference_of_the_two_values() -> None:
    systems = compare_systems(make_scores(), "good", seed=0, n_resamples=20).systems
    lead = systems["poor"].f1_lead
    assert lead is not None
    assert lead.value == pytest.approx(systems["good"].macro_f1.value - systems["poor"].macro_f1.value)


def test_the_same_seed_gives_the_same_intervals() -> None:
    scores = make_scores()
    assert compare_systems(scores, "good", 3, 20) == compare_systems(scores, "good", 3, 20)


def test_a_subject_that_decides_everything_helps_nobody_within_it() -> None:
    scores = make_scores()
    subject = MemeScores(
        harmful=scores.harmful,
        politics=scores.politics,
        groups=scores.groups,
        fold=scores.fold,
        systems={"subject": scores.politics.astype(np.float64)},
    )
    result = compare_systems(subject, "subject", seed=0, n_resamples=20).systems["subject"]
    assert (result.roc_auc_politics.value, result.roc_auc_other.value) == (0.5, 0.5)


def test_the_best_threshold_separates_what_can_be_separated() -> None:
    scores = np.array([0.1, 0.2, 0.3, 0.8, 0.9])
    harmful = scores > 0.5
    assert ((scores >= best_threshold(scores, harmful)) == harmful).all()


@given(flips=st.lists(st.booleans(), min_size=20, max_size=20))
def test_a_folds_own_labels_do_not_move_its_threshold(flips: list[bool]) -> None:
    scores = make_scores()
    first = scores.fold == 0
    harmful = scores.harmful.copy()
    harmful[np.flatnonzero(first)[:20]] ^= np.array(flips)
    before = flagged_across(scores.systems["good"], scores.harmful, scores.fold)
    after = flagged_across(scores.systems["good"], harmful, scores.fold)
    np.testing.assert_array_equal(before[first], after[first])


def test_stacking_turns_a_system_that_is_always_wrong_around() -> None:
    scores = make_scores()
    wrong, noise = -scores.systems["good"], scores.systems["poor"] * 0.0
    stacked = late_stacked(wrong, noise, scores.harmful, scores.fold)
    assert np.corrcoef(stacked, scores.harmful)[0, 1] > 0.5


def test_the_average_weighs_both_alike() -> None:
    assert late_average(np.array([1.0, 3.0]), np.array([3.0, 5.0])).tolist() == [2.0, 4.0]


def test_copies_with_other_labels_are_counted() -> None:
    harmful = np.array([True, False, True, True])
    assert disagreement(harmful, [(0, 1), (2, 3)]) == 0.5


def test_no_copies_do_not_disagree() -> None:
    assert disagreement(np.array([True]), []) == 0.0


def test_false_alarms_are_the_share_at_or_above_the_threshold() -> None:
    rate = false_alarm_rate(np.array([0.1, 0.5, 0.5, 0.9]), 0.5, np.arange(4), seed=0)
    assert (rate.value, rate.low < 0.75 < rate.high) == (0.75, True)
