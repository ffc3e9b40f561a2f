"""Reads a prompt into a `Scene`: the facts it states, nothing guessed.

Pure text work in linear time. What a prompt leaves open is filled in by `plan`;
what anything looks like is the painting modules' business.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from handler.painter.pictographs import PICTOGRAPHS
from handler.painter.vocabulary import (
    ARTICLES,
    COLOURS,
    LINKS,
    NEGATIONS,
    PLACES,
    TURNS,
    WORDS,
)

_TOKEN: Final = re.compile(r"[^\W_]+|[,.;:!?()\n|]")
_LONGEST_PHRASE: Final = max(len(words.split()) for words in WORDS)
_PARTS: Final = frozenset(part for words in WORDS for part in words.split())
_STRONG_TIMES: Final = ("sunset", "dawn", "dusk", "night")
_REACH_OF_NO: Final = 4
_MOOD: Final = "mood"


@dataclass(frozen=True, slots=True)
class Scene:
    """What a prompt asks for; an empty field means it did not say."""

    features: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    time: str = ""
    season: str = ""
    style: str = ""
    moon: str = ""
    places: frozenset[str] = frozenset()
    colours: tuple[tuple[str, str], ...] = ()

    def has(self, *features: str) -> bool:
        """Whether any of the features is asked for."""
        return not self.features.isdisjoint(features)

    def colours_of(self, target: str) -> tuple[str, ...]:
        """The named colours of one thing, in the order named; `mood` is the whole picture."""
        return tuple(colour for thing, colour in self.colours if thing == target)

    @property
    def names_nothing(self) -> bool:
        """Whether not one word was understood, so that the painter chooses freely."""
        return self == Scene()


@dataclass(frozen=True, slots=True)
class _Span:
    """One understood stretch of the prompt; unknown words are spans without tags."""

    text: str
    tags: tuple[str, ...] = ()
    negated: bool = False

    def values(self, kind: str) -> tuple[str, ...]:
        prefix = kind + ":"
        return tuple(tag.removeprefix(prefix) for tag in self.tags if tag.startswith(prefix))

    @property
    def is_break(self) -> bool:
        return not self.text[0].isalnum()


def read_scene(prompt: str) -> Scene:
    """Return what the prompt asks for."""
    spans = list(_spans(_tokens(prompt)))
    wanted = [span for span in spans if not span.negated]
    features = {tag for span in wanted for tag in span.tags if ":" not in tag}
    absent = {tag for span in spans if span.negated for tag in span.tags if ":" not in tag}
    styles = _all(wanted, "style")
    return Scene(
        features=frozenset(_settled(features - absent)),
        absent=frozenset(absent),
        time=_time(_all(wanted, "time")),
        season=next(iter(_all(wanted, "season")), ""),
        style=styles[0] if styles else "",
        moon=next(iter(_all(wanted, "moon")), ""),
        places=frozenset(_places(wanted)),
        colours=tuple(dict.fromkeys(_colours(wanted))),
    )


def _tokens(prompt: str) -> list[str]:
    text = prompt.translate(PICTOGRAPHS).casefold().replace("'", "").replace("\u2019", "")
    return [_singular(token) for token in _TOKEN.findall(text)]


def _singular(word: str) -> str:
    if word in _PARTS or word in COLOURS or not word.endswith("s"):
        return word
    candidates = [word[:-1], word[:-2], word[:-3] + "y", word[:-3] + "f"]
    return next((found for found in candidates if found in _PARTS), word)


def _spans(tokens: list[str]) -> Iterator[_Span]:
    at = 0
    denied = 0
    while at < len(tokens):
        span, length = _span_at(tokens, at)
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        if span.text in NEGATIONS:
            denied = _REACH_OF_NO
        elif (
            span.is_break
            or span.text in TURNS
            or (span.text, following in ARTICLES) == ("and", True)
        ):
            denied = 0
        yield _Span(span.text, span.tags, negated=denied > 0)
        at += length
        # "or" and "and" list further things denied, so they cost no reach.
        denied -= 0 if span.text in {"or", "and"} or span.text in NEGATIONS else 1


def _span_at(tokens: list[str], at: int) -> tuple[_Span, int]:
    for length in range(min(_LONGEST_PHRASE, len(tokens) - at), 0, -1):
        phrase = " ".join(tokens[at : at + length])
        if phrase in WORDS:
            return _Span(phrase, WORDS[phrase]), length
    return _Span(tokens[at]), 1


def _all(spans: list[_Span], kind: str) -> list[str]:
    return [value for span in spans for value in span.values(kind)]


def _time(named: list[str]) -> str:
    """Pick one: a light that paints the sky beats a plain hour, else the first named."""
    strong = [time for time in named if time in _STRONG_TIMES]
    return next(iter(strong or named), "")


def _settled(features: set[str]) -> set[str]:
    """Resolve words that only mean something next to others."""
    if features & {"snowcaps"} and not features & {"volcano"}:
        features = features | {"mountains"}
    if "clear" in features and features & {"clouds", "storm", "rain", "overcast"}:
        features = features - {"clear"}
    # A tower of its own kind makes no town.
    if "tower" in features and not features & {"castle", "lighthouse", "windmill"}:
        features = features | {"city"}
    # The sea reflects as well as a lake does, so "reflections" adds no second water.
    if "sea" in features:
        features = features - {"lake"}
    return features - {"water", "tower"} | ({"lake"} if _is_bare_water(features) else set())


def _is_bare_water(features: set[str]) -> bool:
    return "water" in features and not features & {"sea", "lake", "river", "waterfall"}


def _places(spans: list[_Span]) -> Iterator[str]:
    """Where the sun or moon is said to be: a place word counts only in a light's clause."""
    lights = {"sun", "moon"}
    clause: list[_Span] = []
    for span in [*spans, _Span(".")]:
        if not span.is_break:
            clause.append(span)
            continue
        if any(lights & set(each.tags) or "time:sunset" in each.tags for each in clause):
            yield from (PLACES[each.text] for each in clause if each.text in PLACES)
        clause = []


def _colours(spans: list[_Span]) -> Iterator[tuple[str, str]]:
    for at, span in enumerate(spans):
        if span.text in COLOURS and not span.tags:
            yield (_ahead(spans, at) or _behind(spans, at) or _MOOD, span.text)


def _ahead(spans: list[_Span], at: int) -> str:
    """Find the thing a colour stands before: "a red and orange evening sky"."""
    for span in spans[at + 1 : at + 5]:
        if span.is_break or span.text in TURNS:
            return ""
        targets = span.values("on")
        if targets:
            return targets[0]
    return ""


def _behind(spans: list[_Span], at: int) -> str:
    """Find the thing a colour is said of: "the sky is purple"."""
    linked = False
    for span in reversed(spans[max(0, at - 6) : at]):
        if span.is_break:
            return ""
        linked = linked or span.text in LINKS
        targets = span.values("on")
        if targets:
            return targets[0] if linked else ""
    return ""
