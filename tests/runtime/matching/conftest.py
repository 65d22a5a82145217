"""Pictures to recognise: drawn ones for every test, the reference ones where a mirror of the data is at hand."""

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray


def draw(seed: int, height: int = 240, width: int = 320) -> NDArray[np.uint8]:
    """A picture with soft shading and hard edges: waves, and boxes and discs of flat colour on them."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    picture = np.full((height, width, 3), 128.0)
    for _ in range(6):
        across, down = random.uniform(-9, 9, size=2)
        wave = np.sin(across * x + down * y + random.uniform(0, 6))
        picture += random.uniform(8, 24, size=3) * wave[..., np.newaxis]
    for _ in range(12):
        cx, cy, size = random.uniform(0, 1), random.uniform(0, 1), random.uniform(0.04, 0.2)
        is_disc = random.random() < 0.5
        inside = np.hypot(x - cx, y - cy) < size if is_disc else np.maximum(abs(x - cx), abs(y - cy)) < size
        picture[inside] = random.uniform(0, 255, size=3)
    return picture.clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def image_mirror() -> Path:
    """The folder `image`, which lies beside the mirror of the texts that `WEIR_DATA_MIRROR` names."""
    texts = os.environ.get("WEIR_DATA_MIRROR")
    folder = Path(texts).resolve().parent / "image" if texts else None
    if folder is None or not (folder / "pdq").is_dir():
        pytest.skip("there is no folder image/pdq beside what WEIR_DATA_MIRROR names")
    return folder
