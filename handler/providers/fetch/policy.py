"""Where a download may go: public hosts on an allow-list, and origins the operator vouches for."""

from collections.abc import Sequence
from dataclasses import dataclass

from handler.providers.fetch.addresses import is_public
from handler.providers.fetch.urls import Url, UrlRefused, matches, parsed, require_public


@dataclass(frozen=True)
class Policy:
    """What is trusted beyond the public rules: by default nothing.

    `origins` are fetched from whatever their scheme, port and address are, and only they are: it is
    how an image server in one's own network, or on this machine, is reached.
    """

    origins: frozenset[str] = frozenset()

    @classmethod
    def vouching_for(cls, base_url: str) -> "Policy":
        """Trust a vendor's base URL that the operator configured.

        Raises:
            UrlRefused: It is no URL.
        """
        return cls(frozenset({parsed(base_url).origin}))

    def admitted(self, url: Url, allowed_hosts: Sequence[str]) -> Url:
        """The URL, if it may be fetched.

        Raises:
            UrlRefused: It may not.
        """
        if url.origin not in self.origins:
            require_public(url)
            if not matches(url.host, allowed_hosts):
                raise UrlRefused("is at a host that is not on the list")
        return url

    def admits_address(self, url: Url, address: str) -> bool:
        """Whether the host of an admitted URL may be at this address."""
        return url.origin in self.origins or is_public(address)
