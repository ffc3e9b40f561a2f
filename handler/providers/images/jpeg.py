"""JPEG, segment by segment (ITU-T T.81, annex B; JFIF; ICC.1, annex B.4)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from handler.providers.images import exif
from handler.providers.images.container import (
    MAX_PARTS,
    Contained,
    Damaged,
    is_profile,
    is_provenance,
    require_size,
)

START = b"\xff\xd8\xff"
MAX_SCANS = 100
"""A progressive picture of an ordinary encoder has ten; each costs a pass over all pixels."""

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_APP0, _APP1, _APP2, _APP11, _APP14 = 0xE0, 0xE1, 0xE2, 0xEB, 0xEE
_FRAMES = {0xC0, 0xC1, 0xC2}
"""Baseline, extended and progressive with Huffman codes: what browsers show."""
_TABLES = {0xC4, 0xDB, 0xDD}
"""Of Huffman codes, of quantisation, and the restart interval."""
_JFIF, _PROFILE, _ADOBE, _JUMBF = b"JFIF\0", b"ICC_PROFILE\0", b"Adobe", b"JP"
_MARKER = re.compile(rb"\xff+([\x01-\xfe])")
_AFTER_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""The first marker that is no part of a scan's data.

Fill bytes before it are left to the scan, so that a search takes linear time in a run of them.
"""


@dataclass(frozen=True)
class _Segment:
    marker: int
    body: bytes
    scan: bytes = b""
    """Of a scan, the data behind it."""

    @property
    def is_profile(self) -> bool:
        return self.marker == _APP2 and self.body.startswith(_PROFILE)

    @property
    def is_manifest(self) -> bool:
        return self.marker == _APP11 and self.body.startswith(_JUMBF)

    def written(self) -> bytes:
        head = bytes((0xFF, self.marker)) + (len(self.body) + 2).to_bytes(2, "big")
        return head + self.body + self.scan


def contained(data: bytes) -> Contained:
    """The file with its pixels and colours only.

    Raises:
        ImageRefused: It is damaged, or too large.
    """
    segments = list(_segments(data))
    _require_one_picture(segments)
    profile = [segment.body[len(_PROFILE) :] for segment in segments if segment.is_profile]
    manifest = [segment.body for segment in segments if segment.is_manifest]
    kept = {
        _APP2: is_profile(b"".join(part[2:] for part in sorted(profile))),
        _APP11: is_provenance(b"".join(manifest)),
    }
    written = [bare.written() for bare in map(_bare, segments) if kept.get(bare.marker, bare.body)]
    return Contained(b"\xff\xd8" + b"".join(written) + b"\xff\xd9")


def _segments(data: bytes) -> Iterator[_Segment]:
    position = 2
    for _ in range(MAX_PARTS):
        match = _MARKER.match(data, position)
        if match is None:
            raise Damaged
        marker = match[1][0]
        if marker == _END:
            return
        start = match.end() + 2
        end = match.end() + int.from_bytes(data[match.end() : start], "big")
        if end < start or end > len(data):
            raise Damaged
        position = _end_of_scan(data, end) if marker == _SCAN else end
        yield _Segment(marker, data[start:end], data[end:position])
    raise Damaged


def _end_of_scan(data: bytes, start: int) -> int:
    match = _AFTER_SCAN.search(data, start)
    if match is None:
        raise Damaged
    return match.start()


def _require_one_picture(segments: Sequence[_Segment]) -> None:
    frames = [segment for segment in segments if segment.marker in _FRAMES]
    scans = sum(segment.marker == _SCAN for segment in segments)
    if len(frames) != 1 or not 1 <= scans <= MAX_SCANS or len(frames[0].body) < 6:
        raise Damaged
    frame = frames[0].body
    require_size(int.from_bytes(frame[3:5], "big"), int.from_bytes(frame[1:3], "big"))


def _bare(segment: _Segment) -> _Segment:
    """The segment without what is no picture; empty if all of it is."""
    marker, body = segment.marker, segment.body
    if marker in _FRAMES | _TABLES | {_SCAN} or segment.is_profile or segment.is_manifest:
        return segment
    if marker == _APP0 and body.startswith(_JFIF):
        return _Segment(marker, body[:12] + b"\0\0")  # without its thumbnail
    if marker == _APP14 and body.startswith(_ADOBE):
        return _Segment(marker, body[:12])
    if marker == _APP1 and body.startswith(exif.PREFIX):
        orientation = exif.only_orientation(body)
        return _Segment(marker, exif.PREFIX + orientation if orientation else b"")
    if marker in range(0xE0, 0xF0) or marker == 0xFE:
        return _Segment(0xFE, b"")
    raise Damaged  # arithmetic coding, a height told late, and what else nobody shows
