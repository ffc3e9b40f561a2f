"""Image files, taken apart and put together by hand where no library would write them."""

import io
import struct
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from PIL import Image, ImageCms

SIZE = (96, 64)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
PROMPT = b"a secret prompt of somebody"


def picture(mode: str = "RGB", size: tuple[int, int] = SIZE) -> Image.Image:
    """A picture with a different colour nearly everywhere."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    bands = [x * 255 // width, y * 255 // height, (x * 3 + y * 5) % 256, (x * 7) % 256]
    if mode == "I;16":
        return Image.fromarray((x * 300 + y * 500).astype(np.uint16))
    stacked = np.stack(bands, axis=-1).astype(np.uint8)
    if mode == "CMYK":
        return Image.frombytes("CMYK", size, stacked.tobytes())
    whole = Image.frombytes("RGBA", size, stacked.tobytes())
    return whole if mode == "RGBA" else whole.convert("RGB").convert(mode)


def encoded(image: Image.Image, file_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def pixels(data: bytes) -> Image.Image:
    """What a viewer shows of a file, first frame."""
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGBA")


# PNG

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, position = [], 8
    while position < len(data):
        (length,) = struct.unpack_from(">I", data, position)
        found.append(
            (data[position + 4 : position + 8], data[position + 8 : position + 8 + length])
        )
        position += 12 + length
    return found


def png_of(chunks: Iterable[tuple[bytes, bytes]]) -> bytes:
    return PNG_SIGNATURE + b"".join(png_chunk(*chunk) for chunk in chunks)


def png_with(data: bytes, *extra: tuple[bytes, bytes], before: bytes = b"IDAT") -> bytes:
    """With chunks put in before the first of a kind."""
    chunks = png_chunks(data)
    at = [kind for kind, _ in chunks].index(before)
    return png_of([*chunks[:at], *extra, *chunks[at:]])


def png_header(
    width: int, height: int, depth: int = 8, colour: int = 2, interlace: int = 0
) -> bytes:
    return struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)


def png_raw(header: bytes, rows: bytes) -> bytes:
    return png_of([(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")])


def png_16_bit_colour() -> bytes:
    width, height = SIZE
    y, x = np.mgrid[0:height, 0:width]
    bands = np.stack([x * 600, y * 900, x * 100 + y * 50], axis=-1).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in bands)
    return png_raw(png_header(width, height, depth=16), rows)


def png_interlaced() -> bytes:
    pixels = np.asarray(picture())
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)]
    passes += [(0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = [
        b"\0" + row.tobytes()
        for left, top, across, down in passes
        for row in pixels[top::down, left::across]
    ]
    return png_raw(png_header(*SIZE, interlace=1), b"".join(rows))


# JPEG


def jpeg_segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def jpeg_with(data: bytes, *segments: bytes) -> bytes:
    """With segments put in right at the start."""
    return data[:2] + b"".join(segments) + data[2:]


def jpeg_before_end(data: bytes, *segments: bytes) -> bytes:
    assert data.endswith(b"\xff\xd9")
    return data[:-2] + b"".join(segments) + data[-2:]


# WebP


def riff_chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def webp_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, position = [], 12
    while position < len(data):
        (length,) = struct.unpack_from("<I", data, position + 4)
        found.append((data[position : position + 4], data[position + 8 : position + 8 + length]))
        position += 8 + length + length % 2
    return found


def webp_of(chunks: Iterable[tuple[bytes, bytes]]) -> bytes:
    return riff_chunk(b"RIFF", b"WEBP" + b"".join(riff_chunk(*chunk) for chunk in chunks))


def webp_canvas(width: int, height: int, flags: int = 0) -> tuple[bytes, bytes]:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"VP8X", bytes([flags, 0, 0, 0]) + sides


# Metadata


def exif_of(orientation: int | None = None) -> bytes:
    """With a prompt and a place; no prefix."""
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    exif[0x010E] = PROMPT.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return exif.tobytes().removeprefix(b"Exif\0\0")


def manifest(*words: bytes) -> bytes:
    """The outline of a C2PA manifest store."""
    description = struct.pack(">I", 30) + b"jumdc2pa" + bytes(18)
    claim = b"c2pa.claim softwareAgent A Vendor's Model " + b" ".join(words)
    body = description + struct.pack(">I", len(claim) + 8) + b"cbor" + claim
    return struct.pack(">I", len(body) + 8) + b"jumb" + body
