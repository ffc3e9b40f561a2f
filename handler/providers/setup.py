"""What an adapter is built from, the same for every vendor."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import httpx2

from handler.core.ports import Clock, Job, Provider
from handler.core.vendors import Secret, VendorAccess
from handler.providers.calls import Calls, Reply, not_begun
from handler.providers.fetch.download import Credential, Fetcher
from handler.providers.fetch.policy import Policy
from handler.providers.fetch.references import MAX_INLINE_BYTES
from handler.providers.images.sanitize import sanitized
from handler.providers.outputs import Outputs
from handler.providers.vendor import Vendor, VendorProvider


@dataclass(frozen=True)
class Setup:
    """What the configuration and the process give to one vendor's adapter."""

    name: str
    """The adapter's, in the registry."""
    access: VendorAccess
    clock: Clock
    client: httpx2.Client
    answer_seconds: float
    """How long the vendor may take for one answer."""
    public_url: str | None = None
    """Where vendors reach us, if they do."""

    def calls(
        self,
        base_url: str,
        header: str,
        scheme: str = "",
        not_begun: Callable[[Reply], bool] = not_begun,
    ) -> Calls:
        """The vendor's API at `base_url`, unless another is configured.

        The token goes into `header`, after `scheme`; `not_begun` tells which answers to a request
        that makes something are worth repeating it after.
        """
        token = self._token(scheme)
        return Calls(
            base_url=self.access.base_url or base_url,
            credentials={} if token is None else {header: token},
            client=self.client,
            clock=self.clock,
            answer_seconds=self.answer_seconds,
            not_begun=not_begun,
        )

    def webhook_url(self, job: Job) -> str | None:
        """Where the vendor may report that the job has moved on; None where it cannot reach us."""
        if self.public_url is None:
            return None
        return f"{self.public_url}/v1/images/webhooks/{self.name}/{job.generation_id}"

    def credential(self, header: str, scheme: str, hosts: Sequence[str]) -> Credential | None:
        """The token, for hosts of images that want to see it."""
        token = self._token(scheme)
        return None if token is None else Credential(header, token.reveal(), hosts)

    def _token(self, scheme: str) -> Secret | None:
        token = self.access.token
        return None if token is None else Secret(f"{scheme} {token.reveal()}".strip())

    def provider(
        self,
        vendor: Vendor,
        hosts: Sequence[str],
        *,
        credential: Credential | None = None,
        max_inline_bytes: int = MAX_INLINE_BYTES,
    ) -> Provider:
        """The adapter behind the core's port.

        `hosts` are where the vendor keeps its images, `max_inline_bytes` what it takes of a
        reference image inside the input.
        """
        base_url = self.access.base_url
        policy = Policy() if base_url is None else Policy.vouching_for(base_url)
        fetch = partial(Fetcher(policy).fetch, credential=credential)
        return VendorProvider(vendor, Outputs(fetch, sanitized, hosts), max_inline_bytes)
