"""Run it: `python -m tests.simulation.run [--seeds N] [--start N] [--pairs] [--jobs N]`.

First every life with one crash or fault anywhere, with `--pairs` also with two crashes and with
intruders; then the seeds. The last line is `simulation: N runs, N violations`.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from multiprocessing import Pool

from tests.simulation.exhaustive import KINDS
from tests.simulation.lives import LIVES
from tests.simulation.report import Report
from tests.simulation.storms import Storm
from tests.simulation.tally import costs, counts

CHUNK = 250
SHOWN = 5
ALWAYS = ("single crashes", "single faults")
PAIRS = ("double crashes", "intrusions")
LIVES_BY_NAME = {life.name: life for life in LIVES}


def plans(job: tuple[str, str]) -> tuple[str, Report]:
    """Every plan of one kind for one life."""
    kind, name = job
    report = Report()
    for lived in KINDS[kind](LIVES_BY_NAME[name]):
        _add(report, lived.report, lived.services.line.story)
    return kind, report


def seeds(job: tuple[int, int]) -> tuple[str, Report]:
    """A stretch of random runs."""
    report = Report()
    for seed in range(*job):
        storm = Storm(seed).run()
        _add(report, storm.report, storm.story)
    return "seeds", report


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - it is a command


def _add(total: Report, report: Report, story: object) -> None:
    if report.violations and callable(story):
        report.violations[0] += f"\n{story()}"
    total.add(report)


def _work(options: argparse.Namespace) -> Iterator[tuple[str, Report]]:
    kinds = (*ALWAYS, *PAIRS) if options.pairs else ALWAYS
    end = options.start + options.seeds
    stretches = [(at, min(at + CHUNK, end)) for at in range(options.start, end, CHUNK)]
    lives = list(product(kinds, LIVES_BY_NAME))
    if options.jobs == 1:
        yield from map(plans, lives)
        yield from map(seeds, stretches)
        return
    with Pool(options.jobs) as pool:
        yield from pool.imap_unordered(plans, lives)
        yield from pool.imap_unordered(seeds, stretches)


def _collected(work: Iterable[tuple[str, Report]]) -> Report:
    total, by_kind, began = Report(), dict[str, int](), time.monotonic()
    shown = 0
    for kind, report in work:
        total.add(report)
        by_kind[kind] = by_kind.get(kind, 0) + report.runs
        seconds = time.monotonic() - began
        _say(
            f"{seconds:7.1f} s {total.runs:8} runs {total.runs / seconds:6.0f}/s"
            f" {len(total.violations):4} violations; {kind}: {by_kind[kind]}"
        )
        for violation in report.violations[: SHOWN - shown]:
            shown += 1
            _say(violation)
    for kind, runs in by_kind.items():
        _say(f"{kind:24} {runs:8}")
    return total


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 1 if an invariant did not hold anywhere."""
    parser = argparse.ArgumentParser(description="Simulate generations under faults.")
    parser.add_argument("--seeds", type=int, default=1000, help="how many random runs")
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--pairs", action="store_true", help="two crashes, and intruders")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes")
    total = _collected(_work(parser.parse_args(arguments)))
    for line in (*counts(total), *costs()):
        _say(line)
    _say(f"simulation: {total.runs} runs, {len(total.violations)} violations")
    return 1 if total.violations else 0


if __name__ == "__main__":
    sys.exit(main())
