"""Which URLs may be fetched at all, decided from their text alone.

One narrow grammar is accepted, in which no two parsers can disagree about the host. Which addresses
a host name may stand for is decided when it is resolved (`addresses`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urljoin

from handler.core import errors

MAX_LENGTH = 4096
"""The longest signed URLs (S3's, with a session token) take about half of it."""
ANY_PUBLIC_HOST = ("*",)
"""The allow-list of a URL that a caller chose."""

_CHARACTERS = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
"""What RFC 3986 lets a URL consist of; everything else has to be percent-encoded in one."""
_ESCAPES = re.compile(r"%(?![0-9A-Fa-f]{2})|%[01][0-9A-Fa-f]|%7[Ff]")
"""Broken percent-encodings, and those of control characters."""
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://"
    r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<target>(?:/[^?]*)?(?:\?.*)?)"
)
_LABEL = re.compile(r"(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""One label of a host name; `xn--` and the other reserved forms are left out (RFC 5890, 2.3.1)."""
_TOP_LABEL = re.compile(r"[a-z]{2,63}")
"""No top-level name holds a digit, and every numeric spelling of an IPv4 address ends in one."""
_PRIVATE_SUFFIXES = {
    *("alt", "arpa", "internal", "invalid", "local", "localhost", "onion", "test"),
    *("corp", "home", "intranet", "lan", "localdomain", "private"),
}
"""Top-level names that never are public (RFC 6761 and 6762, ICANN's `.internal`, common habit)."""
_DEFAULT_PORTS = {"http": 80, "https": 443}


class UrlRefused(errors.ProviderFailure):
    """The URL is not fetched; the message is a clause that says why, and holds none of it."""


@dataclass(frozen=True)
class Url:
    """A URL in parts."""

    scheme: str
    host: str
    """In lower case; an IPv6 address without its brackets."""
    port: int
    target: str
    """Path and query, exactly as they were written."""

    @property
    def authority(self) -> str:
        """Host and port, as the `Host` header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port, spelled one way."""
        return f"{self.scheme}://{self.authority}"

    def __str__(self) -> str:
        return self.origin + self.target

    def __repr__(self) -> str:
        # The target of a signed URL opens it to whoever reads a log.
        return f"<Url {self.origin}/...>"


def parsed(text: str) -> Url:
    """Take a URL apart.

    Raises:
        UrlRefused: It is not of the accepted grammar.
    """
    _require_plain(text)
    if "#" in text:
        raise UrlRefused("has a fragment")
    match = _URL.fullmatch(text)
    if match is None:
        raise UrlRefused("is not of the form https://host/path")
    scheme, host = match["scheme"].lower(), match["host"].lower()
    if scheme not in _DEFAULT_PORTS:
        raise UrlRefused("is not an https URL")
    port = int(match["port"] or _DEFAULT_PORTS[scheme])
    target = match["target"]
    path = target if target.startswith("/") else f"/{target}"
    return Url(scheme, _host(host), port, path)


def require_public(url: Url) -> None:
    """Admit https on its own port at a public host name, and nothing else.

    Raises:
        UrlRefused: It is something else.
    """
    if url.scheme != "https":
        raise UrlRefused("is not an https URL")
    if url.port != _DEFAULT_PORTS["https"]:
        raise UrlRefused("names a port")
    top = url.host.rpartition(".")[2]
    if ":" in url.host or top.isdigit() or top.startswith("0x"):
        raise UrlRefused("names an address instead of a host")
    if "." not in url.host or top in _PRIVATE_SUFFIXES or not _TOP_LABEL.fullmatch(top):
        raise UrlRefused("does not name a public host")


def matches(host: str, allowed_hosts: Sequence[str]) -> bool:
    """Whether a host is on an allow-list.

    An entry is a host name, or `*.` and a host name for everything below it, but not itself, or `*`
    for every host.
    """
    return any(
        allowed in {host, "*"} or (allowed.startswith("*.") and host.endswith(allowed[1:]))
        for allowed in allowed_hosts
    )


def joined(base: Url, location: str) -> Url:
    """Where a redirect leads.

    Raises:
        UrlRefused: Nowhere that could be fetched.
    """
    # urljoin drops some characters silently; none of those gets as far.
    _require_plain(location)
    try:
        there = urljoin(str(base), location)
    except ValueError:
        raise UrlRefused("has no valid host") from None
    return parsed(there)


def _require_plain(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise UrlRefused(f"is longer than {MAX_LENGTH} characters")
    if not _CHARACTERS.fullmatch(text) or _ESCAPES.search(text):
        raise UrlRefused("holds characters that a URL cannot hold")


def _host(host: str) -> str:
    if host.startswith("["):
        try:
            return str(ip_address(host[1:-1]))
        except ValueError:
            raise UrlRefused("has no valid host") from None
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise UrlRefused("has no valid host")
    return host
