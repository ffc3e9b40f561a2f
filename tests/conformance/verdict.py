"""What a run of the suite means, given the list of what cannot apply: pure functions.

The list is kept honest from both sides. What fails and is not listed is a failure; what is listed
and passes, or is no longer part of the suite, is one as well.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BAD = frozenset({"FAILURE", "WARNING"})
WIRE_SCHEMA = "wire-schema-valid"
"""The check of every message against the revision's schema, which applies to any scenario."""
SERVE, GATEWAY, FIXTURES = "serve", "gateway", "fixtures"
"""The places where the suite runs: the local server, the function, the fixtures behind the edge."""


@dataclass(frozen=True)
class Check:
    """One check of a scenario."""

    id: str
    status: str
    message: str = ""

    @property
    def is_bad(self) -> bool:
        return self.status in BAD


@dataclass(frozen=True)
class Run:
    """A scenario as it went over one wire: a revision, or `extension`."""

    wire: str
    scenario: str
    checks: Sequence[Check]

    @property
    def bad(self) -> list[Check]:
        return [check for check in self.checks if check.is_bad]


@dataclass(frozen=True)
class Excuse:
    """Why a scenario, or one check of it, cannot apply."""

    scenario: str
    reason: str
    check: str | None = None

    def __str__(self) -> str:
        return self.scenario if self.check is None else f"{self.scenario}:{self.check}"

    def covers(self, scenario: str, check: Check) -> bool:
        """Whether `check` of `scenario` may be bad."""
        if scenario != self.scenario:
            return False
        return check.id != WIRE_SCHEMA if self.check is None else check.id == self.check


@dataclass(frozen=True)
class Verdict:
    """What came of it; a failure is a sentence."""

    passed: Sequence[Run]
    skipped: Sequence[Run]
    failures: Sequence[str]


def read_excuses(text: str, place: str) -> list[Excuse]:
    """The list of what cannot apply at `place`; a group that names no places is of the service."""
    return [
        excuse
        for group in tomllib.loads(text)["cannot_apply"]
        if place in group.get("places", [SERVE, GATEWAY])
        for excuse in _entries(group)
    ]


def read_fixture_scenarios(text: str) -> list[str]:
    """The scenarios that run against the fixtures instead."""
    return [
        excuse.scenario
        for group in tomllib.loads(text)["cannot_apply"]
        if group.get("runs_against_fixtures")
        for excuse in _entries(group)
    ]


def _entries(group: Mapping[str, Any]) -> Iterator[Excuse]:
    for entry in group["entries"]:
        scenario, _, check = entry.partition(":")
        yield Excuse(scenario, group["reason"], check or None)


def judge(runs: Sequence[Run], excuses: Sequence[Excuse], known: Iterable[str]) -> Verdict:
    """Judge what ran; `known` are the scenarios that the suite has."""
    passed, skipped, failures = [], [], []
    for run in runs:
        unexcused = [
            check for check in run.bad if not any(e.covers(run.scenario, check) for e in excuses)
        ]
        if unexcused:
            failures += [_failure(run, check) for check in unexcused]
        elif _is_skipped(run, excuses):
            skipped.append(run)
        else:
            passed.append(run)
    names = frozenset(known)
    failures += [problem for excuse in excuses if (problem := _staleness(excuse, runs, names))]
    return Verdict(passed, skipped, failures)


def _failure(run: Run, check: Check) -> str:
    return f"{run.wire} {run.scenario}: {check.id} ({check.status}): {check.message}"


def _is_skipped(run: Run, excuses: Iterable[Excuse]) -> bool:
    as_a_whole = any(e.check is None and e.scenario == run.scenario for e in excuses)
    # The suite itself finds some scenarios not applicable, and then checks nothing of their own.
    judged = any(check.id != WIRE_SCHEMA and check.status == "SUCCESS" for check in run.checks)
    return as_a_whole or not judged


def _staleness(excuse: Excuse, runs: Iterable[Run], known: frozenset[str]) -> str | None:
    if excuse.scenario not in known:
        return f"listed, but not part of the suite: {excuse}"
    its_runs = [run for run in runs if run.scenario == excuse.scenario]
    if excuse.check is None:
        passing = [run.wire for run in its_runs if not run.bad]
        if passing:
            return f"listed, but passes ({', '.join(passing)}): {excuse}"
    elif not any(check.id == excuse.check for run in its_runs for check in run.bad):
        return f"listed, but passes or is never checked: {excuse}"
    return None
