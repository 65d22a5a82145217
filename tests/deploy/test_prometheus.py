"""What `deploy/` ships for Prometheus and Grafana, held against promtool, what Weir exposes, and a real server."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import yaml

from monitoring.drift.verdicts import DriftVerdict, Status
from monitoring.exposition import write_metrics
from service.metrics.catalogue import CATALOGUE, Kind
from tests.e2e.conftest import Server, free_port, start_server

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "weir.json").read_text(encoding="utf-8"))
AT = datetime(2026, 1, 1, tzinfo=UTC)
VERDICT = DriftVerdict(status=Status.UNDETERMINED, reference_id=None, start=AT, end=AT, n_decisions=0, n_tests=0)
NAME = re.compile(r"\bweir_[a-z_]+")

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
needs_prometheus = pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not installed")


def panels() -> list[dict[str, object]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def expressions() -> list[str]:
    """Of all panels, with Grafana's variables filled in."""
    queries = [target["expr"] for panel in panels() for target in panel["targets"]]  # type: ignore[attr-defined]
    return [query.replace("$__rate_interval", "1m").replace("$instance", ".*") for query in queries]


def alert_expressions() -> list[str]:
    rules = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text(encoding="utf-8"))
    return [rule["expr"] for group in rules["groups"] for rule in group["rules"]]


def exposed(folder: Path) -> set[str]:
    """Names of all series that Weir has, server and monitor."""
    ends = {Kind.COUNTER: ("_total",), Kind.GAUGE: ("",), Kind.HISTOGRAM: ("_bucket", "_sum", "_count")}
    monitor = write_metrics(folder, VERDICT, 0, {"page": 0}).read_text(encoding="utf-8")
    names = {f"{metric.name}{end}" for metric in CATALOGUE for end in ends[metric.kind]}
    return names | set(NAME.findall(monitor)) | {"weir_monitor_drift_share"}


@needs_promtool
@pytest.mark.parametrize(
    "check",
    [("check", "rules", "alerts.yml"), ("check", "config", "prometheus.yml"), ("test", "rules", "alerts_test.yml")],
)
def test_promtool_accepts_what_is_shipped(check: tuple[str, ...]) -> None:
    done = subprocess.run(["promtool", *check], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("query", [*expressions(), *alert_expressions()])
def test_alerts_and_panels_ask_only_for_metrics_that_there_are(query: str, tmp_path: Path) -> None:
    assert set(NAME.findall(query)) <= exposed(tmp_path)


def test_panels_have_titles_and_their_own_ids() -> None:
    assert all(panel["title"] for panel in panels())
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_every_alert_says_how_bad_it_is_and_what_to_do() -> None:
    rules = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text(encoding="utf-8"))
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        assert rule["labels"]["severity"] in {"page", "ticket", "{{ $labels.severity }}"}
        assert set(rule["annotations"]) == {"summary", "action"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start_server(tmp_path_factory.mktemp("watched"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def prometheus(served: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A real Prometheus with the shipped rules, which scrapes a real server every second."""
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(PROMETHEUS / "alerts.yml")]
    config["scrape_configs"][0]["static_configs"][0]["targets"] = [served.url.removeprefix("http://")]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    command = ["prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"]
    with (folder / "output.log").open("wb") as output:
        process = subprocess.Popen(
            [*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=output, stderr=subprocess.STDOUT
        )
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
        yield client
    process.terminate()
    process.wait(30)


def wait_for(client: httpx.Client, query: str) -> list[dict[str, object]]:
    """What a query finds, once it finds something; nothing after half a minute."""
    found: list[dict[str, object]] = []
    for _ in range(60):
        try:
            found = client.get("/api/v1/query", params={"query": query}).json()["data"]["result"]
        except (httpx.TransportError, KeyError, ValueError):
            found = []
        if found:
            break
        time.sleep(0.5)
    return found


@needs_prometheus
@pytest.mark.e2e
def test_a_real_prometheus_scrapes_weir_and_answers_every_panel_and_alert(
    served: Server, prometheus: httpx.Client
) -> None:
    with httpx.Client(base_url=served.url, timeout=60) as client:
        client.post("/v1/moderations", json={"input": ["a fine day", "you are an idiot"]}).raise_for_status()
        assert wait_for(prometheus, 'sum(weir_items_total{outcome="decided"}) >= 2')
        client.post("/v1/moderations", json={"input": ["a fine day", "see you there"]}).raise_for_status()
    assert wait_for(prometheus, "sum(rate(weir_decisions_total[1m])) > 0")
    for query in [*expressions(), *alert_expressions()]:
        answer = prometheus.get("/api/v1/query", params={"query": query}).json()
        assert answer["status"] == "success", answer
    rules = prometheus.get("/api/v1/rules").json()["data"]["groups"]
    assert {rule["health"] for group in rules for rule in group["rules"]} <= {"ok", "unknown"}


@needs_prometheus
@pytest.mark.e2e
def test_the_panels_about_serving_have_data_once_there_is_traffic(served: Server, prometheus: httpx.Client) -> None:
    with httpx.Client(base_url=served.url, timeout=60) as client:
        for _ in range(3):
            client.post("/v1/moderations", json={"input": "you are an idiot"}).raise_for_status()
            time.sleep(1)
    assert wait_for(prometheus, "sum(rate(weir_requests_total[1m])) > 0")
    for panel in panels():
        if panel["title"] in {"Decisions a second", "Decisions by action", "Requests by status", "Time of an answer"}:
            (query, *_) = [target["expr"] for target in panel["targets"]]  # type: ignore[attr-defined]
            filled = query.replace("$__rate_interval", "1m").replace("$instance", ".*")
            assert wait_for(prometheus, filled), panel["title"]
