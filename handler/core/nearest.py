"""Which ids somebody may have meant by one that there is not."""

import difflib
from collections.abc import Iterable, Mapping, Sequence

_COMPARED_LENGTH = 100
"""Comparing takes time with the product of the lengths."""
_ALIKE = 0.6
_CONTAINED = 0.9
_SHORTEST_PART = 3
_MOST = 3


def nearest(wanted: str, names: Mapping[str, Iterable[str]]) -> Sequence[str]:
    """The few ids that `wanted` is most like, best first; `names` are by id what it may be called.

    Case and punctuation do not count.
    """
    sought = _plain(wanted)
    likeness = {
        model_id: max(_likeness(sought, _plain(name)) for name in known)
        for model_id, known in names.items()
    }
    alike = [model_id for model_id in likeness if likeness[model_id] >= _ALIKE]
    return sorted(alike, key=lambda model_id: (-likeness[model_id], model_id))[:_MOST]


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name[:_COMPARED_LENGTH].lower()))


def _likeness(sought: str, name: str) -> float:
    if sought == name:
        return 1.0
    shorter, longer = sorted((sought, name), key=len)
    if len(shorter) >= _SHORTEST_PART and shorter in longer:
        return _CONTAINED
    matcher = difflib.SequenceMatcher(None, sought, name)
    # The bound costs little, and most names are nothing alike.
    return matcher.ratio() if matcher.quick_ratio() >= _ALIKE else 0.0
