"""The ports over AWS."""

from dataclasses import dataclass

from handler.adapters.aws import Connect
from handler.adapters.clock import SystemClock
from handler.adapters.dynamodb.accounts import DynamoAccountStore
from handler.adapters.dynamodb.client import DynamoDB
from handler.adapters.dynamodb.generations import DynamoGenerationStore, DynamoJobStore
from handler.adapters.dynamodb.ledger import DynamoLedger
from handler.adapters.dynamodb.movements import DynamoMovementStore
from handler.adapters.large_requests import LargeRequests
from handler.adapters.published import S3PublishedCatalogue
from handler.adapters.s3 import S3ImageStore
from handler.adapters.sqs import SqsJobQueue
from handler.core.ports import (
    AccountStore,
    Clock,
    GenerationStore,
    ImageStore,
    JobQueue,
    JobStore,
    Ledger,
    MovementStore,
    PublishedCatalogue,
)
from handler.settings import Settings


@dataclass(frozen=True)
class Stores:
    """One adapter a port."""

    clock: Clock
    accounts: AccountStore
    movements: MovementStore
    generations: GenerationStore
    jobs: JobStore
    ledger: Ledger
    queue: JobQueue
    images: ImageStore
    published: PublishedCatalogue


def build_stores(settings: Settings, connect: Connect, clock: Clock | None = None) -> Stores:
    """Open every store over clients from `connect`; nothing is sent yet."""
    clock, timing = clock or SystemClock(), settings.timing
    credits_table, generations_table = settings.credits_table, settings.generations_table
    db, s3 = DynamoDB(connect("dynamodb"), clock), connect("s3")
    large_requests = LargeRequests(s3, settings.images_bucket)
    return Stores(
        clock=clock,
        accounts=DynamoAccountStore(db, credits_table),
        movements=DynamoMovementStore(db, credits_table),
        generations=DynamoGenerationStore(db, generations_table, large_requests),
        jobs=DynamoJobStore(db, generations_table, timing),
        ledger=DynamoLedger(db, credits_table, generations_table, large_requests, clock, timing),
        queue=SqsJobQueue(connect("sqs"), settings.jobs_queue_url),
        images=S3ImageStore(s3, settings.images_bucket),
        published=S3PublishedCatalogue(s3, settings.images_bucket),
    )
