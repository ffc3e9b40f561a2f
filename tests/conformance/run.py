"""`make conformance`: the official suite against a local stack, or any endpoint on this machine.

The suite sends no key; a loopback proxy adds it. Scenarios that ask for the tools of the suite's
own reference server run a second time, against those tools behind the service's edge.
"""

# ruff: noqa: T201 - a command that prints its figures

import argparse
import contextlib
import secrets
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from handler.bootstrap.api import build_api
from handler.settings import Settings
from handler.web.app import MCP_PATH, build_app
from infra.local.clients import emulator_clients
from infra.local.data import RunningStack
from infra.local.launch import launched
from tests.conformance.fixtures import fixture_servers
from tests.conformance.suite import EXTENSION, HERE, Scenario, run_revision, run_scenario, scenarios
from tests.conformance.verdict import (
    FIXTURES,
    GATEWAY,
    SERVE,
    Run,
    Verdict,
    judge,
    read_excuses,
    read_fixture_scenarios,
)
from tests.proxy import proxied, served

REVISIONS = ("2025-11-25", "2026-07-28")
LIST = (HERE / "cannot_apply.toml").read_text()


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
    with tempfile.TemporaryDirectory() as directory:
        verdict = (
            _of_the_service(GATEWAY, options.endpoint, options.api_key, Path(directory))
            if options.endpoint
            else _on_this_machine(Path(directory))
        )
    _report(verdict)
    return 1 if verdict.failures else 0


def _on_this_machine(work: Path) -> Verdict:
    key = secrets.token_hex()
    with launched(work / "stack", "--port", "0", "--api-key", key) as (_, stack):
        service = _of_the_service(SERVE, stack.endpoint, key, work)
        with _fixtures(stack) as endpoint:
            fixtures = _of_the_fixtures(endpoint, key, work / FIXTURES)
    ran_after_all = {run.scenario for run in fixtures.passed}
    skipped = [run for run in service.skipped if run.scenario not in ran_after_all]
    return Verdict(
        [*service.passed, *fixtures.passed],
        [*skipped, *fixtures.skipped],
        [*service.failures, *fixtures.failures],
    )


@contextlib.contextmanager
def _fixtures(stack: RunningStack) -> Iterator[str]:
    services = build_api(Settings.from_env(stack.environment), emulator_clients(stack.aws_endpoint))
    with served(build_app(services, server_builder=fixture_servers())) as address:
        yield address + MCP_PATH


def _of_the_service(place: str, endpoint: str, key: str, work: Path) -> Verdict:
    known = scenarios()
    runs: list[Run] = []
    missing: list[str] = []
    with _with_key(endpoint, key) as address:
        for revision in REVISIONS:
            found = list(run_revision(address, revision, work / revision))
            due = {scenario.name for scenario in known if revision in scenario.wires}
            missing += [f"{revision} {name}: gave no result" for name in due - _names(found)]
            runs += found
        for scenario in sorted(_of_extensions(known)):
            found = list(run_scenario(address, scenario, work / scenario))
            missing += [] if found else [f"{EXTENSION} {scenario}: gave no result"]
            runs += found
    verdict = judge(runs, read_excuses(LIST, place), [scenario.name for scenario in known])
    return Verdict(verdict.passed, verdict.skipped, [*missing, *verdict.failures])


def _of_the_fixtures(endpoint: str, key: str, work: Path) -> Verdict:
    names = set(read_fixture_scenarios(LIST))
    with _with_key(endpoint, key) as address:
        found = [run for one in REVISIONS for run in run_revision(address, one, work / one)]
        for scenario in sorted(names & _of_extensions(scenarios())):
            found += run_scenario(address, scenario, work / scenario)
        runs = [
            Run(f"{run.wire} {FIXTURES}", run.scenario, run.checks)
            for run in found
            if run.scenario in names
        ]
    return judge(runs, read_excuses(LIST, FIXTURES), _names(runs))


@contextlib.contextmanager
def _with_key(endpoint: str, key: str) -> Iterator[str]:
    with proxied(endpoint, {"authorization": f"Bearer {key}"}) as (address, _):
        yield address


def _of_extensions(known: Iterable[Scenario]) -> set[str]:
    return {scenario.name for scenario in known if EXTENSION in scenario.wires}


def _names(runs: Iterable[Run]) -> set[str]:
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
