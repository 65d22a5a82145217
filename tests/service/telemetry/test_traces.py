"""Traces: the stages of a request as a tree of spans, sampled as the caller or the ratio says, without content."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from service.engine import Engine
from service.http.asgi import ProductApp
from service.settings import Settings
from service.telemetry.traces import build_tracing, open_tracing
from service.telemetry.watch import Watch
from tests.service.conftest import Ask, asker
from tests.service.vision.conftest import decide
from tests.service.vision.seeing import GREEN, flat, picture, wordy

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = CALLER[:-1] + "0"
CANARY = "zanzibarmarker"


@dataclass
class Traced:
    """A product that is traced, and what was exported."""

    ask: Ask
    exporter: InMemorySpanExporter

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self.exporter.get_finished_spans()

    def stages(self) -> list[str]:
        """Of the one request, in the order in which they began."""
        (root,) = [span for span in self.spans if not span.name.startswith("weir.")]
        assert all(span.parent == root.context for span in self.spans if span is not root)
        found = sorted((span for span in self.spans if span is not root), key=lambda span: span.start_time or 0)
        return [span.name.removeprefix("weir.") for span in found]


def traced(engine: Engine, way: str, product: ProductApp, ratio: float = 1.0) -> Iterator[Traced]:
    exporter = InMemorySpanExporter()
    before, engine.watch = engine.watch, Watch(build_tracing(exporter, ratio, in_background=False))
    yield Traced(asker(way, product), exporter)
    engine.watch.close()
    engine.watch = before


@pytest.fixture(params=["asgi", "socket"])
def texts(request: pytest.FixtureRequest, engine: Engine, product: ProductApp) -> Iterator[Traced]:
    yield from traced(engine, request.param, product)


@pytest.fixture
def unasked(engine: Engine, product: ProductApp) -> Iterator[Traced]:
    """Nothing is traced unless the caller says so."""
    yield from traced(engine, "asgi", product, ratio=0.0)


def post(texts: Traced, *words: str, **headers: str) -> None:
    items = [{"text": word} for word in words]
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    assert texts.ask("POST", "/v1/decisions", json={"items": items}, headers=named).status_code == 200


def test_a_text_goes_through_every_stage_once(texts: Traced) -> None:
    post(texts, f"first seen {id(texts)}")
    assert texts.stages() == ["parse", "cache", "queue", "prepare", "infer", "decide", "record"]


def test_a_text_that_is_held_needs_no_model(texts: Traced) -> None:
    post(texts, "held text")
    texts.exporter.clear()
    post(texts, "held text")
    assert texts.stages() == ["parse", "cache", "decide", "record"]


def test_stages_lie_inside_their_request_and_do_not_end_before_they_begin(texts: Traced) -> None:
    post(texts, f"inside {id(texts)}", "you")
    (root,) = [span for span in texts.spans if span.name == "POST /v1/decisions"]
    for span in texts.spans:
        assert root.start_time is not None
        assert root.end_time is not None
        assert span.start_time is not None
        assert span.end_time is not None
        assert span.start_time <= span.end_time <= root.end_time + 1_000_000
        assert span.start_time >= root.start_time - 1_000_000


def test_a_trace_goes_on_that_of_the_caller_and_names_the_request(texts: Traced) -> None:
    post(texts, "you", traceparent=CALLER, x_request_id="order-66")
    (root,) = [span for span in texts.spans if span.name == "POST /v1/decisions"]
    assert root.context is not None
    assert root.parent is not None
    assert format(root.context.trace_id, "032x") == CALLER.split("-")[1]
    assert format(root.parent.span_id, "016x") == CALLER.split("-")[2]
    assert dict(root.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/v1/decisions",
        "http.request.header.x-request-id": ("order-66",),
        "http.response.status_code": 200,
    }


def test_a_refused_request_is_a_span_with_its_status(texts: Traced) -> None:
    texts.ask("POST", "/v1/decisions", content=b"{", headers={"content-type": "application/json"})
    (root,) = texts.spans
    assert (root.attributes or {})["http.response.status_code"] == 400


def test_the_callers_decision_counts_and_the_ratio_only_without_one(unasked: Traced) -> None:
    post(unasked, "you")
    assert not unasked.spans
    post(unasked, "you", traceparent=CALLER)
    assert unasked.spans


def test_a_caller_who_does_not_sample_is_not_traced(texts: Traced) -> None:
    post(texts, "you", traceparent=UNSAMPLED)
    assert not texts.spans


def test_requests_that_are_scored_together_have_their_own_trees(texts: Traced) -> None:
    post(texts, f"one {id(texts)}", f"two {id(texts)}")
    post(texts, f"three {id(texts)}")
    roots = [span for span in texts.spans if span.name == "POST /v1/decisions"]
    inferred = [span for span in texts.spans if span.name == "weir.infer"]
    assert [span.parent for span in inferred] == [root.context for root in roots]


def test_no_span_holds_anything_that_was_posted(texts: Traced) -> None:
    post(texts, CANARY, f"brokentokens {CANARY}", f"brokenmodel {CANARY}", f"notanumber {CANARY}")
    texts.ask("GET", f"/{CANARY}?key={CANARY}", headers={"authorization": f"Bearer {CANARY}"})
    texts.ask("POST", f"/v1/decisions?key={CANARY}", content=f'{{"{CANARY}":1}}', headers={"content-type": "text/x"})
    assert len([span for span in texts.spans if not span.name.startswith("weir.")]) == 3
    for span in texts.spans:
        assert CANARY not in span.to_json()


def test_a_picture_with_words_goes_through_every_stage(seeing_engine: Engine, seeing_product: ProductApp) -> None:
    for seen in traced(seeing_engine, "asgi", seeing_product):
        decide(seen.ask, {"text": f"beside {id(seen)}", "images": [picture(GREEN, ground=wordy(1))]})
        assert seen.stages() == [
            "parse",
            "queue",
            "decode",
            "look",
            "read",
            "cache",
            "queue",
            "prepare",
            "infer",
            "decide",
            "record",
        ]


def test_a_picture_without_words_is_not_read(seeing_engine: Engine, seeing_product: ProductApp) -> None:
    for seen in traced(seeing_engine, "asgi", seeing_product):
        decide(seen.ask, {"images": [flat(GREEN)]})
        assert seen.stages() == ["parse", "queue", "decode", "look", "decide", "record"]


def test_traces_are_off_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    assert open_tracing(Settings()) is None
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    tracing = open_tracing(Settings())
    assert tracing is not None
    tracing.close()
    assert open_tracing(Settings(traces=False)) is None


def test_a_watch_without_traces_makes_none(tmp_path: Path) -> None:
    assert Watch().meet("id", "GET", "/livez", []).trace is None
