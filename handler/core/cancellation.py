"""Ending a generation on explicit request."""

import logging
from dataclasses import dataclass

from handler.core import errors
from handler.core.generation import Generation, Status
from handler.core.ports import GenerationStore, JobQueue, Ledger

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cancellation:
    """Cancels generations; final at once, whatever a worker or a provider is doing meanwhile."""

    ledger: Ledger
    generations: GenerationStore
    queue: JobQueue

    def cancel(self, generation_id: str) -> Generation:
        """CANCEL: pay back and end; one that has ended already stays as it is.

        Raises:
            GenerationNotFound: There is none of that id.
        """
        canceled = self.ledger.end(generation_id, Status.CANCELED, None)
        if canceled is None:
            found = self.generations.get(generation_id)
            if found is None:
                raise errors.GenerationNotFound(generation_id)
            return found
        if canceled.provider_ref is not None:
            self._tell_a_worker(generation_id)
        return canceled

    def _tell_a_worker(self, generation_id: str) -> None:
        # Only a worker can reach the provider. It is a courtesy: the money has moved already.
        try:
            self.queue.send(generation_id)
        except errors.Unavailable:
            log.warning("the provider of generation %s was not told to stop", generation_id)
