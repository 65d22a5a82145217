from hypothesis import given
from hypothesis import strategies as st

from models.contracts import Category, OperatingPoint, ThresholdTable
from service.policy.severity import WORST, operating_points, severity

probs = st.floats(0.0, 1.0)
points = st.tuples(probs, probs, probs).map(lambda three: tuple(sorted(three)))


@given(points, probs, probs)
def test_severity_never_falls_when_the_probability_rises(three, one, other) -> None:
    low, high = sorted((one, other))
    assert severity(low, three) <= severity(high, three)


@given(points, probs)
def test_severity_is_twice_the_number_of_points_that_were_passed(three, prob) -> None:
    assert severity(prob, three) == 2 * sum(prob >= point for point in three)


@given(points)
def test_a_probability_at_a_point_has_passed_it(three) -> None:
    assert severity(three[2], three) == WORST


def test_points_are_read_in_the_order_of_the_labels() -> None:
    table = {OperatingPoint.RECALL: 0.1, OperatingPoint.BALANCED: 0.4, OperatingPoint.PRECISION: 0.8}
    other = {point: value / 2 for point, value in table.items()}
    thresholds = ThresholdTable(categories={Category.HATE: table, Category.SPAM: other})
    assert operating_points([Category.SPAM, Category.HATE], thresholds) == ((0.05, 0.2, 0.4), (0.1, 0.4, 0.8))
