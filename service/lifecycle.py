"""The life of a worker process inside BentoML and uvicorn: signals and logs that neither lets a service configure."""

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Final

SUPERVISOR: Final = "WEIR_SUPERVISOR"
"""Variable with the process number of whoever starts and restarts the workers."""


def chain_sigterm(on_signal: Callable[[], None], delay_s: float) -> None:
    """Hear of SIGTERM before uvicorn does, so that readiness turns false first.

    uvicorn installs its handler before the application starts, and closes the socket as soon as it is called. With a
    delay, load balancers see `/readyz` fail while the socket still answers.
    """
    try:
        previous = signal.getsignal(signal.SIGTERM)
        loop = asyncio.get_running_loop()

        def handle(number: int, frame: FrameType | None) -> None:
            on_signal()
            if callable(previous):
                loop.call_soon_threadsafe(loop.call_later, delay_s, previous, number, frame)

        signal.signal(signal.SIGTERM, handle)
    except (RuntimeError, ValueError):  # no loop, or not the main thread: an embedded server keeps its own handler
        return


def follow_parent(interval_s: float = 2.0) -> None:
    """Stop this worker when the process that started it is gone.

    A supervisor that is killed leaves its workers behind, on an open socket that nobody supervises any more. It may die
    before this worker asks for its parent, so `weir serve` also says its number.
    """
    parent = os.getppid()
    supervisor = int(os.environ.get(SUPERVISOR, parent))
    loop = asyncio.get_running_loop()

    def look() -> None:
        if os.getppid() == parent and _is_alive(supervisor):
            loop.call_later(interval_s, look)
        else:
            signal.raise_signal(signal.SIGTERM)

    look()


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def quiet_access_log() -> None:
    """Stop uvicorn from composing an access log line for every request.

    BentoML gives the root logger a handler, which makes uvicorn believe that somebody reads its access log; the line
    (with the quoted path) is built and then dropped by its level.
    """
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False


def settle_memory() -> None:
    """Take everything that is loaded by now out of garbage collection: it stays for the life of the process.

    Otherwise each full collection walks some hundred thousand objects of imported modules, in the middle of requests.
    """
    gc.collect()
    gc.freeze()
