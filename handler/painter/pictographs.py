"""The pictures people put in prompts, as words of the vocabulary.

Data only, like `vocabulary`: `scene` reads the words.
"""

from typing import Final

# Pictures people put in prompts, as the word each stands for.
PICTOGRAPHS: Final[dict[int, str]] = {
    ord(sign): f" {word} "
    for word, signs in (
        ("sea", "\U0001f30a\U0001f42c\U0001f433"),
        ("mountains", "\u26f0"),
        ("snowcapped", "\U0001f3d4"),
        ("volcano", "\U0001f30b"),
        ("sunrise", "\U0001f304\U0001f305"),
        ("sunset city", "\U0001f307"),
        ("night city", "\U0001f303"),
        ("city", "\U0001f3d9\U0001f306"),
        ("beach", "\U0001f3d6"),
        ("island", "\U0001f3dd"),
        ("desert", "\U0001f3dc"),
        ("cactus", "\U0001f335"),
        ("pine", "\U0001f332"),
        ("trees", "\U0001f333"),
        ("palm", "\U0001f334"),
        ("blossom", "\U0001f338"),
        ("autumn", "\U0001f341\U0001f342"),
        ("flowers", "\U0001f33b\U0001f337\U0001f33c\U0001f33a"),
        ("sunny", "\u2600\U0001f31e"),
        ("cloud", "\u2601\u26c5"),
        ("rain", "\U0001f327\u2614"),
        ("lightning", "\u26a1\U0001f329\u26c8"),
        ("snowfall", "\u2744\U0001f328\u2603"),
        ("fog", "\U0001f32b"),
        ("rainbow", "\U0001f308"),
        ("full moon", "\U0001f315\U0001f31d"),
        ("crescent", "\U0001f319"),
        ("stars", "\u2b50\U0001f31f\u2728"),
        ("milky way", "\U0001f30c"),
        ("sailboat", "\u26f5"),
        ("house", "\U0001f3e0\U0001f3e1"),
        ("castle", "\U0001f3f0"),
        ("bridge", "\U0001f309"),
        ("campfire", "\U0001f525\U0001f3d5\u26fa"),
        ("birds", "\U0001f426"),
    )
    for sign in signs
}
