"""Logs: one line an event, with the request that it is about, and never a word of what was posted."""

import asyncio
import io
import json
import logging
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import orjson
import pytest
import uvicorn
from starlette.applications import Starlette

from service.access.principal import Principal, Scope
from service.engine import Engine
from service.http.asgi import ProductApp
from service.lifecycle import quiet_access_log
from service.telemetry.logs import JsonFormatter, TextFormatter, configure_logs
from service.telemetry.passage import Passage
from service.telemetry.watch import Watch, under
from tests.service.conftest import Ask, asker

CANARY = "zanzibarmarker"
PASSAGE = Passage("order-66", "POST", "/v1/decisions", 0.0, tenant="shop", key_id="k1")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that any logger says, as JSON lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture(params=["asgi", "socket"])
def logged(request: pytest.FixtureRequest, engine: Engine, product: ProductApp) -> Iterator[Ask]:
    """A product with an access log."""
    access = logging.getLogger("uvicorn.access")
    propagates = access.propagate
    quiet_access_log()
    before, engine.watch = engine.watch, Watch(logs_access=True)
    yield asker(request.param, product)
    engine.watch = before
    access.propagate = propagates


def lines(stream: io.StringIO, logger: str = "bentoml.weir") -> list[dict[str, object]]:
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [line for line in found if line["logger"].startswith(logger)]


def record(message: str, **more: object) -> logging.LogRecord:
    made = logging.LogRecord("bentoml.weir", logging.WARNING, "file.py", 1, message, (), None)
    made.__dict__.update(more)
    return made


def test_a_line_names_its_request() -> None:
    line = orjson.loads(JsonFormatter().format(record("it happened", passage=PASSAGE, event={"n_items": 3})))
    assert set(line) == {"time", "level", "logger", "message", "request_id", "tenant", "key_id", "n_items"}
    assert (line["level"], line["message"]) == ("warning", "it happened")
    assert (line["request_id"], line["tenant"], line["key_id"], line["n_items"]) == ("order-66", "shop", "k1", 3)


def test_what_is_said_under_a_passage_names_it() -> None:
    with under(PASSAGE):
        inside = orjson.loads(JsonFormatter().format(record("inside")))
    outside = orjson.loads(JsonFormatter().format(record("outside")))
    assert (inside["request_id"], "request_id" in outside) == ("order-66", False)


def test_text_is_one_line_with_the_same_fields() -> None:
    line = TextFormatter().format(record("two\nlines", passage=PASSAGE))
    assert line.endswith("WARNING weir: two\\nlines request_id=order-66 tenant=shop key_id=k1")
    assert "\n" not in line


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_an_exception_is_told_by_type_and_place_alone(formatter: logging.Formatter) -> None:
    try:
        int(CANARY)
    except ValueError as error:
        line = formatter.format(record("it broke", exc_info=(ValueError, error, error.__traceback__)))
    assert "ValueError at " in line
    assert CANARY not in line


def test_the_loop_does_not_quote_what_its_callbacks_carry(written: io.StringIO) -> None:
    async def scenario() -> None:
        def broken(text: str) -> None:
            raise RuntimeError(text)

        asyncio.get_running_loop().call_soon(broken, CANARY)
        await asyncio.sleep(0.01)

    asyncio.run(scenario())
    (line,) = [line for line in lines(written, "asyncio") if line["level"] == "error"]
    assert str(line["error"]).startswith("RuntimeError at ")
    assert CANARY not in written.getvalue()


def test_every_request_has_a_line_when_asked(logged: Ask, written: io.StringIO) -> None:
    answer = logged("POST", "/v1/moderations", json={"input": "you"}, headers={"x-request-id": "order-66"})
    (line,) = lines(written, "bentoml.weir.requests")
    assert (line["request_id"], line["method"], line["route"]) == ("order-66", "POST", "/v1/moderations")
    assert (line["status"], line["bytes"]) == (200, len(answer.content))
    assert isinstance(line["duration_ms"], float)


def test_a_managed_request_has_a_line_with_its_family_of_routes(logged: Ask, written: io.StringIO) -> None:
    answer = logged("GET", f"/v1/policies/{CANARY}")
    (line,) = lines(written, "bentoml.weir.requests")
    assert (line["route"], line["status"]) == ("/v1/policies", answer.status_code)
    assert answer.headers["x-request-id"] == line["request_id"]
    assert CANARY not in json.dumps(lines(written))


def test_without_asking_there_is_no_line(ask: Ask, written: io.StringIO) -> None:
    ask("POST", "/v1/moderations", json={"input": "you"})
    assert not lines(written, "bentoml.weir.requests")


def test_a_fault_names_the_request_that_it_hit(logged: Ask, written: io.StringIO) -> None:
    texts = ["you", "brokentokens", f"brokenmodel {CANARY}"]
    logged(
        "POST",
        "/v1/decisions",
        json={"items": [{"text": text} for text in texts]},
        headers={"x-request-id": "order-66"},
    )
    faults = [line for line in lines(written) if line["level"] == "error"]
    assert len(faults) == 2
    assert {line["request_id"] for line in faults} == {"order-66"}


REQUESTS: list[tuple[str, str, dict[str, object]]] = [
    ("POST", "/v1/moderations", {"json": {"input": CANARY}}),
    ("POST", "/v1/moderations", {"json": {"input": [f"brokentokens {CANARY}", f"brokenmodel {CANARY}"]}}),
    ("POST", "/v1/moderations", {"json": {"input": f"notanumber {CANARY}"}}),
    ("POST", "/v1/moderations", {"json": {"input": {CANARY: 1}}}),
    ("POST", f"/v1/moderations?key={CANARY}", {"content": f'{{"input": "{CANARY}'.encode()}),
    ("POST", "/v1/decisions", {"json": {"items": [{"text": CANARY, "id": CANARY, "context": {"tenant": CANARY}}]}}),
    ("POST", "/v1/decisions", {"json": {"items": [{CANARY: CANARY}]}}),
    ("POST", f"/v1alpha1/comments:analyze?key={CANARY}", {"json": {"comment": {"text": CANARY}}}),
    ("GET", f"/{CANARY}?key={CANARY}", {}),
    ("GET", f"/v1/models/{CANARY}", {}),
    ("GET", f"/v1/policies/{CANARY}?{CANARY}={CANARY}", {}),
    ("POST", "/v1/policies", {"json": {"text": CANARY}}),
    ("GET", f"/v1/banks/{CANARY}", {}),
]


@pytest.mark.parametrize(("method", "path", "options"), REQUESTS)
def test_nothing_that_is_posted_is_ever_logged(
    logged: Ask, written: io.StringIO, method: str, path: str, options: dict[str, object]
) -> None:
    headers = {"authorization": f"Bearer {CANARY}", "content-type": "application/json", "x-api-key": CANARY}
    assert logged(method, path, headers=headers, **options).status_code > 0
    assert lines(written, "bentoml.weir.requests")
    own = [line for line in lines(written, "") if str(line["logger"]).startswith(("bentoml", "uvicorn", "asyncio"))]
    assert CANARY not in json.dumps(own)


def test_the_whole_process_logs_in_one_format(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("", "bentoml", "uvicorn", "uvicorn.error", "uvicorn.asgi", "circus", "fastapi")
    loggers = [logging.getLogger(name) for name in names]
    before = [(one, one.handlers[:], one.level, one.propagate) for one in loggers]
    hook = threading.excepthook
    try:
        configure_logs("json", "info")
        logging.getLogger("uvicorn.error").info("from uvicorn")
        logging.getLogger("bentoml.weir.http").info("from weir")
        logging.getLogger("sqlalchemy").info("not heard")
        thread = threading.Thread(target=int, args=(CANARY,))
        thread.start()
        thread.join()
    finally:
        threading.excepthook = hook
        for one, handlers, level, propagates in before:
            one.handlers[:] = handlers
            one.setLevel(level)
            one.propagate = propagates
    heard = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["message"].split(":")[0] for line in heard] == ["from uvicorn", "from weir", "a thread ended"]
    assert CANARY not in str(heard)


def test_a_principal_is_named_by_its_key_and_never_by_its_secret() -> None:
    principal = Principal("k1", "shop", frozenset({Scope.SCORE}))
    passage = Watch().meet("id", "GET", "/livez", [(b"authorization", CANARY.encode())], principal)
    assert (passage.tenant, passage.key_id) == ("shop", "k1")


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()], ids=["json", "text"])
@pytest.mark.parametrize("way", ["text", "exception"])
def test_why_a_worker_cannot_start_is_told_without_the_words_of_the_exception(
    formatter: logging.Formatter, way: str
) -> None:
    """uvicorn logs the traceback of a failed lifespan as the text of a message."""
    forged = f'Traceback (most recent call last):\n  File "{CANARY}", line 1, in {CANARY}\n{CANARY}: {CANARY}'
    try:
        try:
            raise ValueError(forged)  # noqa: TRY301 - the first of a chain
        except ValueError as cause:
            raise RuntimeError(forged) from cause
    except RuntimeError:
        said = record(traceback.format_exc() if way == "text" else "it failed")
        said.exc_info = sys.exc_info() if way == "exception" else None
    said.name = "uvicorn.error"
    line = formatter.format(said)
    assert CANARY not in line
    assert f"{'ValueError' if way == 'text' else 'RuntimeError'} at " in line
    assert "test_logs.py:" in line
    assert "\n" not in line


def test_a_worker_that_cannot_start_says_no_word_of_why(written: io.StringIO) -> None:
    """The lifespan of a real server, whose application breaks."""

    @asynccontextmanager
    async def broken(app: Starlette) -> AsyncIterator[None]:
        raise RuntimeError(CANARY)
        yield

    server = uvicorn.Server(uvicorn.Config(Starlette(lifespan=broken), log_config=None, port=0))
    with pytest.raises(SystemExit):
        asyncio.run(server.serve())
    assert CANARY not in written.getvalue()
    assert any("RuntimeError at " in str(line["message"]) for line in lines(written, "uvicorn.error"))
