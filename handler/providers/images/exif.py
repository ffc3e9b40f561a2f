"""The one thing in EXIF that belongs to the picture: which way up it is (EXIF 2.32, 4.6.4)."""

import struct

PREFIX = b"Exif\0\0"
"""What stands before it in JPEG, and in some WebP files."""

_ORIENTATION = 0x0112
_SHORT = 3
_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}


def only_orientation(exif: bytes) -> bytes:
    """EXIF with nothing but the orientation, without prefix; empty where it is the usual one."""
    orientation = _orientation(exif.removeprefix(PREFIX))
    if not 2 <= orientation <= 8:
        return b""
    entry = struct.pack(">HHIHH", _ORIENTATION, _SHORT, 1, orientation, 0)
    return b"MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4)


def _orientation(tiff: bytes) -> int:
    """0 where none can be read."""
    order = _ORDERS.get(tiff[:4])
    if order is None:
        return 0
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, directory)
        for number in range(count):
            entry = struct.unpack_from(f"{order}HHIH", tiff, directory + 2 + 12 * number)
            if entry[:3] == (_ORIENTATION, _SHORT, 1):
                return int(entry[3])
    except struct.error:
        pass
    return 0
