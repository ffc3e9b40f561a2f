"""PNG, chunk by chunk (W3C, Portable Network Graphics, third edition)."""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence

from handler.providers.images import exif
from handler.providers.images.container import (
    MAX_PARTS,
    MAX_PROFILE_BYTES,
    Contained,
    Damaged,
    is_profile,
    is_provenance,
    require_size,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_CRITICAL = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
_SMALL = {b"tRNS", b"cHRM", b"gAMA", b"sBIT", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"bKGD", b"pHYs"}
"""What else a picture's colours depend on; of a chunk of these, at most 768 bytes mean anything.

What is not named anywhere here is left out: texts, times, thumbnails, frames of an animation.
"""
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""By colour type."""
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_PASSES = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)
"""Adam7: the first column and row of each pass, and its steps."""
_STEP = 1024 * 1024

Chunk = tuple[bytes, bytes]
"""Type and data."""


def contained(data: bytes) -> Contained:
    """The file with its pixels and colours only.

    Raises:
        ImageRefused: It is damaged, or too large.
    """
    chunks = [chunk for chunk in _chunks(data) if _is_kept(chunk)]
    _require_frame(chunks)
    stream = [body for kind, body in chunks if kind == b"IDAT"]
    surplus = _surplus(stream, _inflated_bytes(chunks[0][1]))
    if surplus:
        whole = b"".join(stream)
        chunks = _with_stream(chunks, whole[: len(whole) - surplus])
    return Contained(SIGNATURE + b"".join(_written(_bare(chunk)) for chunk in chunks))


def _chunks(data: bytes) -> Iterator[Chunk]:
    position = len(SIGNATURE)
    for _ in range(MAX_PARTS):
        head = data[position : position + 8]
        if len(head) < 8:
            raise Damaged
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        body = data[position + 8 : position + 8 + length]
        check = data[position + 8 + length : position + 12 + length]
        if len(check) < 4 or zlib.crc32(body, zlib.crc32(kind)) != int.from_bytes(check, "big"):
            raise Damaged
        yield kind, body
        if kind == b"IEND":
            return
        position += 12 + length
    raise Damaged


def _is_kept(chunk: Chunk) -> bool:
    kind, body = chunk
    if kind == b"iCCP":
        return _holds_profile(body)
    if kind == b"eXIf":
        return exif.only_orientation(body) != b""
    if kind == b"caBX":
        return is_provenance(body)
    if kind in _SMALL:
        return len(body) <= 768
    if kind not in _CRITICAL and not kind[0] & 0x20:
        raise Damaged  # nobody can show a picture that depends on an unknown chunk
    return kind in _CRITICAL


def _require_frame(chunks: Sequence[Chunk]) -> None:
    """One header first, an empty end last."""
    kinds = [kind for kind, _ in chunks]
    if kinds[0] != b"IHDR" or len(chunks[0][1]) != 13 or chunks[-1] != (b"IEND", b""):
        raise Damaged
    if kinds.count(b"IHDR") > 1 or kinds.count(b"PLTE") > 1:
        raise Damaged


def _bare(chunk: Chunk) -> Chunk:
    kind, body = chunk
    return (kind, exif.only_orientation(body)) if kind == b"eXIf" else chunk


def _holds_profile(body: bytes) -> bool:
    name, _, rest = body.partition(b"\0")
    if not 1 <= len(name) <= 79 or rest[:1] != b"\0":
        return False
    try:
        return is_profile(zlib.decompressobj().decompress(rest[1:], MAX_PROFILE_BYTES + 1))
    except zlib.error:
        return False


def _inflated_bytes(header: bytes) -> int:
    """How long the pixels are before they are compressed."""
    width, height, depth, colour, *methods, interlace = struct.unpack(">IIBBBBB", header)
    require_size(width, height)
    if depth not in _DEPTHS.get(colour, ()) or methods != [0, 0] or interlace > 1:
        raise Damaged
    bits = depth * _CHANNELS[colour]
    sizes = [
        (-(-(width - left) // across), -(-(height - top) // down))
        for left, top, across, down in (_PASSES if interlace else ((0, 0, 1, 1),))
    ]
    return sum(rows * (1 + (columns * bits + 7) // 8) for columns, rows in sizes if columns > 0)


def _surplus(stream: Sequence[bytes], expected: int) -> int:
    """How many bytes follow the compressed pixels, which have to be `expected` bytes long."""
    inflater = zlib.decompressobj()
    inflated = 0
    for number, part in enumerate(stream):
        for length in _inflated(inflater, part):
            inflated += length
            if inflated > expected:
                raise Damaged
        if inflater.eof:
            if inflated < expected:
                break
            return len(inflater.unused_data) + sum(len(after) for after in stream[number + 1 :])
    raise Damaged


def _inflated(inflater: "zlib._Decompress", part: bytes) -> Iterator[int]:
    """Inflate a part and forget the result, a megabyte at a time; the lengths."""
    length = _STEP
    while (part or length == _STEP) and not inflater.eof:
        try:
            length = len(inflater.decompress(part, _STEP))
        except zlib.error:
            raise Damaged from None
        part = inflater.unconsumed_tail
        yield length


def _with_stream(chunks: Iterable[Chunk], stream: bytes) -> list[Chunk]:
    first = [(b"IDAT", stream)]
    rest = [chunk for chunk in chunks if chunk[0] != b"IDAT"]
    at = next(number for number, chunk in enumerate(chunks) if chunk[0] == b"IDAT")
    return rest[:at] + first + rest[at:]


def _written(chunk: Chunk) -> bytes:
    kind, body = chunk
    check = zlib.crc32(body, zlib.crc32(kind))
    return b"".join((len(body).to_bytes(4, "big"), kind, body, check.to_bytes(4, "big")))
