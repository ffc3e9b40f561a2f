"""One test's whole system over the emulator.

Its own tables, queue and bucket, a clock, a provider.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from handler.adapters.aws import Connect
from handler.adapters.dynamodb.client import DynamoDB
from handler.adapters.dynamodb.ledger import DynamoLedger
from handler.bootstrap.stores import Stores, build_stores
from handler.catalogue.load import parse_model
from handler.core.accounts import Account
from handler.core.admission import Admissions
from handler.core.authentication import Authentication
from handler.core.cancellation import Cancellation
from handler.core.generation import Generation
from handler.core.lookup import Lookup
from handler.core.models import Model
from handler.core.ports import Clock
from handler.core.sweep import Sweeper
from handler.core.waking import Waking
from handler.core.work import Worker
from handler.events.jobs import work_on
from handler.previews import make_preview
from handler.settings import Settings
from handler.web.services import ApiServices
from handler.web.signatures import Verify
from infra.local.worker import Loop
from infra.operator.keys import create_key
from tests.fakes import ManualClock, ScriptedProvider

MODEL_ID = "test/easel"
PRICE_MICROS = 25_000
MODEL_DOCUMENT: dict[str, Any] = {
    "name": "Easel",
    "description": "Paints what the test says.",
    "provider": "scripted",
    "provider_model": "easel-1",
    "pricing": {"price": 0.025, "unit": 1},
    "image_count_property": "num_outputs",
    "input_schema": {
        "type": "object",
        "required": ["prompt"],
        "properties": {
            "prompt": {
                "type": "string",
                "minLength": 1,
                "maxLength": 500,
                "description": "What to paint.",
            },
            "aspect_ratio": {
                "type": "string",
                "enum": ["1:1", "16:9"],
                "default": "1:1",
                "description": "Shape.",
            },
            "num_outputs": {
                "type": "integer",
                "minimum": 1,
                "maximum": 4,
                "default": 1,
                "description": "How many.",
            },
            "strength": {
                "type": "number",
                "minimum": 0,
                "maximum": 1,
                "description": "How strongly.",
            },
        },
        "additionalProperties": False,
    },
}


@dataclass(frozen=True)
class Opened:
    """An account that a test opened, and the secret of its key."""

    account_id: str
    key_id: str
    secret: str


@dataclass
class World:
    """Everything, wired like the bootstrap does but with the test's clock and provider."""

    settings: Settings
    connect: Connect
    clock: Clock
    provider: ScriptedProvider
    webhooks: Mapping[str, Verify] = field(default_factory=dict)

    @cached_property
    def stores(self) -> Stores:
        return build_stores(self.settings, self.connect, self.clock)

    @property
    def db(self) -> DynamoDB:
        ledger = self.stores.ledger
        assert isinstance(ledger, DynamoLedger)
        return ledger.db

    @cached_property
    def models(self) -> dict[str, Model]:
        return {MODEL_ID: parse_model(MODEL_ID, MODEL_DOCUMENT)}

    @cached_property
    def admissions(self) -> Admissions:
        s = self.stores
        return Admissions(
            lambda: self.models, s.ledger, s.generations, s.queue, self.clock, self.settings.timing
        )

    @cached_property
    def lookup(self) -> Lookup:
        return Lookup(self.stores.generations, self.stores.images, self.clock)

    @cached_property
    def cancellation(self) -> Cancellation:
        return Cancellation(self.stores.ledger, self.stores.generations, self.stores.queue)

    @cached_property
    def worker(self) -> Worker:
        s = self.stores
        return Worker(
            providers={"scripted": self.provider},
            ledger=s.ledger,
            generations=s.generations,
            jobs=s.jobs,
            queue=s.queue,
            images=s.images,
            clock=self.clock,
            timing=self.settings.timing,
            preview_of=make_preview if self.settings.previews else None,
        )

    @cached_property
    def sweeper(self) -> Sweeper:
        s = self.stores
        return Sweeper(s.ledger, s.generations, s.jobs, s.queue, self.clock, self.settings.timing)

    @cached_property
    def api(self) -> ApiServices:
        return ApiServices(
            clock=self.clock,
            authentication=Authentication(self.stores.accounts, self.clock),
            admissions=self.admissions,
            lookup=self.lookup,
            cancellation=self.cancellation,
            waking=Waking(self.stores.generations, self.stores.queue),
            webhooks=self.webhooks,
            wait_seconds=self.settings.wait_seconds,
            allowed_origins=self.settings.allowed_origins,
            previews=self.settings.previews,
        )

    def open_account(self, credits_micros: int, secret: str | None = None) -> Opened:
        principal, made = create_key(self.stores.accounts, self.clock, credits_micros, secret)
        return Opened(principal.account.id, principal.key.id, made)

    def account(self, opened: Opened) -> Account:
        return next(a for _, a in self.stores.accounts.list_keys() if a.id == opened.account_id)

    def admit(
        self, opened: Opened, prompt: str = "a boat", key: str | None = None, **more: Any
    ) -> Generation:
        return self.admissions.admit(opened.account_id, MODEL_ID, {"prompt": prompt, **more}, key)

    def generation(self, generation_id: str) -> Generation:
        found = self.stores.generations.get(generation_id)
        assert found is not None
        return found

    def queued(self) -> list[str]:
        """Take everything that can be received from the queue now."""
        found: list[str] = []
        while True:
            answer = self.sqs.receive_message(
                QueueUrl=self.settings.jobs_queue_url, MaxNumberOfMessages=10
            )
            messages = answer.get("Messages", [])
            if not messages:
                return found
            for message in messages:
                found.append(message["Body"])
                self.sqs.delete_message(
                    QueueUrl=self.settings.jobs_queue_url, ReceiptHandle=message["ReceiptHandle"]
                )

    @property
    def sqs(self) -> Any:
        queue: Any = self.stores.queue
        return queue.api

    @contextmanager
    def working(self) -> Iterator[None]:
        """Let a worker take jobs from the queue meanwhile."""
        loop = Loop(
            lambda event, _: work_on(self.worker, event),
            self.sqs,
            self.settings.jobs_queue_url,
            poll_seconds=1,
        )
        thread = threading.Thread(target=loop.run)
        thread.start()
        try:
            yield
        finally:
            loop.stopping.set()
            thread.join()


def manual(clock: Clock) -> ManualClock:
    """The clock of a world whose time stands still, to move it."""
    assert isinstance(clock, ManualClock)
    return clock
