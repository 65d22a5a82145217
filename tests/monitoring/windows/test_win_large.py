"""A long day in the shape of the benchmark's store: all is counted, what is rare is kept, memory does not grow."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from models.contracts import Category
from monitoring.windows.columns import score_column
from monitoring.windows.reading import read_window
from monitoring.windows.source import open_source
from monitoring.windows.window import DAY_US, Period, Window
from scripts.bench import monitor_store
from scripts.bench.monitor_store import POINTS, RARE, START_US

MAX_ROWS = 5_000
DAY = Period(START_US, START_US + DAY_US)
PEAK = """
import resource, sys
from monitoring.windows.reading import read_window
from monitoring.windows.source import open_source
from monitoring.windows.window import Period
start, end, max_rows = map(int, sys.argv[2:])
with open_source(sys.argv[1]) as source:
    window = read_window(source, Period(start, end), max_rows=max_rows)
print(window.n_decisions, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """100,000 decisions, of which the first 10,000 are drawn."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(monitor_store, "DRAWN", 10_000)
        patch.setattr(monitor_store, "N_REFERENCE", 1_000)
        patch.setattr(monitor_store, "RARE_SHARE", 1e-3)
        yield monitor_store.make_store(tmp_path_factory.mktemp("large") / "weir.db", 100_000)


@pytest.fixture(scope="module")
def window(url: str) -> Window:
    with open_source(url) as source:
        return read_window(source, DAY, max_rows=MAX_ROWS)


def test_every_decision_of_a_long_day_is_counted_once(window: Window) -> None:
    assert window.n_decisions == sum(window.totals.by_hour.values()) == 100_000
    assert sum(window.totals.counts["action"].values()) == 100_000
    assert window.frame["decision_id"].is_unique


def test_the_sample_of_a_long_day_is_bounded_and_stands_for_all(window: Window) -> None:
    assert MAX_ROWS * 0.8 < window.n_rows <= MAX_ROWS
    assert window.frame["weight"].sum() == pytest.approx(100_000)


def test_a_category_that_is_flagged_once_in_a_thousand_is_kept_far_beyond_its_share(window: Window) -> None:
    is_rare = window.frame[score_column(Category(RARE))] >= POINTS["precision"]
    n_rare = window.frame["weight"][is_rare].sum()
    assert is_rare.sum() > 40
    assert n_rare / 100_000 * MAX_ROWS < 10
    assert 40 < n_rare < 200


def test_weighted_shares_are_those_of_all(window: Window) -> None:
    for action, n_decisions in window.totals.counts["action"].items():
        kept = window.frame["weight"][window.frame["action"] == action]
        assert kept.sum() == pytest.approx(n_decisions, rel=4 / len(kept) ** 0.5)


def peak_mib(url: str, period: Period, max_rows: int = MAX_ROWS) -> tuple[int, int]:
    """Decisions, and the highest resident size of a process that read them."""
    command = [sys.executable, "-c", PEAK, url, str(period.start_us), str(period.end_us), str(max_rows)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(said[0]), int(said[1])


def test_memory_does_not_grow_with_the_traffic(url: str) -> None:
    n_few, few = peak_mib(url, Period(START_US, START_US + DAY_US // 5))
    n_many, many = peak_mib(url, DAY)
    assert n_many == 5 * n_few
    assert many < few + 60
