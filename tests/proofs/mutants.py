"""Deliberate faults in the code that moves money: the tests must notice every one.

Each is put into a copy of the repository, whose money tests must then fail. A fault that they do
not notice is a test that is missing. Conditions are made always true rather than left out, so that
the database takes the expression and only what it promises is gone.
"""

# ruff: noqa: T201 - a command that prints its figures

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
COPIED = ("handler", "infra", "tests", "pyproject.toml", "template.yaml")
SUITE = (
    "tests/handler/adapters/test_ledger.py",
    "tests/handler/core/test_work.py",
    "tests/handler/core/test_sweep.py",
    "tests/handler/core/test_admission.py",
    "tests/handler/core/test_generation.py",
    "tests/handler/adapters/test_movements.py",
    "tests/proofs/test_survivors.py",
    "tests/handler/catalogue/test_published.py",
    "tests/handler/catalogue/test_live.py",
    "tests/handler/core/test_pricing.py",
    "tests/handler/test_concurrency.py",
    "tests/infra/operator/test_books.py",
    "tests/infra/operator/test_keys.py",
    "tests/handler/test_faults.py",
)
"""The money tests, quickest first: the first failure ends a run."""
AT_ONCE = 2
LIMIT_SECONDS = 240
TESTS_FAILED = 1
"""pytest's exit code where tests ran and some failed."""
MISTAKES = r"^E .*(ValidationException|SyntaxError|NameError|ImportError)"
"""What a fault may not fail with: then it is written wrongly."""


@dataclass(frozen=True)
class Mutant:
    """One fault."""

    name: str
    breaks: str
    file: str
    old: str
    """Must be there exactly once, or the list has gone stale."""
    new: str


class Verdict(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "SURVIVED"
    INVALID = "INVALID"
    """It could not be judged: its text is not there once, or nothing ran."""


@dataclass(frozen=True)
class Judged:
    """A mutant and what became of it."""

    mutant: Mutant
    verdict: Verdict
    by: str
    """The test that noticed, or what went wrong."""
    seconds: float


WRITES = "handler/adapters/dynamodb/writes.py"
ITEMS = "handler/adapters/dynamodb/items.py"
LEDGER = "handler/adapters/dynamodb/ledger.py"
MOVEMENTS = "handler/adapters/dynamodb/movements.py"
ACCOUNTS = "handler/adapters/dynamodb/accounts.py"
ADMISSIONS = "handler/core/admission.py"
WORK = "handler/core/work.py"
GENERATION = "handler/core/generation.py"
SWEEP = "handler/core/sweep.py"
PRICING = "handler/core/pricing.py"
MODELS = "handler/core/models.py"
PUBLISHED = "handler/catalogue/published.py"
LIVE = "handler/catalogue/live.py"

ADMISSION = (
    Mutant(
        "debit without looking at the balance",
        "I1: an account spends what it does not have",
        WRITES,
        '"#available_micros >= :amount AND #status = :active"',
        '"#status = :active"',
    ),
    Mutant(
        "balance read, then written",
        "I1: right for one caller, wrong for two at once",
        LEDGER,
        "writes.debit(items.account_pk(generation.account_id), generation.amount_micros),",
        """Update(
                        items.account_pk(generation.account_id),
                        "SET #available_micros = :rest",
                        "#status = :active AND #available_micros >= :least",
                        {
                            ":rest": (
                                rest := items.plain(
                                    self.db.get(
                                        self.credits_table,
                                        items.account_pk(generation.account_id),
                                    )
                                    or {}
                                ).get("available_micros", 0)
                                - generation.amount_micros
                            ),
                            ":least": 0 if rest >= 0 else generation.amount_micros,
                            ":active": "active",
                        },
                    ),""",
    ),
    Mutant(
        "no debit",
        "I2: generations are free",
        WRITES,
        '"SET #available_micros = #available_micros - :amount"',
        '"SET #available_micros = #available_micros"',
    ),
    Mutant(
        "a closed account may spend",
        "money leaves an account that may not be used",
        WRITES,
        '"#available_micros >= :amount AND #status = :active"',
        '"#available_micros >= :amount AND (#status = :active OR attribute_exists(#pk))"',
    ),
    Mutant(
        "record and price in two writes",
        "I2: what dies between them is work that nobody pays",
        LEDGER,
        """                (
                    self.credits_table,
                    writes.debit(items.account_pk(generation.account_id), generation.amount_micros),
                ),
            ]
        )
""",
        """            ]
        ) or [
            Rejected(_ACCOUNT, part.old_item)
            for part in self.db.transact(
                [
                    (
                        self.credits_table,
                        writes.debit(
                            items.account_pk(generation.account_id), generation.amount_micros
                        ),
                    ),
                ]
            )
        ]
""",
    ),
    Mutant(
        "a random id although a key is given",
        "I7: a repeated request is charged again",
        GENERATION,
        "    if idempotency_key is None:\n",
        "    if idempotency_key is None or idempotency_key:\n",
    ),
    Mutant(
        "idempotency keys not scoped by the account",
        "I7: one customer's key hands out another's generation",
        GENERATION,
        r'f"{account_id}\0{idempotency_key}"',
        'f"{idempotency_key}"',
    ),
    Mutant(
        "another request under the same key is taken for the first",
        "I7: the caller gets an image of something else",
        LEDGER,
        "if not stored.is_same_request_as(generation):",
        "if stored.account_id != generation.account_id:",
    ),
    Mutant(
        "what was first asked for under a key is not looked at",
        "I7: the caller gets an image of something else",
        ADMISSIONS,
        "if stored is None or not stored.was_asked_by(sent_fingerprint):",
        "if stored is None:",
    ),
    Mutant(
        "a repeat is admitted by what its model is now",
        "I7: a call that is repeated after a change of the catalogue has no generation",
        ADMISSIONS,
        "if stored is None or not stored.was_asked_by(sent_fingerprint):",
        "if stored is None or sent_fingerprint is not None:",
    ),
    Mutant(
        "the record's put is no lock",
        "I7: a repeat overwrites the first and is charged again",
        LEDGER,
        "Put(items.generation_item(generation))",
        "Put(items.generation_item(generation), condition=None)",
    ),
    Mutant(
        "after a lost answer another request is taken for the first",
        "I7: the caller gets an image of something else",
        ADMISSIONS,
        "if stored is None or not stored.is_same_request_as(generation):",
        "if stored is None:",
    ),
    Mutant(
        "a request may be deleted before its generation ends",
        "I8: no worker can go on with it",
        LEDGER,
        "(ends_by_ms + self.timing.retention_ms) // 1000",
        "generation.created_at_ms // 1000",
    ),
)

PAYING_BACK = (
    Mutant(
        "release whatever the status is",
        "I2, I3: a canceled generation is paid back a second time",
        WRITES,
        '"#status = :processing AND #fence = :fence AND #amount_micros = :amount"',
        '"(#status = :processing OR attribute_exists(#pk)) AND #fence = :fence'
        ' AND #amount_micros = :amount"',
    ),
    Mutant(
        "cancel and expire whatever the status is",
        "I2, I3: two at once pay back twice",
        WRITES,
        'f"{_IS_OPEN} AND #amount_micros = :amount"',
        'f"({_IS_OPEN} OR attribute_exists(#pk)) AND #amount_micros = :amount"',
    ),
    Mutant(
        "release without paying back",
        "I2, I6: a failure costs the caller the price",
        LEDGER,
        "error, self._end(generation))\n"
        "        return self._move(generation, write, generation.amount_micros)\n\n    def end",
        "error, self._end(generation))\n"
        "        return self._move(generation, write, 0)\n\n    def end",
    ),
    Mutant(
        "cancel and expire without paying back",
        "I2, I6: what was canceled or came too late costs the price",
        LEDGER,
        "(pk, status, error, self._end(generation))\n"
        "        return self._move(generation, write, generation.amount_micros)\n",
        "(pk, status, error, self._end(generation))\n"
        "        return self._move(generation, write, 0)\n",
    ),
    Mutant(
        "end and payment back in two writes",
        "I2: what dies between them never pays back",
        LEDGER,
        """                (self.generations_table, write),
                (
""",
        """                (self.generations_table, write),
            ]
        ) or self.db.transact(
            [
                (
""",
    ),
    Mutant(
        "release not fenced",
        "an old worker ends the attempt of a newer one",
        WRITES,
        '"#status = :processing AND #fence = :fence AND #amount_micros = :amount"',
        '"#status = :processing AND (#fence = :fence OR attribute_exists(#pk))'
        ' AND #amount_micros = :amount"',
    ),
    Mutant(
        "the sweeper never expires",
        "I8: money stays held where no worker runs",
        SWEEP,
        "return self.clock.now_ms() >= generation.deadline_at_ms + self.timing.deadline_grace_ms",
        "return False",
    ),
    Mutant(
        "a worker ignores the deadline",
        "I8: what came too late is not ended by who could ask the provider",
        WORK,
        "    if now_ms >= generation.deadline_at_ms:\n",
        "    if now_ms < 0:\n",
    ),
    Mutant(
        "release without comparing the amount",
        "I2: the money half moves another amount than the record's",
        WRITES,
        '"#status = :processing AND #fence = :fence AND #amount_micros = :amount"',
        '"#status = :processing AND #fence = :fence'
        ' AND (#amount_micros = :amount OR attribute_exists(#pk))"',
    ),
    Mutant(
        "re-driven whatever was seen",
        "what ended, or was parked for later, is due again",
        WRITES,
        'f"#due_at_ms = :seen AND {_IS_OPEN}"',
        'f"(#due_at_ms = :seen OR attribute_exists(#pk))'
        ' AND ({_IS_OPEN} OR attribute_exists(#pk))"',
    ),
)

CHARGING = (
    Mutant(
        "capture whatever the status is",
        "I3: a result that comes late charges what was paid back",
        WRITES,
        '"#status = :processing AND #amount_micros = :amount"',
        '"(#status = :processing OR attribute_exists(#pk)) AND #amount_micros = :amount"',
    ),
    Mutant(
        "capture before the images are stored",
        "I5: what dies between them has charged for nothing",
        WORK,
        """        stored = [
            self._store(generation.id, number, data, image)
            for number, (data, image) in enumerate(zip(outputs, images, strict=False), start=1)
        ]
        if self.ledger.capture(generation, stored, charge_for(generation, stored)) is None:
""",
        """        ended = self.ledger.capture(generation, images, charge_for(generation, images))
        for number, (data, image) in enumerate(zip(outputs, images, strict=False), start=1):
            self._store(generation.id, number, data, image)
        if ended is None:
""",
    ),
    Mutant(
        "capture debits again",
        "I2: a generation is paid twice",
        LEDGER,
        "back_micros = generation.amount_micros - charged_micros",
        "back_micros = -charged_micros",
    ),
    Mutant(
        "a part costs as much as the whole",
        "I4: images that were not made are charged",
        WORK,
        "return generation.amount_micros * len(images) // generation.image_count",
        "return generation.amount_micros",
    ),
    Mutant(
        "nothing goes back for images that were not made",
        "I2: charged the part, kept the whole",
        LEDGER,
        "        if back_micros:\n",
        "        if back_micros < 0:\n",
    ),
    Mutant(
        "images beyond those asked for are charged",
        "I4: more is charged than was admitted",
        WORK,
        "examine_all(outputs[: generation.image_count])",
        "examine_all(outputs)",
    ),
    Mutant(
        "capture without comparing the amount",
        "I2: the money half moves another amount than the record's",
        WRITES,
        '"#status = :processing AND #amount_micros = :amount"',
        '"#status = :processing AND (#amount_micros = :amount OR attribute_exists(#pk))"',
    ),
)

WORKING = (
    Mutant(
        "claim does not move the fence on",
        "an old worker cannot be told from a new one",
        WRITES,
        "#fence = #fence + :one",
        "#fence = if_not_exists(#fence, :one)",
    ),
    Mutant(
        "claim does not look at the lease",
        "I9: two workers at one generation",
        WRITES,
        "#lease_until_ms <= :now)",
        "(#lease_until_ms <= :now OR attribute_exists(#pk)))",
    ),
    Mutant(
        "an ended generation can be claimed",
        "I3: a message that comes late opens what was settled",
        WRITES,
        '"#status = :starting OR (',
        '"#status = :starting OR attribute_exists(#finished_at_ms) OR (',
    ),
    Mutant(
        "submissions not limited",
        "I9: a provider is paid again and again for one price",
        WRITES,
        "#submits < :most",
        "(#submits < :most OR attribute_exists(#pk))",
    ),
    Mutant(
        "an intent counts whatever the count was",
        "I9: two intents of one worker are two submissions",
        WRITES,
        "#submits = :submits AND",
        "(#submits = :submits OR attribute_exists(#pk)) AND",
    ),
    Mutant(
        "submission without an intent",
        "I9: what dies after it does not know that it asked",
        WORK,
        "intended = self.jobs.record_intent(generation)",
        "intended = generation if generation.submits < MAX_SUBMITS else None",
    ),
    Mutant(
        "a running job is submitted, not polled",
        "I9: a second job for one price",
        WORK,
        "        return Step.POLL\n",
        "        return Step.SUBMIT\n",
    ),
    Mutant(
        "a job that may be at work is submitted again",
        "I9: a vendor is paid twice for one price",
        WORK,
        "may_submit = repeats_safely or not generation.is_in_doubt",
        "may_submit = True",
    ),
    Mutant(
        "a parked job counts as answered while it runs",
        "I9: once its id is lost it would be submitted again",
        WRITES,
        '", #answered_submits = #submits REMOVE #provider_ref" if resubmit else ""',
        '", #answered_submits = #submits"\n'
        '    forget += " REMOVE #provider_ref" if resubmit else ""',
    ),
    Mutant(
        "a second job's id replaces the first's",
        "the provider's first job is never asked for again",
        WRITES,
        '"#status = :processing AND #fence = :fence AND attribute_not_exists(#provider_ref)"',
        '"#status = :processing AND #fence = :fence'
        ' AND (attribute_not_exists(#provider_ref) OR attribute_exists(#pk))"',
    ),
    Mutant(
        "intent not fenced",
        "I9: an old worker submits beside a new one",
        WRITES,
        '"#status = :processing AND #fence = :fence AND #submits',
        '"#status = :processing AND (#fence = :fence OR attribute_exists(#pk)) AND #submits',
    ),
    Mutant(
        "intent for an ended generation",
        "I9: the provider is paid for what nobody will get",
        WRITES,
        '"#status = :processing AND #fence = :fence AND #submits',
        '"(#status = :processing OR attribute_exists(#pk)) AND #fence = :fence AND #submits',
    ),
    Mutant(
        "intent while the provider has the job",
        "I9: a second job for one price",
        WRITES,
        '" AND attribute_not_exists(#provider_ref)"',
        '" AND (attribute_not_exists(#provider_ref) OR attribute_exists(#pk))"',
    ),
    Mutant(
        "bind not fenced",
        "an old worker's job takes the place of a new one's",
        WRITES,
        '"#status = :processing AND #fence = :fence AND attribute_not_exists(#provider_ref)"',
        '"#status = :processing AND (#fence = :fence OR attribute_exists(#pk))'
        ' AND attribute_not_exists(#provider_ref)"',
    ),
    Mutant(
        "park not fenced",
        "I9: an old worker gives away the lease of a new one",
        WRITES,
        '"#status = :processing AND #fence = :fence",',
        '"#status = :processing AND (#fence = :fence OR attribute_exists(#pk))",',
    ),
    Mutant(
        "what ended can be parked",
        "it is due again for ever",
        WRITES,
        '"#status = :processing AND #fence = :fence",',
        '"(#status = :processing OR attribute_exists(#pk)) AND #fence = :fence",',
    ),
    Mutant(
        "a failure is retried without end",
        "I8: the money stays held until the deadline",
        WORK,
        "if retryable and generation.submits < MAX_SUBMITS:",
        "if retryable:",
    ),
)

BOOKS = (
    Mutant(
        "a payment counts as often as it arrives",
        "I13: a repeated top-up is money for nothing",
        MOVEMENTS,
        "Put(items.movement_item(movement))",
        "Put(items.movement_item(movement), condition=None)",
    ),
    Mutant(
        "an adjustment may go below zero",
        "I1: less than nothing is available",
        WRITES,
        '":least": max(0, -amount_micros)',
        '":least": min(0, amount_micros)',
    ),
    Mutant(
        "a payment is available but not granted",
        "I11: money without an entry",
        WRITES,
        "#granted_micros = #granted_micros + :amount",
        "#granted_micros = #granted_micros",
    ),
    Mutant(
        "an open record may be deleted",
        "I8: the money it holds is never paid back",
        ITEMS,
        '        "due_at_ms": generation.due_at_ms,\n',
        '        "due_at_ms": generation.due_at_ms,\n'
        '        "ttl": generation.deadline_at_ms // 1000,\n',
    ),
    Mutant(
        "a charged record is deleted after its retention",
        "I2: the books forget what was spent",
        WRITES,
        "#charged_micros = :charged,",
        "#charged_micros = :charged, #ttl = :finished,",
    ),
    Mutant(
        "what ended stays in flight",
        "the sweeper looks at it for ever, and its partition grows",
        WRITES,
        '"REMOVE #shard, #due_at_ms, #lease_owner, #lease_until_ms"',
        '"REMOVE #lease_owner, #lease_until_ms"',
    ),
    Mutant(
        "a payment's id taken for any amount",
        "I13: money that was paid in is silently dropped",
        MOVEMENTS,
        "if same != (movement.account_id, movement.amount_micros):",
        "if booked.account_id != movement.account_id:",
    ),
    Mutant(
        "an account is opened without an entry",
        "I11: money without an entry",
        ACCOUNTS,
        "                (self.table, Put(items.movement_item(movement))),\n",
        "",
    ),
)

PRICES = (
    Mutant(
        "markup rounded down",
        "an image costs less than the operator asks",
        PRICING,
        "return -(-micros * self.markup.numerator // self.markup.denominator)",
        "return micros * self.markup.numerator // self.markup.denominator",
    ),
    Mutant(
        "whole megapixels instead of begun ones",
        "the vendor bills more than the caller pays",
        PRICING,
        "return -(-pixels // self.megapixel)",
        "return max(1, pixels // self.megapixel)",
    ),
    Mutant(
        "references for nothing",
        "the vendor bills more than the caller pays",
        PRICING,
        "micros += self.references.micros * self.references.count(given)",
        "micros += 0 * self.references.count(given)",
    ),
    Mutant(
        "several images for the price of one",
        "what was admitted does not pay what is made",
        MODELS,
        "return image_micros * image_count",
        "return image_micros * min(1, image_count)",
    ),
    Mutant(
        "a bad entry leaves the built-in model on the list",
        "what the operator has re-priced or hidden is sold as before",
        PUBLISHED,
        "        models.pop(model_id, None)\n",
        "        models.get(model_id)\n",
    ),
    Mutant(
        "the built-in list while nothing is known",
        "what the operator has re-priced or hidden is sold as before",
        LIVE,
        'raise Unavailable("the models cannot be listed now, try again in a few seconds")',
        "return self._shipped",
    ),
    Mutant(
        "the vendor's model by the caller's id",
        "a job admitted under an older catalogue asks for another model",
        WORK,
        "generation.id, generation.provider_model, dict(request.input)",
        "generation.id, request.model_id, dict(request.input)",
    ),
)

MUTANTS = (*ADMISSION, *PAYING_BACK, *CHARGING, *WORKING, *BOOKS, *PRICES)


def copied(source: Path, target: Path) -> Path:
    """A copy of what the tests need."""
    for name in COPIED:
        if (source / name).is_dir():
            unwanted = shutil.ignore_patterns("__pycache__", ".venv", "node_modules")
            shutil.copytree(source / name, target / name, ignore=unwanted)
        else:
            shutil.copy(source / name, target / name)
    return target


def python_in(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python so that it imports the copy, though the project itself is installed."""
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
    )


def run_suite(copy: Path) -> subprocess.CompletedProcess[str]:
    """The money tests of a copy, up to the first that fails."""
    options = ("-x", "-q", "--tb=short", "-p", "no:cacheprovider")
    return python_in(copy, "-m", "pytest", *options, *SUITE)


def imports_itself(copy: Path) -> bool:
    """Whether what runs in a copy is the copy."""
    script = "import handler, infra, tests; print(handler.__file__, infra.__file__, tests.__file__)"
    found = python_in(copy, "-c", script).stdout.split()
    inside = copy.resolve()
    return len(found) == 3 and all(Path(each).resolve().is_relative_to(inside) for each in found)


def judged(mutant: Mutant, base: Path) -> Judged:
    """Put the fault into a copy of `base`, and see what the tests say."""
    began = time.monotonic()

    def verdict(verdict: Verdict, by: str) -> Judged:
        return Judged(mutant, verdict, by, time.monotonic() - began)

    with tempfile.TemporaryDirectory(prefix="images-mutant-") as directory:
        copy = copied(base, Path(directory))
        file = copy / mutant.file
        text = file.read_text(encoding="utf-8")
        if text.count(mutant.old) != 1:
            return verdict(Verdict.INVALID, f"its text is there {text.count(mutant.old)} times")
        file.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        try:
            done = run_suite(copy)
        except subprocess.TimeoutExpired:
            return verdict(Verdict.INVALID, f"no end within {LIMIT_SECONDS} s")
    return verdict(*reading(done))


def reading(done: subprocess.CompletedProcess[str]) -> tuple[Verdict, str]:
    """What a run of the tests says about the fault in it."""
    if done.returncode == 0:
        return Verdict.SURVIVED, ""
    failed = re.search(r"^FAILED (.+?)(?: - .*)?$", done.stdout, re.MULTILINE)
    if done.returncode != TESTS_FAILED or failed is None:
        last = (done.stdout + done.stderr).strip().splitlines()[-1:]
        return Verdict.INVALID, " ".join(last)
    # A request that no database would take shows nothing about what it would have done.
    mistake = re.search(MISTAKES, done.stdout, re.MULTILINE)
    if mistake is not None:
        return Verdict.INVALID, f"{mistake[1]} in {failed[1]}"
    return Verdict.KILLED, failed[1]


def show(each: Judged) -> None:
    """One line of the table."""
    test = each.by.rpartition("/")[2]
    print(
        f"{each.verdict:<8}  {each.seconds:4.0f} s  {each.mutant.name:<58}  {test}\n"
        f"{'':18}{each.mutant.breaks}",
        flush=True,
    )


def passes(untouched: subprocess.CompletedProcess[str]) -> bool:
    """Whether the tests pass without a fault; says so."""
    lines = untouched.stdout.strip().splitlines()[-10:]
    passed = untouched.returncode == 0
    print("without a fault:", "\n".join(lines[-1:] if passed else lines), flush=True)
    return passed


def run(mutants: Sequence[Mutant]) -> int:
    """Judge all of them; the exit code."""
    found = []
    with (
        tempfile.TemporaryDirectory(prefix="images-mutants-") as directory,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        # What is worked on meanwhile does not matter: every copy is of one moment.
        base = copied(ROOT, Path(directory))
        if not imports_itself(base):
            print("the copy is not what is imported")
            return 1
        untouched = pool.submit(run_suite, base)
        verdicts = pool.map(lambda mutant: judged(mutant, base), mutants)
        if not passes(untouched.result()):
            pool.shutdown(cancel_futures=True)
            return 1
        for each in verdicts:
            show(each)
            found.append(each)
    killed = sum(each.verdict is Verdict.KILLED for each in found)
    print(f"mutants killed: {killed}/{len(found)}")
    return 0 if killed == len(found) else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and judge every mutant, or those that were named."""
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="only mutants with this in their name")
    options: Any = parser.parse_args(arguments)
    return run([mutant for mutant in MUTANTS if options.only in mutant.name])


if __name__ == "__main__":
    sys.exit(main())
