"""The words the painter knows and what each one asks for.

Data only: how the words of a prompt are found and combined is `scene`'s business.
A value is a space-separated list of tags. A bare tag is a feature of the scene;
`time:`, `season:`, `style:`, `moon:`, `place:` and `on:` set the field they name
(`on:` is what a colour next to the word applies to).
"""

from typing import Final


def _table(*rows: tuple[str, str]) -> dict[str, tuple[str, ...]]:
    return {word: tuple(tags.split()) for words, tags in rows for word in words.split(", ")}


TIMES_AND_SKY: Final = _table(
    ("dawn, daybreak, sunrise, sunup", "time:dawn on:sky"),
    ("morning", "time:morning on:sky"),
    ("rising sun, sun rising, first light, early morning", "time:dawn on:sky"),
    ("day, daytime, daylight, afternoon", "time:day"),
    ("noon, midday, noonday", "time:noon"),
    ("golden hour, golden light, late afternoon, magic hour", "time:golden"),
    ("sunset, sundown, afterglow, setting sun, sun setting", "time:sunset on:sky"),
    ("sun set, sun going down", "time:sunset on:sky"),
    ("evening", "time:sunset on:sky"),
    ("dusk, twilight, blue hour, gloaming, nightfall, crepuscular", "time:dusk on:sky"),
    ("night, midnight, nighttime, nocturnal, night time", "time:night on:sky"),
    ("sunny, sunshine, sunlit", "sun time:day clear"),
    ("sun", "sun on:sun"),
    ("sunlight, sunbeam, sun ray, sunray", "sun"),
    ("moon, lunar", "moon on:moon"),
    ("moonlit, moonlight, moonrise", "moon time:night"),
    ("full moon, supermoon, harvest moon", "moon moon:full on:moon"),
    ("crescent, crescent moon, half moon, new moon, sickle moon", "moon moon:crescent on:moon"),
    ("star, starlight, starry, starlit, constellation, stargazing, astral", "stars on:sky"),
    ("starry sky, starry night, night sky", "stars time:night on:sky"),
    ("milky way, galaxy, nebula, cosmos, cosmic, universe, space, outer space", "stars milkyway"),
    ("meteor, shooting star, comet, falling star, perseid", "stars meteor"),
    ("aurora, northern light, southern light, polar light", "aurora on:aurora"),
    ("aurora borealis, aurora australis", "aurora on:aurora"),
    ("rainbow", "rainbow"),
    ("sky, heaven, horizon, glow, atmosphere, skyscape, backdrop", "on:sky"),
    ("cloud, cloudy, cloudscape, cumulus, cirrus, altocumulus", "clouds on:clouds"),
    ("partly cloudy, few cloud", "clouds"),
    ("bird, seagull, gull, geese, goose, flock, eagle, crow, swallow, crane", "birds"),
    ("hot air balloon, balloon", "balloon on:balloon"),
    ("planet, saturn, jupiter, alien, exoplanet", "planet on:planet"),
)

WEATHER: Final = _table(
    ("overcast, gloomy, dreary, leaden, grey sky, gray sky, dull", "overcast"),
    ("clear, cloudless, clear sky, blue sky, clear blue sky", "clear"),
    ("rain, rainy, raining, drizzle, downpour, rain shower, rainstorm, monsoon", "rain"),
    ("storm, stormy, tempest, thunderhead, hurricane, typhoon", "storm"),
    ("lightning, thunder, thunderstorm, thunderbolt, lightning bolt", "storm lightning"),
    ("fog, foggy, mist, misty, haze, hazy, smog", "fog on:fog"),
    ("snow, snowy, snow covered, snowfield, snowbound", "snow season:winter"),
    ("snowing, snowfall, snowflake, flurry, falling snow, snow falling", "snowfall snow"),
    ("snow fall", "snowfall snow"),
    ("blizzard, snowstorm, snow storm", "snowfall snow blizzard fog season:winter"),
    ("snow capped, snowcapped, snow cap, snowcap, snow topped", "snowcaps"),
    ("snow tipped, snow dusted, snow clad", "snowcaps"),
    ("snowy peak, snowy mountain, snowy summit, snowy alp", "snowcaps mountains on:mountains"),
    ("snow covered mountain, snow covered peak", "snowcaps mountains on:mountains"),
    ("snow mountain, snow peak", "snowcaps mountains on:mountains"),
    ("ice, icy, frozen, frost, frosty, arctic, antarctic, polar, tundra", "snow season:winter"),
    ("glacier, iceberg", "snow season:winter mountains snowcaps"),
)

SEASONS: Final = _table(
    ("spring, springtime", "season:spring"),
    ("blossom, sakura, cherry tree, cherry blossom", "season:spring blossoms trees on:trees"),
    ("blooming, bloom", "season:spring flowers on:flowers"),
    ("summer, summertime", "season:summer"),
    ("autumn, autumnal, fall, foliage", "season:autumn"),
    ("autumn leaf, fall color, fall colour, fall foliage", "season:autumn trees on:trees"),
    ("winter, wintry, wintertime, christmas", "season:winter snow"),
)

LAND: Final = _table(
    ("mountain, mount, mt, peak, summit, alp, alpine, range, ridge", "mountains on:mountains"),
    ("mountainscape, massif, himalaya, himalayan, rockies, sierra", "mountains on:mountains"),
    ("andes, everest, matterhorn, dolomite, highland, patagonia", "mountains on:mountains"),
    ("fjord, fiord", "mountains lake on:water"),
    ("volcano, volcanic, crater, vesuvius", "volcano on:mountains"),
    ("fuji, mount fuji, mt fuji", "volcano snowcaps on:mountains"),
    ("eruption, erupting, erupt, lava, magma", "volcano lava"),
    ("hill, hilly, hillside, knoll, downs, tuscany, tuscan, countryside", "hills on:ground"),
    ("valley, vale, glen, dale", "hills mountains on:ground"),
    ("meadow, grassland, pasture, prairie, steppe, savanna, savannah", "meadow on:ground"),
    ("grass, lawn, grassy, park, garden, farmland, farm", "meadow on:ground"),
    ("field, crop, rice, plain", "meadow on:ground"),
    ("wheat, wheat field, barley, cornfield, haystack", "wheat meadow on:ground"),
    ("flower, wildflower, floral, daisy, poppy, tulip, sunflower, buttercup", "flowers on:flowers"),
    ("lavender field, field of lavender", "flowers lavender meadow on:flowers"),
    ("poppy field, field of poppy", "flowers poppies meadow on:flowers"),
    ("sunflower field, field of sunflower", "flowers sunflowers meadow on:flowers"),
    ("desert, sahara, gobi, arid, wasteland", "desert on:ground"),
    ("dune, sand dune", "desert dunes on:ground"),
    ("sand, sandy", "on:sand"),
    ("cactus, cacti, saguaro", "desert cactus on:trees"),
    ("oasis", "desert palms lake"),
    ("camel, bedouin, pyramid", "desert"),
    ("canyon, mesa, butte, badlands, monument valley", "desert mesa on:mountains"),
    ("cliff, bluff, crag, escarpment", "cliff on:mountains"),
    ("waterfall, cascade, waterfalls", "waterfall on:water"),
    ("forest, wood, woodland, wooded, treeline, timber", "forest on:trees"),
    ("jungle, rainforest", "forest leafy palms on:trees"),
    ("pine, fir, spruce, conifer, evergreen, cedar, taiga, larch", "forest pines on:trees"),
    ("tree, grove, orchard", "trees on:trees"),
    ("oak, maple, birch, beech, aspen, willow, elm, deciduous", "trees leafy on:trees"),
    ("leaf, leafy, leaves", "on:trees"),
    ("palm, coconut, tropical, tropic, caribbean, hawaii, maldives", "palms on:trees"),
    ("deer, bear, wolf, fox, elk, moose, owl", "forest"),
    ("cow, sheep, horse, rabbit, picnic", "meadow"),
    ("road, path, trail, lane, highway", "path"),
    ("rock, boulder, stone, rocky", "rocks"),
)

WATER: Final = _table(
    ("sea, ocean, seascape, atlantic, pacific, mediterranean, nautical", "sea on:water"),
    ("coast, coastal, coastline, bay, cove, seaside, harbor, harbour, marina", "sea on:water"),
    ("wave, surf, tide, swell, whale, dolphin, fish", "sea on:water"),
    ("beach, shore, seashore, shoreline", "sea beach on:sand"),
    ("island, isle, islet, atoll, archipelago", "sea island on:ground"),
    ("lake, lakeside, pond, loch, lagoon, tarn, reservoir, mere", "lake on:water"),
    ("reflection, reflected, reflecting, mirrored, mirror", "lake"),
    ("lake shore, lake beach", "lake on:water"),
    ("river, stream, creek, brook, riverside, canal", "river on:water"),
    ("water", "on:water water"),
    ("boat, rowboat, fishing boat, canoe, kayak", "boat on:boat"),
    ("sailboat, sailing, sail, yacht, ship, schooner, regatta, sailing boat", "sailboat on:boat"),
)

BUILT: Final = _table(
    ("city, cityscape, town, downtown, metropolis, urban, skyline", "city on:city"),
    ("skyscraper, building, high rise, highrise, manhattan", "city on:city"),
    ("tower", "tower on:city"),
    ("new york, tokyo, shanghai, chicago, hong kong, dubai, street, taxi", "city on:city"),
    ("city light, neon light, window light", "city citylights"),
    ("cabin, cottage, house, hut, chalet, lodge, home, barn, farmhouse", "house on:house"),
    ("village, hamlet", "house village on:house"),
    ("lighthouse, light house, beacon", "lighthouse on:lighthouse"),
    ("bridge, golden gate, viaduct", "bridge on:bridge"),
    ("windmill, mill", "windmill hills"),
    ("castle, fortress, palace", "castle on:castle"),
    ("campfire, bonfire, camping, tent, camp", "campfire"),
)

LOOK: Final = _table(
    ("watercolor, watercolour, aquarelle, gouache", "style:watercolor"),
    ("pixel art, pixelart, pixel, 8 bit, 8bit, 16 bit, retro game", "style:pixel"),
    ("minimalist, minimalistic, minimal, flat design, vector art", "style:minimal"),
    ("black and white, monochrome, noir, grayscale, greyscale", "style:mono"),
    ("sepia", "style:sepia"),
    ("vintage, retro, old photo, polaroid, nostalgic, faded", "style:vintage"),
    ("cyberpunk, neon, vaporwave", "style:neon"),
    ("synthwave, outrun, retrowave", "style:neon"),
    ("oil painting, oil on canvas, impressionist, impasto, van gogh, monet", "style:oil"),
    ("impressionism, painterly, brushstroke", "style:oil"),
    ("pastel, soft color, soft colour", "pastel"),
    ("vibrant, vivid, colorful, colourful, saturated", "vivid"),
    ("calm, peaceful, serene, tranquil, still, quiet, zen", "calm"),
    ("happy, joyful, cheerful, joy, smile, fun, cute", "cheerful"),
    ("sad, lonely, melancholy, melancholic, sorrow, somber", "melancholy"),
    ("dramatic, epic, majestic, moody", "dramatic"),
    ("dark", "dark"),
    ("dream, dreamy, magic, magical, fantasy, fairytale, ethereal, mystical", "dreamy"),
    ("dragon, robot, rocket, spaceship, astronaut", "dreamy"),
)

WORDS: Final[dict[str, tuple[str, ...]]] = {
    **TIMES_AND_SKY,
    **WEATHER,
    **SEASONS,
    **LAND,
    **WATER,
    **BUILT,
    **LOOK,
}

COLOURS: Final[dict[str, str]] = {
    "red": "#d8262c", "crimson": "#c2183a", "scarlet": "#e0301e", "ruby": "#b8123f",
    "orange": "#f58220", "amber": "#f7a823", "peach": "#f9b48f", "coral": "#f7735c",
    "apricot": "#f8b878", "rust": "#b0512a", "copper": "#c0703a", "brown": "#7b5334",
    "yellow": "#f6d32d", "gold": "#f0b429", "golden": "#f0b429", "green": "#3c9a3f",
    "emerald": "#17915a", "lime": "#94c82f", "olive": "#7d8038", "mint": "#8fd8b4",
    "jade": "#2f9c78", "teal": "#128a8a", "turquoise": "#2bc0b8", "cyan": "#2cc4de",
    "aqua": "#38c8cc", "blue": "#2d6cd2", "azure": "#3b8fe6", "navy": "#1c2f66",
    "indigo": "#3f38a0", "cobalt": "#2450b8", "sapphire": "#1f4fb0", "purple": "#7d3fb2",
    "violet": "#8a4fd0", "lavender": "#a890dc", "lilac": "#b899d8", "mauve": "#b080b0",
    "magenta": "#d42a94", "fuchsia": "#dc30a8", "pink": "#f286b0", "rose": "#e8708a",
    "pinkish": "#f286b0", "reddish": "#d8262c", "bluish": "#2d6cd2", "silver": "#b9c2cc",
    "white": "#f4f4f2", "ivory": "#f3ead6", "cream": "#f3e4c4", "grey": "#8c9298",
    "gray": "#8c9298", "black": "#17181c", "beige": "#d8c4a0", "maroon": "#7a1c2c",
    "burgundy": "#74162e", "plum": "#7c3a70",
}  # fmt: skip

NEGATIONS: Final = frozenset({"no", "without", "not", "never", "minus", "nor", "lacking", "zero"})
# What ends the reach of a negation: "no clouds over the sea" still asks for the sea.
TURNS: Final = frozenset(
    [
        "but",
        "with",
        "over",
        "under",
        "above",
        "below",
        "beneath",
        "near",
        "beside",
        "behind",
        "at",
        "by",
        "on",
        "in",
        "into",
        "across",
        "through",
        "during",
        "along",
        "around",
        "only",
        "just",
        "while",
        "where",
    ]
)
ARTICLES: Final = frozenset({"a", "an", "the", "some", "one", "two", "three", "many"})
LINKS: Final = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "turning",
        "turns",
        "turned",
        "in",
        "of",
        "painted",
        "glowing",
        "glows",
        "coloured",
        "colored",
        "tinted",
        "bathed",
        "drenched",
        "full",
        "filled",
        "all",
    ]
)
PLACES: Final[dict[str, str]] = {
    "left": "left", "right": "right", "middle": "centre", "center": "centre",
    "centre": "centre", "centered": "centre", "centred": "centre", "low": "low",
    "high": "high", "overhead": "high", "zenith": "high",
}  # fmt: skip
