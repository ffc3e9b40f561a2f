"""What every vendor's adapter has in common: from its answers to the core's outcomes.

An adapter (`Vendor`) builds requests, reads replies and raises freely. `VendorProvider` puts it
behind the core's `Provider`: it fetches and cleans the images, and turns whatever is raised into an
outcome, so that a request which may have begun is never made again.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from handler.core.errors import ProviderFailure
from handler.core.failures import FailureKind
from handler.core.ports import Done, Failed, Job, Outcome, Running
from handler.providers.calls import AnswerTooLarge, AskLater, CallFailed, NotBegun
from handler.providers.failing import failed, undelivered
from handler.providers.outputs import Outputs
from handler.providers.references import require_safe_references

log = logging.getLogger(__name__)

ASK_AGAIN_SECONDS = 5.0
FETCH_AGAIN_SECONDS = 30.0
"""Between attempts to fetch a finished image: it may stay away until the deadline, and the others
are fetched again with it."""


@dataclass(frozen=True)
class Ready:
    """The vendor made images: bytes, or URLs (https or `data:`) to fetch them from."""

    outputs: Sequence[bytes | str]


Answer = Running | Ready | Failed


class Vendor(Protocol):
    """One vendor's API.

    Besides what it returns, a method may raise `CallFailed` or `ProviderFailure`.
    """

    def submit(self, job: Job) -> Answer:
        """Ask for the images."""

    def poll(self, ref: str) -> Answer:
        """How the job stands that `Running` gave `ref` for."""

    def cancel(self, ref: str) -> None:
        """Ask the vendor to stop; empty where it cannot."""


class Immediate:
    """The half of `Vendor` that remains of one whose answer is the images: no job is ever bound."""

    def poll(self, ref: str) -> Answer:
        """See `Vendor`."""
        raise AssertionError(f"nothing was ever running as {ref}")

    def cancel(self, ref: str) -> None:
        """See `Vendor`."""


@dataclass(frozen=True)
class VendorProvider:
    """A vendor as the core sees it; implements `Provider`."""

    vendor: Vendor
    outputs: Outputs
    max_inline_bytes: int
    """What the vendor takes of a reference image inside the input."""
    repeats_safely: ClassVar[bool] = False
    """A job of which nothing is known may run there all the same, and be billed."""

    def submit(self, job: Job) -> Outcome:
        """See `Provider`."""
        try:
            require_safe_references(job.input, self.max_inline_bytes)
        except ProviderFailure as refusal:
            return undelivered(refusal)
        try:
            answer = self.vendor.submit(job)
            if isinstance(answer, Ready):
                images = self.outputs.collected(answer.outputs, job.image_count, comes_back=False)
                return Done(images)
        except (CallFailed, ProviderFailure) as error:
            return _as_failure(error)
        except Exception:  # asking once more would be worse: the first job may be under way
            log.exception("generation %s: its submission could not be handled", job.generation_id)
            return failed(FailureKind.UNKNOWN_OUTCOME)
        return answer

    def poll(self, job: Job, ref: str) -> Outcome:
        """See `Provider`."""
        try:
            answer = self.vendor.poll(ref)
            if isinstance(answer, Ready):
                images = self.outputs.collected(
                    answer.outputs, job.image_count, comes_back=not job.is_last_question
                )
                return Done(images)
        except AskLater as later:
            log.warning("generation %s could not be asked for: %s", job.generation_id, later)
            return Running(ref, later.retry_after_seconds or ASK_AGAIN_SECONDS)
        except (CallFailed, ProviderFailure) as error:
            # A download that may succeed later: the vendor still has the image.
            is_passing = isinstance(error, ProviderFailure) and error.retryable
            return Running(ref, FETCH_AGAIN_SECONDS) if is_passing else _as_failure(error)
        except Exception:  # it would happen with every poll until the deadline
            log.exception("generation %s: its state could not be read", job.generation_id)
            return failed(FailureKind.PROVIDER_ERROR)
        return answer

    def cancel(self, job: Job, ref: str) -> None:
        """See `Provider`."""
        try:
            self.vendor.cancel(ref)
        except CallFailed as error:
            log.warning("generation %s could not be stopped: %s", job.generation_id, error)
        except Exception:  # its end is recorded; nothing depends on the vendor's
            log.exception("generation %s: its cancel could not be sent", job.generation_id)


def _as_failure(error: CallFailed | ProviderFailure) -> Failed:
    if isinstance(error, ProviderFailure):
        return undelivered(error)
    if isinstance(error, NotBegun):
        return failed(FailureKind.CAPACITY, str(error), retryable=True)
    if isinstance(error, AnswerTooLarge):
        return failed(FailureKind.BAD_OUTPUT, str(error))
    return failed(FailureKind.UNKNOWN_OUTCOME, str(error))
