"""Fills in what a prompt left open: the hour, the season, a place, what goes with what.

It turns a scene into a complete one; where things stand is `plan`'s business.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from handler.painter.noise import stream
from handler.painter.scene import Scene

_GROUNDS: Final = ("hills", "meadow", "desert", "forest", "beach", "snow", "mesa", "trees")
_WATERS: Final = ("sea", "lake", "river", "waterfall")
_BUILT: Final = ("city", "volcano", "cliff", "island")
_PLACES: Final = frozenset({*_GROUNDS, *_WATERS, *_BUILT, "mountains"})
_BAD_WEATHER: Final = frozenset({"storm", "overcast", "rain", "snowfall", "fog"})
_NIGHT_SKY: Final = (
    "stars", "aurora", "milkyway", "meteor", "moon", "citylights", "campfire", "lava",
)  # fmt: skip
_HAPPY_ACCIDENTS: Final = (
    ("golden", "mountains lake pines forest clouds"),
    ("sunset", "sea sailboat clouds birds"),
    ("morning", "hills meadow flowers trees clouds"),
    ("dawn", "mountains forest pines fog"),
    ("dusk", "lake mountains house forest pines stars"),
    ("sunset", "mountains snowcaps hills meadow flowers clouds"),
    ("night", "mountains snowcaps aurora lake pines forest stars"),
    ("golden", "desert dunes clouds"),
    ("day", "sea palms clouds beach"),
    ("sunset", "hills trees house birds clouds"),
    ("night", "lake forest pines moon stars"),
    ("golden", "hills river trees clouds balloon"),
)
_MOODS: Final = {
    "cheerful": ("morning", "hills meadow flowers trees clouds house rainbow"),
    "melancholy": ("dusk", "lake hills trees rain"),
    "calm": ("dawn", "lake mountains pines forest fog"),
    "dreamy": ("dusk", "mountains lake hills stars moon planet clouds"),
    "dramatic": ("sunset", "mountains snowcaps clouds lake"),
}
_MOOD_COLOURS: Final = ("purple", "pink", "teal", "gold", "coral", "blue", "rose")
# The first row with a word of the scene says what place goes with it.
_PLACE_FOR: Final[tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]] = (
    (("boat", "sailboat", "lighthouse"), ("sea",)),
    (("palms",), ("sea beach palms",)),
    (("bridge",), ("city lake", "hills lake mountains")),
    (("aurora",), ("mountains snowcaps lake pines forest", "forest pines snow mountains")),
    (("flowers", "blossoms"), ("hills meadow trees",)),
    (("house", "windmill", "castle", "path"), ("hills trees meadow",)),
    (("campfire", "rocks"), ("mountains forest pines lake",)),
    (("rain", "fog"), ("hills forest", "mountains forest pines lake")),
)
_ANYWHERE: Final = ("mountains lake pines forest", "hills trees", "sea", "mountains hills forest")
_FORELANDS: Final = (
    "lake pines forest",
    "lake hills trees",
    "hills meadow flowers",
    "hills forest pines",
)
_CLOUD_CHANCE: Final = {"dawn": 0.8, "sunset": 0.9, "golden": 0.8, "dusk": 0.6, "night": 0.15}
# If the scene has any of the first, and none of the second, it also has the third.
_FOLLOWS: Final[tuple[tuple[str, str, str], ...]] = (
    ("island beach sailboat lighthouse", "lake sea", "sea"),
    ("waterfall", "", "cliff"),
    ("waterfall", "sea", "lake forest"),
    ("city", " ".join((*_WATERS, *_GROUNDS)), "lake"),
    ("bridge", "lake sea", "lake"),
    ("boat", "lake sea river", "lake"),
    ("lavender poppies sunflowers", "", "flowers"),
)


def complete(scene: Scene, prompt: str, seed: int) -> Scene:
    """Return the scene with every choice made; the same for the same prompt and seed."""
    rng = stream(f"{seed}/{prompt}", "choices")
    features = set(scene.features)
    colours = scene.colours
    time = scene.time
    if not scene.has(*_PLACES):
        time, place = _somewhere(scene, rng)
        features |= place
        if scene.names_nothing and rng.random() < 0.4:
            colours = (("mood", str(rng.choice(_MOOD_COLOURS))),)
    time = time or _hour(scene, rng)
    season = scene.season or _season(scene)
    features |= _sky_of(features, time, rng)
    features |= _ground_of(features, season, rng)
    features -= scene.absent
    # Whatever is denied, there must be something to stand on.
    if not features & {*_WATERS, *_GROUNDS}:
        features.add("hills")
    return replace(scene, features=frozenset(features), time=time, season=season, colours=colours)


def _somewhere(scene: Scene, rng: np.random.Generator) -> tuple[str, set[str]]:
    """Choose a place for a prompt that names none: a mood's, a thing's, or any."""
    mood = next((mood for mood in _MOODS if scene.has(mood)), "")
    if mood:
        time, place = _MOODS[mood]
    elif scene.names_nothing:
        time, place = _HAPPY_ACCIDENTS[int(rng.integers(len(_HAPPY_ACCIDENTS)))]
    else:
        time, place = "", _place_for(scene, rng)
    if scene.has(*_NIGHT_SKY):
        time = "night"
    return scene.time or time, set(place.split())


def _place_for(scene: Scene, rng: np.random.Generator) -> str:
    for things, places in _PLACE_FOR:
        if scene.has(*things):
            return str(rng.choice(places))
    seasonal = {"autumn": "hills trees forest", "spring": "hills meadow flowers trees"}
    return seasonal.get(scene.season) or str(rng.choice(_ANYWHERE))


def _hour(scene: Scene, rng: np.random.Generator) -> str:
    if scene.style == "neon" or scene.has(*_NIGHT_SKY):
        return "night"
    if scene.has(*_BAD_WEATHER, "rainbow", "clear"):
        return "day"
    if scene.has("palms", "beach", "city"):
        return "day"
    if scene.has("dark"):
        return "dusk"
    return str(rng.choice(("morning", "day", "day", "golden")))


def _season(scene: Scene) -> str:
    if scene.has("blossoms"):
        return "spring"
    return "winter" if scene.has("snow", "snowfall") else "summer"


def _sky_of(features: set[str], time: str, rng: np.random.Generator) -> set[str]:
    extra: set[str] = set()
    if time in {"night", "dusk"} and not features & _BAD_WEATHER:
        extra.add("stars")
    if "clear" not in features and rng.random() < _CLOUD_CHANCE.get(time, 0.75):
        extra.add("clouds")
    return extra


def _ground_of(features: set[str], season: str, rng: np.random.Generator) -> set[str]:
    extra: set[str] = set()
    for causes, unless, effects in _FOLLOWS:
        have = features | extra
        if have & set(causes.split()) and not have & set(unless.split()):
            extra |= set(effects.split())
    have = features | extra
    if season == "winter" and "desert" not in features:
        extra |= {"snow", "snowcaps"}
    if "mountains" in have:
        if not have & {*_WATERS, *_GROUNDS, "city"}:
            extra |= set(str(rng.choice(_FORELANDS)).split())
        if not have & {"snowcaps", "desert", "volcano"} and rng.random() < 0.5:
            extra.add("snowcaps")
    return extra
