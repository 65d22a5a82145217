from datetime import UTC, datetime
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from monitoring.drift.verdicts import DriftVerdict, Status
from monitoring.exposition import write_metrics

AT = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING = DriftVerdict(
    status=Status.UNDETERMINED, reference_id=None, start=AT, end=AT, n_decisions=0, n_tests=0, reasons=("no decisions",)
)


def read(path: Path) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(path.read_text(encoding="utf-8"))
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def test_the_last_look_is_told_with_its_time_and_its_status(tmp_path: Path) -> None:
    found = read(write_metrics(tmp_path, NOTHING, 1_700_000_000_000_000, {"page": 2, "ticket": 0}))
    assert found["weir_monitor_last_run_timestamp_seconds",] == 1.7e9
    assert found["weir_monitor_status", "undetermined"] == 1
    assert found["weir_monitor_status", "clear"] == 0
    assert found["weir_monitor_open_alarms", "page"] == 2
    assert found["weir_monitor_open_alarms", "ticket"] == 0


def test_nothing_tested_has_no_share_of_drift_that_could_pass_for_calm(tmp_path: Path) -> None:
    assert not any(key[0] == "weir_monitor_drift_share" for key in read(write_metrics(tmp_path, NOTHING, 0, {})))


def test_nothing_but_the_file_is_left(tmp_path: Path) -> None:
    write_metrics(tmp_path, NOTHING, 0, {})
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.prom"]
