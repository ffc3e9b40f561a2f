"""WebP, chunk by chunk (RFC 9649)."""

from collections.abc import Iterator

from handler.providers.images import exif
from handler.providers.images.container import (
    MAX_PARTS,
    Contained,
    Damaged,
    is_profile,
    is_provenance,
    require_size,
)

Chunk = tuple[bytes, bytes]
"""Type and data."""

_PICTURES = {b"VP8 ", b"VP8L"}
_HAS_PROFILE, _HAS_ALPHA, _HAS_EXIF, _IS_ANIMATED = 0x20, 0x10, 0x08, 0x02


def is_webp(data: bytes) -> bool:
    """Whether the bytes begin like this format."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def contained(data: bytes) -> Contained:
    """The file with its pixels and colours only; of an animation, its first frame.

    Raises:
        ImageRefused: It is damaged, or too large.
    """
    chunks = list(_chunks(data))
    if not chunks:
        raise Damaged
    kind, body = chunks[0]
    require_size(*_size(kind, body))
    if kind in _PICTURES:
        return Contained(_file([(kind, body)]))
    is_animated = bool(body[0] & _IS_ANIMATED)
    picture = [b"ANIM", b"ANMF"] if is_animated else [b"ALPH", b"VP8 ", b"VP8L"]
    kept = _kept(chunks[1:], picture)
    kinds = {kind for kind, _ in kept}
    flags = (
        body[0] & (_HAS_ALPHA | _IS_ANIMATED)
        | (_HAS_PROFILE if b"ICCP" in kinds else 0)
        | (_HAS_EXIF if b"EXIF" in kinds else 0)
    )
    head = (b"VP8X", bytes([flags, 0, 0, 0]) + body[4:10])
    return Contained(_file([head, *kept]), is_still=not is_animated)


def _chunks(data: bytes) -> Iterator[Chunk]:
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise Damaged
    position = 12
    for _ in range(MAX_PARTS):
        if position + 8 > end:
            return
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        start = position + 8
        if start + length > end:
            raise Damaged
        yield data[position : position + 4], data[start : start + length]
        position = start + length + length % 2
    raise Damaged


def _size(kind: bytes, body: bytes) -> tuple[int, int]:
    if kind == b"VP8X" and len(body) == 10:
        width, height = body[4:7], body[7:10]
        return int.from_bytes(width, "little") + 1, int.from_bytes(height, "little") + 1
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a" and len(body) >= 10:
        width, height = body[6:8], body[8:10]
        return int.from_bytes(width, "little") & 0x3FFF, int.from_bytes(height, "little") & 0x3FFF
    if kind == b"VP8L" and body[:1] == b"\x2f" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    raise Damaged


def _kept(chunks: list[Chunk], picture: list[bytes]) -> list[Chunk]:
    """Of each kind that belongs to the picture the first one, in their order."""
    kept: dict[bytes, bytes] = {}
    for kind, body in chunks:
        bare = exif.only_orientation(body) if kind == b"EXIF" else body
        if kind in picture or _belongs(kind, bare):
            kept.setdefault(kind, bare)
    return list(kept.items())


def _belongs(kind: bytes, body: bytes) -> bool:
    if kind == b"ICCP":
        return is_profile(body)
    if kind == b"C2PA":
        return is_provenance(body)
    return kind == b"EXIF" and body != b""


def _file(chunks: list[Chunk]) -> bytes:
    body = b"WEBP" + b"".join(
        kind + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)
        for kind, data in chunks
    )
    return b"RIFF" + len(body).to_bytes(4, "little") + body
