import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from monitoring.alarms.book import AlarmBook
from monitoring.alarms.delivering import DELAYS_S, Deliverer, delay_s, make_receiver
from monitoring.alarms.hysteresis import Reading
from monitoring.alarms.loading import parse_rules
from monitoring.alarms.rules import Severity
from monitoring.errors import MonitoringError
from monitoring.home import Home
from monitoring.state.opening import open_state, writing
from monitoring.state.state import State
from service.webhooks.signing import make_secret, verify
from tests.monitoring.alarms.alarm_cases import AT_US, HOUR_US, finding

RULES = parse_rules(
    "version: 1\nrules: [{name: content, kind: drift, severity: page, hysteresis: {close_after: 1}},"
    " {name: system, kind: drift, severity: info}]"
)
SECRET = make_secret()


class Receiver(ThreadingHTTPServer):
    """Answers what it is told to, and keeps what it hears."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.heard: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/alarms"

    @property
    def events(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.heard]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.heard.append((dict(self.headers.items()), body))
        self.send_response(self.server.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


class Clock:
    now_s = AT_US / 1e6

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        thread = threading.Thread(target=receiver.serve_forever, args=(0.01,))
        thread.start()
        yield receiver
        receiver.shutdown()
        thread.join()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_state(Home(tmp_path / "home"))
    yield engine
    engine.dispose()


def enter(engine: Engine, hour: int, reading: Reading, key: str = "content", **given: Any) -> None:
    with writing(engine) as connection:
        book = AlarmBook(engine, tells=True)
        book.enter(connection, RULES, [finding(reading, key, **given)], AT_US + hour * HOUR_US)


def test_a_message_is_signed_as_the_service_signs_its_own(engine: Engine, receiver: Receiver) -> None:
    enter(engine, 0, Reading.URGENT)
    assert Deliverer(engine, make_receiver(receiver.url, SECRET), Clock()).deliver() == 1
    ((headers, body),) = receiver.heard
    verify(SECRET, headers, body, AT_US / 1e6)
    assert json.loads(body)["data"]["title"] == "Characters changed"


def test_a_message_waits_while_the_receiver_is_down_and_is_heard_once(engine: Engine, receiver: Receiver) -> None:
    clock = Clock()
    deliverer = Deliverer(engine, make_receiver(receiver.url, None), clock)
    enter(engine, 0, Reading.URGENT)
    receiver.status = 503
    assert deliverer.deliver() == 0
    assert State(engine).waiting().error == "the receiver answered 503"
    receiver.status = 204
    assert deliverer.deliver() == 0, "its time has not come"
    clock.now_s += 3_600
    assert deliverer.deliver() == 1
    clock.now_s += 3_600
    assert deliverer.deliver() == 0
    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 1


def test_nobody_there_loses_nothing(engine: Engine, receiver: Receiver) -> None:
    url, clock = receiver.url, Clock()
    enter(engine, 0, Reading.URGENT)
    receiver.server_close()
    for _ in range(9):
        Deliverer(engine, make_receiver(url, None), clock).deliver()
        clock.now_s += 4_400
    waiting = State(engine).waiting()
    assert waiting.n_messages == 1
    assert waiting.error == "the receiver was not reached: ConnectError"


def test_a_receiver_that_is_gone_is_not_asked_again(engine: Engine, receiver: Receiver) -> None:
    receiver.status = 410
    enter(engine, 0, Reading.URGENT)
    Deliverer(engine, make_receiver(receiver.url, None), Clock()).deliver()
    assert State(engine).waiting().n_messages == 0


def test_an_alarm_opens_before_it_closes_at_the_receiver(engine: Engine, receiver: Receiver) -> None:
    deliverer = Deliverer(engine, make_receiver(receiver.url, None))
    enter(engine, 0, Reading.URGENT)
    deliverer.deliver()
    enter(engine, 1, Reading.CALM)
    deliverer.deliver()
    assert receiver.events == ["alarm.opened", "alarm.closed"]


def test_what_is_made_up_for_is_told_once_an_alarm(engine: Engine, receiver: Receiver) -> None:
    for hour in range(0, 12, 2):
        enter(engine, hour, Reading.URGENT)
        enter(engine, hour + 1, Reading.CALM)
    enter(engine, 12, Reading.URGENT)
    Deliverer(engine, make_receiver(receiver.url, None)).deliver()
    assert receiver.events == ["alarm.reopened"]


def test_what_is_for_nobody_is_not_sent(engine: Engine, receiver: Receiver) -> None:
    enter(engine, 0, Reading.URGENT, "system", severity=Severity.INFO)
    assert Deliverer(engine, make_receiver(receiver.url, None)).deliver() == 0


def test_what_a_person_does_is_told_too(engine: Engine, receiver: Receiver) -> None:
    enter(engine, 0, Reading.URGENT)
    deliverer = Deliverer(engine, make_receiver(receiver.url, None))
    deliverer.deliver()
    AlarmBook(engine, tells=True).acknowledge(1, "ana", "", AT_US)
    deliverer.deliver()
    assert json.loads(receiver.heard[-1][1])["data"]["acknowledged_by"] == "ana"


def test_attempts_come_at_most_about_an_hour_apart_for_ever() -> None:
    assert all(delay_s(n_attempts) <= 1.2 * DELAYS_S[-1] for n_attempts in (1, 6, 7, 1_000))


@pytest.mark.parametrize(
    ("url", "secret", "said"),
    [
        ("http://alarms.example.org/", None, "http is for this machine alone"),
        ("alarms.example.org", None, "begins with https://"),
        ("ftp://alarms.example.org", None, "begins with https://"),
        ("https://alarms.example.org", "sesame", "WEIR_MONITOR_WEBHOOK_SECRET"),
    ],
)
def test_an_address_or_a_secret_that_is_none_is_refused(url: str, secret: str | None, said: str) -> None:
    with pytest.raises(MonitoringError, match=said):
        make_receiver(url, secret)
