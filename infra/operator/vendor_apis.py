"""How the operator's commands reach a vendor, and how they show what it says.

The adapters make images; here is only what asks something that costs nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from handler.adapters.clock import SystemClock
from handler.core.text import clipped
from handler.core.vendors import Secret, VendorAccess
from handler.providers import bfl, gemini, openai, replicate
from handler.providers.calls import QUESTION_SECONDS, Calls, new_client
from handler.providers.setup import Setup
from handler.settings import COMPATIBLE

FAL_PLATFORM_URL = "https://api.fal.ai/v1"
"""fal answers questions about models and prices at another host than its queue's."""

_SHOWN_LENGTH = 200
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\U0010ffff]+")


@dataclass(frozen=True)
class _Api:
    base_url: str
    header: str
    scheme: str = ""
    below: str = ""
    """Where it is below a base URL that is configured instead."""


_APIS: Mapping[str, _Api] = {
    "replicate": _Api(replicate.BASE_URL, "authorization", "Bearer"),
    "fal": _Api(FAL_PLATFORM_URL, "authorization", "Key", below="/v1"),
    "openai": _Api(openai.BASE_URL, "authorization", "Bearer"),
    "gemini": _Api(gemini.BASE_URL, "x-goog-api-key"),
    "bfl": _Api(bfl.BASE_URL, "x-key"),
    # Its base URL is always configured.
    COMPATIBLE: _Api("", "authorization", "Bearer"),
}


def calls_of(vendor: str, access: VendorAccess) -> Calls:
    """What calls the API of a vendor that is reached by HTTP."""
    api = _APIS[vendor]
    if access.base_url is not None:
        access = replace(access, base_url=access.base_url + api.below)
    setup = Setup(vendor, access, SystemClock(), new_client(), QUESTION_SECONDS)
    return setup.calls(api.base_url, api.header, api.scheme)


def shown(text: str, token: Secret | None) -> str:
    """Words of a vendor's for a terminal: one short line without the token."""
    if token is not None:
        text = text.replace(token.reveal(), "(the token)")
    return clipped(" ".join(_UNPRINTABLE.sub(" ", text).split()), _SHOWN_LENGTH)
