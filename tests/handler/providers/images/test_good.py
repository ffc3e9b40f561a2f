"""Ordinary images of every format and mode pass, with the pixels they came with."""

import io
from collections.abc import Callable

import pytest
from PIL import Image

from handler.core.image_types import examine_all
from handler.painter.paint import paint
from handler.providers.images.sanitize import sanitized
from tests.handler.providers.images.files import (
    SRGB,
    encoded,
    picture,
    pixels,
    png_16_bit_colour,
    png_chunks,
    png_interlaced,
    png_of,
    webp_chunks,
)


def _see_through() -> Image.Image:
    image = picture("P")
    image.info["transparency"] = 7
    return image


def _painted() -> Image.Image:
    return paint("a lighthouse on a cliff at night", seed=5, size=(320, 320))


def _in_small_chunks() -> bytes:
    chunks = png_chunks(encoded(picture(), "PNG"))
    data = b"".join(body for kind, body in chunks if kind == b"IDAT")
    parts = [(b"IDAT", data[at : at + 100]) for at in range(0, len(data), 100)]
    return png_of([chunks[0], *parts, (b"IDAT", b""), chunks[-1]])


KEPT: dict[str, Callable[[], bytes]] = {
    "PNG, black and white": lambda: encoded(picture("1"), "PNG"),
    "PNG, grey": lambda: encoded(picture("L"), "PNG"),
    "PNG, grey with alpha": lambda: encoded(picture("LA"), "PNG"),
    "PNG, grey of 16 bits": lambda: encoded(picture("I;16"), "PNG"),
    "PNG, palette": lambda: encoded(picture("P"), "PNG"),
    "PNG, palette of 16": lambda: encoded(picture("RGB").quantize(16), "PNG", bits=4),
    "PNG, palette with a hole": lambda: encoded(_see_through(), "PNG"),
    "PNG, colour": lambda: encoded(picture("RGB"), "PNG"),
    "PNG, colour with alpha": lambda: encoded(picture("RGBA"), "PNG"),
    "PNG, colour of 16 bits": png_16_bit_colour,
    "PNG, interlaced": png_interlaced,
    "PNG, in many chunks": _in_small_chunks,
    "PNG, with a profile": lambda: encoded(picture(), "PNG", icc_profile=SRGB, dpi=(72, 72)),
    "PNG, of one pixel": lambda: encoded(picture("RGB", (1, 1)), "PNG"),
    "PNG, painted": lambda: encoded(_painted(), "PNG"),
    "JPEG, grey": lambda: encoded(picture("L"), "JPEG"),
    "JPEG, colour": lambda: encoded(picture(), "JPEG"),
    "JPEG, colour in full": lambda: encoded(picture(), "JPEG", quality=100, subsampling=0),
    "JPEG, progressive": lambda: encoded(picture(), "JPEG", progressive=True),
    "JPEG, with restarts": lambda: encoded(picture(), "JPEG", restart_marker_blocks=2),
    "JPEG, CMYK": lambda: encoded(picture("CMYK"), "JPEG"),
    "JPEG, kept as RGB": lambda: encoded(picture(), "JPEG", keep_rgb=True),
    "JPEG, with a profile": lambda: encoded(picture(), "JPEG", icc_profile=SRGB),
    "JPEG, with a profile of many segments": lambda: encoded(
        picture(), "JPEG", icc_profile=(200_000).to_bytes(4, "big") + SRGB[4:].ljust(199_996, b"\0")
    ),
    "JPEG, painted": lambda: encoded(_painted(), "JPEG", progressive=True, quality=90),
    "WebP, lossy": lambda: encoded(picture(), "WEBP"),
    "WebP, lossy with alpha": lambda: encoded(picture("RGBA"), "WEBP"),
    "WebP, lossless": lambda: encoded(picture(), "WEBP", lossless=True),
    "WebP, lossless with alpha": lambda: encoded(picture("RGBA"), "WEBP", lossless=True),
    "WebP, with a profile": lambda: encoded(picture(), "WEBP", icc_profile=SRGB),
    "WebP, painted": lambda: encoded(_painted(), "WEBP", quality=88, method=2),
}
"""They come out byte for byte as they went in."""

_FRAMES = [picture("RGB").rotate(angle) for angle in (90, 180)]

CONVERTED: dict[str, Callable[[], bytes]] = {
    "GIF": lambda: encoded(picture("P"), "GIF"),
    "GIF, grey": lambda: encoded(picture("L"), "GIF", interlace=1),
    "GIF, with a hole": lambda: encoded(_see_through(), "GIF"),
    "GIF, moving": lambda: encoded(picture(), "GIF", save_all=True, append_images=_FRAMES),
    "WebP, moving": lambda: encoded(picture(), "WEBP", save_all=True, append_images=_FRAMES),
    "WebP, moving, with a profile": lambda: encoded(
        picture("RGBA"), "WEBP", save_all=True, append_images=_FRAMES, icc_profile=SRGB
    ),
}
"""They become a PNG of their first frame."""


@pytest.mark.parametrize("make", KEPT.values(), ids=KEPT.keys())
def test_an_image_without_metadata_is_kept_byte_for_byte(make: Callable[[], bytes]) -> None:
    data = make()
    result = sanitized(data)
    assert result.data == data
    assert not result.is_blank or pixels(data).size == (1, 1)


@pytest.mark.parametrize("make", CONVERTED.values(), ids=CONVERTED.keys())
def test_another_format_becomes_a_png_with_the_same_pixels(make: Callable[[], bytes]) -> None:
    data = make()
    result = sanitized(data)
    assert examine_all([result.data])[0].media_type == "image/png"
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(result.data)) as after:
        assert after.convert("RGBA").tobytes() == before.convert("RGBA").tobytes()
        assert after.info.get("icc_profile") == before.info.get("icc_profile")
        assert getattr(after, "n_frames", 1) == 1
    assert not result.is_blank


def test_a_moving_png_stands_still_with_its_pixels() -> None:
    data = encoded(picture(), "PNG", save_all=True, append_images=_FRAMES)
    result = sanitized(data).data
    assert {kind for kind, _ in png_chunks(data)} >= {b"acTL", b"fcTL", b"fdAT"}
    assert {kind for kind, _ in png_chunks(result)} == {b"IHDR", b"IDAT", b"IEND"}
    assert pixels(result).tobytes() == pixels(data).tobytes()


def test_what_is_made_safe_is_not_changed_again() -> None:
    for make in [*KEPT.values(), *CONVERTED.values()]:
        once = sanitized(make()).data
        assert sanitized(once).data == once


def test_a_webp_file_whose_last_chunk_is_not_padded_is_read() -> None:
    data = encoded(picture("RGB", (33, 17)), "WEBP", quality=31)
    (chunk,) = webp_chunks(data)
    odd = chunk[1] if len(chunk[1]) % 2 else chunk[1] + b"\0"
    unpadded = b"WEBPVP8 " + len(odd).to_bytes(4, "little") + odd
    read = sanitized(b"RIFF" + len(unpadded).to_bytes(4, "little") + unpadded).data
    assert pixels(read).tobytes() == pixels(data).tobytes()
