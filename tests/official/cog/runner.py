"""A model for cog: what it does with a request is said in its prompt, as with the fakes.

Runs in an environment of its own.
"""

import tempfile
import time
from typing import Any

from cog import BaseRunner, Path
from PIL import Image


class Runner(BaseRunner):  # type: ignore[misc]
    """Takes what the schema beside it allows."""

    def run(self, **given: Any) -> list[Path]:
        """Make the pictures."""
        if "[exception]" in given["prompt"]:
            raise ValueError("could not broadcast input array")
        while "[endless]" in given["prompt"]:
            time.sleep(0.05)
        directory = Path(tempfile.mkdtemp())
        paths = [directory / f"out-{number}.png" for number in range(given["num_outputs"])]
        for number, path in enumerate(paths):
            Image.effect_mandelbrot((64, 48), (-2, -1, 1, 1), 20 + number).save(path)
        return paths
