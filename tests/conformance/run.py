"""`make conformance`: the official suite against a local stack, or any endpoint on this machine.

The suite sends no key; a loopback proxy adds it.
"""

# ruff: noqa: T201 - a command that prints its figures

import argparse
import contextlib
import secrets
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from infra.local.launch import launched
from tests.conformance.suite import EXTENSION, HERE, run_revision, run_scenario, scenarios
from tests.conformance.verdict import Run, Verdict, judge, read_excuses
from tests.proxy import proxied

REVISIONS = ("2025-11-25", "2026-07-28")


def main() -> int:
    """Run the suite; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.run")
    parser.add_argument(
        "--endpoint", metavar="URL", help="a service that is reached as through a gateway"
    )
    parser.add_argument("--api-key", metavar="KEY", help="the key to use there")
    options = parser.parse_args()
    if (options.endpoint is None) != (options.api_key is None):
        parser.error("--endpoint and --api-key go together")
    with contextlib.ExitStack() as running:
        work = Path(running.enter_context(tempfile.TemporaryDirectory()))
        endpoint, key = (
            (options.endpoint, options.api_key)
            if options.endpoint
            else running.enter_context(_served(work / "stack"))
        )
        authorization = {"authorization": f"Bearer {key}"}
        proxy, _ = running.enter_context(proxied(endpoint, authorization))
        verdict = _judged(proxy, work, gateway=options.endpoint is not None)
    _report(verdict)
    return 1 if verdict.failures else 0


@contextlib.contextmanager
def _served(data: Path) -> Iterator[tuple[str, str]]:
    key = secrets.token_urlsafe()
    with launched(data, "--port", "0", "--api-key", key) as (_, stack):
        yield stack.endpoint, key


def _judged(endpoint: str, work: Path, *, gateway: bool) -> Verdict:
    known = scenarios()
    runs: list[Run] = []
    missing: list[str] = []
    for revision in REVISIONS:
        found = list(run_revision(endpoint, revision, work / revision))
        due = {scenario.name for scenario in known if revision in scenario.wires}
        missing += [f"{revision} {name}: gave no result" for name in due - _names(found)]
        runs += found
    for scenario in (one.name for one in known if EXTENSION in one.wires):
        found = list(run_scenario(endpoint, scenario, work / scenario))
        missing += [] if found else [f"{EXTENSION} {scenario}: gave no result"]
        runs += found
    excuses = read_excuses((HERE / "cannot_apply.toml").read_text(), gateway=gateway)
    verdict = judge(runs, excuses, [scenario.name for scenario in known])
    return Verdict(verdict.passed, verdict.skipped, [*missing, *verdict.failures])


def _names(runs: list[Run]) -> set[str]:
    return {run.scenario for run in runs}


def _report(verdict: Verdict) -> None:
    for run in verdict.skipped:
        print(f"  -  {run.wire}  {run.scenario}")
    for run in verdict.passed:
        good = sum(check.status == "SUCCESS" for check in run.checks)
        excused = f", {len(run.bad)} cannot apply" if run.bad else ""
        print(f"  ok {run.wire}  {run.scenario}: {good} checks{excused}")
    for failure in verdict.failures:
        print(f"  !! {failure}")
    passed, failed, skipped = len(verdict.passed), len(verdict.failures), len(verdict.skipped)
    print("- cannot apply, for the reasons in tests/conformance/cannot_apply.toml")
    print(f"conformance: {passed} passed, {failed} failed, {skipped} skipped")


if __name__ == "__main__":
    sys.exit(main())
