"""Pictures: a file of unknown origin made ready for the models. Runs on the decoding thread."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.runtime.matching.pdq import PdqHash, pdq_dihedral
from models.runtime.vision.decoding import DecodedImage, decode_image
from models.runtime.vision.limits import MediaLimits
from models.runtime.vision.preparation import brightness, square_pixels
from service.vision.image_batcher import Squares


@dataclass(frozen=True, slots=True)
class Picture:
    """One decoded image of an item.

    Attributes:
        squares: its frames as each model wants them.
        brightness: mean luma of the first frame, 0 to 1.
        pdq: of the first frame, in all orientations; empty when no bank asks.

    """

    decoded: DecodedImage
    squares: Squares
    brightness: float
    pdq: tuple[PdqHash, ...]


def open_picture(data: bytes, limits: MediaLimits, sides: Sequence[int], *, with_pdq: bool) -> Picture:
    """Decode and prepare one file.

    Raises:
        models.runtime.vision.errors.ImageError: It cannot be looked at.

    """
    decoded = decode_image(data, limits)
    by_side = {side: np.stack([square_pixels(frame, side) for frame in decoded.frames]) for side in set(sides)}
    squares = tuple(by_side[side] for side in sides)
    pdq = pdq_dihedral(decoded.frames[0]) if with_pdq else ()
    return Picture(decoded, squares, brightness(squares[0][0]), pdq)
