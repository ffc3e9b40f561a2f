"""Lays a completed scene out on the picture: horizon, shore and sun.

What a scene holds is `guess`'s business; how anything looks is the painting modules'.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from handler.painter.colour import Array, rgb
from handler.painter.guess import complete
from handler.painter.noise import stream
from handler.painter.palette import Palette, make_palette
from handler.painter.scene import Scene
from handler.painter.vocabulary import COLOURS

# How far down from the zenith (0) to the horizon (1) the light of an hour stands.
_SUN_HEIGHTS: Final = {
    "dawn": (0.80, 0.94), "morning": (0.38, 0.55), "day": (0.18, 0.36), "noon": (0.08, 0.16),
    "golden": (0.62, 0.78), "sunset": (0.78, 0.93), "dusk": (1.03, 1.08), "night": (0.2, 0.42),
}  # fmt: skip
_HORIZONS: Final = (
    (("sea",), 0.52, 0.60),
    (("lake",), 0.60, 0.66),
    (("mountains", "volcano"), 0.62, 0.68),
    (("forest",), 0.58, 0.64),
    (("desert", "meadow", "hills"), 0.54, 0.60),
)
_HIDING: Final = ("mountains", "forest", "city", "volcano", "cliff")


@dataclass(frozen=True, slots=True)
class Plan:
    """A completed scene on a picture: rows and columns are in pixels."""

    scene: Scene
    palette: Palette
    key: str
    width: int
    height: int
    horizon: float
    shore: float
    sun: tuple[float, float]

    @property
    def unit(self) -> float:
        """One thousandth of the picture's mean side: what sizes are measured in."""
        return float(np.sqrt(self.width * self.height)) / 1000.0

    @property
    def side(self) -> float:
        """The side single things are sized by, so that they fit narrow pictures too."""
        return float(min(self.width, self.height * 1.3))

    @property
    def lit_from(self) -> float:
        """The side the light comes from: -1 is the left, 1 the right."""
        return -1.0 if self.sun[0] < self.width / 2 else 1.0

    @property
    def water(self) -> str:
        """The kind of open water below the horizon, if any."""
        return next((kind for kind in ("sea", "lake") if self.scene.has(kind)), "")

    def rng(self, part: str) -> np.random.Generator:
        """Return the random stream of one part of the picture."""
        return stream(self.key, part)

    def many(self, count: int) -> int:
        """Return how many of a thing fit, given how many fit a picture 1000 pixels wide."""
        return max(1, int(count * min(2.0, self.unit**1.2)))

    def named(self, thing: str, default: str) -> Array:
        """Return the colour the prompt gives a thing, else the default."""
        colours = self.scene.colours_of(thing)
        return rgb(COLOURS[colours[0]] if colours else default)


def make_plan(scene: Scene, prompt: str, seed: int, size: tuple[int, int]) -> Plan:
    """Decide everything that has to be known before the first stroke."""
    # A prompt that says something keeps its layout when a word is changed; one that
    # says nothing has only its own letters to be told apart by.
    key = f"{seed}/{prompt}" if scene.names_nothing else str(seed)
    scene = complete(scene, prompt, seed)
    width, height = size
    rng = stream(key, "layout")
    horizon = _horizon(scene, rng) * height
    sun = _sun(scene, rng, size, horizon)
    shore = rng.uniform(0.86, 0.9) if scene.has("beach") else 1.0
    return Plan(
        scene=scene,
        palette=make_palette(scene),
        key=key,
        width=width,
        height=height,
        horizon=horizon,
        shore=float(shore) * height,
        sun=sun,
    )


def _horizon(scene: Scene, rng: np.random.Generator) -> float:
    share = float(rng.random())
    for features, low, high in _HORIZONS:
        if scene.has(*features):
            return low + (high - low) * share
    return 0.60 + 0.06 * share


def _sun(
    scene: Scene, rng: np.random.Generator, size: tuple[int, int], horizon: float
) -> tuple[float, float]:
    """Place the light of the hour: the sun, or the moon at night."""
    low, high = _SUN_HEIGHTS[scene.time]
    places = scene.places
    side = float(rng.choice((-1.0, 1.0)) * rng.uniform(0.08, 0.3))
    for place, where in (("left", -0.3), ("right", 0.3), ("centre", 0.0)):
        side = where if place in places else side
    at = float(rng.uniform(low, high))
    # A sun behind the ridge lights nothing the viewer sees.
    if scene.has(*_HIDING) and at < 1.0:
        at = min(at, 0.2 if scene.time == "night" else 0.55)
    if scene.style == "neon":
        at = 0.62 if scene.has(*_HIDING) else 0.8
    if "high" in places:
        at = 0.15
    elif "low" in places:
        at = max(at, 0.55 if scene.has(*_HIDING) else 0.82)
    return (0.5 + side) * size[0], at * horizon
