"""One measurement and one round against a small real server."""

import json
import sys
from pathlib import Path

import pytest

from scripts.bench.fleet import fleet
from scripts.bench.rounds import Bench, ServeSettings, measure_server, run_rounds
from scripts.bench.scenarios import Scenario
from scripts.bench.systems import System

TEXTS = ["a", "bb", "ccc"]
REFERENCE = {text: {"length": float(len(text))} for text in TEXTS}
SERVER = """
import json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self):
        texts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps([{"length": len(text) + OFFSET} for text in texts]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def system(name: str, offset: int = 0) -> System:
    code = SERVER.replace("OFFSET", str(offset))
    return System(
        name=name,
        title=name,
        module="json",
        command=lambda port: [sys.executable, "-c", code, str(port)],
        path="/",
        body=lambda texts: json.dumps(list(texts)).encode(),
        answer=json.loads,
        note="",
    )


@pytest.fixture
def bench(tmp_path: Path):
    settings = ServeSettings(
        bundle=tmp_path,
        systems=(system("honest"), system("lying", offset=1)),
        with_raw=False,
        scenarios=(Scenario("single", "", 1, 2), Scenario("lists", "", 3, 1)),
        repeats=2,
        seconds=0.2,
        warmup_s=0.05,
    )
    with fleet(settings.systems, tmp_path, 1, lambda _: None) as servers:
        yield Bench(settings, TEXTS, REFERENCE, servers, None)


def test_a_measurement_counts_texts_checks_answers_and_weighs_the_server(bench):
    honest = measure_server(bench.settings.systems[0], bench, bench.settings.scenarios[1], 0)
    assert honest.errors == 0
    assert honest.n_checked > 0
    assert honest.texts_per_s == pytest.approx(3 * honest.requests_per_s)
    assert 0.0 < honest.p50_ms <= honest.p99_ms
    assert honest.pss_mb > 0.0
    assert honest.cpu_ms_per_text > 0.0


def test_wrong_scores_are_errors(bench):
    lying = measure_server(bench.settings.systems[1], bench, bench.settings.scenarios[0], 0)
    assert lying.wrong_answers == lying.n_checked == lying.errors > 0


def test_rounds_visit_every_system_under_every_load_and_take_turns_at_going_first(bench):
    announced: list[str] = []
    found = list(run_rounds(bench, announced.append))
    assert len(found) == len(announced) == 8
    order = [(one.round, one.scenario, one.system) for one in found]
    assert order[:2] == [(0, "single", "honest"), (0, "single", "lying")]
    assert order[4:6] == [(1, "single", "lying"), (1, "single", "honest")]


def test_no_further_round_begins_when_the_time_is_used_up(bench):
    from dataclasses import replace

    hasty = replace(bench, settings=replace(bench.settings, max_minutes=0.0))
    assert {one.round for one in run_rounds(hasty, lambda _: None)} == {0}
