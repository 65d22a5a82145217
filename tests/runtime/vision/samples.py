"""Honest files of every format, and the parts to build files byte by byte."""

import functools
import io
import struct
import zlib

import numpy as np
from PIL import Image

SIDE = 48
SEED = 7


def noise(side: int = SIDE, seed: int = SEED) -> np.ndarray:
    """Noise over a slope, so that every format has something to store."""
    random = np.random.default_rng(seed)
    slope = np.linspace(0, 160, side)[:, None, None]
    return (slope + random.integers(0, 90, (side, side, 3))).astype(np.uint8)


def save(picture: Image.Image, image_format: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, image_format, **options)
    return out.getvalue()


@functools.cache
def honest_files() -> dict[str, bytes]:
    """One readable file of every format and of every mode that decoders treat apart."""
    rgb = Image.fromarray(noise())
    rgba = rgb.copy()
    rgba.putalpha(Image.fromarray(noise(seed=1)).convert("L"))
    grey16 = Image.fromarray(np.linspace(0, 65535, SIDE * SIDE).reshape(SIDE, SIDE).astype(np.uint16))
    floats = Image.fromarray(np.linspace(-1, 1, SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE))
    others = [Image.fromarray(noise(seed=2 + i)) for i in range(5)]
    moving = {"save_all": True, "append_images": others, "duration": 80}
    palette = rgb.convert("P", palette=Image.Palette.ADAPTIVE)
    return {
        "jpeg-rgb": save(rgb, "JPEG"),
        "jpeg-grey": save(rgb.convert("L"), "JPEG"),
        "jpeg-cmyk": save(rgb.convert("CMYK"), "JPEG"),
        "jpeg-progressive": save(rgb, "JPEG", progressive=True),
        "jpeg-exif": save(rgb, "JPEG", exif=exif(6)),
        "png-rgb": save(rgb, "PNG"),
        "png-rgba": save(rgba, "PNG"),
        "png-grey-alpha": save(rgba.convert("LA"), "PNG"),
        "png-palette": save(palette, "PNG", transparency=3),
        "png-bits": save(rgb.convert("1"), "PNG"),
        "png-grey16": save(grey16, "PNG"),
        "png-rgb16": png(b"".join(b"\0" + bytes(SIDE * 6) for _ in range(SIDE)), SIDE, SIDE, depth=16),
        "png-interlaced": interlaced_png(),
        "png-animated": save(rgb, "PNG", **moving),
        "gif": save(palette, "GIF"),
        "gif-animated": save(rgb, "GIF", **moving),
        "gif-translucent": save(rgba, "GIF", save_all=True, append_images=[one.convert("RGBA") for one in others]),
        "webp": save(rgb, "WEBP"),
        "webp-lossless": save(rgba, "WEBP", lossless=True),
        "webp-animated": save(rgb, "WEBP", **moving),
        "bmp-rgb": save(rgb, "BMP"),
        "bmp-palette": save(palette, "BMP"),
        "bmp-bits": save(rgb.convert("1"), "BMP"),
        "bmp-runs": bmp_runs(SIDE, SIDE, b"\x30\x05\0\0" * SIDE + b"\0\1"),
        "tiff-raw": save(rgb, "TIFF"),
        "tiff-lzw": save(rgba, "TIFF", compression="tiff_lzw"),
        "tiff-deflate": save(rgb, "TIFF", compression="tiff_adobe_deflate"),
        "tiff-jpeg": save(rgb, "TIFF", compression="jpeg"),
        "tiff-packbits": save(rgb.convert("1"), "TIFF", compression="packbits"),
        "tiff-cmyk": save(rgb.convert("CMYK"), "TIFF"),
        "tiff-grey16": save(grey16, "TIFF"),
        "tiff-floats": save(floats, "TIFF"),
        "tiff-pages": save(rgb, "TIFF", save_all=True, append_images=others),
    }


def exif(orientation: int) -> Image.Exif:
    block = Image.Exif()
    block[0x0112] = orientation
    return block


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    rows: bytes, width: int, height: int, *, depth: int = 8, colour: int = 2, interlaced: int = 0, extra: bytes = b""
) -> bytes:
    """A PNG of unpacked rows, with whatever chunks between header and pixels."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))
    pixels = png_chunk(b"IDAT", zlib.compress(rows, 1))
    return b"\x89PNG\r\n\x1a\n" + header + extra + pixels + png_chunk(b"IEND", b"")


def interlaced_png() -> bytes:
    """Eight by eight grey pixels in seven passes."""
    passes = [(1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4)]
    return png(b"".join((b"\0" + b"\x40" * w) * h for w, h in passes), 8, 8, colour=0, interlaced=1)


def bmp(width: int, height: int, body: bytes, *, bits: int = 24, compression: int = 0, offset: int = 54) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(body), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(body), 0, 0, offset) + info + body


def bmp_runs(width: int, height: int, runs: bytes) -> bytes:
    palette = bytes(x for i in range(256) for x in (i, 255 - i, 7, 0))
    return bmp(width, height, palette + runs, bits=8, compression=1, offset=54 + len(palette))


def gif(frames: bytes, width: int = SIDE, height: int = SIDE) -> bytes:
    """A GIF with a palette of two colours, black and red, and whatever blocks."""
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\0\0" + frames + b";"


def gif_frame(width: int = 1, height: int = 1, *, x: int = 0, y: int = 0, delay: int = 2, colour: int = 0) -> bytes:
    """One frame, of which only the first pixel is stored; right for a frame of one pixel."""
    control = b"!\xf9\4\0" + struct.pack("<H", delay) + b"\0\0"
    pixels = b"\2\2" + (b"\x4c\1" if colour else b"\x44\1") + b"\0"
    return control + b"," + struct.pack("<HHHHB", x, y, width, height, 0) + pixels


def webp_canvas(width: int, height: int, flags: int, body: bytes = b"") -> bytes:
    canvas = bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunks = b"WEBPVP8X" + struct.pack("<I", 10) + canvas + body
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def tiff(entries: list[tuple[int, int, int, int]], body: bytes = b"", following: int = 0) -> bytes:
    """A TIFF of one directory behind its pixels, which start at byte 8."""
    table = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    directory = struct.pack("<H", len(entries)) + table + struct.pack("<I", following)
    return b"II*\0" + struct.pack("<I", 8 + len(body)) + body + directory


def tiff_page(width: int, height: int, **changes: int) -> list[tuple[int, int, int, int]]:
    """Entries of a grey page in one strip."""
    tags = {"compression": 259, "rows": 278, "tile_width": 322, "tile_length": 323, "samples": 277, "orientation": 274}
    page = {
        256: width,
        257: height,
        258: 8,
        259: 1,
        262: 1,
        273: 8,
        277: 1,
        278: height,
        279: width * height & 0xFFFFFFFF,
    }
    page |= {tags[name]: value for name, value in changes.items()}
    return [(tag, 4, 1, value) for tag, value in page.items()]
