"""What `sam build` made, looked at from outside: functions, sizes, and the machine it is for."""

import struct
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

# The ELF header's e_machine.
_MACHINES = {62: "x86_64", 183: "arm64"}


def functions(build: Path) -> list[Path]:
    """The directory of each function."""
    return sorted(path for path in build.iterdir() if path.is_dir())


def size_mb(directory: Path) -> float:
    """What the files take, unzipped."""
    return sum(path.stat().st_size for path in _files(directory)) / 1e6


def native_libraries(directory: Path) -> Counter[str]:
    """How many libraries there are for each machine."""
    return Counter(
        machine_of(path.read_bytes()[:20])
        for path in _files(directory)
        if path.suffix == ".so" or ".so." in path.name
    )


def machine_of(header: bytes) -> str:
    """The machine that the first 20 bytes of a library name."""
    if len(header) < 20 or not header.startswith(b"\x7fELF"):
        return "no ELF"
    (machine,) = struct.unpack_from("<H", header, 18)
    return _MACHINES.get(machine, f"machine {machine}")


def _files(directory: Path) -> Iterable[Path]:
    return (path for path in directory.rglob("*") if path.is_file())
