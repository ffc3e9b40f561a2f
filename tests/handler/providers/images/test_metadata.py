"""What says something about a person is gone; what belongs to the picture is not."""

import io
import zlib
from collections.abc import Callable

import pytest
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from handler.providers.images.sanitize import sanitized
from tests.handler.providers.images.files import (
    PROMPT,
    SRGB,
    encoded,
    exif_of,
    jpeg_before_end,
    jpeg_segment,
    jpeg_with,
    manifest,
    picture,
    pixels,
    png_with,
    webp_canvas,
    webp_chunks,
    webp_of,
)

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + PROMPT + b"</x:xmpmeta>"
EXIF = exif_of()
PNG, JPEG, WEBP = (encoded(picture(), name) for name in ("PNG", "JPEG", "WEBP"))
JFIF_THUMBNAIL = b"JFIF\0\1\1\0\0\1\0\1\3\3" + PROMPT


def _texts(*, compressed: bool) -> PngInfo:
    info = PngInfo()
    info.add_text("prompt", PROMPT.decode(), zip=compressed)
    info.add_itxt("parameters", PROMPT.decode(), "en", "Parameter", zip=compressed)
    return info


def _webp_with(*chunks: tuple[bytes, bytes], flags: int = 0x0C) -> bytes:
    return webp_of([webp_canvas(96, 64, flags), *webp_chunks(WEBP), *chunks])


TOLD: dict[str, bytes] = {
    "PNG, texts": encoded(picture(), "PNG", pnginfo=_texts(compressed=False)),
    "PNG, compressed texts": encoded(picture(), "PNG", pnginfo=_texts(compressed=True)),
    "PNG, a text behind the pixels": png_with(PNG, (b"tEXt", b"prompt\0" + PROMPT), before=b"IEND"),
    "PNG, EXIF": png_with(PNG, (b"eXIf", EXIF)),
    "PNG, XMP": png_with(PNG, (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)),
    "PNG, EXIF in a text": png_with(
        PNG, (b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(PROMPT))
    ),
    "PNG, a time": png_with(PNG, (b"tIME", b"\x07\xea\x01\x02\x03\x04\x05")),
    "PNG, a private chunk": png_with(PNG, (b"prIv", PROMPT)),
    "PNG, more than a chunk of colours holds": png_with(PNG, (b"sRGB", b"\0" + PROMPT * 30)),
    "PNG, a profile that is none": png_with(PNG, (b"iCCP", b"icc\0\0" + zlib.compress(PROMPT * 9))),
    "PNG, a profile that has only the length of one": png_with(
        PNG, (b"iCCP", b"icc\0\0" + zlib.compress((400).to_bytes(4, "big") + PROMPT * 20))
    ),
    "JPEG, EXIF": encoded(picture(), "JPEG", exif=b"Exif\0\0" + EXIF),
    "JPEG, XMP": encoded(picture(), "JPEG", xmp=XMP),
    "JPEG, a long XMP": jpeg_with(
        JPEG, jpeg_segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + PROMPT)
    ),
    "JPEG, IPTC": jpeg_with(
        JPEG, jpeg_segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0" + PROMPT)
    ),
    "JPEG, a comment": encoded(picture(), "JPEG", comment=PROMPT),
    "JPEG, a comment behind the pixels": jpeg_before_end(JPEG, jpeg_segment(0xFE, PROMPT)),
    "JPEG, a thumbnail": JPEG.replace(
        jpeg_segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), jpeg_segment(0xE0, JFIF_THUMBNAIL)
    ),
    "JPEG, a thumbnail of its own": jpeg_with(JPEG, jpeg_segment(0xE0, b"JFXX\0\x10" + PROMPT)),
    "JPEG, a second picture": encoded(
        picture(), "MPO", save_all=True, append_images=[picture()], exif=b"Exif\0\0" + EXIF
    ),
    "JPEG, a profile that is none": jpeg_with(
        JPEG, jpeg_segment(0xE2, b"ICC_PROFILE\0\1\1" + PROMPT * 9)
    ),
    "JPEG, a longer mark of Adobe's": jpeg_with(
        JPEG, jpeg_segment(0xEE, b"Adobe\0\x64\0\0\0\0\1" + PROMPT)
    ),
    "WebP, EXIF and XMP": encoded(picture(), "WEBP", exif=EXIF, xmp=XMP),
    "WebP, EXIF with a prefix": _webp_with((b"EXIF", b"Exif\0\0" + EXIF)),
    "WebP, another chunk": _webp_with((b"prIv", PROMPT), flags=0),
    "WebP, a second EXIF": _webp_with((b"EXIF", EXIF), (b"EXIF", EXIF)),
    "GIF, a comment": encoded(picture("P"), "GIF", comment=PROMPT),
}


@pytest.mark.parametrize("data", TOLD.values(), ids=TOLD.keys())
def test_what_it_tells_is_gone_and_the_pixels_are_the_same(data: bytes) -> None:
    result = sanitized(data).data
    assert result != data
    assert PROMPT not in result
    with Image.open(io.BytesIO(result)) as image:
        image.load()
        told = set(image.info) & {"exif", "xmp", "comment", "photoshop", "mp", "icc_profile"}
        assert told == set()
        assert not getattr(image, "text", {})
    assert pixels(result).tobytes() == pixels(data).tobytes()


def _turned(image_format: str, orientation: int) -> bytes:
    prefix = b"Exif\0\0" if image_format == "JPEG" else b""
    return encoded(picture(), image_format, exif=prefix + exif_of(orientation))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP"])
def test_the_right_way_up_stays_known_and_nothing_else(image_format: str, orientation: int) -> None:
    data = _turned(image_format, orientation)
    result = sanitized(data).data
    assert PROMPT not in result
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(result)) as after:
        kept = after.getexif()
        usual = orientation == 1
        assert dict(kept) == ({} if usual else {0x0112: orientation})
        assert not kept.get_ifd(0x8825)
        upright, shown = ImageOps.exif_transpose(before), ImageOps.exif_transpose(after)
        assert upright.convert("RGB").tobytes() == shown.convert("RGB").tobytes()


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0\xff\xff",
        b"MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\x09\0\0",
        b"MM\0*\0\0\0\x08\0\1\x01\x12\0\4\0\0\0\1\0\0\0\6",
        b"MM\0*\0\0\0\x08\0\1\x01\x12\0\3\xff\xff\xff\xff\0\6\0\0",
        b"<script>",
    ],
)
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_exif_that_says_no_orientation_is_left_out(exif: bytes, file_format: str) -> None:
    with_exif = {
        "PNG": lambda: (png_with(PNG, (b"eXIf", exif)), PNG),
        "JPEG": lambda: (jpeg_with(JPEG, jpeg_segment(0xE1, b"Exif\0\0" + exif)), JPEG),
        "WEBP": lambda: (
            _webp_with((b"EXIF", exif)),
            webp_of([webp_canvas(96, 64), *webp_chunks(WEBP)]),
        ),
    }
    data, without = with_exif[file_format]()
    assert sanitized(data).data == without


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_the_colour_profile_stays(file_format: str) -> None:
    data = encoded(picture(), file_format, icc_profile=SRGB, exif=b"Exif\0\0" + exif_of())
    with Image.open(io.BytesIO(sanitized(data).data)) as image:
        assert image.info["icc_profile"] == SRGB


Put = Callable[[bytes], bytes]

PROVENANCE: dict[str, Put] = {
    "PNG": lambda found: png_with(PNG, (b"caBX", found)),
    "JPEG": lambda found: jpeg_with(
        JPEG, *(jpeg_segment(0xEB, b"JP\0\1\0\0\0" + bytes([n]) + found) for n in (1,))
    ),
    "WebP": lambda found: _webp_with((b"C2PA", found), flags=0),
}


@pytest.mark.parametrize("put", PROVENANCE.values(), ids=PROVENANCE.keys())
class TestProvenance:
    def test_the_mark_of_who_made_the_image_stays(self, put: Put) -> None:
        data = put(manifest())
        assert sanitized(data).data == data

    @pytest.mark.parametrize(
        "word", [b"c2pa.types.generator.prompt", b"stds.exif", b"exif:GPSLatitude"]
    )
    def test_one_that_says_what_was_asked_or_where_goes(self, put: Put, word: bytes) -> None:
        assert word not in sanitized(put(manifest(word))).data

    def test_what_only_stands_in_its_place_goes(self, put: Put) -> None:
        assert b"<script>" not in sanitized(put(b"<script>")).data
        assert b"<script>" not in sanitized(put(b"c2pa <script>")).data
