"""The last pass over a picture: tone, vignette, grain and the named styles."""

from collections.abc import Callable
from typing import Final

import numpy as np
from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

from handler.painter.colour import Array, saturate
from handler.painter.noise import fbm
from handler.painter.plan import Plan

_BAND: Final = 128


def develop(plan: Plan, canvas: Array) -> Image.Image:
    """Return the canvas as 8-bit pixels, with grain enough to hide the steps."""
    rng = plan.rng("grain")
    out = np.empty(canvas.shape, dtype=np.uint8)
    x = np.linspace(-1, 1, plan.width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, plan.height, dtype=np.float32)
    colour = _saturation(plan)
    for top in range(0, plan.height, _BAND):
        rows = slice(top, top + _BAND)
        band = np.clip(canvas[rows], 0, 1)
        band = band + 0.10 * (band * band * (3 - 2 * band) - band)
        if colour != 1.0:
            band = saturate(band, colour)
        band *= (1 - 0.06 * (x**2 + y[rows, None] ** 2) ** 1.5)[:, :, None]
        grain = rng.standard_normal(band.shape[:2], dtype=np.float32) * np.float32(0.0065)
        band += grain[:, :, None]
        dither = rng.random(band.shape[:2], dtype=np.float32)
        out[rows] = np.clip(band * 255 + dither[:, :, None], 0, 255).astype(np.uint8)
    return styled(plan, Image.fromarray(out))


def _saturation(plan: Plan) -> float:
    amount = 1.06
    if plan.scene.has("vivid"):
        amount = 1.3
    if plan.scene.has("pastel", "melancholy"):
        amount = 0.78
    return amount


def styled(plan: Plan, image: Image.Image) -> Image.Image:
    """Apply the style the prompt names, if any."""
    style = _STYLES.get(plan.scene.style)
    return style(plan, image) if style else image


def _mono(_plan: Plan, image: Image.Image) -> Image.Image:
    return ImageEnhance.Contrast(ImageOps.grayscale(image)).enhance(1.15).convert("RGB")


def _sepia(_plan: Plan, image: Image.Image) -> Image.Image:
    return ImageOps.colorize(ImageOps.grayscale(image), "#20140a", "#fbeed2", "#a37b52")


def _vintage(plan: Plan, image: Image.Image) -> Image.Image:
    faded = ImageEnhance.Color(image).enhance(0.62)
    warm = Image.blend(faded, _sepia(plan, image), 0.3)
    lifted = warm.point([int(26 + each * 0.86) for each in range(256)] * 3)
    return ImageEnhance.Contrast(lifted).enhance(0.96)


def _pixel(_plan: Plan, image: Image.Image) -> Image.Image:
    width, height = image.size
    step = max(2, round((width * height) ** 0.5 / 150))
    small = image.resize((max(1, width // step), max(1, height // step)), Image.Resampling.BOX)
    bold = ImageEnhance.Contrast(ImageEnhance.Color(small).enhance(1.25)).enhance(1.1)
    # Not the commonest colours: a few lit windows are what makes a night city.
    few = bold.quantize(40, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    return few.convert("RGB").resize((width, height), Image.Resampling.NEAREST)


def _reduced(image: Image.Image, by: int) -> Image.Image:
    return image.resize(
        (max(1, image.width // by), max(1, image.height // by)), Image.Resampling.BOX
    )


def _minimal(_plan: Plan, image: Image.Image) -> Image.Image:
    flat = _reduced(image, 3).filter(ImageFilter.MedianFilter(5))
    soft = flat.filter(ImageFilter.MedianFilter(5)).resize(image.size, Image.Resampling.BICUBIC)
    return soft.filter(ImageFilter.UnsharpMask(radius=4, percent=130, threshold=2))


def _watercolor(plan: Plan, image: Image.Image) -> Image.Image:
    half = ImageEnhance.Color(_reduced(image, 2)).enhance(1.2)
    washed = half.filter(ImageFilter.GaussianBlur(1)).filter(ImageFilter.MedianFilter(5))
    outline = ImageOps.grayscale(washed.filter(ImageFilter.GaussianBlur(1.5)))
    # The outermost pixels have no neighbours to differ from.
    inner = outline.filter(ImageFilter.FIND_EDGES).crop((1, 1, half.width - 1, half.height - 1))
    edges = ImageOps.invert(ImageOps.expand(inner, 1))
    edges = edges.point([max(150, min(255, each + 22)) for each in range(256)])
    pale = Image.blend(washed, Image.new("RGB", washed.size, "#fbf7ee"), 0.3)
    inked = ImageChops.multiply(pale, edges.convert("RGB"))
    full = inked.resize(image.size, Image.Resampling.BICUBIC)
    return ImageChops.multiply(full, _paper(plan, image.size))


def _paper(plan: Plan, size: tuple[int, int]) -> Image.Image:
    grain = fbm(plan.rng("paper"), (size[1], size[0]), (4, 4), 2)
    wash = fbm(plan.rng("wash"), (size[1], size[0]), (120 * plan.unit, 120 * plan.unit), 4)
    tone = np.clip(246 + grain * 2.5 + wash * 2.5, 190, 255).astype(np.uint8)
    return Image.fromarray(tone).convert("RGB")


def _oil(plan: Plan, image: Image.Image) -> Image.Image:
    width, height = image.size
    daubs = _reduced(image, 2).filter(ImageFilter.MedianFilter(5))
    full = ImageEnhance.Color(daubs.resize((width, height), Image.Resampling.BICUBIC)).enhance(1.2)
    bristles = fbm(plan.rng("bristles"), (height, width), (3, 16), 2)
    tone = np.clip(128 + bristles * 16, 0, 255).astype(np.uint8)
    relief = ImageOps.grayscale(full).filter(ImageFilter.EMBOSS)
    blended = Image.blend(relief, Image.fromarray(tone), 0.55).convert("RGB")
    return ImageChops.overlay(full, blended)


_STYLES: Final[dict[str, Callable[[Plan, Image.Image], Image.Image]]] = {
    "mono": _mono,
    "sepia": _sepia,
    "vintage": _vintage,
    "pixel": _pixel,
    "minimal": _minimal,
    "watercolor": _watercolor,
    "oil": _oil,
}
