"""SIGKILL under load: whoever was told of a decision finds it in the log, and the chain is whole.

`weir bench kills --kills 100` does the same a hundred times; docs/benchmarks.md has what it found.
"""

import pytest

from scripts.bench.kills import KillsReport, run_kills
from service.bundles import find_bundles
from tests.e2e import conftest

pytestmark = pytest.mark.e2e
N_KILLS = 4


@pytest.fixture(scope="module")
def report() -> KillsReport:
    """A server with two workers that was killed four times, and of which two workers were killed by themselves."""
    bundle = find_bundles(conftest.find_bundles()).text
    return run_kills(bundle, N_KILLS, n_workers=2, advance=lambda _: None)


def test_every_acknowledged_decision_survives(report: KillsReport) -> None:
    assert report.n_acknowledged > 0
    assert report.n_lost == 0


def test_the_chain_is_valid_after_all_kills(report: KillsReport) -> None:
    assert report.chain_valid
    assert report.n_entries >= report.n_recorded >= report.n_acknowledged


def test_the_server_was_killed_while_it_worked(report: KillsReport) -> None:
    assert (report.n_kills, report.n_worker_kills) == (N_KILLS, N_KILLS // 2)
    assert report.n_broken > 0
