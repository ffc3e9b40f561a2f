"""What answers HTTP."""

from collections.abc import Callable, Mapping

from handler.adapters.aws import Connect
from handler.bootstrap.stores import build_stores
from handler.catalogue.live import LiveCatalogue
from handler.core.admission import Admissions
from handler.core.authentication import Authentication
from handler.core.cancellation import Cancellation
from handler.core.errors import ConfigurationError
from handler.core.lookup import Lookup
from handler.core.ports import Published, ReadPublished
from handler.core.vendors import Secret
from handler.core.waking import Waking
from handler.settings import WEBHOOK_SECRETS, Settings
from handler.web.services import ApiServices
from handler.web.signatures import FalWebhook, StandardWebhook, Verify

_SCHEMES: Mapping[str, Callable[[Secret], Verify]] = {
    "replicate": StandardWebhook,
    "fal": FalWebhook,
}


def verifiers(secrets: Mapping[str, Secret]) -> dict[str, Verify]:
    """How the reports of each vendor that has a secret are verified.

    Raises:
        ConfigurationError: A secret is none of its vendor's; names its variable, not its value.
    """
    return {name: _verifier(name, secret) for name, secret in secrets.items()}


def _verifier(vendor: str, secret: Secret) -> Verify:
    try:
        return _SCHEMES[vendor](secret)
    except ConfigurationError as error:
        raise ConfigurationError(f"{WEBHOOK_SECRETS[vendor]} {error}") from None


def nothing_published(_: str | None) -> Published:
    """Implements `ReadPublished` without asking any service."""
    return Published(None, b"")


def build_api(
    settings: Settings, connect: Connect, read_published: ReadPublished | None = None
) -> ApiServices:
    """Everything behind `handler.api`; `read_published` instead of looking into the bucket."""
    stores = build_stores(settings, connect)
    return ApiServices(
        clock=stores.clock,
        authentication=Authentication(stores.accounts, stores.clock),
        admissions=Admissions(
            LiveCatalogue(
                read_published or stores.published.read,
                stores.clock,
                settings.providers,
                settings.price_markup,
            ),
            stores.ledger,
            stores.generations,
            stores.queue,
            stores.clock,
            settings.timing,
        ),
        lookup=Lookup(stores.generations, stores.images, stores.clock),
        cancellation=Cancellation(stores.ledger, stores.generations, stores.queue),
        waking=Waking(stores.generations, stores.queue),
        webhooks=verifiers(settings.webhook_secrets),
        wait_seconds=settings.wait_seconds,
        allowed_origins=settings.allowed_origins,
        previews=settings.previews,
    )
