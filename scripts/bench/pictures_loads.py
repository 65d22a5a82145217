"""The loads of the benchmark of pictures: what a request carries, and how many are in flight."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import orjson

from scripts.bench.client import http_request
from scripts.bench.pictures_made import jpeg, meme, photograph, png
from scripts.bench.processes import HOST

PATH: Final = "/v1/decisions"
N_REQUESTS: Final = 16
"""Different requests of each load."""
TEXT: Final = "Look at what I found on the way home, what do you all think of it?"


@dataclass(frozen=True)
class PictureLoad:
    """One kind of request.

    Attributes:
        name: key in results and on the command line.
        title: how tables call it.
        picture: the file of a seed.
        n_pictures: in one request, all of one item.
        text: beside them.
        concurrency: requests in flight, one a connection.
        with_bank: the server looks pictures up in a bank of known ones.
        max_cpu_ms: what a request may cost; None where nothing is demanded.

    """

    name: str
    title: str
    picture: Callable[[int], bytes]
    n_pictures: int = 1
    text: str = ""
    concurrency: int = 2
    with_bank: bool = True
    max_cpu_ms: float | None = None

    def requests(self) -> list[bytes]:
        """Serialised requests; each begins with another picture, and none has a picture twice."""
        seeds = [[(start + place) % N_REQUESTS for place in range(self.n_pictures)] for start in range(N_REQUESTS)]
        return [self.request([self.picture(seed) for seed in group]) for group in seeds]

    def request(self, pictures: Sequence[bytes]) -> bytes:
        """One request."""
        item: dict[str, object] = {"images": [{"url": _data_url(data)} for data in pictures]}
        if self.text:
            item["text"] = self.text
        return http_request(HOST, PATH, orjson.dumps({"items": [item]}))


def _data_url(data: bytes) -> str:
    kind = "png" if data.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


@cache
def photo_jpeg(seed: int) -> bytes:
    """A photograph as JPEG."""
    return jpeg(photograph(seed))


@cache
def photo_png(seed: int) -> bytes:
    """A photograph as PNG."""
    return png(photograph(seed))


@cache
def meme_jpeg(seed: int) -> bytes:
    """A meme as JPEG."""
    return jpeg(meme(seed))


MAX_CPU_MS: Final = 40.0
LOADS: Final = (
    PictureLoad("photo_jpeg", "a photograph, JPEG", photo_jpeg, max_cpu_ms=MAX_CPU_MS),
    PictureLoad("photo_jpeg_c1", "the same, 1 at a time", photo_jpeg, concurrency=1, max_cpu_ms=MAX_CPU_MS),
    PictureLoad("photo_no_bank", "the same, no bank", photo_jpeg, with_bank=False, max_cpu_ms=MAX_CPU_MS),
    PictureLoad("photo_png", "a photograph, PNG", photo_png, max_cpu_ms=MAX_CPU_MS),
    PictureLoad("meme", "a meme, JPEG: its words are read", meme_jpeg),
    PictureLoad("post", "a text and a photograph", photo_jpeg, text=TEXT),
    PictureLoad("eight", "8 photographs in one request", photo_jpeg, n_pictures=8),
)
"""With a bank of known pictures unless their title says otherwise."""
