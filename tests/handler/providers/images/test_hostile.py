"""Files that are made to hurt are refused, or come out harmless, quickly and in little memory."""

import gzip
import io
import random
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from handler.core.image_types import examine_all
from handler.providers.images import jpeg, png, webp
from handler.providers.images.container import MAX_BYTES, Contained, ImageRefused
from handler.providers.images.sanitize import sanitized
from tests.handler.providers.images.files import (
    PNG_SIGNATURE,
    SIZE,
    encoded,
    jpeg_before_end,
    jpeg_segment,
    jpeg_with,
    picture,
    pixels,
    png_chunk,
    png_chunks,
    png_header,
    png_of,
    png_raw,
    png_with,
    riff_chunk,
    webp_canvas,
    webp_chunks,
    webp_of,
)

SCRIPT = b"<html><script>alert(document.domain)</script></html>"
PNG, JPEG, WEBP, AVIF = (encoded(picture(), name) for name in ("PNG", "JPEG", "WEBP", "AVIF"))
GIF = encoded(picture("P"), "GIF")
PROGRESSIVE = encoded(picture(), "JPEG", progressive=True)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script/></svg>'


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", "Main-Class: Evil")
    return buffer.getvalue()


ARCHIVE = _archive()


def _end(data: bytes) -> int:
    """Where the frame header of a JPEG file stands."""
    return next(at for at in range(len(data)) if data[at : at + 2] in (b"\xff\xc0", b"\xff\xc2"))


def _jpeg_sized(width: int, height: int) -> bytes:
    at = _end(JPEG)
    return JPEG[: at + 5] + struct.pack(">HH", height, width) + JPEG[at + 9 :]


def _many_scans(count: int) -> bytes:
    start = PROGRESSIVE.rindex(b"\xff\xda")
    return jpeg_before_end(PROGRESSIVE, *[PROGRESSIVE[start:-2]] * count)


def _tables_only(data: bytes) -> bytes:
    return data[: _end(data)] + b"\xff\xd9"


def _png_inflating(megabytes: int) -> bytes:
    deflater = zlib.compressobj(9)
    zeros = bytes(1024 * 1024)
    stream = b"".join(deflater.compress(zeros) for _ in range(megabytes)) + deflater.flush()
    return png_of([(b"IHDR", png_header(*SIZE)), (b"IDAT", stream), (b"IEND", b"")])


def _webp_sized(width: int, height: int) -> bytes:
    return webp_of([webp_canvas(width, height), *webp_chunks(WEBP)])


def _webp_flooding() -> bytes:
    frame = struct.pack("<I", 0)[:3] * 2 + bytes(3) * 2 + bytes(4)
    moving = webp_canvas(16384, 16384, flags=0x02)
    return webp_of([moving, (b"ANIM", bytes(6)), (b"ANMF", frame)])


REFUSED: dict[str, Callable[[], bytes]] = {
    # no image, or none that is served
    "nothing": lambda: b"",
    "one byte": lambda: b"\x89",
    "HTML": lambda: SCRIPT,
    "an error of a vendor's": lambda: b'{"detail":"Your account is out of credit"}',
    "SVG": lambda: SVG,
    "SVG behind a declaration": lambda: b'<?xml version="1.0"?>\n<!DOCTYPE svg>' + SVG,
    "SVG behind a byte order mark": lambda: b"\xef\xbb\xbf" + SVG,
    "SVG, compressed": lambda: gzip.compress(SVG),
    "an archive": lambda: ARCHIVE,
    "a PDF": lambda: b"%PDF-1.7\n",
    "BMP": lambda: encoded(picture(), "BMP"),
    "TIFF": lambda: encoded(picture(), "TIFF"),
    "ICO": lambda: encoded(picture(), "ICO"),
    "JPEG 2000": lambda: encoded(picture(), "JPEG2000"),
    "PostScript": lambda: encoded(picture(), "EPS"),
    "a video": lambda: b"\0\0\0\x18ftypmp42" + bytes(500),
    "HEIC": lambda: b"\0\0\0\x18ftypheic" + bytes(500),
    "HEIC under a neutral name": lambda: b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(500),
    "an image behind a space": lambda: b" " + PNG,
    # another type than it begins like
    "JPEG that begins like PNG": lambda: PNG_SIGNATURE + JPEG,
    "PNG that begins like JPEG": lambda: b"\xff\xd8\xff" + PNG,
    "PNG that begins like WebP": lambda: b"RIFF\x40\0\0\0WEBP" + PNG,
    "SVG that begins like GIF": lambda: b"GIF89a" + SVG,
    "SVG that begins like JPEG": lambda: b"\xff\xd8\xff" + SVG,
    "SVG that begins like PNG": lambda: PNG_SIGNATURE + SVG,
    "HTML in an AVIF": lambda: b"\0\0\0\x18ftypavif" + SCRIPT,
    # sizes
    "PNG of 10,000,000,000 pixels": lambda: png_raw(png_header(100_000, 100_000), bytes(100)),
    "PNG of the largest size": lambda: png_raw(png_header(2**31 - 1, 2**31 - 1), bytes(100)),
    "PNG of 400,000,000 pixels that are there": lambda: png_raw(
        png_header(20_000, 20_000, depth=1, colour=0), bytes(20_000 * 2501)
    ),
    "PNG of one endless row": lambda: png_raw(png_header(20_000, 1), bytes(60_001)),
    "PNG without a pixel": lambda: png_raw(png_header(0, 10), bytes(10)),
    "PNG that inflates to 100 MB": lambda: _png_inflating(100),
    "PNG that inflates a little too far": lambda: png_raw(
        png_header(*SIZE), bytes(64 * (1 + 3 * 96) + 1)
    ),
    "JPEG of 4,294,836,225 pixels": lambda: _jpeg_sized(65_535, 65_535),
    "JPEG of no height": lambda: _jpeg_sized(96, 0),
    "JPEG of 5,000 scans": lambda: _many_scans(5000),
    "WebP of 268,435,456 pixels": lambda: _webp_sized(16_384, 16_384),
    "WebP of 16,777,216 pixels a side": lambda: _webp_sized(1 << 24, 1 << 24),
    "WebP with a canvas larger than its picture": lambda: _webp_sized(6000, 6000),
    "WebP, moving, of 268,435,456 pixels": _webp_flooding,
    "GIF of 4,294,836,225 pixels": lambda: GIF[:6] + b"\xff\xff\xff\xff" + GIF[10:],
    "GIF with a frame larger than its screen": lambda: GIF.replace(
        b"\x2c" + bytes(4) + struct.pack("<HH", *SIZE), b"\x2c" + bytes(4) + b"\x40\x1f" * 2
    ),
    # Its decoder makes all of the picture inside, which may be larger than the file says.
    "AVIF": lambda: AVIF,
    "a file of 40 MB and one byte": lambda: PNG + bytes(MAX_BYTES + 1 - len(PNG)),
    # broken
    "PNG with a wrong checksum": lambda: PNG[:-20] + b"\0" + PNG[-19:],
    "PNG without an end": lambda: png_of(png_chunks(PNG)[:-1]),
    "PNG without pixels": lambda: png_of([png_chunks(PNG)[0], (b"IEND", b"")]),
    "PNG with half of its pixels": lambda: png_raw(png_header(*SIZE), bytes(32 * (1 + 3 * 96))),
    "PNG with pixels that are not compressed": lambda: png_of(
        [(b"IHDR", png_header(*SIZE)), (b"IDAT", SCRIPT), (b"IEND", b"")]
    ),
    "PNG that begins with its pixels": lambda: png_of(png_chunks(PNG)[1:]),
    "PNG with a second, larger header": lambda: png_with(
        PNG, (b"IHDR", png_header(60_000, 60_000)), before=b"IEND"
    ),
    "PNG with a short header": lambda: png_of([(b"IHDR", bytes(12)), *png_chunks(PNG)[1:]]),
    "PNG with a chunk nobody knows": lambda: png_with(PNG, (b"CgBI", b"")),
    "PNG with an end that holds something": lambda: png_of(
        [*png_chunks(PNG)[:-1], (b"IEND", SCRIPT)]
    ),
    "PNG with a chunk longer than the file": lambda: PNG[:33] + b"\xff\xff\xff\xffIDAT" + PNG[41:],
    "PNG of 60,000 chunks": lambda: png_with(PNG, *[(b"tEXt", b"")] * 60_000),
    "PNG with a colour type nobody knows": lambda: png_raw(
        png_header(*SIZE, colour=5), bytes(64 * 97)
    ),
    "JPEG without an end": lambda: JPEG[:-2],
    "JPEG without a frame": lambda: _tables_only(JPEG),
    "JPEG with two frames": lambda: jpeg_before_end(JPEG, JPEG[2:-2]),
    "JPEG with a second, larger frame": lambda: jpeg_before_end(
        JPEG, jpeg_segment(0xC0, b"\x08\xff\xff\xff\xff\1\1\x11\0")
    ),
    "JPEG with arithmetic codes": lambda: JPEG.replace(b"\xff\xc0", b"\xff\xc9", 1),
    "JPEG with a segment of no length": lambda: JPEG[:2] + b"\xff\xe1\0\0" + JPEG[2:],
    "JPEG with a segment longer than the file": lambda: JPEG[:2] + b"\xff\xe1\xff\xff" + JPEG[2:],
    "JPEG of fill bytes": lambda: b"\xff\xd8" + b"\xff" * 5_000_000,
    "JPEG with a scan of fill bytes": lambda: JPEG[:-2] + b"\xff" * 5_000_000 + b"\0",
    "JPEG of 60,000 segments": lambda: jpeg_with(JPEG, jpeg_segment(0xFE, b"") * 60_000),
    "WebP without a picture": lambda: webp_of([webp_canvas(*SIZE)]),
    "WebP of only a head": lambda: riff_chunk(b"RIFF", b"WEBP"),
    "WebP longer than the file": lambda: WEBP[:4] + b"\xff\xff\xff\x7f" + WEBP[8:],
    "WebP with a chunk longer than the file": lambda: WEBP[:16] + b"\xff\xff\xff\x7f" + WEBP[20:],
    "WebP of 60,000 chunks": lambda: webp_of(
        [webp_canvas(*SIZE), *[(b"XXXX", b"")] * 60_000, *webp_chunks(WEBP)]
    ),
    "WebP, moving, without a frame": lambda: webp_of(
        [webp_canvas(*SIZE, flags=0x02), (b"ANIM", bytes(6))]
    ),
    "WebP with two pictures, the first broken": lambda: webp_of(
        [webp_canvas(*SIZE), (b"VP8 ", bytes(30)), *webp_chunks(WEBP)]
    ),
}


def test_what_is_small_for_what_it_shows_is_refused_if_it_grows_too_large() -> None:
    """It moves, so it would be kept as a PNG of its first frame."""
    noise = random.Random(1).randbytes(4600 * 3600 * 3)  # noqa: S311 - the same every time
    moving = [Image.frombytes("RGB", (4600, 3600), noise), Image.new("RGB", (4600, 3600))]
    data = encoded(moving[0], "WEBP", save_all=True, append_images=moving[1:], quality=20, method=0)
    assert len(data) < MAX_BYTES / 5
    with pytest.raises(ImageRefused, match="an image of more than"):
        sanitized(data)


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED.keys())
def test_it_is_refused_at_once_and_in_little_memory(make: Callable[[], bytes]) -> None:
    """In what Python allocates, inflating included; pixels are never allocated by then."""
    data = make()
    began = time.process_time()
    tracemalloc.start()
    with pytest.raises(ImageRefused, match="the provider returned"):
        sanitized(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * len(data) + 25_000_000
    assert time.process_time() - began < 4


@pytest.mark.parametrize(
    ("read", "data"),
    [
        (png.contained, REFUSED["PNG of 400,000,000 pixels that are there"]()),
        (jpeg.contained, REFUSED["JPEG of 4,294,836,225 pixels"]()),
        (jpeg.contained, REFUSED["JPEG with a second, larger frame"]()),
        (webp.contained, REFUSED["WebP of 268,435,456 pixels"]()),
        (webp.contained, REFUSED["WebP, moving, of 268,435,456 pixels"]()),
    ],
    ids=["PNG", "JPEG", "JPEG, second", "WebP", "WebP, moving"],
)
def test_its_size_is_judged_before_anything_is_inflated_or_decoded(
    read: Callable[[bytes], Contained], data: bytes
) -> None:
    with pytest.raises(ImageRefused):
        read(data)


def _bomb(megabytes: int) -> bytes:
    return zlib.compress(bytes(megabytes * 1024 * 1024), 9)


def _behind_pixels() -> bytes:
    chunks = png_chunks(PNG)
    return png_of([chunks[0], (b"IDAT", chunks[1][1] + SCRIPT), (b"IDAT", SCRIPT), chunks[-1]])


GIF_SCRIPT = b"GIF89a" + GIF[6:13]

HARMLESS: dict[str, tuple[bytes, bytes]] = {
    "PNG and an archive": (PNG + ARCHIVE, PNG),
    "PNG and HTML": (PNG + SCRIPT, PNG),
    "PNG and PNG": (PNG + PNG, PNG),
    "PNG with HTML in a text": (png_with(PNG, (b"tEXt", b"Comment\0" + SCRIPT)), PNG),
    "PNG with HTML in its pixels' chunk": (_behind_pixels(), PNG),
    "PNG with HTML in a chunk of its own": (png_with(PNG, (b"scRp", SCRIPT)), PNG),
    "PNG with a text that inflates to 100 MB": (
        png_with(PNG, (b"zTXt", b"Comment\0\0" + _bomb(100))),
        PNG,
    ),
    "PNG with an international text that inflates": (
        png_with(PNG, (b"iTXt", b"Comment\0\1\0\0\0" + _bomb(100))),
        PNG,
    ),
    "PNG with a profile that inflates to 100 MB": (
        png_with(PNG, (b"iCCP", b"icc\0\0" + _bomb(100))),
        PNG,
    ),
    "PNG with texts of 20 MB": (png_with(PNG, (b"tEXt", b"a\0" + bytes(20_000_000))), PNG),
    "JPEG and a script": (JPEG + SCRIPT, JPEG),
    "JPEG and an archive": (JPEG + ARCHIVE, JPEG),
    "JPEG with a script in a comment": (jpeg_with(JPEG, jpeg_segment(0xFE, SCRIPT)), JPEG),
    "JPEG that is JavaScript, too": (
        jpeg_with(JPEG, jpeg_segment(0xFE, b"*/=alert(1)/*" + SCRIPT)) + b"*/",
        JPEG,
    ),
    "JPEG with EXIF of 65,535 entries": (
        jpeg_with(
            JPEG,
            jpeg_segment(
                0xE1, (b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\1\x0e\0\2\0\1\0\0\0\0\0\0" * 5400)
            ),
        ),
        JPEG,
    ),
    "WebP and an archive": (WEBP + ARCHIVE, WEBP),
    "WebP with HTML in a chunk": (
        webp_of([webp_canvas(*SIZE), *webp_chunks(WEBP), (b"scRp", SCRIPT)]),
        webp_of([webp_canvas(*SIZE), *webp_chunks(WEBP)]),
    ),
    "WebP with a second picture": (webp_of([*webp_chunks(WEBP), (b"VP8 ", SCRIPT)]), WEBP),
}
"""Each with what is left of it."""


@pytest.mark.parametrize(("data", "left"), HARMLESS.values(), ids=HARMLESS.keys())
def test_it_comes_out_harmless(data: bytes, left: bytes) -> None:
    tracemalloc.start()
    result = sanitized(data).data
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result == left
    assert peak < 2 * len(data) + 25_000_000


@pytest.mark.parametrize(
    "data",
    [
        GIF + ARCHIVE,
        GIF + SCRIPT,
        GIF[:13] + GIF[13:].replace(b"\x2c", b"!\xfe\x34" + SCRIPT + b"\0\x2c", 1),
    ],
    ids=["GIF and an archive", "GIF and HTML", "GIF with HTML"],
)
def test_what_is_painted_anew_holds_nothing_but_pixels(data: bytes) -> None:
    result = sanitized(data).data
    assert {kind for kind, _ in png_chunks(result)} <= {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
    assert SCRIPT not in result
    assert b"PK" + b"\3\4" not in result
    assert pixels(result).tobytes() == pixels(data).tobytes()


@pytest.mark.parametrize(
    "data",
    [PNG, JPEG, PROGRESSIVE, WEBP, GIF],
    ids=["PNG", "JPEG", "progressive", "WebP", "GIF"],
)
def test_a_file_that_breaks_off_anywhere_is_refused(data: bytes) -> None:
    """All but the last bytes, without which a GIF and a padded chunk are whole."""
    for length in range(0, len(data) - 3, max(1, len(data) // 150)):
        with pytest.raises(ImageRefused):
            sanitized(data[:length])


@pytest.mark.parametrize(
    "data",
    [PNG, JPEG, PROGRESSIVE, WEBP, GIF, webp_of([webp_canvas(*SIZE), *webp_chunks(WEBP)])],
    ids=["PNG", "JPEG", "progressive", "WebP", "GIF", "extended WebP"],
)
def test_a_file_with_any_damage_is_refused_or_still_an_image(data: bytes) -> None:
    chance = random.Random(7)  # noqa: S311 - the same damage every time
    outcomes = set()
    for _ in range(200):
        damaged = bytearray(data)
        for _ in range(chance.choice((1, 1, 2, 8))):
            damaged[chance.randrange(len(data))] = chance.randrange(256)
        at = chance.randrange(len(data))
        if chance.random() < 0.2:
            damaged[at:at] = damaged[at : at + chance.randrange(40)]
        try:
            result = sanitized(bytes(damaged)).data
        except ImageRefused:
            outcomes.add("refused")
            continue
        outcomes.add("kept")
        assert examine_all([result])
        with Image.open(io.BytesIO(result)) as image:
            image.load()
    assert outcomes >= {"refused"}


def test_a_checksum_that_is_right_does_not_make_a_header_right() -> None:
    for field in range(13):
        for value in (0, 1, 3, 127, 255):
            header = bytearray(png_header(*SIZE))
            if header[field] == value:
                continue
            header[field] = value
            data = PNG_SIGNATURE + png_chunk(b"IHDR", bytes(header)) + PNG[33:]
            with pytest.raises(ImageRefused):
                sanitized(data)


def test_there_are_more_than_were_promised() -> None:
    assert len(REFUSED) + len(HARMLESS) >= 80
