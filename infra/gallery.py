"""`make gallery`: renews the sheet of pictures in the README."""

import sys
from pathlib import Path

from PIL import Image

from handler.painter.paint import paint

SHEET = Path("docs") / "sketch.webp"
COLUMNS = 3
TILE = (400, 225)
GAP = 6
PROMPTS = (
    "a beautiful sunset over snow-capped mountains, golden hour",
    "city skyline at night reflected in a lake, full moon",
    "a teal sea with a sailboat and a lighthouse, clouds",
    "pine forest in falling snow, a cabin with a lit window",
    "aurora over mountains and a frozen lake",
    "autumn forest by a river, morning mist",
    "desert dunes under the milky way, cactus",
    "a volcano erupting at dusk",
    "suspension bridge over a bay at sunset",
)


def main() -> int:
    """Paint the sheet; the exit code."""
    rows = -(-len(PROMPTS) // COLUMNS)
    width, height = TILE
    size = (COLUMNS * (width + GAP) - GAP, rows * (height + GAP) - GAP)
    sheet = Image.new("RGB", size, "white")
    for number, prompt in enumerate(PROMPTS):
        tile = paint(prompt, seed=7, size=(1024, 576)).resize(TILE, Image.Resampling.LANCZOS)
        place = (number % COLUMNS * (width + GAP), number // COLUMNS * (height + GAP))
        sheet.paste(tile, place)
    sheet.save(SHEET, quality=82, method=6)
    print(f"saved: {SHEET} ({SHEET.stat().st_size // 1024} kB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
