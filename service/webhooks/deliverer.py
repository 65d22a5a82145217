"""The deliverer: a thread in every worker that takes messages to their receivers."""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol

from service.faults import describe
from service.fetching.connection import Connector
from service.fetching.errors import FetchError, FetchRefusedError
from service.webhooks.deliveries import Attempt, DeliveryStore, Due
from service.webhooks.relaying import EventRelay
from service.webhooks.signing import signed_headers
from service.webhooks.store import WebhookStore
from service.webhooks.telling import Subscriptions
from service.webhooks.values import DeliveryState

MAX_AT_ONCE: Final = 8
MAX_AT_ONCE_AN_ENDPOINT: Final = 4
"""A receiver that hangs leaves room for the others."""
POLL_S: Final = 0.5
_REFRESH_S: Final = 1.0
_AFTER_FAULT_S: Final = 3.0
_FAREWELL_S: Final = 2.0
_MAX_ANSWER_BYTES: Final = 64 * 1024
_GONE: Final = 410

logger = logging.getLogger("bentoml.weir.webhooks")


class DeliveryObserver(Protocol):
    """Who wants to know how delivering goes: the metrics. Called from the deliverer's thread."""

    def webhook_attempted(self, outcome: str) -> None:
        """A message was `delivered`, `failed` and is sent again, or is `dead`."""
        ...


class Deliverer:
    """Sends what is due. `start` it, `close` it; what is on its way then is sent again by whoever comes next."""

    def __init__(
        self,
        webhooks: WebhookStore,
        deliveries: DeliveryStore,
        subscriptions: Subscriptions,
        relay: EventRelay,
        connector: Connector,
        clock_s: Callable[[], float] = time.time,
        observer: DeliveryObserver | None = None,
    ) -> None:
        self._webhooks = webhooks
        self._deliveries = deliveries
        self._subscriptions = subscriptions
        self._relay = relay
        self._connector = connector
        self._clock_s = clock_s
        self._observer = observer
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._ended: deque[Attempt] = deque()
        self._n_open: Counter[str] = Counter()
        self._pool = ThreadPoolExecutor(MAX_AT_ONCE, thread_name_prefix="webhook")
        self._thread = threading.Thread(target=self._run, name="webhook-deliverer", daemon=True)
        self._refreshed = 0.0

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop, after what comes back within a moment."""
        self._stop.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._connector.close()

    def _run(self) -> None:
        is_begun = False
        while not self._stop.is_set():
            try:
                if not is_begun:
                    self._relay.start()
                    is_begun = True
                self._look()
                self._send()
            except Exception as error:  # noqa: BLE001 - the database may be away; messages go on when it is back
                logger.error("delivering webhooks failed, trying again: %s", describe(error))  # noqa: TRY400
                self._stop.wait(_AFTER_FAULT_S)
            self._wake.wait(POLL_S)
            self._wake.clear()
        self._say_farewell()

    def _look(self) -> None:
        """See who listens, and what has happened, once a second."""
        if time.monotonic() - self._refreshed >= _REFRESH_S:
            self._subscriptions.refresh()
            self._relay.step()
            self._refreshed = time.monotonic()

    def _send(self) -> None:
        """Write down what has ended, and send what is due."""
        ended: list[Attempt] = []
        while self._ended:
            ended.append(self._ended.popleft())
        try:
            self._n_open.subtract(attempt.due.webhook_id for attempt in ended)
            n_free = MAX_AT_ONCE - self._n_open.total()
            busy = [name for name, n_open in self._n_open.items() if n_open >= MAX_AT_ONCE_AN_ENDPOINT]
            taken = self._deliveries.step(ended, n_free, busy, self._settled)
        except BaseException:
            self._n_open.update(attempt.due.webhook_id for attempt in ended)
            self._ended.extendleft(reversed(ended))
            raise
        for due in taken:
            self._n_open[due.webhook_id] += 1
            self._pool.submit(self._attempt, due)

    def _settled(self, attempt: Attempt, state: DeliveryState) -> None:
        """Count what became of a message, and say when one is given up."""
        if self._observer is not None:
            self._observer.webhook_attempted("failed" if state is DeliveryState.PENDING else state.value)
        if state is DeliveryState.DEAD:
            due = attempt.due
            logger.warning(
                "a message to webhook %s was given up after attempt %d (last status: %s); it can be replayed",
                due.webhook_id,
                due.n_attempts,
                attempt.status,
            )

    def _attempt(self, due: Due) -> None:
        try:
            attempt = self._post(due)
        except Exception as error:  # noqa: BLE001 - whatever broke, the message is tried again
            logger.error("sending a webhook failed: %s", describe(error))  # noqa: TRY400
            attempt = Attempt(due, None, "the message could not be sent")
        self._ended.append(attempt)
        self._wake.set()

    def _post(self, due: Due) -> Attempt:
        address = self._webhooks.address(due.webhook_id)
        if address is None:
            return Attempt(due, None, "the endpoint is disabled or gone", is_final=True)
        body = due.payload.encode()
        signed = signed_headers(address.secrets, due.delivery_id, int(self._clock_s()), body)
        headers = {"content-type": "application/json", "user-agent": "weir-webhooks", **signed}
        try:
            answer = self._connector.request("POST", address.url, headers, body, max_bytes=_MAX_ANSWER_BYTES)
        except FetchRefusedError as error:
            return Attempt(due, None, str(error), is_final=True)
        except FetchError as error:
            return Attempt(due, None, str(error))
        if 200 <= answer.status < 300:  # noqa: PLR2004
            return Attempt(due, answer.status, None)
        return Attempt(due, answer.status, f"the receiver answered {answer.status}", is_final=answer.status == _GONE)

    def _say_farewell(self) -> None:
        """Wait a moment for what is on its way, and write down what came of it."""
        until = time.monotonic() + _FAREWELL_S
        self._pool.shutdown(wait=False, cancel_futures=True)
        while self._n_open.total() > len(self._ended) and time.monotonic() < until:
            self._wake.wait(0.05)
            self._wake.clear()
        try:
            self._deliveries.step(list(self._ended), 0, (), self._settled)
        except Exception as error:  # noqa: BLE001 - they are sent again
            logger.error("the last webhooks could not be settled: %s", describe(error))  # noqa: TRY400
