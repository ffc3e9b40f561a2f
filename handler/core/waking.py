"""Looking after a job earlier than planned, because its vendor says that something happened.

What the vendor says is not believed beyond that: a worker asks it for the state and the images.
"""

from dataclasses import dataclass

from handler.core.generation import Status
from handler.core.ports import GenerationStore, JobQueue


@dataclass(frozen=True)
class Waking:
    """Sends a job to the workers; twice, late or for nothing is harmless."""

    generations: GenerationStore
    queue: JobQueue

    def wake(self, generation_id: str, provider: str, now_ms: int) -> bool:
        """Whether the generation is one that this provider works on; then a worker looks at it.

        Where one is at it already none is sent for: it would find the lease taken, and a report may
        come again and again.

        Raises:
            Unavailable: Nothing was done.
        """
        generation = self.generations.get(generation_id)
        if generation is None or generation.provider != provider:
            return False
        if generation.status is not Status.PROCESSING:
            return False
        if generation.lease_until_ms <= now_ms:
            self.queue.send(generation_id)
        return True
