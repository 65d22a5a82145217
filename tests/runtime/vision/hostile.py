"""A corpus of hostile pictures, made and not collected: the same files every time, none larger than nine megabytes.

`hostile_files()` yields several hundred. Each has a name that says what is wrong with it, and the failure it must give
where that is certain; for the rest (a flipped bit may hit nothing) any picture or typed failure will do.
"""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tests.runtime.vision.disguises import INVALID, TOO_LARGE, UNSUPPORTED, HostileFile, disguises, not_pictures
from tests.runtime.vision.samples import (
    SEED,
    SIDE,
    bmp,
    bmp_runs,
    gif,
    gif_frame,
    honest_files,
    noise,
    png,
    png_chunk,
    save,
    tiff,
    tiff_page,
    webp_canvas,
)

N_CUTS = 6
N_FLIPS = 4


def hostile_files() -> Iterator[HostileFile]:
    yield from not_pictures()
    yield from disguises()
    for name, data in honest_files().items():
        yield from _cuts(name, data)
        yield from _flips(name, data)
        yield from _polyglots(name, data)
    yield from _after_each_magic()
    yield from _exif_abuse()
    yield from _jpegs()
    yield from _pngs()
    yield from _gifs()
    yield from _webps()
    yield from _bmps()
    yield from _tiffs()


def _cuts(name: str, data: bytes) -> Iterator[HostileFile]:
    for part in range(N_CUTS):
        n_bytes = max(8, len(data) * (2 * part + 1) // (2 * N_CUTS + 1))
        yield HostileFile(f"{name}-cut-at-{n_bytes}", data[:n_bytes], INVALID)


def _flips(name: str, data: bytes) -> Iterator[HostileFile]:
    random = np.random.default_rng(SEED + len(data))
    for part in range(N_FLIPS):
        flipped = bytearray(data)
        for _ in range(1 + part):
            flipped[random.integers(8, len(data))] ^= 1 << random.integers(8)
        yield HostileFile(f"{name}-flips-{part}", bytes(flipped))


def _polyglots(name: str, data: bytes) -> Iterator[HostileFile]:
    yield HostileFile(f"{name}-then-zip", data + b"PK\3\4" + bytes(200))
    yield HostileFile(f"{name}-then-html", data + b"<script>alert(1)</script>")


def _after_each_magic() -> Iterator[HostileFile]:
    starts = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\xff\0\0\0WEBPVP8 ", b"BM", b"II*\0", b"MM\0*")
    for start in starts:
        name = start[:4].hex()
        yield HostileFile(f"only-magic-{name}", start, INVALID)
        for seed in range(4):
            yield HostileFile(f"magic-then-random-{name}-{seed}", start + np.random.default_rng(seed).bytes(600))
        yield HostileFile(f"magic-then-zeros-{name}", start + bytes(600), INVALID)
        yield HostileFile(f"magic-then-ones-{name}", start + b"\xff" * 600)


def _with_exif(block: bytes) -> bytes:
    picture = save(Image.fromarray(noise()), "JPEG")
    return picture[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 8) + b"Exif\0\0" + block + picture[2:]


def _exif_abuse() -> Iterator[HostileFile]:
    entry = struct.Struct("<HHII").pack
    header = b"II*\0\x08\0\0\0"
    blocks = {
        "empty": b"",
        "garbage": b"\xde\xad\xbe\xef" * 40,
        "no-entries": header + bytes(6),
        "cut": header + b"\5\0",
        "orientation-0": header + b"\1\0" + entry(0x0112, 3, 1, 0) + bytes(4),
        "orientation-9": header + b"\1\0" + entry(0x0112, 3, 1, 9) + bytes(4),
        "orientation-text": header + b"\1\0" + entry(0x0112, 2, 4, 0x36363636) + bytes(4),
        "orientation-many": header + b"\1\0" + entry(0x0112, 3, 2, 0x00060006) + bytes(4),
        "orientation-fraction": header + b"\1\0" + entry(0x0112, 5, 1, 8) + bytes(4),
        "huge-count": header + b"\1\0" + entry(0x0112, 3, 0xFFFFFFFF, 8) + bytes(4),
        "points-at-itself": header + b"\1\0" + entry(0x8769, 4, 1, 8) + b"\x08\0\0\0",
        "points-outside": b"II*\0\xff\xff\xff\x7f",
        "many-entries": header + b"\xff\x0f" + entry(0x0112, 3, 1, 6) * 4095 + bytes(4),
    }
    for name, block in blocks.items():
        yield HostileFile(f"exif-{name}", _with_exif(block))


def _jpegs() -> Iterator[HostileFile]:
    rgb = save(Image.fromarray(noise()), "JPEG")
    progressive = save(Image.fromarray(noise()), "JPEG", progressive=True)
    size_at = rgb.index(b"\xff\xc0") + 5
    for height, width in ((0, 9), (9, 0), (65535, 65535), (20_000, 9), (6000, 6000)):
        code = TOO_LARGE if height * width > 10**5 else INVALID
        yield HostileFile(
            f"jpeg-says-{width}x{height}", rgb[:size_at] + struct.pack(">HH", height, width) + rgb[size_at + 4 :], code
        )
    yield HostileFile("jpeg-half-with-end-mark", rgb[: len(rgb) * 3 // 5] + b"\xff\xd9", INVALID)
    yield HostileFile("jpeg-pixels-of-zeros", rgb[: len(rgb) * 3 // 5] + bytes(12) + b"\xff\xd9", INVALID)
    start = progressive.rindex(b"\xff\xda")
    yield HostileFile("jpeg-500-scans", progressive[:-2] + progressive[start:-2] * 500 + b"\xff\xd9", TOO_LARGE)
    segment = b"\xff\xe1\0\x09Exif\0\0\1"
    yield HostileFile("jpeg-200000-exif-blocks", rgb[:2] + segment * 200_000 + rgb[2:], TOO_LARGE)
    yield HostileFile("jpeg-long-fill", rgb[:2] + b"\xff" * 10**6 + rgb[2:])
    yield HostileFile("jpeg-long-junk", rgb[:20] + bytes(10**6) + rgb[20:], INVALID)
    yield HostileFile("jpeg-fill-in-pixels", rgb[:-2] + b"\xff" * 10**6 + b"\0\xff\xd9")
    yield HostileFile("jpeg-two-headers", rgb[: size_at - 5] + rgb[size_at - 5 : size_at + 12] + rgb[size_at - 5 :])
    yield HostileFile("jpeg-twice", rgb + rgb)
    yield HostileFile("jpeg-no-tables", rgb[:2] + rgb[size_at - 5 :])
    yield HostileFile("jpeg-lossless", rgb.replace(b"\xff\xc0", b"\xff\xc3", 1))
    yield HostileFile("jpeg-12-bit", rgb[: size_at - 1] + b"\x0c" + rgb[size_at:], INVALID)
    yield HostileFile("jpeg-bad-profile", rgb[:2] + b"\xff\xe2\0\x20ICC_PROFILE\0\1\1" + bytes(16) + rgb[2:])
    yield HostileFile("jpeg-bad-index", rgb[:2] + b"\xff\xe2\0\x10MPF\0MM\0*\0\0\0\x63" + rgb[2:])
    yield HostileFile("jpeg-large", save(Image.new("RGB", (5000, 5000), (9, 99, 200)), "JPEG", progressive=True))


def _pngs() -> Iterator[HostileFile]:
    rows = b"".join(b"\0" + row.tobytes() for row in noise())
    for width, height in ((0, 9), (9, 0), (2**31, 2**31), (2**32 - 1, 1), (16_385, 2), (6000, 6000)):
        code = TOO_LARGE if width * height > 9 else INVALID
        yield HostileFile(f"png-says-{width}x{height}", png(rows, width, height), code)
    yield HostileFile("png-half-its-rows", png(rows[: len(rows) // 2], SIDE, SIDE), INVALID)
    yield HostileFile("png-no-rows", png(b"", SIDE, SIDE), INVALID)
    yield HostileFile("png-too-many-rows", png(rows * 1000, SIDE, SIDE))
    yield HostileFile("png-unknown-filter", png(b"\x09" + rows[1:], SIDE, SIDE))
    for depth, colour in ((8, 5), (3, 0), (16, 3), (32, 2), (1, 6)):
        yield HostileFile(f"png-depth-{depth}-colour-{colour}", png(rows, 9, 9, depth=depth, colour=colour))
    yield HostileFile("png-no-palette", png(bytes(90), 9, 9, colour=3))
    yield HostileFile("png-short-palette", png(b"\0" + b"\xff" * 89, 9, 9, colour=3, extra=png_chunk(b"PLTE", b"abc")))
    bomb = zlib.compress(bytes(50 * 2**20), 1)
    yield HostileFile("png-text-bomb", png(rows, SIDE, SIDE, extra=png_chunk(b"zTXt", b"a\0\0" + bomb) * 3))
    yield HostileFile("png-itext-bomb", png(rows, SIDE, SIDE, extra=png_chunk(b"iTXt", b"a\0\1\0\0\0" + bomb) * 3))
    yield HostileFile("png-profile-bomb", png(rows, SIDE, SIDE, extra=png_chunk(b"iCCP", b"a\0\0" + bomb)))
    yield HostileFile("png-many-chunks", png(rows, SIDE, SIDE, extra=png_chunk(b"teSt", b"") * 70_000), TOO_LARGE)
    yield HostileFile("png-bad-exif", png(rows, SIDE, SIDE, extra=png_chunk(b"eXIf", b"II*\0\xff\xff\xff\xff")))
    yield HostileFile("png-transparent-16", png(bytes(55 * 9), 9, 9, depth=16, extra=png_chunk(b"tRNS", b"\xff" * 6)))
    yield HostileFile("png-large", png(bytes(5000 * 20_001), 5000, 5000, colour=6))
    moving = honest_files()["png-animated"]
    count_at = moving.index(b"acTL") + 4
    for n_frames in (0, 1, 2**31 - 1, 2**32 - 1):
        lie = png_chunk(b"acTL", struct.pack(">II", n_frames, 0))
        yield HostileFile(f"png-says-{n_frames}-frames", moving[: count_at - 8] + lie + moving[count_at + 12 :])
    control = struct.pack(">IIIIIHHBB", 0, SIDE, SIDE, 2**31, 2**31, 1, 0, 9, 9)
    yield HostileFile("png-frame-outside", moving.replace(moving[count_at + 16 : count_at + 42], control, 1))
    frame = png_chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 1, 1, 0, 0, 1, 100, 0, 0))
    frame += png_chunk(b"fdAT", bytes(4) + zlib.compress(bytes(4)))
    head = png_chunk(b"acTL", struct.pack(">II", 5000, 0))
    still = png(rows, SIDE, SIDE, extra=head)
    yield HostileFile("png-5000-frames", still[:-12] + frame * 5000 + still[-12:])


def _gifs() -> Iterator[HostileFile]:
    yield HostileFile("gif-no-frame", gif(b""), INVALID)
    yield HostileFile("gif-10000-frames", gif(gif_frame() * 10_000))
    yield HostileFile("gif-30000-frames-on-a-large-canvas", gif(gif_frame() * 30_000, 3000, 3000))
    yield HostileFile("gif-huge-canvas", gif(gif_frame() * 2, 65_535, 65_535), TOO_LARGE)
    yield HostileFile("gif-frame-outside", gif(gif_frame() + gif_frame(x=65_535, y=65_535)), TOO_LARGE)
    yield HostileFile("gif-second-frame-larger", gif(gif_frame() + gif_frame(width=SIDE * 4)), INVALID)
    yield HostileFile("gif-empty-frame", gif(gif_frame(width=0, height=0)))
    yield HostileFile("gif-no-screen", gif(gif_frame(), 0, 0))
    yield HostileFile("gif-no-pixels", gif(b"," + struct.pack("<HHHHB", 0, 0, 9, 9, 0) + b"\2\0"), INVALID)
    for code_bits in (0, 1, 9, 12, 255):
        frame = b"," + struct.pack("<HHHHB", 0, 0, 9, 9, 0) + bytes([code_bits]) + b"\4\x44\1\xff\xff\0"
        yield HostileFile(f"gif-codes-of-{code_bits}-bits", gif(frame))
    yield HostileFile("gif-comments", gif(b"!\xfe" + b"\1a" * 100_000 + b"\0" + gif_frame(SIDE, SIDE)), INVALID)
    yield HostileFile("gif-many-blocks", gif(b"!\xfe" + b"\1a" * 10**6 + b"\0" + gif_frame()), TOO_LARGE)
    yield HostileFile("gif-zeros", gif(bytes(10**6) + gif_frame()), TOO_LARGE)
    yield HostileFile("gif-interlaced", gif(b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0x40) + b"\2\2\x44\1\0"))
    yield HostileFile("gif-script", b"GIF89a/*" + gif(gif_frame())[8:] + b"*/=1;alert(1)")
    for disposal in range(8):
        frame = bytearray(gif_frame())
        frame[3] = disposal << 2 | 1
        yield HostileFile(f"gif-disposal-{disposal}", gif(bytes(frame) * 5))


def _webps() -> Iterator[HostileFile]:
    rgb, moving = honest_files()["webp"], honest_files()["webp-animated"]
    yield HostileFile("webp-huge-canvas", webp_canvas(2**24, 2**24, 0x10), TOO_LARGE)
    yield HostileFile("webp-huge-moving-canvas", webp_canvas(16_384, 16_384, 0x02, moving[30:]), TOO_LARGE)
    yield HostileFile("webp-canvas-larger-than-frames", webp_canvas(3000, 3000, 0x02, moving[30:]))
    yield HostileFile("webp-canvas-smaller-than-frames", webp_canvas(9, 9, 0x02, moving[30:]), INVALID)
    yield HostileFile("webp-no-frame", webp_canvas(9, 9, 0x02), INVALID)
    yield HostileFile("webp-no-picture", webp_canvas(9, 9, 0), INVALID)
    chunk = b"tEsT\0\0\0\0"
    yield HostileFile("webp-many-chunks", webp_canvas(9, 9, 0x02, chunk * 100_000), TOO_LARGE)
    yield HostileFile("webp-says-short", rgb[:4] + struct.pack("<I", 40) + rgb[8:], INVALID)
    yield HostileFile("webp-says-long", rgb[:4] + b"\xff\xff\xff\xff" + rgb[8:], INVALID)
    frame = moving[moving.index(b"ANMF") :]
    frame = frame[: 8 + struct.unpack("<I", frame[4:8])[0]]
    head = moving[30 : moving.index(b"ANMF")]
    yield HostileFile("webp-2000-frames", webp_canvas(SIDE, SIDE, 0x02, head + frame * 1500))
    yield HostileFile("webp-large", save(Image.new("RGB", (4000, 3000), (9, 99, 200)), "WEBP", method=0))


def _bmps() -> Iterator[HostileFile]:
    for width, height in ((0, 9), (9, 0), (-9, 9), (2**31 - 1, 2**31 - 1), (9, -(2**31)), (6000, 6000)):
        yield HostileFile(f"bmp-says-{width}x{height}", bmp(width, height, bytes(400)))
    for bits in (0, 2, 3, 64, 65_535):
        yield HostileFile(f"bmp-{bits}-bits", bmp(9, 9, bytes(4000), bits=bits), INVALID)
    for compression in (3, 4, 5, 99):
        yield HostileFile(f"bmp-compression-{compression}", bmp(9, 9, bytes(4000), compression=compression), INVALID)
    yield HostileFile("bmp-pixels-outside", bmp(9, 9, bytes(400), offset=2**31), INVALID)
    yield HostileFile("bmp-top-down", bmp(9, -9, bytes(28 * 9)))
    yield HostileFile("bmp-no-header", b"BM" + bytes(60), INVALID)
    yield HostileFile("bmp-runs-large", bmp_runs(5000, 5000, b"\0\0" * 5000), TOO_LARGE)
    yield HostileFile("bmp-runs-of-nothing", bmp_runs(1999, 1999, b"\1\1\0\0" * 1998 + b"\0\1"), INVALID)
    yield HostileFile("bmp-runs-jump", bmp_runs(99, 99, b"\0\2\xff\xff" * 50))


def _tiffs() -> Iterator[HostileFile]:
    yield HostileFile("tiff-no-directory", b"II*\0\0\0\0\0" + bytes(40), INVALID)
    yield HostileFile("tiff-directory-outside", b"II*\0\xff\xff\xff\xff" + bytes(40), INVALID)
    yield HostileFile("tiff-directory-loop", tiff(tiff_page(9, 9), bytes(81), following=89))
    yield HostileFile("tiff-empty-directory", tiff([]), INVALID)
    for width, height in ((0, 9), (9, 0), (2**32 - 1, 2**32 - 1), (6000, 6000), (20_000, 2)):
        yield HostileFile(f"tiff-says-{width}x{height}", tiff(tiff_page(width, height), bytes(81)))
    yield HostileFile("tiff-strip-cut", tiff(tiff_page(99, 99), bytes(81)), INVALID)
    for compression in (0, 2, 3, 4, 6, 34_661, 34_887, 50_000, 50_001, 65_535):
        page = tiff_page(9, 9, compression=compression)
        yield HostileFile(f"tiff-compression-{compression}", tiff(page, bytes(81)), UNSUPPORTED)
    yield HostileFile("tiff-huge-tile", tiff(tiff_page(9, 9, tile_width=2**31, tile_length=2**31)), TOO_LARGE)
    yield HostileFile("tiff-many-samples", tiff(tiff_page(9, 9, samples=60_000), bytes(81)), INVALID)
    page = [one for one in tiff_page(1000, 1000, rows=500) if one[0] not in {273, 279}]
    again = struct.pack("<I", 8) * 50_000
    body = bytes(500_000) + again
    yield HostileFile("tiff-strip-again-and-again", tiff([*page, (273, 4, 50_000, 500_008)], body), TOO_LARGE)
    yield HostileFile("tiff-million-strips", tiff([*page, (273, 4, 10**6, 8)], bytes(4 * 10**6)), TOO_LARGE)
    yield HostileFile("tiff-many-entries", tiff(tiff_page(9, 9) * 500, bytes(81)), TOO_LARGE)
    yield HostileFile("tiff-huge-rows", tiff(tiff_page(9, 9, rows=2**32 - 1), bytes(81)))
    yield HostileFile(
        "tiff-text-everywhere", tiff([(tag, 2, 10**9, 8) for tag in range(254, 300)], bytes(81)), TOO_LARGE
    )
    overlapping = b"".join(struct.pack("<HI", 0, 8 + 6 * (i + 1)) for i in range(20_000))
    yield HostileFile("tiff-20000-pages", b"II*\0\x08\0\0\0" + overlapping + bytes(6), INVALID)
    deflated = zlib.compress(bytes(5000 * 20_000), 1)
    large = [
        one for one in tiff_page(5000, 5000, compression=8, orientation=6, samples=4) if one[0] not in {258, 262, 279}
    ]
    bits = struct.pack("<4H", 8, 8, 8, 8)
    large += [(258, 3, 4, 8 + len(deflated)), (262, 4, 1, 2), (279, 4, 1, len(deflated)), (338, 3, 1, 2)]
    yield HostileFile("tiff-large", tiff(large, deflated + bits))
