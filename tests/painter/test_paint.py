"""What can be measured of the painter's pictures."""

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from handler.painter.paint import paint

Pixels = npt.NDArray[Any]

SIZE = (160, 160)
SEEDS = (1, 2)
ROOT = Path(__file__).parents[2]


def pixels(prompt: str, seed: int = 1, size: tuple[int, int] = SIZE) -> Pixels:
    return np.asarray(paint(prompt, seed=seed, size=size), dtype=np.float64) / 255


def upper(picture: Pixels) -> Pixels:
    """The part that is sky in every composition that hides none of it."""
    return picture[: picture.shape[0] // 4]


def lower(picture: Pixels) -> Pixels:
    return picture[picture.shape[0] * 3 // 4 :]


def brightness(picture: Pixels) -> Pixels:
    luminance: Pixels = picture @ np.array([0.2126, 0.7152, 0.0722])
    return luminance


def excess(picture: Pixels, channel: int) -> float:
    """How far a channel stands above the mean of all, over the picture."""
    return float((picture[..., channel] - picture.mean(axis=-1)).mean())


def difference(first: Pixels, second: Pixels) -> float:
    return float(np.abs(first - second).mean())


def digest(prompt: str, seed: int) -> str:
    return hashlib.sha256(paint(prompt, seed=seed, size=SIZE).tobytes()).hexdigest()


def test_a_picture_has_the_size_and_mode_asked_for() -> None:
    image = paint("hills", seed=1, size=(200, 120))
    assert image.size == (200, 120)
    assert image.mode == "RGB"


PROMPTS = (
    "a beautiful sunset over snow-capped mountains, golden hour",
    "city skyline at night by a lake, aurora, moon, milky way",
    "blizzard in a pine forest with a cabin",
    "stormy sea, lightning, lighthouse, island, volcano erupting, sailboat, boat",
    "desert mesa with cactus, rainbow, hot air balloons, birds",
    "meadow of wildflowers, river, windmill, castle, village, cherry blossoms",
    "beach with palms at dusk, watercolor",
    "jungle waterfall, fog, oil painting, bridge, campfire",
)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_same_request_gives_the_same_bytes(prompt: str) -> None:
    assert digest(prompt, 7) == digest(prompt, 7)


def test_another_process_gives_the_same_bytes() -> None:
    code = (
        "import hashlib; from handler.painter.paint import paint;"
        f"print(*[hashlib.sha256(paint(p, seed=7, size={SIZE}).tobytes()).hexdigest()"
        f" for p in {PROMPTS[:4]!r} + ('', 'a happy dog')])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == [digest(each, 7) for each in (*PROMPTS[:4], "", "a happy dog")]


def test_threads_do_not_disturb_each_other() -> None:
    alone = [digest(each, 5) for each in PROMPTS[:4]]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(digest, PROMPTS[:4], [5] * 4))
    assert together == alone


@pytest.mark.parametrize("prompt", ["mountains at noon", "city at night", "clouds", "forest", ""])
def test_seeds_differ(prompt: str) -> None:
    assert difference(pixels(prompt, 1), pixels(prompt, 2)) > 0.02


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("size", [(64, 64), (64, 200), (333, 65)])
def test_small_and_narrow_sizes_work(prompt: str, size: tuple[int, int]) -> None:
    picture = pixels(prompt, 3, size)
    assert picture.shape == (size[1], size[0], 3)
    assert picture.std() > 0.03


@pytest.mark.parametrize("size", [(256, 144), (256, 110), (110, 256), (144, 256), (640, 64)])
def test_every_shape_of_picture_works(size: tuple[int, int]) -> None:
    assert pixels("mountains and a lake", 2, size).std() > 0.05


@pytest.mark.parametrize("prompt", ["", "x", "a happy dog", "日本の風景", "🐕🎉", "\ud800"])
def test_a_prompt_without_known_words_is_a_landscape(prompt: str) -> None:
    for seed in SEEDS:
        picture = pixels(prompt, seed)
        assert picture.std() > 0.06
        # A sky over a ground: the rows differ more than noise would.
        assert brightness(picture).mean(axis=1).std() > 0.02


def test_prompts_without_known_words_differ_from_each_other() -> None:
    names = [f"nonsense{index}" for index in range(8)]
    assert len({digest(name, 1) for name in names}) == len(names)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_night_city_is_dark_with_warm_windows(seed: int) -> None:
    night, day = pixels("city skyline at night", seed), pixels("city skyline at noon", seed)
    assert brightness(night).mean() < 0.6 * brightness(day).mean()
    warm = (night[..., 0] > 0.55) & (night[..., 0] > night[..., 2] + 0.15)
    assert warm.mean() > 0.002
    assert warm.mean() < 0.3


@pytest.mark.parametrize("seed", SEEDS)
def test_snow_lightens_the_ground(seed: int) -> None:
    plain, snowy = pixels("hills at noon", seed), pixels("snowy hills at noon", seed)
    assert brightness(lower(snowy)).mean() > brightness(lower(plain)).mean() + 0.15


@pytest.mark.parametrize("seed", SEEDS)
def test_snow_caps_whiten_mountains(seed: int) -> None:
    bare = pixels("mountains in the desert at noon, clear", seed)
    capped = pixels("snow-capped mountains in the desert at noon, clear", seed)
    changed = np.abs(capped - bare).max(axis=-1) > 0.1
    assert changed.mean() > 0.01
    assert brightness(capped)[changed].mean() > brightness(bare)[changed].mean()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("colour", "channel"), [("red", 0), ("green", 1), ("blue", 2), ("orange", 0)]
)
def test_a_named_colour_colours_the_sky(colour: str, channel: int, seed: int) -> None:
    plain = upper(pixels("sunset over the sea", seed))
    named = upper(pixels(f"{colour} sunset over the sea", seed))
    assert excess(named, channel) > excess(plain, channel) + 0.02


def test_a_named_colour_stays_on_the_thing_it_names() -> None:
    plain, teal = pixels("the sea at noon"), pixels("a teal sea at noon")
    assert difference(upper(plain), upper(teal)) < 0.01
    assert difference(lower(plain), lower(teal)) > 0.03
    assert excess(lower(teal), 0) < excess(lower(plain), 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_lake_mirrors_what_stands_over_it(seed: int) -> None:
    picture = brightness(pixels("a calm lake under mountains at noon, no trees", seed))
    best = 0.0
    for row in range(88, 112):
        above = picture[row - 45 : row - 5][::-1]
        below = picture[row + 5 : row + 45]
        best = max(best, float(np.corrcoef(above.ravel(), below.ravel())[0, 1]))
    assert best > 0.55


@pytest.mark.parametrize("seed", SEEDS)
def test_rain_and_falling_snow_leave_streaks_and_flakes(seed: int) -> None:
    def texture(prompt: str) -> float:
        sky = brightness(upper(pixels(prompt, seed)))
        return float(np.abs(np.diff(sky, axis=1)).mean())

    assert texture("rain over hills") > 1.25 * texture("overcast hills")
    assert texture("snowfall over hills") > 1.25 * texture("overcast hills")


@pytest.mark.parametrize("seed", SEEDS)
def test_an_aurora_greens_the_night(seed: int) -> None:
    plain, lit = pixels("hills at night", seed), pixels("hills at night, aurora", seed)
    assert excess(upper(lit), 1) > excess(upper(plain), 1) + 0.02


@pytest.mark.parametrize("seed", SEEDS)
def test_fog_takes_the_contrast_out(seed: int) -> None:
    clear = pixels("forest at noon, clear", seed)
    foggy = pixels("forest at noon, clear, fog", seed)
    assert brightness(foggy).std() < 0.9 * brightness(clear).std()


def test_hours_run_from_dark_to_light() -> None:
    means = [brightness(pixels(f"hills at {hour}")).mean() for hour in ("night", "dusk", "noon")]
    assert means == sorted(means)


def test_the_sun_stands_where_the_prompt_puts_it() -> None:
    left = brightness(upper(pixels("the sea at noon, clear, sun high on the left")))
    right = brightness(upper(pixels("the sea at noon, clear, sun high on the right")))
    half = left.shape[1] // 2
    assert left[:, :half].mean() > left[:, half:].mean()
    assert right[:, half:].mean() > right[:, :half].mean()


@pytest.mark.parametrize("seed", SEEDS)
def test_autumn_is_warmer_than_summer(seed: int) -> None:
    summer, autumn = pixels("forest in summer, noon", seed), pixels("forest in autumn, noon", seed)
    assert excess(autumn, 0) > excess(summer, 0) + 0.01


def test_denied_clouds_are_not_painted() -> None:
    assert difference(pixels("sea at noon, no clouds"), pixels("sea at noon, clouds")) > 0.005
    assert digest("sea at noon, no clouds", 1) == digest("sea at noon, clear, no clouds", 1)


@pytest.mark.parametrize(
    "thing",
    [
        "sailboat", "boat", "lighthouse", "island with palms", "full moon", "crescent moon",
        "rainbow", "birds", "hot air balloon", "volcano", "milky way", "lightning", "bridge",
        "planet", "shooting stars",
    ],
)  # fmt: skip
def test_a_thing_asked_for_shows(thing: str) -> None:
    plain, asked = pixels("sea at dusk, clear"), pixels(f"sea at dusk, clear, {thing}")
    assert (np.abs(plain - asked).max(axis=-1) > 0.08).mean() > 0.0008


@pytest.mark.parametrize(
    "thing",
    ["cabin", "castle", "windmill", "river", "path", "campfire", "wildflowers", "cherry blossoms"],
)
def test_a_thing_asked_for_on_land_shows(thing: str) -> None:
    plain, asked = pixels("hills at noon, clear"), pixels(f"hills at noon, clear, {thing}")
    assert (np.abs(plain - asked).max(axis=-1) > 0.08).mean() > 0.002


def test_monochrome_has_no_colour() -> None:
    picture = pixels("a black and white city at sunset")
    assert float((picture.max(axis=-1) - picture.min(axis=-1)).max()) == 0


def test_pixel_art_is_made_of_blocks() -> None:
    picture = paint("pixel art mountains", seed=1, size=SIZE)
    assert len(picture.getcolors(SIZE[0] * SIZE[1]) or []) <= 40


@pytest.mark.parametrize("style", ["watercolor", "oil painting", "minimalist", "sepia", "vintage"])
def test_a_style_changes_the_picture(style: str) -> None:
    assert difference(pixels("a lake at noon"), pixels(f"a lake at noon, {style}")) > 0.01
