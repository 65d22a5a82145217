"""Suggestions: the novel, the uncertain and the rare, none twice, and none that people have."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from models.contracts import CATEGORIES, Category
from monitoring.suggestions.diversity import pick_diverse
from monitoring.suggestions.novelty import measure_novelty
from monitoring.suggestions.picking import suggest
from monitoring.suggestions.suggestion import Motive, Suggestion
from monitoring.suggestions.uncertainty import measure_uncertainty
from monitoring.windows.columns import score_column
from monitoring.windows.frames import typed_frame
from monitoring.windows.window import Float32s, Period, Window

SIZE = 32
POINTS = np.full((len(CATEGORIES), 3), np.nan)
POINTS[CATEGORIES.index(Category.HATE)] = [0.05, 0.5, 0.9]
HATE = score_column(Category.HATE)


@dataclass
class Held:
    """A reference, as far as suggestions know one."""

    window: Window


def vectors(n: int, seed: int = 0, centre: float = 0.0) -> Float32s:
    """Embeddings around one point, as projections are: of length about 0.7."""
    drawn = np.random.default_rng(seed).normal(0.0, 0.1, (n, SIZE))
    drawn[:, 0] += centre
    return drawn.astype(np.float32)


def window(embeddings: Float32s, probs: np.ndarray | float = 0.01, **columns: Any) -> Window:
    n = len(embeddings)
    given: dict[str, Any] = {
        "decision_id": [f"id-{row}" for row in range(n)],
        "content_digest": [f"digest-{row}" for row in range(n)],
        "language": ["en"] * n,
        "surface": ["feed"] * n,
        HATE: np.broadcast_to(probs, (n,)),
    }
    frame = typed_frame(given | columns, n)
    return Window(Period(0, 1), n, frame, embeddings, np.full((n, SIZE), np.nan, np.float32))


def motives(found: list[Suggestion]) -> Counter[str]:
    return Counter(one.reason.partition(":")[0] for one in found)


def ids(found: list[Suggestion], motive: Motive) -> set[str]:
    return {one.decision_id for one in found if one.reason.startswith(motive.value)}


def test_items_like_the_reference_are_as_novel_as_the_reference_itself() -> None:
    novelty = measure_novelty(vectors(2_000, 1), vectors(2_000, 2))
    assert abs(novelty.mean() - 0.5) < 0.03
    assert abs((novelty > 0.9).mean() - 0.1) < 0.03


def test_a_new_topic_is_novel() -> None:
    assert measure_novelty(vectors(50, 1, centre=1.0), vectors(2_000, 2)).min() > 0.99


def test_novelty_is_unknown_without_a_vector_or_without_a_reference() -> None:
    asked = vectors(3)
    asked[1] = np.nan
    assert np.isnan(measure_novelty(asked, vectors(100, 1))).tolist() == [False, True, False]
    assert np.isnan(measure_novelty(asked, vectors(3, 1))).all()


def test_a_score_at_its_point_is_the_most_uncertain() -> None:
    frame = window(vectors(4), np.array([0.5, 0.9, 0.01, 0.7])).frame
    scores = measure_uncertainty(frame, POINTS).scores
    assert scores[:2] == pytest.approx(1.0, abs=1e-4)
    assert scores[2] < scores[3] < 1.0


def test_a_score_at_a_recall_point_is_not_uncertain_for_that() -> None:
    assert measure_uncertainty(window(vectors(1), 0.05).frame, POINTS).scores[0] < 0.1


def test_what_was_not_scored_is_not_uncertain() -> None:
    assert measure_uncertainty(window(vectors(1), np.nan).frame, POINTS).scores[0] == 0.0


def test_of_two_strong_groups_items_of_both_are_taken() -> None:
    both = np.concatenate([vectors(50, 1, centre=-1.0), vectors(50, 2, centre=1.0)])
    scores = np.r_[np.full(50, 1.0), np.full(50, 0.95)]
    sides = Counter(bool(both[row, 0] > 0) for row in pick_diverse(scores, both, 10))
    assert min(sides.values()) >= 3


def test_each_motive_has_its_share() -> None:
    embeddings = np.concatenate([vectors(400, 1), vectors(60, 2, centre=1.0)])
    probs = np.r_[np.full(60, 0.5), np.full(400, 0.001)]
    found = suggest(window(embeddings, probs), Held(window(vectors(1_000, 3))), POINTS, 50)
    assert motives(found) == {"novel": 20, "uncertain": 20, "rare": 10}


def test_the_new_topic_and_the_items_at_a_point_are_suggested() -> None:
    embeddings = np.concatenate([vectors(400, 1), vectors(60, 2, centre=1.0)])
    probs = np.r_[np.full(60, 0.5), np.full(400, 0.001)]
    found = suggest(window(embeddings, probs), Held(window(vectors(1_000, 3))), POINTS, 50)
    assert len(ids(found, Motive.NOVEL) & {f"id-{row}" for row in range(400, 460)}) >= 18
    assert ids(found, Motive.UNCERTAIN) <= {f"id-{row}" for row in range(60)}


def test_without_a_reference_the_uncertain_take_the_place_of_the_novel() -> None:
    found = suggest(window(vectors(100), 0.5), None, POINTS, 10)
    assert motives(found) == {"uncertain": 8, "rare": 2}


def test_rare_kinds_come_before_common_ones() -> None:
    languages = ["en"] * 97 + ["de", "tr", "fr"]
    found = suggest(window(vectors(100), 0.001, language=languages), None, POINTS, 3)
    assert {one.decision_id for one in found} == {"id-97", "id-98", "id-99"}


def test_of_equal_contents_only_the_newest_is_suggested() -> None:
    found = suggest(window(vectors(50), 0.5, content_digest=["same"] * 50), None, POINTS, 10)
    assert [one.decision_id for one in found] == ["id-49"]


def test_what_people_have_is_left_out_with_its_copies() -> None:
    digests = ["same", "same", "other"]
    found = suggest(window(vectors(3), 0.5, content_digest=digests), None, POINTS, 10, known={"id-0"})
    assert [one.decision_id for one in found] == ["id-2"]


def test_nothing_is_suggested_twice_and_never_more_than_asked() -> None:
    found = suggest(window(vectors(300), 0.5), Held(window(vectors(300, 1))), POINTS, 40)
    assert len({one.decision_id for one in found}) == len(found) == 40


def test_the_same_seed_gives_the_same_list() -> None:
    lists = [suggest(window(vectors(300), 0.3), Held(window(vectors(300, 1))), POINTS, 40, seed=3) for _ in range(2)]
    assert lists[0] == lists[1]


@pytest.mark.parametrize("n", [0, 1])
def test_an_empty_window_and_one_decision_are_no_errors(n: int) -> None:
    assert len(suggest(window(vectors(n), 0.5), None, POINTS, 5)) == n


def test_reasons_fit_their_column() -> None:
    found = suggest(window(vectors(30), 0.5, surface=["s" * 64] * 30), Held(window(vectors(30, 1))), POINTS, 30)
    assert max(len(one.reason) for one in found) <= 64
