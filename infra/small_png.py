"""Makes screenshots small: `python -m infra.small_png FILE ...`.

As many colours as 150 kB can hold; a page needs few, and a picture in it bears with fewer.
"""

import sys
from pathlib import Path

from PIL import Image

MAX_BYTES = 150_000
COLOURS = (256, 192, 128, 96, 64, 48, 32)


def make_small(path: Path) -> None:
    """Rewrite a PNG with a palette."""
    picture = Image.open(path).convert("RGB")
    for colours in COLOURS:
        palette = picture.quantize(colours, method=Image.Quantize.MEDIANCUT)
        small = picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
        small.save(path, optimize=True)
        if path.stat().st_size <= MAX_BYTES:
            break
    print(f"{path.name}: {path.stat().st_size:,} bytes, {colours} colours")


def main() -> None:
    """Make every file that the command line names small."""
    for name in sys.argv[1:]:
        make_small(Path(name))


if __name__ == "__main__":
    main()
