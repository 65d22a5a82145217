"""Decoding: the bytes of a file become a few small upright pictures, or a typed error, at a bounded cost.

In order: length, format by the first bytes, a survey of the container without decoding (size, frames, sanity), an
excerpt that holds only what is needed, Pillow on the excerpt with one format allowed, the header's size once more, and
then pixels. A JPEG is shrunk while it is decoded. Nothing global of Pillow is changed.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import (
    BmpImagePlugin,  # noqa: F401 - the six formats are registered by name, so that Pillow does not load all others
    GifImagePlugin,  # noqa: F401
    Image,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

from models.runtime.vision.containers.bmp import survey_bmp
from models.runtime.vision.containers.container import Container
from models.runtime.vision.containers.gif import survey_gif
from models.runtime.vision.containers.jpeg import survey_jpeg
from models.runtime.vision.containers.png import survey_png
from models.runtime.vision.containers.tiff import survey_tiff
from models.runtime.vision.containers.webp import survey_webp
from models.runtime.vision.errors import ImageError, ImageTooLargeError, InvalidImageError
from models.runtime.vision.flattening import flatten
from models.runtime.vision.limits import MediaLimits
from models.runtime.vision.missing_scans import ends_in_filler
from models.runtime.vision.orientation import read_orientation, turn_upright, upright_size
from models.runtime.vision.sampling import pick_frames
from models.runtime.vision.silence import pillow_silenced
from models.runtime.vision.sniffing import ImageFormat, sniff_format

__all__ = ["DecodedImage", "MediaLimits", "decode_image"]

DEFAULT_LIMITS: Final = MediaLimits()

_SURVEYS: Final[dict[ImageFormat, Callable[[bytes], Container]]] = {
    ImageFormat.JPEG: survey_jpeg,
    ImageFormat.PNG: survey_png,
    ImageFormat.GIF: survey_gif,
    ImageFormat.WEBP: survey_webp,
    ImageFormat.BMP: survey_bmp,
    ImageFormat.TIFF: survey_tiff,
}
_TURNED: Final = {ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.WEBP}
"""Formats whose orientation is applied here: TIFF's decoder does so itself, the others have none."""
_MAX_TILE_COVERS: Final = 5
"""How often a file may cover its picture with tiles: once a plane, of which there are at most five."""


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """What is looked at of one file.

    Attributes:
        frames: upright sRGB pictures, *Shape:* `(h, w, 3)`, uint8, the longer side at most `max_decoded_side`; at least
            one and at most `max_frames`. The first is the first frame, on white where it is translucent. A translucent
            still picture may follow once more on black; of a translucent animation every second frame is on black.
        format: by the first bytes.
        width: of the upright original, in pixels.
        height: of the upright original, in pixels.
        n_frames: frames or pages of the file, as far as they were counted.
        digest: sha256 of the file, in hex.

    """

    frames: tuple[NDArray[np.uint8], ...]
    format: ImageFormat
    width: int
    height: int
    n_frames: int
    digest: str


def decode_image(data: bytes, limits: MediaLimits = DEFAULT_LIMITS) -> DecodedImage:
    """Decode a file of unknown origin.

    Args:
        data: the file.
        limits: what it may cost.

    Raises:
        UnsupportedImageFormatError: it does not start as one of the formats, or uses a rare part of one.
        ImageTooLargeError: it is larger, or costs more, than the limits allow.
        InvalidImageError: it is truncated or broken.

    """
    limits.check_bytes(len(data))
    image_format = sniff_format(data)
    try:
        with pillow_silenced():
            return _decode(data, image_format, limits)
    except ImageError:
        raise
    except (MemoryError, Image.DecompressionBombError):
        raise ImageTooLargeError(f"the {image_format} needs more memory than there is") from None
    except Exception:  # noqa: BLE001 - decoders raise anything on hostile bytes, and their messages may quote them
        raise InvalidImageError(f"the {image_format} is broken and cannot be decoded") from None


def _decode(data: bytes, image_format: ImageFormat, limits: MediaLimits) -> DecodedImage:
    container = _SURVEYS[image_format](data)
    if container.size is not None:
        limits.check_size(*container.size, is_canvas=container.is_canvas)
    n_frames = len(container.durations_ms)
    excerpt = container.excerpt(pick_frames(container.durations_ms, limits.max_frames))
    with Image.open(BytesIO(excerpt.data), formats=(image_format,)) as picture:
        limits.check_size(*picture.size, is_canvas=container.is_canvas)
        size = picture.size
        _draft(picture, limits.max_decoded_side)
        looks = list(_looks(picture, excerpt.positions, limits, is_canvas=container.is_canvas))
        if image_format == ImageFormat.JPEG and ends_in_filler(excerpt.data, picture):
            raise InvalidImageError("the JPEG ends before its picture does")
        orientation = read_orientation(picture) if image_format in _TURNED else 1
    frames = [np.asarray(turn_upright(look, orientation)) for look in _chosen(looks, limits.max_frames)]
    width, height = upright_size(size, orientation)
    digest = hashlib.sha256(data).hexdigest()
    return DecodedImage(tuple(frames), image_format, width, height, n_frames, digest)


def _draft(picture: Image.Image, max_side: int) -> None:
    """Let a decoder that can shrink by a power of two while decoding do so; the sides stay at least those wanted."""
    scale = max_side / max(picture.size)
    if scale < 1:
        picture.draft(None, (max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))


def _looks(
    picture: Image.Image, positions: tuple[int, ...], limits: MediaLimits, *, is_canvas: bool
) -> Iterator[list[Image.Image]]:
    """Flatten the frames at the positions, each to one or two pictures."""
    for position in positions:
        if position:
            picture.seek(position)
        limits.check_size(*picture.size, is_canvas=is_canvas)
        _check_tiles(picture)
        picture.load()
        yield flatten(picture, limits.max_decoded_side)


def _check_tiles(picture: Image.Image) -> None:
    """A directory may list the same part of a picture again and again, and each costs a decoding."""
    n_pixels = sum((x1 - x0) * (y1 - y0) for _, (x0, y0, x1, y1), *_ in getattr(picture, "tile", ()))
    if n_pixels > _MAX_TILE_COVERS * picture.width * picture.height:
        raise ImageTooLargeError(f"a page's strips or tiles cover it more than {_MAX_TILE_COVERS} times")


def _chosen(looks: list[list[Image.Image]], max_frames: int) -> list[Image.Image]:
    """At most `max_frames` of them: a still picture's both, an animation's in turn on white and on black."""
    if len(looks) == 1:
        return looks[0][:max_frames]
    return [look[i % len(look)] for i, look in enumerate(looks)]
