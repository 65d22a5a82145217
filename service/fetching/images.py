"""Images whose address is on the network: fetched in a bounded number of threads, each hop under the same rules."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from urllib.parse import urljoin

from service.fetching.connection import NOT_PUBLIC, Answer, Connector
from service.fetching.errors import FetchFailedError, FetchRefusedError, UnresolvedError
from service.fetching.target import read_target

MAX_PER_REQUEST: Final = 16
"""Images that one request may have fetched: it is this server that asks others for them."""
_HEADERS: Final = {"accept": "image/*", "user-agent": "Weir"}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OK: Final = 200


class RemoteImage:
    """An image that is not here yet. As long as the largest that may come, so that there is room for it.

    Attributes:
        url: as posted; its form was checked, where it leads was not.
        data: its bytes, once they are fetched.

    """

    __slots__ = ("_max_bytes", "data", "url")

    def __init__(self, url: str, max_bytes: int) -> None:
        self.url = url
        self.data: bytes | None = None
        self._max_bytes = max_bytes

    def __len__(self) -> int:
        """Bytes that it takes, or may take."""
        return self._max_bytes if self.data is None else len(self.data)


def image_bytes(image: bytes | RemoteImage) -> bytes:
    """The bytes of an image that is here; none of one that never came."""
    return image if isinstance(image, bytes) else image.data or b""


class ImageFetcher:
    """Fetches images. `open_fetcher` opens it; `close` waits for what is on its way."""

    def __init__(self, connector: Connector, threads: ThreadPoolExecutor, max_bytes: int) -> None:
        self._connector = connector
        self._threads = threads
        self._max_bytes = max_bytes

    async def fetch(self, image: RemoteImage) -> None:
        """Bring an image's bytes, if they are not there yet.

        Raises:
            FetchRefusedError: An address on the way is not allowed.
            FetchFailedError: No image came.

        """
        if image.data is None:
            deadline = time.monotonic() + self._connector.rules.total_timeout_s  # waiting for a thread counts
            work = asyncio.get_running_loop().run_in_executor(self._threads, self.read, image.url, deadline)
            image.data = await work

    def read(self, url: str, deadline: float) -> bytes:
        """The bytes of an image. Blocks.

        Raises:
            FetchRefusedError, FetchFailedError: As for `fetch`.

        """
        for _ in range(self._connector.rules.max_redirects + 1):
            try:
                answer = self._connector.request("GET", url, _HEADERS, max_bytes=self._max_bytes, deadline=deadline)
            except UnresolvedError:  # told apart from a private address, it would tell which names there are inside
                raise FetchRefusedError(NOT_PUBLIC) from None
            if answer.status not in _REDIRECTS:
                return _image(answer)
            url = self._next(url, answer)
        raise FetchFailedError(f"the address leads on more than {self._connector.rules.max_redirects} times")

    def close(self) -> None:
        """Start no more."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._connector.close()

    def _next(self, url: str, answer: Answer) -> str:
        """Where a redirect leads, which is checked as if it had been posted; never from https to http."""
        try:
            following = urljoin(url, answer.headers.get("location", ""))
        except ValueError:
            raise FetchRefusedError("the address leads on to something that is none") from None
        before, after = (read_target(one, self._connector.rules) for one in (url, following))
        if before.scheme == "https" and after.scheme != "https":
            raise FetchRefusedError("the address leads on from https to http")
        return following


def _image(answer: Answer) -> bytes:
    if answer.status != _OK:
        raise FetchFailedError("the other side did not answer with 200")
    if not answer.headers.get("content-type", "").lower().startswith("image/"):
        raise FetchFailedError("the other side's answer is not declared as an image")
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise FetchFailedError("the other side's answer is compressed")
    if not answer.body:
        raise FetchFailedError("the other side's answer is empty")
    return answer.body
