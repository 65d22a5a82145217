"""Metrics: true over several workers, and in a format that Prometheus reads."""

import os
import subprocess
import sys
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from models.contracts import Action, FailureCode
from service.metrics.catalogue import CATALOGUE, N_SLOTS, position
from service.metrics.exposition import render
from service.metrics.recorder import open_recorder
from service.metrics.slots import run_directory
from service.vision.outcomes import Reading
from tests.service.conftest import Ask

ROOT = Path(__file__).parents[2]
OTHER_WORKER = """
import sys; from pathlib import Path
from models.contracts import Action
from service.metrics.recorder import open_recorder
recorder = open_recorder(Path(sys.argv[1]))
recorder.item_decided(Action.REMOVE)
recorder.queue_changed(5)
recorder.answered(0.003)
print("counted", flush=True)
sys.stdin.read()
"""


def samples(folder: Path) -> dict[tuple[str, str], float]:
    """Every sample of a scrape by its name and the value of its (only interesting) label."""
    page = render(folder)[1].decode()
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if "le" not in sample.labels
    }


def test_series_do_not_overlap() -> None:
    taken = [
        position(metric, value) + step
        for metric in CATALOGUE
        for value in metric.values
        for step in range(metric.width)
    ]
    assert sorted(taken) == list(range(N_SLOTS))


def test_what_was_counted_is_shown(tmp_path: Path) -> None:
    recorder = open_recorder(tmp_path)
    recorder.item_decided(Action.LABEL)
    recorder.item_failed(FailureCode.OVERLOADED)
    recorder.request_answered(429)
    recorder.request_answered(418)
    recorder.batch_inferred(3, 0.02)
    recorder.records_written(7, 0.001)
    found = samples(tmp_path)
    assert found["weir_items_total", "decided"] == 1
    assert found["weir_items_total", "overloaded"] == 1
    assert found["weir_decisions_total", "label"] == 1
    assert found["weir_requests_total", "429"] == 1
    assert found["weir_requests_total", "other"] == 1
    assert (found["weir_batch_windows_count", ""], found["weir_batch_windows_sum", ""]) == (1, 3)
    assert found["weir_records_written_total", ""] == 7
    assert found["weir_stage_seconds_count", "infer"] == 1


def test_histogram_buckets_are_cumulative_and_end_at_the_count(tmp_path: Path) -> None:
    recorder = open_recorder(tmp_path)
    for seconds in (0.0001, 0.0005, 0.003, 0.4, 99.0):
        recorder.answered(seconds)
    page = render(tmp_path)[1].decode()
    family = next(f for f in text_string_to_metric_families(page) if f.name == "weir_stage_seconds")
    buckets = {
        float(s.labels["le"]): s.value
        for s in family.samples
        if s.name.endswith("_bucket") and s.labels["stage"] == "answer"
    }
    assert [buckets[0.0005], buckets[0.005], buckets[0.5], buckets[10.0], buckets[float("inf")]] == [2, 3, 4, 4, 5]
    assert list(buckets.values()) == sorted(buckets.values())


def test_workers_are_summed_and_the_dead_keep_their_counters_but_not_their_gauges(tmp_path: Path) -> None:
    recorder = open_recorder(tmp_path)
    recorder.item_decided(Action.REMOVE)
    recorder.queue_changed(2)
    other = subprocess.Popen(
        [sys.executable, "-c", OTHER_WORKER, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    assert other.stdout.readline() == b"counted\n"
    alive = samples(tmp_path)
    other.communicate()
    dead = samples(tmp_path)
    assert (alive["weir_decisions_total", "remove"], alive["weir_queue_items", ""]) == (2, 7)
    assert (dead["weir_decisions_total", "remove"], dead["weir_queue_items", ""]) == (2, 2)
    assert dead["weir_stage_seconds_count", "answer"] == 1


def test_workers_of_one_server_share_a_folder_and_no_other_server_does() -> None:
    script = "from service.metrics.slots import run_directory; print(run_directory())"
    found = [subprocess.check_output([sys.executable, "-c", script], cwd=ROOT, text=True) for _ in range(2)]
    assert found[0] == found[1]
    assert str(os.getpid()) in found[0]
    assert found[0].strip() != str(run_directory())


def test_the_service_counts_what_it_answers(ask: Ask) -> None:
    def value(name: str) -> float:
        page = ask("GET", "/metrics").text
        return float(next(line.rsplit(" ", 1)[1] for line in page.splitlines() if line.startswith(name)))

    before = value('weir_items_total{outcome="decided"}')
    ask("POST", "/v1/decisions", json={"items": [{"text": "you"}, {"text": " "}]})
    assert value('weir_items_total{outcome="decided"}') == before + 1


def test_what_images_cost_and_came_to_is_shown(tmp_path: Path) -> None:
    recorder = open_recorder(tmp_path)
    recorder.picture_opened(None, 0.004)
    recorder.picture_opened(FailureCode.INVALID_IMAGE, 0.001)
    recorder.picture_read(Reading.FAILED)
    recorder.pictures_inferred(5, 0.02)
    recorder.reading_ended(0.3)
    recorder.images_waiting(4)
    recorder.item_known()
    recorder.item_quarantined()
    found = samples(tmp_path)
    assert found["weir_images_total", "decoded"] == found["weir_images_total", "invalid_image"] == 1
    assert found["weir_readings_total", "failed"] == 1
    assert found["weir_batch_frames_sum", ""] == 5
    assert found["weir_stage_seconds_count", "decode"] == 2
    assert found["weir_stage_seconds_count", "look"] == found["weir_stage_seconds_count", "read"] == 1
    assert (found["weir_queue_images", ""], found["weir_known_total", ""], found["weir_quarantines_total", ""]) == (
        4,
        1,
        1,
    )


def test_what_the_cache_is_worth_is_shown(tmp_path: Path) -> None:
    recorder = open_recorder(tmp_path)
    recorder.cache_looked_up(3, 2, 1, 4)
    recorder.cache_looked_up(1, 0, 0, 0)
    recorder.cache_holds(7, 900)
    recorder.picture_looked_up("hit")
    recorder.pictures_held(5)
    found = samples(tmp_path)
    outcomes = [found["weir_cache_lookups_total", outcome] for outcome in ("hit", "miss", "coalesced", "error")]
    assert outcomes == [4, 2, 1, 4]
    assert (found["weir_cache_entries", ""], found["weir_cache_bytes", ""]) == (7, 900)
    assert (found["weir_cache_images_total", "hit"], found["weir_cache_image_bytes", ""]) == (1, 5)
