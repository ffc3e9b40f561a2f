"""What answers HTTP."""

from handler.adapters.aws import Connect
from handler.bootstrap.stores import build_stores
from handler.catalogue.load import load_catalogue
from handler.core.admission import Admissions
from handler.core.authentication import Authentication
from handler.core.lookup import Lookup
from handler.settings import Settings
from handler.web.services import ApiServices


def build_api(settings: Settings, connect: Connect) -> ApiServices:
    """Everything behind `handler.api`."""
    stores = build_stores(settings, connect)
    return ApiServices(
        clock=stores.clock,
        authentication=Authentication(stores.accounts, stores.clock),
        admissions=Admissions(
            load_catalogue(settings.providers),
            stores.ledger,
            stores.generations,
            stores.queue,
            stores.clock,
            settings.timing,
        ),
        lookup=Lookup(stores.generations, stores.images, stores.clock),
        wait_seconds=settings.wait_seconds,
        allowed_origins=settings.allowed_origins,
        previews=settings.previews,
    )
