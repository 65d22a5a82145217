"""Agreement: how often people say the same, and how much of that is more than chance."""

from collections import Counter
from collections.abc import Sequence


def raw_agreement(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Share of pairs that are equal; None without pairs."""
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else None


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa: `(p_o - p_e) / (1 - p_e)`, with `p_e` the agreement expected of independent raters.

    Args:
        pairs: what two raters said of each unit, nominal values.

    Returns:
        At most 1; None without pairs, or where both always say one and the same, as chance then explains everything.

    Source: Cohen (1960), "A coefficient of agreement for nominal scales".

    """
    observed = raw_agreement(pairs)
    if observed is None:
        return None
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    # whole numbers, so that full agreement of chance is recognised exactly
    expected = sum(count * second[value] for value, count in first.items())
    square = len(pairs) ** 2
    if expected == square:
        return None
    return (observed - expected / square) / (1 - expected / square)


def krippendorff_alpha(units: Sequence[Sequence[str]]) -> float | None:
    """Krippendorff's alpha for nominal values: `1 - D_o / D_e`.

    With `n` pairable values, `n_c` of them `c`, and `m_u` values in unit `u`, of which `n_uc` are `c`:

        D_o = 1/n sum_u sum_c n_uc (m_u - n_uc) / (m_u - 1),   D_e = sum_c n_c (n - n_c) / (n (n - 1))

    Args:
        units: what raters said of each unit; any number of raters, those who said nothing left out.

    Returns:
        At most 1; None where no unit has two values, or all values are equal.

    Source: Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability".

    """
    pairable = [Counter(values) for values in units if len(values) > 1]
    totals: Counter[str] = sum(pairable, Counter())
    n = totals.total()
    expected = sum(count * (n - count) for count in totals.values())
    if not expected:
        return None
    disagreed = sum(
        sum(count * (unit.total() - count) for count in unit.values()) / (unit.total() - 1) for unit in pairable
    )
    return 1 - (n - 1) * disagreed / expected


def pairwise_agreement(units: Sequence[Sequence[str]]) -> float | None:
    """Share of pairs of opinions on one unit that are equal, over all pairs; None where there are none."""
    counted = [Counter(values) for values in units]
    equal = sum(count * (count - 1) for unit in counted for count in unit.values())
    total = sum(unit.total() * (unit.total() - 1) for unit in counted)
    return equal / total if total else None
