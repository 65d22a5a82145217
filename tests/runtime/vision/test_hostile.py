import itertools
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.contracts.failures import FailureCode
from tests.runtime.vision.hostile import HostileFile, hostile_files

ROOT = Path(__file__).parents[3]
MAX_GROWTH_MB = 400

# A process of its own, because a decoder may also crash, and because its peak of memory is its own. The kernel's mark
# is read and not that of `resource`, which starts at the parent's.
DECODE_ALL = """
import json, sys
from pathlib import Path
from models.runtime.vision.decoding import decode_image
from models.runtime.vision.errors import ImageError

def peak_mb():
    lines = Path("/proc/self/status").read_text().splitlines() if Path("/proc/self/status").exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0)

before = peak_mb()
for path in sorted(Path(sys.argv[1]).iterdir()):
    print(path.name, end=" ", flush=True)
    try:
        image = decode_image(path.read_bytes())
        shapes = [frame.shape for frame in image.frames]
        kinds = [str(frame.dtype) for frame in image.frames]
        print(json.dumps({"size": [image.width, image.height], "shapes": shapes, "kinds": kinds}))
    except ImageError as error:
        print(json.dumps(error.code))
print("growth_mb", peak_mb() - before)
"""


@pytest.fixture(scope="module")
def corpus() -> list[HostileFile]:
    return list(hostile_files())


@pytest.fixture(scope="module")
def lines(corpus: list[HostileFile], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the process said of every file, by its number; anything but a picture or a typed error stops here."""
    folder = tmp_path_factory.mktemp("hostile")
    for number, file in enumerate(corpus):
        (folder / f"{number:04}").write_bytes(file.data)
    command = [sys.executable, "-W", "error", "-c", DECODE_ALL, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    last = done.stdout.splitlines()[-1][:4] if done.stdout else "none"
    assert done.returncode == 0, f"stopped at file {last}: {done.stderr[-2000:]}"
    return {name: json.loads(rest) for name, rest in (line.split(" ", 1) for line in done.stdout.splitlines())}


@pytest.fixture(scope="module")
def outcomes(corpus: list[HostileFile], lines: dict[str, Any]) -> dict[str, Any]:
    return {file.name: lines[f"{number:04}"] for number, file in enumerate(corpus)}


def test_the_corpus_is_large_and_its_names_are_unique(corpus: list[HostileFile]) -> None:
    assert len({file.name for file in corpus}) == len(corpus) >= 300


def test_the_corpus_is_the_same_every_time(corpus: list[HostileFile]) -> None:
    assert list(itertools.islice(hostile_files(), 200)) == corpus[:200]


def test_every_file_gives_a_picture_or_a_failure_of_images(outcomes: dict[str, Any]) -> None:
    codes = {one for one in outcomes.values() if isinstance(one, str)}
    assert codes == {
        FailureCode.INVALID_IMAGE,
        FailureCode.IMAGE_TOO_LARGE,
        FailureCode.UNSUPPORTED_IMAGE_FORMAT,
    }


def test_every_file_that_cannot_be_a_picture_fails_as_it_must(
    corpus: list[HostileFile], outcomes: dict[str, Any]
) -> None:
    certain = {file.name: file.code for file in corpus if file.code is not None}
    assert {name: outcomes[name] for name in certain} == certain


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(lambda image: 1 <= len(image["shapes"]) <= 4, id="one to four frames"),
        pytest.param(lambda image: all(max(one) <= 1024 and one[2] == 3 for one in image["shapes"]), id="small"),
        pytest.param(lambda image: set(image["kinds"]) == {"uint8"}, id="eight bits a channel"),
        pytest.param(lambda image: image["size"][0] * image["size"][1] <= 25_000_000, id="within the limit"),
    ],
)
def test_every_picture_that_decodes_is(outcomes: dict[str, Any], rule: Callable[[dict[str, Any]], bool]) -> None:
    assert [name for name, one in outcomes.items() if isinstance(one, dict) and not rule(one)] == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs the kernel's mark of peak memory")
def test_the_whole_corpus_fits_in_bounded_memory(lines: dict[str, Any]) -> None:
    assert 50 < lines["growth_mb"] < MAX_GROWTH_MB
