"""Many threads in several processes spend one account at once, and it never pays too much.

Each run opens an account with money for K generations and lets more calls than that race for it
from a barrier; some share an idempotency key. Then the same account is topped up by the same
payments many times at once. A control runs through the same harness: a ledger that reads, compares
and then writes must overspend, or the harness would be too weak to show anything.

The emulator applies one transaction after the other and never answers that an item is busy, as
DynamoDB does; what the client does then is shown where that answer can be given (`test_ledger`).
"""

# ruff: noqa: T201 - a command that prints its figures

import argparse
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from handler.adapters.aws import Connect
from handler.adapters.dynamodb import items
from handler.adapters.dynamodb.ledger import DynamoLedger
from handler.adapters.dynamodb.writes import Put
from handler.bootstrap.stores import Stores, build_stores
from handler.catalogue.load import parse_model
from handler.core import errors
from handler.core.accounts import Account, Movement, Source
from handler.core.admission import Admissions
from handler.core.generation import Generation, Request
from handler.core.ports import Admission
from handler.settings import Settings
from infra.local.clients import emulator_clients
from infra.local.data import DataDirectory
from infra.local.emulator_process import running_emulator
from infra.operator.books import check_account
from infra.operator.keys import create_key
from infra.provision import provision
from infra.template import load_template
from tests.world import MODEL_DOCUMENT, MODEL_ID, PRICE_MICROS

ODD_MICROS = PRICE_MICROS - 1
"""What every account holds beyond the price of K generations: never enough for one more."""
PAYMENTS = 4
PAYMENT_MICROS = 10_007
CALLERS_OF_A_KEY = 4
REPEATED_SHARE = 4
"""One in so many threads shares its idempotency key with others."""
CONTROL_SHARE = 0.95
TRIES = 10
"""How often a caller repeats a call that had no answer; under its key that is safe."""
PATIENCE_SECONDS = 60.0

Entrant = TypeVar("Entrant")
Result = TypeVar("Result")


class ReadThenWriteLedger(DynamoLedger):
    """The control, which nobody should copy: the balance is read, compared, and written back."""

    def admit(self, generation: Generation, request: Request) -> Admission:
        """What `Ledger` asks for, as long as only one caller is there."""
        item = self.db.get(self.credits_table, items.account_pk(generation.account_id))
        account = items.account_from(item or {})
        rest_micros = account.available_micros - generation.amount_micros
        if rest_micros < 0:
            raise errors.InsufficientCredits("insufficient credits", help="The control has none.")
        after = items.account_item(replace(account, available_micros=rest_micros))
        record, text = items.generation_item(generation), request.canonical_json()
        self.db.transact(
            [
                (self.generations_table, Put(record, condition=None)),
                (
                    self.generations_table,
                    Put(items.request_item(generation.id, text, 0), condition=None),
                ),
                (self.credits_table, Put(after, condition=None)),
            ]
        )
        return Admission(generation, is_new=True)


@dataclass(frozen=True)
class Entry:
    """One thread's part in a race."""

    number: int
    key: str
    """Its idempotency key, or the id of its payment."""


@dataclass(frozen=True)
class Race:
    """What all threads of one process do at once."""

    kind: str
    """A name in `CALLS`."""
    account_id: str
    entries: Sequence[Entry]


@dataclass(frozen=True)
class Finished:
    """What one process saw of a race."""

    results: Mapping[int, str | None]
    """By the entry's number: the generation's id or the payment that counted, or None."""
    conflicts: int
    """Answers that the item was busy, after which the client tried again."""


@dataclass(frozen=True)
class Place:
    """Where a system is, as it can be told to another process."""

    endpoint: str
    environment: Mapping[str, str]

    def stores(self, connect: Connect | None = None) -> Stores:
        """Stores of one's own."""
        settings = Settings.from_env(self.environment)
        return build_stores(settings, connect or emulator_clients(self.endpoint))

    def admissions(self, stores: Stores, *, is_control: bool = False) -> Admissions:
        """Admissions as the API wires them; the control's have the naive ledger."""
        ledger = stores.ledger
        if is_control:
            assert isinstance(ledger, DynamoLedger)
            ledger = ReadThenWriteLedger(*(getattr(ledger, each.name) for each in fields(ledger)))
        timing = Settings.from_env(self.environment).timing
        models = {MODEL_ID: parse_model(MODEL_ID, MODEL_DOCUMENT)}
        return Admissions(
            lambda: models, ledger, stores.generations, stores.queue, stores.clock, timing
        )


Call = Callable[[str, str], str | None]
"""Of an account and a key or payment: what came of it."""


class Site:
    """One process's own stores, and what its threads can call."""

    def __init__(self, place: Place) -> None:
        self.conflicts = 0
        self._lock = threading.Lock()
        stores = place.stores(self._counting(emulator_clients(place.endpoint)))
        real = place.admissions(stores)
        control = place.admissions(stores, is_control=True)
        self.calls: dict[str, Call] = {
            "admit": lambda account_id, key: _admit(real, account_id, key),
            "control": lambda account_id, key: _admit(control, account_id, key),
            "top-up": lambda account_id, payment: _top_up(stores, account_id, payment),
        }

    def _counting(self, connect: Connect) -> Connect:
        def made(service: str) -> Any:
            client = connect(service)
            if service == "dynamodb":
                client.meta.events.register("after-call.dynamodb", self._look)
            return client

        return made

    def _look(self, parsed: Mapping[str, Any], **_: Any) -> None:
        reasons = parsed.get("CancellationReasons", [])
        if any(reason.get("Code") == "TransactionConflict" for reason in reasons):
            with self._lock:
                self.conflicts += 1

    def run(self, race: Race, gather: Callable[[], None]) -> Finished:
        """Run the race as soon as every process is ready, which `gather` waits for."""
        before = self.conflicts
        start = threading.Barrier(len(race.entries), action=gather)
        call = self.calls[race.kind]

        def enter(entry: Entry) -> tuple[int, str | None]:
            start.wait(PATIENCE_SECONDS)
            return entry.number, _repeatedly(lambda: call(race.account_id, entry.key))

        with ThreadPoolExecutor(len(race.entries)) as pool:
            results = dict(pool.map(enter, race.entries))
        return Finished(results, self.conflicts - before)


def _repeatedly(call: Callable[[], Result]) -> Result:
    for _ in range(TRIES - 1):
        try:
            return call()
        except errors.Unavailable:
            continue
    return call()


def _admit(admissions: Admissions, account_id: str, key: str) -> str | None:
    try:
        return admissions.admit(account_id, MODEL_ID, {"prompt": "a boat"}, key).id
    except errors.InsufficientCredits:
        return None


def _top_up(stores: Stores, account_id: str, payment: str) -> str | None:
    movement = Movement(Source.PAYMENT, payment, account_id, PAYMENT_MICROS, stores.clock.now_ms())
    try:
        return payment if stores.movements.move(movement) else None
    except errors.OperatorRefused:
        # An account that was overspent takes no money; the sum that is missing then tells.
        return None


def race_on_request(pipe: "Connection[Any, Any]", start: Any, place: Place) -> None:
    """A child process: its stores are its own, and it ends when its parent lets go."""
    site = Site(place)

    def gather() -> None:
        start.wait(PATIENCE_SECONDS)

    try:
        for race in iter(pipe.recv, None):
            pipe.send(site.run(race, gather))
    except EOFError:
        return


class Racers:
    """The processes, kept over all runs: starting one takes longer than a race."""

    def __init__(self, pipes: "Sequence[Connection[Any, Any]]") -> None:
        self._pipes = pipes
        self.conflicts = 0
        self.seconds: defaultdict[str, float] = defaultdict(float)
        """By the kind of race."""

    def race(
        self, kind: str, account_id: str, keys: Sequence[str], meanwhile: Callable[[], None]
    ) -> list[str | None]:
        """The result of every key's thread, in order; `meanwhile` is called until all are in."""
        entries = [Entry(number, key) for number, key in enumerate(keys)]
        began = time.monotonic()
        for number, pipe in enumerate(self._pipes):
            # Neighbours are in different processes, so every shared key is shared across them.
            pipe.send(Race(kind, account_id, entries[number :: len(self._pipes)]))
        results: dict[int, str | None] = {}
        for pipe in self._pipes:
            while not pipe.poll(0.01):
                meanwhile()
            finished: Finished = pipe.recv()
            results |= finished.results
            self.conflicts += finished.conflicts
        self.seconds[kind] += time.monotonic() - began
        return [results[number] for number in range(len(keys))]


@contextmanager
def racers(place: Place, processes: int) -> Iterator[Racers]:
    """Start the processes, and end them."""
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(processes)
    pairs = [context.Pipe() for _ in range(processes)]
    children = [
        context.Process(target=race_on_request, args=(theirs, start, place), daemon=True)
        for _, theirs in pairs
    ]
    for child, (_, theirs) in zip(children, pairs, strict=True):
        child.start()
        theirs.close()
    try:
        yield Racers([ours for ours, _ in pairs])
    finally:
        for child, (ours, _) in zip(children, pairs, strict=True):
            ours.close()
            child.join(5)
            child.terminate()


@dataclass
class Figures:
    """What all runs came to."""

    runs: int = 0
    calls: int = 0
    admitted: int = 0
    repeated: int = 0
    """Admitted under a key that several threads sent."""
    overshoot: int = 0
    control_overspent: int = 0
    control_overshoot: int = 0
    reads: int = 0
    """How often an account was looked at while it was raced for."""
    wrong: list[str] = field(default_factory=list)
    """Every promise that a run broke."""

    @property
    def holds(self) -> bool:
        """Whether the proof is one."""
        strong = self.control_overspent >= CONTROL_SHARE * self.runs
        return bool(self.runs) and not self.overshoot and not self.wrong and strong

    @property
    def summary(self) -> str:
        """The line that is quoted."""
        return (
            f"concurrency: {self.runs} runs, overshoot {self.overshoot},"
            f" control {self.control_overspent}/{self.runs}"
        )


def keys_of(threads: int) -> list[str]:
    """Every thread's idempotency key: most have their own, the first few share theirs."""
    shared = threads // REPEATED_SHARE
    return [
        f"shared-{number // CALLERS_OF_A_KEY}" if number < shared else f"own-{number}"
        for number in range(threads)
    ]


def affordable(run: int, distinct: int) -> int:
    """How many generations an account can pay for: from one to all but one, run by run."""
    steps = (1, distinct // 2, 2, distinct - 1, distinct // 8 + 1, distinct // 4, 3)
    return max(1, steps[run % len(steps)])


class Proof:
    """Runs, and keeps count."""

    def __init__(self, place: Place, racing: Racers, threads: int) -> None:
        self.stores = place.stores()
        self.racing = racing
        self.threads = threads
        self.figures = Figures()

    def run(self) -> None:
        """One run: the admissions, the payments, the control."""
        keys = keys_of(self.threads)
        count = affordable(self.figures.runs, len(set(keys)))
        self._control(count, keys)
        account_id = self._open(count)
        self._admissions(account_id, count, keys)
        self._payments(account_id)
        for discrepancy in check_account(self.stores, account_id):
            self._wrong(f"books: {discrepancy.invariant} {discrepancy.message}")
        self.figures.runs += 1

    def _open(self, count: int) -> str:
        credits_micros = count * PRICE_MICROS + ODD_MICROS
        made, _ = create_key(self.stores.accounts, self.stores.clock, credits_micros)
        return made.account.id

    def _account(self, account_id: str) -> Account:
        account = self.stores.accounts.account(account_id)
        if account is None:
            raise RuntimeError("the account is gone")
        return account

    def _recorded(self, account_id: str) -> set[str]:
        return {each.id for each in self.stores.generations.of_account(account_id, {})}

    def _wrong(self, what: str) -> None:
        self.figures.wrong.append(f"run {self.figures.runs + 1}: {what}")

    def _expect(self, what: str, found: object, expected: object) -> None:
        if found != expected:
            self._wrong(f"{what}: {found} instead of {expected}")

    def _watched(self, account_id: str) -> Callable[[], None]:
        def look() -> None:
            self.figures.reads += 1
            if self._account(account_id).available_micros < 0:
                self._wrong("I1: less than nothing was available during a race")

        return look

    def _admissions(self, account_id: str, count: int, keys: Sequence[str]) -> None:
        results = self.racing.race("admit", account_id, keys, self._watched(account_id))
        recorded = self._recorded(account_id)
        self.figures.calls += len(keys)
        self.figures.admitted += len(recorded)
        self.figures.overshoot += max(0, len(recorded) - count)
        self._expect("admitted", len(recorded), count)
        self._expect("ids that callers know", set(results) - {None}, recorded)
        outcomes: dict[str, set[str | None]] = {}
        for key, result in zip(keys, results, strict=True):
            outcomes.setdefault(key, set()).add(result)
        split = [key for key, found in outcomes.items() if len(found) != 1]
        self.figures.repeated += sum(
            outcomes[key] != {None} for key in outcomes if keys.count(key) > 1
        )
        self._expect("keys with more than one outcome", split, [])
        self._expect("left over", self._account(account_id).available_micros, ODD_MICROS)

    def _payments(self, account_id: str) -> None:
        before = self._account(account_id)
        payments = [f"{account_id}-{n % PAYMENTS}" for n in range(self.threads)]
        results = self.racing.race("top-up", account_id, payments, self._watched(account_id))
        counted = [result for result in results if result is not None]
        self._expect("payments that counted twice", len(counted) - len(set(counted)), 0)
        after, paid_micros = self._account(account_id), PAYMENTS * PAYMENT_MICROS
        self._expect("paid", after.available_micros - before.available_micros, paid_micros)
        self._expect("granted", after.granted_micros - before.granted_micros, paid_micros)

    def _control(self, count: int, keys: Sequence[str]) -> None:
        account_id = self._open(count)
        self.racing.race("control", account_id, keys, lambda: None)
        overshoot = len(self._recorded(account_id)) - count
        self.figures.control_overspent += overshoot > 0
        self.figures.control_overshoot += max(0, overshoot)


def prove(place: Place, runs: int, threads: int, processes: int) -> Figures:
    """All runs; prints how they go."""
    with racers(place, processes) as racing:
        proof = Proof(place, racing, threads)
        for number in range(1, runs + 1):
            proof.run()
            if number % 10 == 0 or number == runs:
                print(f"{number} of {runs}", flush=True)
        report(proof.figures, racing, f"{threads} threads in {processes} processes")
    return proof.figures


def report(figures: Figures, racing: Racers, how: str) -> None:
    """Print the figures, and every promise that was broken."""
    seconds = racing.seconds["admit"]
    print(f"{figures.calls} calls by {how}: {figures.admitted} admitted")
    print(
        f"{figures.calls / seconds:.0f} calls a second,"
        f" {figures.admitted / seconds:.0f} admissions a second"
    )
    print(f"{figures.repeated} admitted under a key that several threads sent, once each")
    print(f"{racing.conflicts} conflicts were waited for and tried again")
    print(f"{figures.reads} looks at an account during its races")
    print(
        f"the control overspent in {figures.control_overspent} of {figures.runs} runs,"
        f" by {figures.control_overshoot} generations"
    )
    for broken in figures.wrong:
        print(f"WRONG  {broken}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run against an emulator of its own."""
    parser = argparse.ArgumentParser(prog="concurrency", description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=50, help="default: %(default)s")
    parser.add_argument("--threads", type=int, default=64, help="default: %(default)s")
    parser.add_argument("--processes", type=int, default=2, help="default: %(default)s")
    options: Any = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="images-concurrency-") as directory,
        running_emulator(DataDirectory(Path(directory)), os.environ) as (_, endpoint),
    ):
        environment = provision(load_template(), emulator_clients(endpoint))
        place = Place(endpoint, environment)
        figures = prove(place, options.runs, options.threads, options.processes)
    print(figures.summary)
    return 0 if figures.holds else 1


if __name__ == "__main__":
    sys.exit(main())
