"""The whole system: what ships, over services in memory and a clock that stands still."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from handler.adapters.dynamodb.accounts import DynamoAccountStore
from handler.adapters.dynamodb.client import DynamoDB
from handler.adapters.dynamodb.generations import DynamoGenerationStore, DynamoJobStore
from handler.adapters.dynamodb.ledger import DynamoLedger
from handler.adapters.dynamodb.movements import DynamoMovementStore
from handler.adapters.large_requests import LargeRequests
from handler.adapters.s3 import S3ImageStore
from handler.adapters.sqs import SqsJobQueue
from handler.catalogue.load import parse_model
from handler.core.admission import Admissions
from handler.core.authentication import Authentication
from handler.core.cancellation import Cancellation
from handler.core.lookup import Lookup
from handler.core.models import Model
from handler.core.sweep import Sweeper
from handler.core.timing import Timing
from handler.core.work import Worker
from infra.template import load_template
from tests.simulation.books import Books
from tests.simulation.dynamodb import MemoryDynamoDB
from tests.simulation.outside import Client, DistantProvider, Line, SimulatedClock
from tests.simulation.s3 import MemoryBucket
from tests.simulation.sqs import MemoryQueue
from tests.simulation.studio import Studio, Verdict
from tests.world import MODEL_DOCUMENT, MODEL_ID

CREDITS, GENERATIONS = "CreditsTable", "GenerationsTable"
TIMING = Timing(worker_ms=360_000, lease_ms=390_000, dispatch_grace_ms=60_000)

Wrap = Callable[[Any], Any]
"""Puts something in front of a service."""


@cache
def models() -> dict[str, Model]:
    """The one model."""
    return {MODEL_ID: parse_model(MODEL_ID, MODEL_DOCUMENT)}


@cache
def table_definitions() -> list[dict[str, Any]]:
    """What the template creates."""
    tables = load_template().resources("AWS::DynamoDB::Table")
    return [{"TableName": name, **properties} for name, properties in tables.items()]


@dataclass(frozen=True)
class Services:
    """What the outside consists of."""

    clock: SimulatedClock
    line: Line
    dynamodb: MemoryDynamoDB
    queue: MemoryQueue
    bucket: MemoryBucket
    books: Books
    studio: Studio

    @classmethod
    def new(
        cls, on_submit: Verdict, on_poll: Verdict, *, repeats_safely: bool = True
    ) -> "Services":
        clock, bucket = SimulatedClock(), MemoryBucket()
        line = Line(clock)

        def note(move: str, target: str) -> None:
            line.note("", f"= {move}", target)

        books = Books(clock, S3ImageStore(bucket, "images"), note)
        dynamodb = MemoryDynamoDB(clock, books.written)
        for definition in table_definitions():
            dynamodb.create_table(**definition)
        studio = Studio(on_submit, on_poll, books.posting, repeats_safely=repeats_safely)
        return cls(clock, line, dynamodb, MemoryQueue(clock), bucket, books, studio)


@dataclass(frozen=True)
class System:
    """The services of `handler` over all that."""

    services: Services
    accounts: DynamoAccountStore
    movements: DynamoMovementStore
    authentication: Authentication
    admissions: Admissions
    lookup: Lookup
    cancellation: Cancellation
    worker: Worker
    sweeper: Sweeper


def build(services: Services, rng: random.Random, wrap: Wrap = lambda api: api) -> System:
    """Wire it as `handler.bootstrap` does; `wrap` goes in front of every service."""
    clock, line, timing = services.clock, services.line, TIMING
    db = DynamoDB(Client(wrap(services.dynamodb), line), clock, rng.random)
    bucket = Client(wrap(services.bucket), line)
    large = LargeRequests(bucket, "images")
    generations = DynamoGenerationStore(db, GENERATIONS, large)
    jobs = DynamoJobStore(db, GENERATIONS, timing)
    ledger = DynamoLedger(db, CREDITS, GENERATIONS, large, clock, timing)
    queue = SqsJobQueue(Client(wrap(services.queue), line), "jobs")
    images = S3ImageStore(bucket, "images")
    accounts = DynamoAccountStore(db, CREDITS)
    return System(
        services=services,
        accounts=accounts,
        movements=DynamoMovementStore(db, CREDITS),
        authentication=Authentication(accounts, clock),
        admissions=Admissions(models, ledger, generations, queue, clock, timing),
        lookup=Lookup(generations, images, clock),
        cancellation=Cancellation(ledger, generations, queue),
        worker=Worker(
            providers={"scripted": DistantProvider(services.studio, line)},
            ledger=ledger,
            generations=generations,
            jobs=jobs,
            queue=queue,
            images=images,
            clock=clock,
            timing=timing,
        ),
        sweeper=Sweeper(ledger, generations, jobs, queue, clock, timing),
    )
