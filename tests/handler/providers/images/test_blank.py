"""A picture of nothing is told from a dark one."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from handler.painter.paint import paint
from handler.providers.images.blank import looks_blank
from handler.providers.images.sanitize import sanitized
from tests.handler.providers.images.files import encoded, picture

SIZE = (128, 128)


def _hidden() -> Image.Image:
    image = picture("RGBA", SIZE)
    image.putalpha(0)
    return image


BLANK: dict[str, Callable[[], Image.Image]] = {
    "black": lambda: Image.new("RGB", SIZE),
    "white": lambda: Image.new("RGB", SIZE, "white"),
    "grey": lambda: Image.new("RGB", SIZE, (127, 127, 127)),
    "a colour": lambda: Image.new("RGB", SIZE, (12, 200, 99)),
    "black in grey": lambda: Image.new("L", SIZE),
    "black in one bit": lambda: Image.new("1", SIZE),
    "black in 16 bits": lambda: Image.new("I;16", SIZE),
    "black of a palette": lambda: Image.new("P", SIZE),
    "black in CMYK": lambda: Image.new("CMYK", SIZE, (0, 0, 0, 255)),
    "black, opaque": lambda: Image.new("RGBA", SIZE, (0, 0, 0, 255)),
    "transparent": lambda: Image.new("RGBA", SIZE, (0, 0, 0, 0)),
    "half transparent": lambda: Image.new("RGBA", SIZE, (255, 0, 0, 128)),
    "a picture under full transparency": _hidden,
    "nearly black": lambda: Image.fromarray(
        np.random.default_rng(1).integers(0, 4, (*SIZE, 3), dtype=np.uint8)
    ),
    "nearly black in 16 bits": lambda: Image.fromarray(
        np.random.default_rng(1).integers(0, 1000, SIZE, dtype=np.uint16)
    ),
}


def _star() -> Image.Image:
    image = Image.new("RGB", SIZE)
    image.putpixel((60, 40), (40, 40, 60))
    return image


def _silhouette() -> Image.Image:
    image = Image.new("RGBA", SIZE)
    image.paste((0, 0, 0, 255), (30, 30, 90, 90))
    return image


def _dark(prompt: str, brightness: float) -> Image.Image:
    return ImageEnhance.Brightness(paint(prompt, seed=2, size=(256, 256))).enhance(brightness)


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "a night scene": lambda: _dark("a forest at night without a moon", 1),
    "a night scene, hardly lit": lambda: _dark("a forest at night without a moon", 0.1),
    "fog": lambda: ImageEnhance.Contrast(paint("fog", seed=4, size=(256, 256))).enhance(0.1),
    "one star": _star,
    "a black shape on nothing": _silhouette,
    "a faint slope": lambda: Image.linear_gradient("L").point(lambda value: value // 32),
    "a faint slope in 16 bits": lambda: Image.fromarray(
        np.tile(np.arange(0, 2560, 20, dtype=np.uint16), (128, 1))
    ),
    "one dark band of CMYK": lambda: Image.merge(
        "CMYK", [Image.new("L", (256, 256))] * 3 + [Image.linear_gradient("L")]
    ),
}


@pytest.mark.parametrize("make", BLANK.values(), ids=BLANK.keys())
def test_a_picture_of_nothing_is_blank(make: Callable[[], Image.Image]) -> None:
    assert looks_blank(make())


@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES.keys())
def test_a_dark_or_faint_picture_is_not(make: Callable[[], Image.Image]) -> None:
    assert not looks_blank(make())


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("colour", ["black", "white", (90, 140, 33)])
def test_a_file_of_one_colour_is_blank_in_every_format(
    file_format: str, colour: str | tuple[int, int, int]
) -> None:
    assert sanitized(encoded(Image.new("RGB", SIZE, colour), file_format)).is_blank


def test_a_palette_with_everything_transparent_is_blank() -> None:
    image = picture("P", SIZE)
    image.info["transparency"] = bytes(256)
    assert sanitized(encoded(image, "PNG")).is_blank


def test_a_painted_night_is_not_blank_in_any_format() -> None:
    night = _dark("a night sky over the sea", 0.3)
    for file_format in ("PNG", "JPEG", "WEBP"):
        assert not sanitized(encoded(night, file_format)).is_blank
