"""What a picture costs inside one process, stage by stage: `python -m scripts.bench.pictures_stages <order as JSON>`.

Runs in a process of its own, which has one thread for arithmetic as a worker has. Calls what the service calls, in
its order and with its arguments, and leaves out HTTP, base64, threads, queues and the log. Prints JSON.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scripts.bench.pictures_costs import KINDS, StageCost, Stopwatch
from scripts.bench.processes import REPOSITORY

if TYPE_CHECKING:
    from scripts.bench.pictures_path import PicturePath

_TIMEOUT_S: Final = 600.0


class StagesError(Exception):
    """The process that measures stages failed; the message ends with what it said last."""


@dataclass(frozen=True)
class Order:
    """What to measure.

    Attributes:
        bundles: a folder of bundles.
        database: where a bank of known pictures is made: a new SQLite file.
        n_pictures: different ones of each kind.
        repeats: how often each is looked at; the kinds take turns.

    """

    bundles: str
    database: str
    n_pictures: int
    repeats: int


def measure_stages(order: Order) -> list[StageCost]:
    """Measure in a process of its own.

    Raises:
        StagesError: it failed, or took too long.

    """
    command = [sys.executable, "-m", "scripts.bench.pictures_stages", json.dumps(asdict(order))]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    try:
        done = subprocess.run(
            command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True
        )
    except subprocess.CalledProcessError as error:
        raise StagesError(f"measuring stages failed:\n{str(error.stderr)[-2000:]}") from None
    except subprocess.TimeoutExpired:
        raise StagesError(f"measuring stages took longer than {_TIMEOUT_S:.0f} s") from None
    return read_costs(done.stdout)


def read_costs(printed: str) -> list[StageCost]:
    """The costs in what the process printed: its last line."""
    return [StageCost(**entry) for entry in json.loads(printed.strip().splitlines()[-1])]


def main(order: Order) -> list[StageCost]:
    """Look at every picture in turns."""
    from scripts.bench.pictures_loads import meme_jpeg, photo_jpeg, photo_png
    from scripts.bench.pictures_path import open_path

    make = {"photo_jpeg": photo_jpeg, "photo_png": photo_png, "meme": meme_jpeg}
    files = {kind: [make[kind](seed) for seed in range(order.n_pictures)] for kind in KINDS}
    path = open_path(Path(order.bundles), f"sqlite:///{order.database}")
    try:
        for kind in KINDS:
            path.look(files[kind][0], Stopwatch())  # warm
        return _looked(path, files, order.repeats)
    finally:
        path.close()


def _looked(path: "PicturePath", files: dict[str, list[bytes]], repeats: int) -> list[StageCost]:
    watch = Stopwatch()
    for _ in range(repeats):
        for pictures in zip(*files.values(), strict=True):
            for watch.kind, data in zip(files, pictures, strict=True):
                path.look(data, watch)
    return watch.costs()


if __name__ == "__main__":
    print(json.dumps([asdict(cost) for cost in main(Order(**json.loads(sys.argv[1])))]))
