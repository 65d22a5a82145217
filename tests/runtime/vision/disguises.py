"""Hostile files that are no pictures at all, whatever they are called."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from models.contracts.failures import FailureCode
from tests.runtime.vision.samples import SEED, noise, save

INVALID = FailureCode.INVALID_IMAGE
TOO_LARGE = FailureCode.IMAGE_TOO_LARGE
UNSUPPORTED = FailureCode.UNSUPPORTED_IMAGE_FORMAT


@dataclass(frozen=True)
class HostileFile:
    name: str
    data: bytes
    code: FailureCode | None = None


def not_pictures() -> Iterator[HostileFile]:
    yield HostileFile("empty", b"", INVALID)
    for byte in (0, 0x42, 0x47, 0x89, 0xFF):
        yield HostileFile(f"one-byte-{byte:02x}", bytes([byte]), UNSUPPORTED)
    random = np.random.default_rng(SEED)
    for n_bytes in (2, 16, 1000, 100_000):
        yield HostileFile(f"random-{n_bytes}", b"\1" + random.bytes(n_bytes), UNSUPPORTED)
    yield HostileFile("nine-megabytes", b"\xff\xd8\xff" + bytes(9 * 2**20), TOO_LARGE)


def disguises() -> Iterator[HostileFile]:
    """Other things with a picture's name; some hold a picture further on."""
    rgb = save(Image.fromarray(noise()), "PNG")
    starts = {
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "xml-svg": b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaa">]><svg>&a;</svg>',
        "html": b"<!DOCTYPE html><script>alert(1)</script>",
        "pdf": b"%PDF-1.7\n",
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "zip": b"PK\3\4",
        "ico": b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0",
        "elf": b"\x7fELF\2\1\1",
        "gzip": b"\x1f\x8b\x08\0",
        "avif": b"\0\0\0\x1cftypavif\0\0\0\0",
        "heic": b"\0\0\0\x18ftypheic\0\0\0\0",
        "jpeg2000": b"\0\0\0\x0cjP  \r\n\x87\n",
        "psd": b"8BPS\0\1\0\0\0\0\0\0\0\3",
        "ppm": b"P6\n9 9\n255\n",
        "blank-then": b"\n",
        "mark-then": b"\xef\xbb\xbf",
        "wave": b"RIFF\x24\0\0\0WAVEfmt ",
        "big-tiff": b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0",
    }
    for name, start in starts.items():
        yield HostileFile(f"disguise-{name}", start + rgb, UNSUPPORTED)
