"""Priority: waiting, gravity, doubt, reach and reports only ever move an item forward."""

from hypothesis import given
from hypothesis import strategies as st

from models.contracts import Action, Category
from service.reviews.priority import decision_uncertainty, gravest, priority, queue_rank, uncertainty
from tests.service.reviews.conftest import decision

SEVERITIES = st.sampled_from([0, 2, 4, 6])
PROBS = st.floats(0.0, 1.0)
COUNTS = st.integers(0, 2**53)
TIMES = st.integers(0, 4_000_000_000_000_000)
ITEMS = st.tuples(SEVERITIES, PROBS, COUNTS, COUNTS, TIMES)


@given(ITEMS, st.data())
def test_no_factor_that_grows_moves_an_item_back(item: tuple[int, float, int, int, int], data: st.DataObject) -> None:
    severity, uncertain, reach, reports, created = item
    worse = (
        data.draw(SEVERITIES.filter(lambda value: value >= severity)),
        data.draw(st.floats(uncertain, 1.0)),
        data.draw(st.integers(reach, 2**53)),
        data.draw(st.integers(reports, 2**53)),
        data.draw(st.integers(0, created)),  # an older one
    )
    assert queue_rank(*worse) >= queue_rank(*item)


@given(ITEMS, ITEMS, TIMES)
def test_the_order_by_rank_is_the_order_by_priority_at_any_time(
    first: tuple[int, float, int, int, int], second: tuple[int, float, int, int, int], now_us: int
) -> None:
    ranks = [queue_rank(*first), queue_rank(*second)]
    found = [priority(rank, now_us) for rank in ranks]
    assert (found[0] - found[1]) * (ranks[0] - ranks[1]) >= 0


@given(TIMES)
def test_an_hour_is_one_point(now_us: int) -> None:
    rank = queue_rank(4, 0.5, 10, 1, now_us)
    assert abs(priority(rank, now_us + 3_600_000_000) - priority(rank, now_us) - 1.0) < 0.02


@given(PROBS, st.floats(0.001, 0.999))
def test_uncertainty_is_a_share_and_full_at_the_threshold(prob: float, threshold: float) -> None:
    assert 0.0 <= uncertainty([(prob, threshold)]) <= 1.0
    assert uncertainty([(threshold, threshold)]) == 1.0


@given(st.floats(0.001, 0.999), PROBS, PROBS)
def test_a_score_closer_to_its_threshold_is_never_more_certain(threshold: float, first: float, second: float) -> None:
    near, far = sorted((first, second), key=lambda prob: abs(prob - threshold))
    assert uncertainty([(near, threshold)]) >= uncertainty([(far, threshold)])


def test_a_review_without_any_score_is_as_uncertain_as_can_be() -> None:
    assert decision_uncertainty(decision(Action.ALLOW, {}, review=True)) == 1.0


def test_what_a_bank_recognised_is_certain() -> None:
    made = decision()
    known = made.reasons[0].model_copy(update={"bank": "guns", "prob": 1.0, "threshold": 1.0})
    assert decision_uncertainty(made.model_copy(update={"reasons": (known,)})) == 0.0


def test_the_gravest_category_is_among_those_that_fired() -> None:
    made = decision(probs={Category.HATE: 0.95, Category.SPAM: 0.99, Category.VIOLENCE: 0.5}, severity=4)
    assert gravest(made) == ("spam", 4)
