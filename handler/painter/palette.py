"""The colours of a picture: an hour's light, a season's growth, a prompt's named colours.

It says what colour things are; what shape they have is elsewhere.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from handler.painter.colour import Array, luminance, mix, rgb, saturate, tint
from handler.painter.scene import Scene
from handler.painter.vocabulary import COLOURS


@dataclass(frozen=True, slots=True)
class Palette:
    """Sky stops run zenith to horizon; `light` and `ambient` multiply what they fall on."""

    sky: Array
    sun: Array
    light: Array
    ambient: Array
    cloud_light: Array
    cloud_dark: Array
    water: Array
    rock: Array
    grass: Array
    sand: Array
    snow: Array
    pine: Array
    leaves: Array
    flowers: Array
    dark: bool


# zenith..horizon | sun | light | ambient | lit cloud | shaded cloud | deep water
_HOURS: Final[dict[str, tuple[str, ...]]] = {
    "dawn": (
        "#4a6aa8 #7f90c4 #c0a6c6 #efb9ae #ffd9b0 #ffeccb",
        "#fff0cf", "#ffc9a0", "#7684b0", "#ffd3c0", "#8f8cb4", "#3d5f86",
    ),
    "morning": (
        "#3f7cc4 #6ba0da #a3c8ea #d6e6f0 #f8eed8",
        "#fff8e0", "#fff0d2", "#8494b4", "#fffaf0", "#a9b9cf", "#1f5f86",
    ),
    "day": (
        "#2a6fc0 #4f93d8 #83b8e8 #b4d7f0 #dcecf4",
        "#fffbe8", "#fff6de", "#8497ba", "#ffffff", "#a6b8d0", "#16608c",
    ),
    "noon": (
        "#1a5cb0 #3d86d4 #74b0e6 #abd3ef #d5ebf4",
        "#ffffee", "#fffaea", "#8a9cbc", "#ffffff", "#a8bad2", "#0f6696",
    ),
    "golden": (
        "#4c78ae #7f9fc0 #bdb9b4 #ecc99a #fbd084 #ffe09c",
        "#fff2c0", "#ffcb86", "#76799c", "#ffe3b4", "#a3918f", "#3c5f7c",
    ),
    "sunset": (
        "#2b3f7c #554d8c #96588a #d8697a #f68c5a #ffb866 #ffd98e",
        "#fff0b8", "#ffae6c", "#62608e", "#ffb47c", "#6e5680", "#34456f",
    ),
    "dusk": (
        "#141c42 #262c60 #48407e #7a5590 #bb7490 #ec9f86",
        "#ffd0a0", "#c88ea2", "#474a7a", "#c98098", "#33335e", "#1f2a54",
    ),
    "night": (
        "#050a1e #0a1434 #12224e #1d3468 #33507e",
        "#f2f2e0", "#8099cc", "#303f6a", "#46588a", "#141d38", "#0a1838",
    ),
    "neon": (
        "#0a0424 #200a48 #4a1074 #931a88 #e83a94 #ff8a80",
        "#ffe27a", "#ff62b0", "#40308a", "#ff62b4", "#2c1560", "#1a0a48",
    ),
}  # fmt: skip

_GREYS: Final = {
    "overcast": rgb("#7d8c9b", "#93a0ac", "#acb6be", "#c4cacd", "#d6d8d6"),
    "storm": rgb("#161b23", "#232b35", "#36414c", "#53606a", "#8b9390"),
}
_LEAVES: Final = {
    "spring": rgb("#8fb84a", "#a8c860", "#7aa63f"),
    "summer": rgb("#4f8a34", "#649a3a", "#3f7a34"),
    "autumn": rgb("#d9772b", "#c8452a", "#e8b23a", "#a8562a", "#cf9a32"),
    "winter": rgb("#7c7670", "#8a847e", "#6c665f"),
    "blossoms": rgb("#f6b8cc", "#f9cfdc", "#ee9ab6", "#fbe3ea"),
}
_GRASS: Final = {
    "spring": rgb("#86b050"),
    "summer": rgb("#739a46"),
    "autumn": rgb("#b8963f"),
    "winter": rgb("#a39a78"),
}
_FLOWERS: Final = {
    "wild": rgb("#f25f7c", "#fbd24a", "#ffffff", "#b07ae0", "#f58ac0", "#ff8f4a"),
    "lavender": rgb("#8f6fd6", "#a98ae6", "#7656c0"),
    "poppies": rgb("#e8322a", "#f04a36", "#c8201f"),
    "sunflowers": rgb("#fbc62a", "#f7b21c", "#ffd84a"),
}


def make_palette(scene: Scene) -> Palette:
    """Return the colours of a completed scene."""
    hour = "neon" if scene.style == "neon" else scene.time
    sky, *rest = _HOURS[hour]
    sun, light, ambient, cloud_light, cloud_dark, water = rgb(*rest)
    leaves = "blossoms" if scene.has("blossoms") else scene.season
    kinds = [kind for kind in _FLOWERS if scene.has(kind)] or ["wild"]
    palette = Palette(
        sky=rgb(*sky.split()),
        sun=sun,
        light=light,
        ambient=ambient,
        cloud_light=cloud_light,
        cloud_dark=cloud_dark,
        water=water,
        rock=rgb("#7d7a80") if not scene.has("mesa") else rgb("#b5633c"),
        grass=rgb("#d9b04c") if scene.has("wheat") else _GRASS[scene.season],
        sand=rgb(_sand(scene)),
        snow=rgb("#f6f9ff"),
        pine=rgb("#3c5f48"),
        leaves=_LEAVES[leaves],
        flowers=_FLOWERS[kinds[0]],
        dark=hour in {"night", "neon"},
    )
    if palette.dark and scene.style != "neon" and scene.has("moon"):
        palette = replace(palette, light=palette.light * 1.25, ambient=palette.ambient * 1.2)
    if scene.has("aurora"):
        palette = replace(palette, ambient=palette.ambient + rgb("#001c18"))
    return _named(_weathered(palette, scene), scene)


def _sand(scene: Scene) -> str:
    if scene.has("mesa"):
        return "#cf8f5e"
    return "#efd9ae" if scene.has("beach", "palms") else "#e8bf82"


def _weathered(palette: Palette, scene: Scene) -> Palette:
    """Grey the hour's colours by the weather, keeping some of the hour."""
    if scene.has("storm"):
        return _greyed(palette, _GREYS["storm"], 0.88, 0.66)
    if scene.has("rain", "overcast", "blizzard"):
        return _greyed(palette, _GREYS["overcast"], 0.7, 0.85)
    if scene.has("fog", "snowfall"):
        return _greyed(palette, _GREYS["overcast"], 0.55, 0.95)
    return palette


def _greyed(palette: Palette, grey: Array, share: float, light: float) -> Palette:
    stops = palette.sky
    at = np.linspace(0, 1, len(stops))
    target = np.stack(
        [np.interp(at, np.linspace(0, 1, len(grey)), grey[:, c]) for c in range(3)], axis=1
    ).astype(np.float32)
    # The grey of a dark hour is a dark grey.
    target *= np.clip(luminance(stops).mean() / luminance(grey).mean(), 0.12, 1.0)
    sky = mix(stops, target, share)
    return replace(
        palette,
        sky=sky,
        sun=mix(palette.sun, sky[-1], 0.4),
        light=mix(palette.light, sky.mean(axis=0), share * 0.8) * light,
        ambient=mix(palette.ambient, sky.mean(axis=0), share * 0.55),
        cloud_light=mix(palette.cloud_light, sky[-1] * 1.05, share),
        cloud_dark=mix(palette.cloud_dark, sky[0] * 0.85, share),
        water=mix(palette.water, sky[1] * 0.7, share * 0.8),
    )


def _named(palette: Palette, scene: Scene) -> Palette:
    for colour in scene.colours_of("mood"):
        palette = _mooded(palette, rgb(COLOURS[colour]))
    sky = [rgb(COLOURS[colour]) for colour in scene.colours_of("sky")]
    if sky:
        palette = _sky_named(palette, sky)
    palette = _things_named(palette, scene)
    amount = 0.75 if scene.has("pastel") else 1.22 if scene.has("vivid") else 1.0
    return palette if amount == 1.0 else replace(palette, sky=saturate(palette.sky, amount))


def _mooded(palette: Palette, colour: Array) -> Palette:
    return replace(
        _sky_named(palette, [colour]),
        rock=tint(palette.rock, colour, 0.35, 0.0),
        grass=tint(palette.grass, colour, 0.3, 0.0),
        water=tint(palette.water, colour, 0.6, 0.05),
        leaves=tint(palette.leaves, colour, 0.25, 0.0),
        sand=tint(palette.sand, colour, 0.3, 0.0),
        snow=tint(palette.snow, colour, 0.25, 0.0),
    )


def _sky_named(palette: Palette, colours: list[Array]) -> Palette:
    """The last colour named goes to the zenith, the first to the horizon."""
    stops = palette.sky
    low = tint(stops, colours[0], 0.85, 0.28)
    high = tint(stops, colours[-1], 0.85, 0.28)
    height = np.linspace(1, 0, len(stops), dtype=np.float32)[:, None]
    sky = mix(low, high, height)
    return replace(
        palette,
        sky=sky,
        sun=mix(palette.sun, tint(palette.sun, colours[0], 0.5, 0.0), 0.5),
        light=tint(palette.light, colours[0], 0.55, 0.1),
        ambient=tint(palette.ambient, colours[-1], 0.5, 0.05),
        cloud_light=tint(palette.cloud_light, colours[0], 0.75, 0.1),
        cloud_dark=tint(palette.cloud_dark, colours[-1], 0.75, 0.1),
        water=tint(palette.water, colours[0], 0.35, 0.05),
    )


def _things_named(palette: Palette, scene: Scene) -> Palette:
    for name, thing in (
        ("water", "water"),
        ("rock", "mountains"),
        ("grass", "ground"),
        ("sand", "ground"),
        ("sand", "sand"),
        ("leaves", "trees"),
        ("pine", "trees"),
        ("cloud_light", "clouds"),
        ("sun", "sun"),
    ):
        for colour in scene.colours_of(thing)[:1]:
            own: Array = getattr(palette, name)
            lift = 0.6 if name not in {"pine", "sand", "cloud_light"} else 0.25
            turned: dict[str, Any] = {name: tint(own, rgb(COLOURS[colour]), 0.95, lift)}
            palette = replace(palette, **turned)
    flowers = scene.colours_of("flowers")
    if flowers:
        palette = replace(palette, flowers=rgb(*(COLOURS[each] for each in flowers)).reshape(-1, 3))
    return palette
