"""Words of pictures, as the reader that serves finds them: read once, kept beside the run, continued after a stop.

A joint model meets machine-read words when it serves, with their mistakes. Training on what people transcribed, and
measuring on that, would promise what the service does not keep.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.runtime.bundle import file_digest
from models.runtime.vision.decoding import decode_image
from models.runtime.vision.reading import ReadText

Frame = NDArray[np.uint8]
Report = Callable[[str, int, int], None]
"""Told the stage, what is done and what there is to do."""


class Reader(Protocol):
    """Finds words in pictures; `models.runtime.vision.reading.TextReader` is one."""

    def read(self, frames: Sequence[Frame]) -> list[ReadText]:
        """The words of each frame. *Shape:* `(h, w, 3)` RGB each."""
        ...


def open_frame(path: Path) -> Frame:
    """A picture on disk as serving decodes it. *Shape:* `(h, w, 3)` RGB.

    Raises:
        ImageError: it is no picture that Weir reads.

    """
    return decode_image(path.read_bytes()).frames[0]


def read_words(
    pictures: Sequence[Path], cache: Path, open_reader: Callable[[], Reader], report: Report
) -> Mapping[Path, str]:
    """The words of every picture; only pictures that are not in the cache are read.

    Args:
        pictures: files.
        cache: JSON lines of `digest` (of the file's bytes) and `text`; made when it is not there, continued when it is.
        open_reader: called when there is something left to read.
        report: told after every picture.

    """
    known = load_words(cache)
    digests = {path: file_digest(path) for path in pictures}
    cache.parent.mkdir(parents=True, exist_ok=True)
    _mend(cache)
    unread = {digest: path for path, digest in digests.items() if digest not in known}
    if unread:
        reader = open_reader()
    with cache.open("a", encoding="utf-8") as file:
        for n_done, (digest, path) in enumerate(unread.items(), start=1):
            known[digest] = reader.read([open_frame(path)])[0].text
            file.write(json.dumps({"digest": digest, "text": known[digest]}, ensure_ascii=False) + "\n")
            file.flush()
            report("read words", n_done, len(unread))
    return {path: known[digest] for path, digest in digests.items()}


def load_words(cache: Path) -> dict[str, str]:
    """What a cache holds: text by the digest of the picture. A last line that a killed run left torn is passed over."""
    if not cache.exists():
        return {}
    lines = cache.read_text(encoding="utf-8").split("\n")
    rows = [json.loads(line) for line in lines[:-1]]
    return {row["digest"]: row["text"] for row in rows}


def _mend(cache: Path) -> None:
    """Drop a torn last line, so that the next one does not become part of it."""
    if cache.exists():
        whole, _, torn = cache.read_text(encoding="utf-8").rpartition("\n")
        if torn:
            cache.write_text(f"{whole}\n" if whole else "", encoding="utf-8")
