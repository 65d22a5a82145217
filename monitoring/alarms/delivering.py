"""Delivering: takes waiting messages to the receiver of alarms, and tries for as long as it takes.

The service gives a webhook's message up after some 32 hours. An alarm is not given up: what is not heard waits in the
state, is tried again at most an hour apart, and only a receiver that answers 410 is believed that it wants no more.
"""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import httpx
from sqlalchemy import Engine

from monitoring.alarms.signing import check_secret, signed_headers
from monitoring.errors import MonitoringError
from monitoring.state.messages import DELIVERED, PENDING, REFUSED, Due, next_due, release, settle
from monitoring.state.opening import writing
from monitoring.state.state import State

DELAYS_S: Final = (5, 30, 120, 600, 1_800, 3_600)
"""After each failed attempt; the last one stays. The same as of the service's webhooks, up to an hour."""
JITTER: Final = 0.2
TIMEOUT_S: Final = 15.0
"""As of the service's webhooks: answer first, work later."""
_GONE: Final = 410
_MAX_ERROR: Final = 200

logger = logging.getLogger("weir.monitor.webhook")


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is told of alarms.

    Attributes:
        url: https, or http on this machine.
        secret: signs messages; None where the receiver does not check.

    """

    url: str
    secret: str | None = None


def make_receiver(url: str, secret: str | None) -> Receiver:
    """Check an address and a secret.

    Raises:
        MonitoringError: one of them is not one.

    """
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise MonitoringError("WEIR_MONITOR_WEBHOOK: an address that begins with https:// is needed")
    if parts.scheme == "http" and not _is_here(parts.hostname):
        raise MonitoringError("WEIR_MONITOR_WEBHOOK: http is for this machine alone (localhost); use https")
    if secret is not None:
        check_secret(secret)
    return Receiver(url, secret)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def delay_s(n_attempts: int) -> float:
    """Seconds until the next attempt, after so many that failed."""
    return DELAYS_S[min(n_attempts, len(DELAYS_S)) - 1] * (1 + JITTER * random.random())


class Deliverer:
    """Sends what is due, one after the other, so that a receiver hears of an alarm's opening before its closing.

    Args:
        engine: of the state.
        receiver: who is told.
        clock_s: seconds since 1970.

    """

    def __init__(self, engine: Engine, receiver: Receiver, clock_s: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._receiver = receiver
        self._clock_s = clock_s

    def deliver(self) -> int:
        """Send what is due, until nothing is or one message is not heard; says how many were."""
        if State(self._engine).has_held():
            with writing(self._engine) as connection:
                release(connection)
        if self._next() is None:  # most of the time, and a client is not cheap
            return 0
        with httpx.Client(timeout=TIMEOUT_S, trust_env=self._is_away()) as client:
            return self._deliver_by(client)

    def _deliver_by(self, client: httpx.Client) -> int:
        n_heard = 0
        while (due := self._next()) is not None:
            state, error = self._send(client, due)
            self._settle(due, state, error)
            if state == PENDING:
                break
            n_heard += state == DELIVERED
        return n_heard

    def _is_away(self) -> bool:
        """A proxy is for other machines."""
        return not _is_here(urlsplit(self._receiver.url).hostname or "")

    def _next(self) -> Due | None:
        with self._engine.connect() as connection:
            return next_due(connection, self._now_us())

    def _send(self, client: httpx.Client, due: Due) -> tuple[str, str | None]:
        body = due.payload.encode()
        headers = {"content-type": "application/json", "user-agent": "weir-monitor", "webhook-id": due.message_id}
        if self._receiver.secret is not None:
            headers |= signed_headers(self._receiver.secret, due.message_id, int(self._clock_s()), body)
        try:
            with client.stream("POST", self._receiver.url, content=body, headers=headers) as answer:
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return PENDING, f"the receiver was not reached: {type(error).__name__}"
        if 200 <= status < 300:  # noqa: PLR2004
            return DELIVERED, None
        return (REFUSED if status == _GONE else PENDING), f"the receiver answered {status}"

    def _settle(self, due: Due, state: str, error: str | None) -> None:
        n_attempts = due.n_attempts + 1
        wait_s = delay_s(n_attempts) if state == PENDING else 0.0
        if error is not None:
            extra = {"message_id": due.message_id, "alarm_id": due.alarm_id, "n_attempts": n_attempts}
            logger.warning("a message of an alarm was not heard: %s", error, extra={"delivery": extra})
        with writing(self._engine) as connection:
            now_us = self._now_us()
            settle(connection, due, state, now_us, now_us + round(wait_s * 1e6), error and error[:_MAX_ERROR])

    def _now_us(self) -> int:
        return round(self._clock_s() * 1e6)
