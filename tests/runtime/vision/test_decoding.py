import hashlib
import threading
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from models.contracts.failures import FailureCode
from models.runtime.vision.decoding import MediaLimits, decode_image
from models.runtime.vision.errors import ImageError, ImageTooLargeError, InvalidImageError, UnsupportedImageFormatError
from models.runtime.vision.sniffing import ImageFormat
from tests.runtime.vision.pictures import colours, corners, encode, solid
from tests.runtime.vision.samples import honest_files, png, png_chunk

UPRIGHT = ["r", "g", "b", "-"]
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def exif(orientation: object) -> Image.Exif:
    block = Image.Exif()
    block[0x0112] = orientation
    return block


@pytest.mark.parametrize("name", honest_files())
def test_every_honest_file_decodes(name: str) -> None:
    image = decode_image(honest_files()[name])
    assert name.upper().startswith(image.format)
    for frame in image.frames:
        assert frame.dtype == np.uint8
        assert frame.shape == (image.height, image.width, 3)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", STORED)
def test_every_orientation_comes_out_upright(image_format: str, orientation: int) -> None:
    turn = STORED[orientation]
    stored = corners() if turn is None else corners().transpose(turn)
    image = decode_image(encode(stored, image_format, exif=exif(orientation)))
    assert colours(image.frames[0]) == UPRIGHT
    assert (image.width, image.height) == (60, 40)


def test_a_broken_orientation_is_as_none() -> None:
    picture = encode(corners(), "JPEG")
    broken = picture[:2] + b"\xff\xe1\0\x10Exif\0\0II*\0\xff\xff\xff\x7f" + picture[2:]
    assert colours(decode_image(broken).frames[0]) == UPRIGHT


def test_a_large_jpeg_reports_its_own_size_and_is_looked_at_small() -> None:
    image = decode_image(encode(corners(3001, 1999), "JPEG"))
    assert (image.width, image.height) == (3001, 1999)
    assert max(image.frames[0].shape) == 1024
    assert colours(image.frames[0]) == UPRIGHT


@pytest.mark.parametrize("size", [(1025, 3), (3, 2900), (5000, 1), (1024, 1024), (1, 1)])
def test_the_longer_side_is_bounded_and_no_side_vanishes(size: tuple[int, int]) -> None:
    height, width, _ = decode_image(encode(Image.new("RGB", size), "PNG")).frames[0].shape
    assert 1 <= min(height, width) <= max(height, width) <= 1024


def test_a_fine_pattern_is_averaged_when_a_picture_is_shrunk() -> None:
    board = np.indices((2048, 2048)).sum(axis=0) % 2 * 255
    frame = decode_image(encode(Image.fromarray(board.astype(np.uint8)), "PNG")).frames[0]
    assert np.abs(frame.astype(int) - 127).max() <= 1


def test_bands_of_a_large_picture_meet_without_a_seam() -> None:
    slope = np.broadcast_to(np.linspace(0, 255, 3500).astype(np.uint8)[:, None], (3500, 2100))
    frame = decode_image(encode(Image.fromarray(slope.copy()), "PNG")).frames[0]
    assert np.abs(np.diff(frame[:, 500, 0].astype(int))).max() <= 1


def test_the_digest_is_that_of_the_file() -> None:
    data = encode(corners(), "PNG")
    assert decode_image(data).digest == hashlib.sha256(data).hexdigest()


def test_inverted_cmyk_has_its_colours() -> None:
    pixel = decode_image(encode(solid((255, 20, 20, 0), "CMYK"), "JPEG", quality=95)).frames[0][5, 5]
    assert pixel[0] < 40
    assert pixel[1:].min() > 200


def test_grey_of_16_bits_is_scaled_and_not_cut() -> None:
    grey = Image.fromarray(np.full((20, 20), 0x8000, np.uint16))
    for image_format in ("PNG", "TIFF"):
        assert (decode_image(encode(grey, image_format)).frames[0] == 0x80).all()


def test_floats_are_scaled_by_their_own_range() -> None:
    frame = decode_image(honest_files()["tiff-floats"]).frames[0]
    assert (frame.min(), frame.max()) == (0, 255)


def test_floats_that_are_not_numbers_are_black() -> None:
    levels = np.full((20, 20), np.nan, np.float32)
    levels[:10] = [0, 1] * 10
    assert decode_image(encode(Image.fromarray(levels), "TIFF")).frames[0][15:].max() == 0


def translucent(ink: int, opacity: int = 255) -> Image.Image:
    """Letters of one grey on nothing; what lies under the nothing says the opposite."""
    picture = Image.new("RGBA", (40, 40), (255 - ink,) * 3 + (0,))
    picture.paste((ink, ink, ink, opacity), (10, 10, 30, 30))
    return picture


@pytest.mark.parametrize("ink", [0, 128, 255])
@pytest.mark.parametrize("image_format", ["PNG", "WEBP", "TIFF"])
def test_letters_on_nothing_show_on_white_or_on_black(ink: int, image_format: str) -> None:
    options = {"lossless": True} if image_format == "WEBP" else {}
    frames = decode_image(encode(translucent(ink), image_format, **options)).frames
    assert max(abs(int(one[20, 20, 0]) - int(one[2, 2, 0])) for one in frames) >= 127


def test_a_translucent_picture_comes_on_white_and_then_on_black() -> None:
    frames = decode_image(encode(translucent(128), "PNG")).frames
    assert [int(one[2, 2, 0]) for one in frames] == [255, 0]


def test_an_alpha_channel_that_hides_nothing_gives_one_frame() -> None:
    assert len(decode_image(encode(corners().convert("RGBA"), "PNG")).frames) == 1


def test_a_transparent_colour_of_a_palette_is_transparent() -> None:
    picture = Image.new("P", (20, 20), 1)
    picture.putpalette([0, 0, 0, 255, 0, 0])
    frames = decode_image(encode(picture, "PNG", transparency=1)).frames
    assert [one[5, 5].tolist() for one in frames] == [[255] * 3, [0] * 3]


def test_a_still_picture_has_no_more_frames_than_asked_for() -> None:
    assert len(decode_image(encode(translucent(0), "PNG"), MediaLimits(max_frames=1)).frames) == 1


@pytest.mark.parametrize("name", ["jpeg-rgb", "png-rgb", "gif", "webp", "bmp-rgb", "tiff-raw"])
def test_what_follows_a_picture_changes_nothing_but_the_digest(name: str) -> None:
    data = honest_files()[name]
    alone, followed = decode_image(data), decode_image(data + b"<script>alert(1)</script>")
    assert (alone.frames[0] == followed.frames[0]).all()
    assert alone.digest != followed.digest


def test_a_text_bomb_in_a_png_is_never_opened() -> None:
    rows = b"".join(b"\0" + bytes(60) for _ in range(20))
    broken = png_chunk(b"zTXt", b"a\0\0not a zlib stream") + png_chunk(b"iCCP", b"a\0\0neither")
    assert decode_image(png(rows, 20, 20, extra=broken)).width == 20


def test_a_png_with_half_its_rows_is_not_a_picture() -> None:
    rows = b"".join(b"\0" + bytes(60) for _ in range(20))
    with pytest.raises(InvalidImageError, match="fewer rows"):
        decode_image(png(rows[:600], 20, 20))


def noisy(side: int = 96) -> Image.Image:
    random = np.random.default_rng(3)
    return Image.fromarray(random.integers(0, 256, (side, side, 3)).astype(np.uint8))


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_jpeg_cut_and_closed_with_an_end_mark_is_not_a_picture(mode: str, share: float) -> None:
    data = encode(noisy().convert(mode), "JPEG")
    start = data.index(b"\xff\xda") + 14
    cut = data[: start + int((len(data) - start) * share)].rstrip(b"\xff")
    with pytest.raises(InvalidImageError, match="ends before"):
        decode_image(cut + b"\xff\xd9")


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (17, 33), (300, 301), (1500, 1100)])
@pytest.mark.parametrize("options", [{}, {"quality": 100}, {"restart_marker_blocks": 1}, {"optimize": True}])
def test_an_honest_grey_jpeg_is_a_picture(size: tuple[int, int], options: dict[str, int]) -> None:
    assert (decode_image(encode(Image.new("RGB", size, (128,) * 3), "JPEG", **options)).frames[0] == 128).all()


def test_more_bytes_than_the_limit_are_refused() -> None:
    data = encode(corners(), "PNG")
    with pytest.raises(ImageTooLargeError, match=f"{len(data)} bytes; at most {len(data) - 1}"):
        decode_image(data, MediaLimits(max_bytes=len(data) - 1))
    assert decode_image(data, MediaLimits(max_bytes=len(data))).width == 60


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_more_pixels_than_the_limit_are_refused(image_format: str) -> None:
    data = encode(corners(), image_format)
    with pytest.raises(ImageTooLargeError, match="60 by 40 pixels; at most 2399"):
        decode_image(data, MediaLimits(max_pixels=2399))
    assert decode_image(data, MediaLimits(max_pixels=2400)).height == 40


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_a_longer_side_than_the_limit_is_refused(image_format: str) -> None:
    with pytest.raises(ImageTooLargeError, match="at most 59"):
        decode_image(encode(corners(), image_format), MediaLimits(max_side=59))


@pytest.mark.parametrize("image_format", ["ICO", "PPM", "TGA", "PCX", "JPEG2000", "PDF", "EPS", "AVIF"])
def test_other_formats_are_refused_though_pillow_reads_them(image_format: str) -> None:
    with pytest.raises(UnsupportedImageFormatError):
        decode_image(encode(corners(), image_format))


def test_a_colour_space_that_is_not_read_is_refused() -> None:
    with pytest.raises(UnsupportedImageFormatError, match="LAB"):
        decode_image(encode(Image.new("LAB", (9, 9)), "TIFF"))


def test_each_error_has_its_code() -> None:
    codes = {error.code for error in (InvalidImageError, ImageTooLargeError, UnsupportedImageFormatError)}
    assert codes == {
        FailureCode.INVALID_IMAGE,
        FailureCode.IMAGE_TOO_LARGE,
        FailureCode.UNSUPPORTED_IMAGE_FORMAT,
    }


def test_an_error_keeps_no_trace_of_what_the_decoder_said() -> None:
    with pytest.raises(ImageError) as raised:
        decode_image(encode(corners(), "GIF")[:-40])
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_nothing_global_of_pillow_or_of_warnings_is_changed() -> None:
    before = list(warnings.filters)
    decode_image(encode(corners(), "PNG"))
    with pytest.raises(ImageError):
        decode_image(b"II*\0\x08\0\0\0")
    assert list(warnings.filters) == before


def test_threads_that_decode_together_leave_the_filters_as_they_were() -> None:
    before = list(warnings.filters)
    files = [encode(corners(400 + i, 300), "PNG") for i in range(4)]
    threads = [threading.Thread(target=decode_image, args=(data,)) for data in files * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(honest_files().items())), st.data())
def test_any_damage_gives_a_picture_or_a_typed_error(honest: tuple[str, bytes], data: st.DataObject) -> None:
    damaged = bytearray(honest[1])
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        image = decode_image(bytes(damaged))
    except ImageError:
        return
    assert image.format in ImageFormat
    assert 1 <= len(image.frames) <= 4
