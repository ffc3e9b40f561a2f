"""Makes the operating system's randomness follow a seed.

Ids, secrets and tokens come from it, and ids decide the order in which things are looked at.
"""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def seeded_system_randomness() -> Iterator[random.Random]:
    """Let everything that asks the operating system for random bytes get this generator's."""
    rng = random.Random(0)  # noqa: S311 - it is to be predictable
    genuine = os.urandom
    os.urandom = rng.randbytes
    # `random.SystemRandom`, which `secrets` uses, keeps a reference of its own.
    vars(random)["_urandom"] = rng.randbytes
    try:
        yield rng
    finally:
        os.urandom = genuine
        vars(random)["_urandom"] = genuine
