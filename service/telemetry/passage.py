"""Passages: one request on its way through the service, known to whatever happens on its behalf.

The current passage is a context variable: tasks that a request starts inherit it. Where work of several requests is
done together (the batcher, the record writer) there is no current one, and tickets bring theirs along.
"""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from enum import StrEnum
from typing import Final, Protocol


class Stage(StrEnum):
    """What a request goes through, in the words of its trace."""

    PARSE = "parse"
    CACHE = "cache"
    QUEUE = "queue"
    PREPARE = "prepare"
    INFER = "infer"
    FETCH = "fetch"
    DECODE = "decode"
    LOOK = "look"
    READ = "read"
    DECIDE = "decide"
    RECORD = "record"


class Trace(Protocol):
    """Takes down the stages of one request: `service.telemetry.traces.RequestTrace`."""

    def stage(self, name: Stage, began: float, ended: float, **attributes: int) -> None:
        """A stage that is over; both times on the clock of `time.perf_counter`."""
        ...

    def parsed(self, began: float, ended: float) -> None:
        """The request was read; said once, however many parts of it go on from here."""
        ...

    def end(self, status: int) -> None:
        """The request has its answer."""
        ...


class Passage:
    """One request, by what may be said of it.

    Attributes:
        request_id: of the response header `x-request-id`.
        route: the path as documented, without what a caller put into it.
        tenant: None where the request names none before it is read.
        began: on the clock of `time.perf_counter`, seconds.
        trace: None when the request is not traced.

    """

    __slots__ = ("began", "key_id", "method", "request_id", "route", "tenant", "trace")

    def __init__(
        self,
        request_id: str,
        method: str,
        route: str,
        began: float,
        tenant: str | None = None,
        key_id: str | None = None,
        trace: Trace | None = None,
    ) -> None:
        self.request_id: Final = request_id
        self.method: Final = method
        self.route: Final = route
        self.began: Final = began
        self.tenant: Final = tenant
        self.key_id: Final = key_id
        self.trace: Final = trace


CURRENT: Final[ContextVar[Passage | None]] = ContextVar("weir-passage", default=None)
_UNTRACED: Final = nullcontext()


def current_trace() -> Trace | None:
    """That of the current request; None when it is not traced."""
    passage = CURRENT.get()
    return None if passage is None else passage.trace


def staged(name: Stage) -> AbstractContextManager[None]:
    """Take down what happens inside as a stage of the current request; nothing when it is not traced."""
    trace = current_trace()
    return _UNTRACED if trace is None else _timed(trace, name)


@contextmanager
def _timed(trace: Trace, name: Stage) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        trace.stage(name, began, time.perf_counter())
