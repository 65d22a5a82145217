"""What the reader reads, and at what price: `python -m scripts.bench.reading --mirror <folder>`.

Reads transcribed memes, and pages with small print, at several settings and with rapidocr's own pipeline. Every
picture is read at every setting before the next one, and times are CPU seconds of the reading thread, so that a busy
machine does not favour a setting. The tables go into `docs/reading.md`.
"""

import json
import random
import re
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console

from models.runtime.vision.reading import DETECTION_SIZE, ReadingLimits, open_reader
from models.runtime.vision.reading_detection import DetectionSize, Frame
from models.runtime.vision.reading_memory import give_back_memory
from scripts.bench.document import write_section
from scripts.bench.machine import cpu_model, usable_cores, versions

SOURCES: Final = ("propaganda", "harmeme")
CONFIDENCES: Final = (0.0, 0.5, 0.6, 0.7, 0.8)
SHIPS: Final = "256, 512 (ships)"
SIZES: Final = {
    SHIPS: DETECTION_SIZE,
    "384, 512": DetectionSize(384 * 384, 512 * 512, 3.0),
    "512, 736": DetectionSize(512 * 512, 736 * 736, 3.0),
}
"""Named by the sides of squares of as many pixels: enlarged to the first, shrunk to the second."""
RAPIDOCR: Final = "rapidocr's pipeline"
PRINT_PX: Final = (11, 14, 18)
PRINT_LINES: Final = 12
N_MEMORY_ROWS: Final = 20

Line = tuple[str, float]
Read = Callable[[Frame], Sequence[Line]]
"""Lines of a picture, each with its confidence."""
Words = Counter[str]


@dataclass(frozen=True)
class Page:
    """A picture, and the words that are in it."""

    source: str
    frame: Frame
    words: Words


@dataclass
class Tally:
    """Words of many pictures: written, read, and both; and the CPU seconds that reading took."""

    n_pictures: int = 0
    n_written: int = 0
    n_read: int = 0
    n_right: int = 0
    seconds: list[float] = field(default_factory=list)

    def add(self, page: Page, found: Words, seconds: float) -> None:
        """Count one picture."""
        self.n_pictures += 1
        self.n_written += page.words.total()
        self.n_read += found.total()
        self.n_right += (page.words & found).total()
        self.seconds.append(seconds)

    @property
    def recall(self) -> float:
        """Written words that were read."""
        return self.n_right / max(1, self.n_written)

    @property
    def precision(self) -> float:
        """Read words that were written."""
        return self.n_right / max(1, self.n_read)


Tallies = Mapping[tuple[str, str], Tally]


def main(
    mirror: Annotated[Path, typer.Option(help="The data mirror; its image/memes.jsonl has the transcriptions.")],
    rows: Annotated[int, typer.Option(help="Memes of each source.")] = 150,
    pipeline: Annotated[bool, typer.Option(help="Read with rapidocr's own pipeline too.")] = True,
    out: Annotated[Path, typer.Option(help="The document with the tables.")] = Path("docs/reading.md"),
) -> None:
    """Read transcribed memes at several settings, and replace the tables of the document."""
    console = Console(stderr=True)
    memory = _memory_section(mirror)  # first, while nothing else has been loaded
    pages = [*_memes(mirror / "image", rows), *_small_print(mirror / "image")]
    by_setting, by_confidence = _measured(pages, _readers(pipeline=pipeline), console)
    write_section(
        out, "reading", "\n\n".join((_setting(rows), _sizes(by_setting), _confidences(by_confidence), memory))
    )
    console.print(f"Updated {out}")


def words_of(text: str) -> Words:
    """Words as they are compared: letters and digits, in small letters, apostrophes dropped."""
    return Counter(re.findall(r"[^\W_]+", re.sub(r"['’]", "", text.lower())))


def _transcribed(folder: Path, source: str) -> list[dict[str, str]]:
    lines = (folder / "memes.jsonl").read_text(encoding="utf-8").splitlines()
    found = [row for row in map(json.loads, lines) if row["source"] == source and words_of(row["text"])]
    random.Random(0).shuffle(found)
    return found


def _memes(folder: Path, n_rows: int) -> list[Page]:
    return [
        Page(source, _opened(folder / row["file"]), words_of(row["text"]))
        for source in SOURCES
        for row in _transcribed(folder, source)[:n_rows]
    ]


def _small_print(folder: Path) -> list[Page]:
    """Pages of 1024 x 768 with twelve lines of small print each: what a shrunken picture loses."""
    texts = " ".join(row["text"] for row in _transcribed(folder, SOURCES[1])[-40:])
    lines = iter(textwrap.wrap(texts.encode("ascii", "ignore").decode(), 40))
    pages = {size_px: list(islice(lines, PRINT_LINES)) for size_px in PRINT_PX}
    return [
        Page(f"print of {size_px} px", _printed(page, size_px), words_of("\n".join(page)))
        for size_px, page in pages.items()
    ]


def _printed(lines: Sequence[str], size_px: int) -> Frame:
    picture = Image.new("RGB", (1024, 768), "white")
    font = ImageFont.load_default(size_px)
    for row, line in enumerate(lines):
        ImageDraw.Draw(picture).text((40, 40 + row * size_px * 1.5), line, fill=(20, 20, 20), font=font)
    return np.asarray(picture)


def _opened(path: Path) -> Frame:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def _readers(*, pipeline: bool) -> dict[str, Read]:
    readers = {name: _ours(size) for name, size in SIZES.items()}
    return {**readers, RAPIDOCR: _theirs()} if pipeline else readers


def _ours(size: DetectionSize) -> Read:
    """Our reader at one size, keeping lines of any confidence."""
    reader = open_reader(limits=ReadingLimits(size=size, min_confidence=0.0))
    return lambda frame: [(region.text, region.confidence) for region in reader.read([frame])[0].regions]


def _theirs() -> Read:
    """The pipeline of rapidocr as it comes, on one thread."""
    from rapidocr import RapidOCR

    threads = "EngineConfig.onnxruntime.{}_op_num_threads"
    pipeline = RapidOCR(params={"Global.log_level": "critical", threads.format("intra"): 1, threads.format("inter"): 1})

    def read(frame: Frame) -> list[Line]:
        found = pipeline(np.ascontiguousarray(frame[:, :, ::-1]))
        return list(zip(found.txts or (), map(float, found.scores or ()), strict=True))

    return read


def _measured(pages: Sequence[Page], readers: Mapping[str, Read], console: Console) -> tuple[Tallies, Tallies]:
    """Tallies by setting and source, and for the setting that ships by confidence limit and source."""
    by_setting: dict[tuple[str, str], Tally] = {}
    by_confidence: dict[tuple[str, str], Tally] = {}
    limit = ReadingLimits().min_confidence
    for index, page in enumerate(pages):
        for name, read in readers.items():
            start = time.thread_time()
            lines = read(page.frame)
            seconds = time.thread_time() - start
            by_setting.setdefault((name, page.source), Tally()).add(page, _kept(lines, limit), seconds)
            for confidence in CONFIDENCES if name == SHIPS else ():
                tally = by_confidence.setdefault((f"{confidence:.1f}", page.source), Tally())
                tally.add(page, _kept(lines, confidence), seconds)
        if (index + 1) % 10 == 0:
            console.print(f"read {index + 1} of {len(pages)}")
    return by_setting, by_confidence


def _kept(lines: Sequence[Line], min_confidence: float) -> Words:
    return words_of("\n".join(text for text, confidence in lines if confidence >= min_confidence))


def _memory_section(mirror: Path) -> str:
    """Resident memory before opening, after opening, and after reading some memes, in this process."""
    start = _resident_mb()
    reader = open_reader()
    opened = _resident_mb()
    for page in _memes(mirror / "image", N_MEMORY_ROWS // len(SOURCES)):
        reader.read([page.frame])
    for page in _small_print(mirror / "image"):
        reader.read([page.frame])
    read = _resident_mb()
    give_back_memory()
    return (
        f"Resident memory: {start:.0f} MB with the modules imported, {opened:.0f} MB with the models open, "
        f"{read:.0f} MB after {N_MEMORY_ROWS} memes and {len(PRINT_PX)} pages of print (highest "
        f"{_resident_mb('VmHWM'):.0f} MB), {_resident_mb():.0f} MB once freed memory is given back, which the "
        "pool does when nothing waits."
    )


def _resident_mb(key: str = "VmRSS") -> float:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{key}:"))


def _setting(rows: int) -> str:
    cpu = cpu_model(Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    found = versions(("rapidocr", "onnxruntime", "opencv-python-headless"))
    return (
        f"Measured on {datetime.now(tz=UTC).date()} by `python -m scripts.bench.reading --rows {rows}`: "
        f"{usable_cores()} cores {cpu}, {', '.join(f'{name} {version}' for name, version in found.items())}, one "
        "thread, spinning off. Times are CPU seconds of the reading thread, mean over the pictures. Recall: words of "
        "the transcription that were read; precision: words read that are in the transcription."
    )


def _sizes(tallies: Tallies) -> str:
    sources = list(dict.fromkeys(source for _, source in tallies))
    settings = list(dict.fromkeys(name for name, _ in tallies))
    header = ("setting", *(f"{source}: recall, precision, s" for source in sources))
    body = [(name, *(_cell(tallies[name, source]) for source in sources)) for name in settings]
    return _table(header, body)


def _cell(tally: Tally) -> str:
    return f"{tally.recall:.3f}, {tally.precision:.3f}, {np.mean(tally.seconds):.2f}"


def _confidences(tallies: Tallies) -> str:
    header = ("least confidence", *(f"{source}: recall, precision" for source in SOURCES))
    limits = list(dict.fromkeys(name for name, _ in tallies))
    rows = [(limit, *(_cell(tallies[limit, source]).rsplit(",", 1)[0] for source in SOURCES)) for limit in limits]
    return "By the confidence below which a line is dropped, at the setting that ships:\n\n" + _table(header, rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ("---", *["---:"] * (len(header) - 1)), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    typer.run(main)
