"""Limits of a picture: what is refused before it costs anything, and what bounds the cost of the rest."""

from dataclasses import dataclass

from models.runtime.vision.errors import ImageTooLargeError, InvalidImageError


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """What one picture may cost.

    Attributes:
        max_bytes: of the file.
        max_pixels: width times height, from the header, before anything is decoded.
        max_canvas_pixels: the same for animations and for WebP, whose decoders hold several copies of the canvas.
        max_side: width or height.
        max_frames: pictures looked at; a longer animation or document is sampled.
        max_decoded_side: longer side of what is looked at; a larger picture is shrunk while it is decoded.

    """

    max_bytes: int = 8 * 2**20
    max_pixels: int = 25_000_000
    max_canvas_pixels: int = 12_500_000
    max_side: int = 16_384
    max_frames: int = 4
    max_decoded_side: int = 1024

    def check_bytes(self, n_bytes: int) -> None:
        """Refuse a file by its length.

        Raises:
            ImageTooLargeError: it is longer than `max_bytes`.

        """
        if n_bytes > self.max_bytes:
            raise ImageTooLargeError(f"the image has {n_bytes} bytes; at most {self.max_bytes} are read")

    def check_size(self, width: int, height: int, *, is_canvas: bool = False) -> None:
        """Refuse a picture by the size its header promises.

        Args:
            width: in pixels.
            height: in pixels.
            is_canvas: the tighter limit of animations and WebP applies.

        Raises:
            InvalidImageError: a side is not positive.
            ImageTooLargeError: more pixels, or a longer side, than the limits allow.

        """
        if width < 1 or height < 1:
            raise InvalidImageError(f"the image is {width} by {height} pixels; each side has at least 1")
        if max(width, height) > self.max_side:
            raise ImageTooLargeError(f"the image is {width} by {height} pixels; a side has at most {self.max_side}")
        most = min(self.max_pixels, self.max_canvas_pixels) if is_canvas else self.max_pixels
        if width * height > most:
            raise ImageTooLargeError(f"the image is {width} by {height} pixels; at most {most} in all are read")
