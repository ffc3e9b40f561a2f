"""What an adapter is built from, the same for every vendor."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import httpx2

from handler.core.ports import Clock, Provider
from handler.core.vendors import Secret, VendorAccess
from handler.providers.calls import NOT_BEGUN, Calls
from handler.providers.fetch.download import Fetcher
from handler.providers.fetch.policy import Policy
from handler.providers.images.sanitize import sanitized
from handler.providers.outputs import Outputs
from handler.providers.vendor import Vendor, VendorProvider


@dataclass(frozen=True)
class Setup:
    """What the configuration and the process give to one vendor's adapter."""

    access: VendorAccess
    clock: Clock
    client: httpx2.Client
    answer_seconds: float
    """How long the vendor may take for one answer."""

    def calls(
        self, base_url: str, header: str, scheme: str = "", not_begun: Collection[int] = NOT_BEGUN
    ) -> Calls:
        """The vendor's API at `base_url`, unless another is configured.

        The token goes into `header`, after `scheme`.
        """
        token = self.access.token
        credentials: Mapping[str, Secret] = (
            {} if token is None else {header: Secret(f"{scheme} {token.reveal()}".strip())}
        )
        return Calls(
            base_url=self.access.base_url or base_url,
            credentials=credentials,
            client=self.client,
            clock=self.clock,
            answer_seconds=self.answer_seconds,
            not_begun=not_begun,
        )

    def provider(self, vendor: Vendor, hosts: Sequence[str]) -> Provider:
        """The adapter behind the core's port; `hosts` are where the vendor keeps its images."""
        base_url = self.access.base_url
        policy = Policy() if base_url is None else Policy.vouching_for(base_url)
        return VendorProvider(vendor, Outputs(Fetcher(policy).fetch, sanitized, hosts))
