"""What works on jobs."""

from handler.adapters.aws import Connect
from handler.bootstrap.stores import build_stores
from handler.core.work import Worker
from handler.previews import make_preview
from handler.providers.registry import build_providers
from handler.settings import Settings


def build_worker(settings: Settings, connect: Connect) -> Worker:
    """Everything behind `handler.worker`."""
    stores = build_stores(settings, connect)
    return Worker(
        providers=build_providers(
            settings.vendors, stores.clock, settings.timing, settings.public_url
        ),
        ledger=stores.ledger,
        generations=stores.generations,
        jobs=stores.jobs,
        queue=stores.queue,
        images=stores.images,
        clock=stores.clock,
        timing=settings.timing,
        preview_of=make_preview if settings.previews else None,
    )
