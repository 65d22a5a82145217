"""The raw limit: its arithmetic, and a worker that cannot open the bundle."""

import pytest

from scripts.bench.raw import RawCounts, RawLimit, RawWorkerError, _planned, _run
from scripts.bench.rounds import raw_rate
from scripts.bench.scenarios import SCENARIOS


def test_the_rate_is_the_sum_of_what_each_session_reached():
    assert raw_rate([RawCounts(100, 2.0, 2.0, []), RawCounts(90, 3.0, 3.0, [])]) == 80.0


def test_planned_batches_hold_every_token_once():
    numpy = pytest.importorskip("numpy")
    windows = [numpy.full(length, length, dtype=numpy.int64) for length in (3, 50, 4, 200)]
    batches = _planned(windows, max_batch_tokens=256)
    assert sum(int(mask.sum()) for _, mask in batches) == 257
    assert all(ids.shape == mask.shape and ids.size <= 256 for ids, mask in batches)


def test_a_session_runs_every_batch_of_a_group_and_counts_groups():
    class Session:
        calls = 0

        def run(self, outputs, inputs):
            self.calls += 1

    session = Session()
    latencies, seconds = _run(session, [[(None, None)] * 3], 0.01)
    assert session.calls == 3 * len(latencies)
    assert seconds >= 0.01


def test_groups_are_what_a_worker_can_have_at_hand():
    sizes = {one.name: (one.raw_batch_size(2), one.raw_workers(2)) for one in SCENARIOS}
    assert sizes == {"single_c1": (1, 1), "single_c16": (8, 2), "single_c64": (32, 2), "batch32": (32, 2)}


@pytest.mark.filterwarnings("ignore")
def test_a_bundle_that_cannot_be_opened_is_one_clear_error(tmp_path, capfd):
    raw = RawLimit(tmp_path / "nothing", ["a"], 1, 2048)
    try:
        with pytest.raises(RawWorkerError, match="can it open the bundle"):
            raw.start()
    finally:
        raw.stop()
