"""What looks after overdue jobs."""

from handler.adapters.aws import Connect
from handler.bootstrap.stores import build_stores
from handler.core.sweep import Sweeper
from handler.settings import Settings


def build_sweeper(settings: Settings, connect: Connect) -> Sweeper:
    """Everything behind `handler.sweeper`."""
    stores = build_stores(settings, connect)
    return Sweeper(
        ledger=stores.ledger,
        generations=stores.generations,
        jobs=stores.jobs,
        queue=stores.queue,
        clock=stores.clock,
        timing=settings.timing,
    )
