"""What a vendor's answer to a free question says of the token that was sent along."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from handler.core.failures import FailureKind
from handler.core.ports import Failed
from handler.providers import gemini, openai
from handler.providers.calls import Reply
from handler.providers.failing import refused, words_of
from handler.settings import COMPATIBLE


class State(Enum):
    """How it stands with a vendor."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """The token is wrong, or its account may not go on."""
    UNREACHABLE = "unreachable"
    UNCLEAR = "unclear"
    """It answers, but not as that vendor does."""
    UNCHECKED = "not checked"
    """The question cannot be asked there; nothing is known to be wrong."""


@dataclass(frozen=True)
class Verdict:
    """What is known of a vendor that is on."""

    state: State
    said: str = ""
    """Whose account it is, or what the vendor said; printable, and without the token."""
    models: frozenset[str] | None = None
    """All the models that the token may use, where the vendor says that."""


def judge(vendor: str, reply: Reply) -> Verdict:
    """What the answer to `PATHS[vendor]` says."""
    if not reply.is_success:
        return _refusal(vendor, reply)
    verdict = _READERS[vendor](reply.document())
    return verdict or Verdict(State.UNCLEAR, reply.text())


def _refusal(vendor: str, reply: Reply) -> Verdict:
    said = f"HTTP {reply.status}: {words_of(reply)}"
    if vendor == COMPATIBLE and reply.status in (404, 405, 501):
        return Verdict(State.UNCHECKED, "it has no list of models by which to try the key")
    if reply.status == 403 and "missing scopes" in said.lower():
        return Verdict(State.UNCHECKED, "the key may not list models, which says nothing else")
    is_refused = _kind(vendor, reply) is FailureKind.PROVIDER_ACCOUNT
    return Verdict(State.REFUSED if is_refused else State.UNCLEAR, said)


def _kind(vendor: str, reply: Reply) -> FailureKind | None:
    """What the vendor's adapter takes the refusal for."""
    answer = _TABLES.get(vendor, refused)(reply)
    return answer.kind if isinstance(answer, Failed) else None


_TABLES: Mapping[str, Callable[[Reply], object]] = {
    "openai": openai.read,
    COMPATIBLE: openai.read,
    "gemini": gemini.read,
}

PATHS: Mapping[str, str] = {
    "replicate": "/account",
    # Its other questions are answered without a key too.
    "fal": "/models/pricing?endpoint_id=fal-ai/flux/schnell",
    "openai": "/models",
    COMPATIBLE: "/models",
    "gemini": "/models?pageSize=1000",
    "bfl": "/credits",
}
"""What each vendor that is reached by HTTP is asked: it needs the token, and costs nothing."""


def _replicate(document: Mapping[str, Any]) -> Verdict | None:
    name = document.get("username")
    return Verdict(State.ACCEPTED, f"account {name}") if isinstance(name, str) else None


def _fal(document: Mapping[str, Any]) -> Verdict | None:
    return Verdict(State.ACCEPTED) if isinstance(document.get("prices"), list) else None


def _openai(document: Mapping[str, Any]) -> Verdict | None:
    names = _names(document.get("data"), "id")
    return None if names is None else Verdict(State.ACCEPTED, models=names)


def _gemini(document: Mapping[str, Any]) -> Verdict | None:
    names = _names(document.get("models"), "name")
    if names is None:
        return None
    listed = frozenset(name.removeprefix("models/") for name in names)
    return Verdict(State.ACCEPTED, models=None if document.get("nextPageToken") else listed)


def _bfl(document: Mapping[str, Any]) -> Verdict | None:
    left = document.get("credits")
    if isinstance(left, bool) or not isinstance(left, int | float):
        return None
    if left <= 0:
        return Verdict(State.REFUSED, "no credits are left")
    return Verdict(State.ACCEPTED, f"{left:g} credits left")


def _names(members: Any, key: str) -> frozenset[str] | None:
    if not isinstance(members, list):
        return None
    names = [each.get(key) for each in members if isinstance(each, dict)]
    return frozenset(name for name in names if isinstance(name, str))


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Verdict | None]] = {
    "replicate": _replicate,
    "fal": _fal,
    "openai": _openai,
    COMPATIBLE: _openai,
    "gemini": _gemini,
    "bfl": _bfl,
}
