"""What the painter understands of a prompt."""

import pytest

from handler.painter.scene import Scene, read_scene


@pytest.mark.parametrize(
    ("prompt", "features"),
    [
        ("snow-capped mountains", {"mountains", "snowcaps"}),
        ("snowy peaks", {"mountains", "snowcaps"}),
        ("the Alps", {"mountains"}),
        ("an alpine valley", {"mountains", "hills"}),
        ("deep in the woods", {"forest"}),
        ("PINE TREES", {"forest", "pines", "trees"}),
        ("endless sand dunes", {"desert", "dunes"}),
        ("downtown skyscrapers", {"city"}),
        ("the ocean", {"sea"}),
        ("a sandy beach", {"sea", "beach"}),
        ("northern lights", {"aurora"}),
        ("Aurora Borealis", {"aurora"}),
        ("the Milky Way", {"stars", "milkyway"}),
        ("a blizzard", {"snowfall", "snow", "blizzard", "fog"}),
        ("misty", {"fog"}),
        ("overcast", {"overcast"}),
        ("thunderstorm", {"storm", "lightning"}),
        ("a sailing boat", {"sailboat"}),
        ("lighthouses", {"lighthouse"}),
        ("wolves", {"forest"}),
        ("daisies, poppies", {"flowers"}),
        ("a hot-air balloon", {"balloon"}),
        ("reflections in the water", {"lake"}),
        ("reflections in the ocean", {"sea"}),
        ("a cherry blossom tree", {"blossoms", "trees"}),
        ("it's a volcano erupting", {"volcano", "lava"}),
        ("a bridge over a river", {"bridge", "river"}),
        ("a castle tower", {"castle"}),
        ("the clock tower", {"city"}),
        ("a winding path", {"path"}),
        ("wheat fields", {"wheat", "meadow"}),
        ("\U0001f30a\u26f5", {"sea", "sailboat"}),
        ("un chien heureux", set()),
    ],
)
def test_a_word_asks_for_its_features(prompt: str, features: set[str]) -> None:
    assert read_scene(prompt).features == features


@pytest.mark.parametrize(
    ("prompt", "time"),
    [
        ("a beautiful sunset over snow-capped mountains, golden hour", "sunset"),
        ("golden hour in the hills", "golden"),
        ("sunrise", "dawn"),
        ("the sun rising over the sea", "dawn"),
        ("at twilight", "dusk"),
        ("blue hour", "dusk"),
        ("a starry night", "night"),
        ("moonlit hills", "night"),
        ("midday heat", "noon"),
        ("a sunny meadow", "day"),
        ("hills", ""),
    ],
)
def test_the_hour_is_read(prompt: str, time: str) -> None:
    assert read_scene(prompt).time == time


@pytest.mark.parametrize(
    ("prompt", "season"),
    [
        ("cherry blossoms", "spring"),
        ("autumn leaves", "autumn"),
        ("a forest in the fall", "autumn"),
        ("winter wonderland", "winter"),
        ("summer meadow", "summer"),
        ("frozen lake", "winter"),
        ("a lake", ""),
    ],
)
def test_the_season_is_read(prompt: str, season: str) -> None:
    assert read_scene(prompt).season == season


@pytest.mark.parametrize(
    ("prompt", "colours"),
    [
        ("a red sunset", (("sky", "red"),)),
        ("purple sky over the desert", (("sky", "purple"),)),
        ("the sky is purple", (("sky", "purple"),)),
        ("a teal sea under pink mountains", (("water", "teal"), ("mountains", "pink"))),
        ("a pink and orange evening sky", (("sky", "pink"), ("sky", "orange"))),
        ("hills, purple", (("mood", "purple"),)),
        ("a purple dog", (("mood", "purple"),)),
        ("a blue sky over hills", ()),
        ("black and white city", ()),
        ("golden hour", ()),
        ("golden fields", (("ground", "golden"),)),
        ("no red sunset", ()),
    ],
)
def test_a_colour_belongs_to_what_it_names(
    prompt: str, colours: tuple[tuple[str, str], ...]
) -> None:
    assert read_scene(prompt).colours == colours


@pytest.mark.parametrize(
    ("prompt", "absent", "features"),
    [
        ("mountains, no clouds", {"clouds"}, {"mountains"}),
        ("mountains with no clouds", {"clouds"}, {"mountains"}),
        ("hills without any clouds or birds", {"clouds", "birds"}, {"hills"}),
        ("a lake without boats and a full moon", {"boat"}, {"lake", "moon"}),
        ("no people, the sea", set(), {"sea"}),
        ("no trees but a cabin", {"trees"}, {"house"}),
        ("no clouds over the sea", {"clouds"}, {"sea"}),
    ],
)
def test_what_is_denied_is_not_asked_for(prompt: str, absent: set[str], features: set[str]) -> None:
    scene = read_scene(prompt)
    assert scene.absent == absent
    assert scene.features == features


@pytest.mark.parametrize(
    ("prompt", "places"),
    [
        ("the sun low on the left", {"low", "left"}),
        ("a high moon", {"high"}),
        ("sunset on the right side", {"right"}),
        ("a cabin on the left, sun overhead", {"high"}),
        ("a cabin on the left", set()),
    ],
)
def test_the_place_of_the_sun_is_read(prompt: str, places: set[str]) -> None:
    assert read_scene(prompt).places == places


@pytest.mark.parametrize(
    ("prompt", "style"),
    [
        ("watercolour of a lake", "watercolor"),
        ("pixel-art castle", "pixel"),
        ("a city in black and white", "mono"),
        ("cyberpunk city", "neon"),
        ("a lake", ""),
    ],
)
def test_the_style_is_read(prompt: str, style: str) -> None:
    assert read_scene(prompt).style == style


@pytest.mark.parametrize(
    "prompt", ["", "x", "a happening", "日本の風景", "🐕🎉", "\x00\n\t", "..."]
)
def test_a_prompt_of_unknown_words_names_nothing(prompt: str) -> None:
    assert read_scene(prompt) == Scene()
    assert read_scene(prompt).names_nothing


@pytest.mark.parametrize(
    "prompt",
    ["no " * 1300, "red " * 1000, "sun " * 1000, "é" * 4000, "," * 4000, "new york " * 440],
)
def test_a_long_prompt_is_read_to_its_end(prompt: str) -> None:
    assert read_scene(prompt + ", mountains").has("mountains")
