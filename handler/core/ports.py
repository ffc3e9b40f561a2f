"""What the core needs of the outside, as protocols; the adapters implement them.

All of them block. Each may raise `Unavailable` when the service behind it does not answer; what
else a method raises stands with it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from handler.core.accounts import Account, ApiKey, Movement, Principal
from handler.core.failures import FailureKind
from handler.core.generation import Generation, Image, Request, Status


class Clock(Protocol):
    """Where time comes from."""

    def now_ms(self) -> int:
        """Epoch milliseconds."""

    def sleep(self, seconds: float) -> None:
        """Block for `seconds`."""


@dataclass(frozen=True)
class Published:
    """What an operator has published of models."""

    version: str | None
    """Differs from that of anything else that was; None where nothing is published."""
    content: bytes


ReadPublished = Callable[[str | None], Published | None]
"""`PublishedCatalogue.read`, for who does nothing else."""


class PublishedCatalogue(Protocol):
    """Where an operator publishes models."""

    def read(self, known_version: str | None) -> Published | None:
        """What is published now; None where that is `known_version` still.

        Raises:
            Unavailable: It cannot be read now.
        """

    def publish(self, content: bytes) -> None:
        """Put it in the place of what was published before."""


class PrincipalStore(Protocol):
    """Who calls."""

    def principal(self, key_sha256: str) -> Principal | None:
        """The key and its account, read consistently; None where no such key is."""


class AccountStore(PrincipalStore, Protocol):
    """Accounts and their keys, as their operator handles them."""

    def account(self, account_id: str) -> Account | None:
        """The account, read consistently, or None."""

    def list_accounts(self) -> Sequence[Account]:
        """Every account."""

    def add_key(self, key: ApiKey, replaces: ApiKey | None = None) -> None:
        """Let another key open an account; `replaces` is written back as it is given."""

    def open_account(self, account: Account, key: ApiKey, payment_id: str) -> None:
        """Create an account with its key, its credits booked under `payment_id`, all or nothing."""

    def list_keys(self) -> Sequence[tuple[ApiKey, Account]]:
        """Every key with its account, oldest first."""

    def revoke(self, key_id: str) -> ApiKey | None:
        """End a key for good; None where no such key is.

        No call that starts afterwards is admitted with it (I12).
        """


@dataclass(frozen=True)
class Admission:
    """What became of ADMIT."""

    generation: Generation
    is_new: bool
    """False: the same request was admitted earlier under the same idempotency key."""


class MovementStore(Protocol):
    """Money into and out of accounts, other than by generations."""

    def move(self, movement: Movement) -> bool:
        """Book a movement; False if its payment was booked before, which changes nothing.

        Raises:
            OperatorRefused: There is no such account, more would go out than is there, or the
                payment's id was used for another amount or account.
        """

    def movements(self, account_id: str) -> Sequence[Movement]:
        """An account's movements, oldest first."""


class Ledger(Protocol):
    """The moves that carry money.

    Each is one conditional write, so it happens once or not at all.
    """

    def admit(self, generation: Generation, request: Request) -> Admission:
        """ADMIT: record the generation and its request and take the price off the account.

        Raises:
            InsufficientCredits: The account cannot pay.
            ApiKeyDisabled: The account is closed.
            IdempotencyKeyReused: The id stands for another request.
        """

    def capture(
        self, generation: Generation, images: Sequence[Image], charged_micros: int
    ) -> Generation | None:
        """CAPTURE: succeeded and charged; what is not charged goes back.

        None if it is no longer open. Not fenced: the first stored image wins, an older worker's
        is as good.
        """

    def release(self, generation: Generation, error: str) -> Generation | None:
        """RELEASE: failed and paid back, if the fence is still the caller's; else None."""

    def end(self, generation_id: str, status: Status, error: str | None) -> Generation | None:
        """CANCEL and EXPIRE: final and paid back, whoever works on it.

        None if it is no longer open.
        """


class GenerationStore(Protocol):
    """Reading generations; every read by id is consistent."""

    def get(self, generation_id: str) -> Generation | None:
        """The record, or None."""

    def request(self, generation: Generation) -> Request:
        """What was asked for."""

    def of_account(self, account_id: str, known: Mapping[str, Generation]) -> Sequence[Generation]:
        """An account's generations, newest first; what is `known` to be final is not read again.

        The list may lag behind; the records in it do not.
        """

    def due(self, now_ms: int) -> Sequence[str]:
        """Ids of open generations whose due time has come.

        May lag, and may name some that have ended.
        """


class JobStore(Protocol):
    """The moves of a running job, which carry no money.

    Each returns None where its condition does not hold.
    """

    def claim(self, generation_id: str, owner: str, now_ms: int) -> Generation | None:
        """CLAIM: take an unclaimed generation, or one whose lease ran out; the fence moves on."""

    def record_intent(self, generation: Generation) -> Generation | None:
        """INTENT: count the submission that is about to be made (I9)."""

    def bind(self, generation: Generation, provider_ref: str) -> Generation | None:
        """BIND: keep the provider's id of the job, if there is none yet."""

    def park(
        self, generation: Generation, due_at_ms: int, *, resubmit: bool = False
    ) -> Generation | None:
        """PARK: give the lease back, so that no worker idles while a provider works.

        With `resubmit` the provider's id is forgotten and the submission counts as answered: its
        job failed, and another one is to be made.
        """

    def redrive(self, generation: Generation, due_at_ms: int) -> Generation | None:
        """RE-DRIVE: move the due time, if nobody else did."""


class JobQueue(Protocol):
    """Carries generation ids to workers.

    It may lose, repeat and reorder them; the records are the truth.
    """

    def send(self, generation_id: str, delay_seconds: int = 0, trace: str | None = None) -> None:
        """Send one id, to arrive after `delay_seconds` (0 to 900).

        `trace` goes along, for whoever wants to follow the work; nothing depends on it.
        """


class ImageStore(Protocol):
    """The bucket of finished images."""

    def put(self, generation_id: str, number: int, data: bytes, image: Image) -> None:
        """STORE: keep the bytes under their checksum. Putting the same again changes nothing."""

    def put_preview(self, generation_id: str, number: int, data: bytes, image: Image) -> None:
        """Keep the JPEG beside its image. Putting one again changes nothing."""

    def preview(self, generation_id: str, number: int, image: Image) -> bytes | None:
        """The JPEG that is kept beside an image, or None if it is gone."""

    def is_stored(self, generation_id: str, number: int, image: Image) -> bool:
        """Whether the bytes are there, with the recorded checksum."""

    def signed_url(self, generation_id: str, number: int, image: Image) -> str:
        """A URL that serves the bytes for a few minutes."""

    def origin(self) -> str:
        """Scheme and host of every signed URL."""


@dataclass(frozen=True)
class Running:
    """The provider works on it."""

    ref: str
    """The provider's id of the job."""
    poll_after_seconds: float
    """When it is worth asking again."""


@dataclass(frozen=True)
class Done:
    """The provider's images, in order; fewer than were asked for are a part, to be paid as one."""

    outputs: Sequence[bytes]


@dataclass(frozen=True)
class Failed:
    """The provider will not deliver; `reason` is for the caller to read."""

    reason: str
    retryable: bool = False
    """Whether another submission may succeed, and no earlier one can still be under way."""
    kind: FailureKind = FailureKind.PROVIDER_ERROR
    retry_after_seconds: float | None = None
    """How long the vendor asks to wait before that."""
    said: str = ""
    """The vendor's own words, for the operator's log alone: they may speak of our account."""


Outcome = Running | Done | Failed


@dataclass(frozen=True)
class Job:
    """What a provider is asked for."""

    generation_id: str
    provider_model: str
    input: dict[str, Any]
    image_count: int
    is_last_question: bool = False
    """Whether nobody will ask again, so that what can be had now is all that ever will."""


class Provider(Protocol):
    """One vendor of images.

    A method that cannot say anything else returns `Failed`; none is ever repeated blindly.
    """

    @property
    def repeats_safely(self) -> bool:
        """Whether a job may be submitted again of which nothing is known after a first time.

        It must not cost anybody anything.
        """

    def submit(self, job: Job) -> Outcome:
        """Ask for the images; a request that a vendor may have begun with is never repeated."""

    def poll(self, job: Job, ref: str) -> Outcome:
        """How the job `ref` stands."""

    def cancel(self, job: Job, ref: str) -> None:
        """Ask the vendor to stop; best effort."""
