"""The template as it is, from `sam validate` to `sam delete`, on one machine.

Nothing here needs an AWS account: the emulator stands in for it, with TLS and with the functions'
roles enforced. What is deployed is what `sam build` makes, run by the Python of the functions.
"""

import contextlib
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from infra.machine import lambda_architecture
from infra.rehearsal import bridges
from infra.rehearsal.account import Account, emulated_account
from infra.rehearsal.artifacts import functions, native_libraries, size_mb
from infra.rehearsal.deployment import Deployment
from infra.rehearsal.inventory import Inventory, described, inventory, new_in
from infra.rehearsal.logs import errors_in, reports_in
from infra.rehearsal.report import Report, expect, explained
from infra.rehearsal.sam import Sam

STACK = "tokenflux-images-rehearsal"
# The settings for trying things out, in samconfig.toml.
CONFIGURATION, SETTINGS = Path("samconfig.toml"), "dev"
ARCHITECTURES = {"x86_64", "arm64"}
CONCURRENCY = 5
CREDITS, PRICE = 1.0, 0.002
ORIGIN, OTHER_ORIGIN = "https://app.example.com", "https://example.org"
TOKEN = "a-token-of-nobody"  # noqa: S105 - it opens nothing
PNG = b"\x89PNG\r\n\x1a\n"
# The schedule's first minute, and the emulator looks every ten seconds.
SWEEP_SECONDS = 90.0
SWEEP_PATIENCE_SECONDS = 20.0
LOG_GROUPS = ("ApiLogs", "WorkerLogs", "SweeperLogs")
# One of the buckets is the SAM CLI's own, for what it uploads.
RETAINED = {"tables": 2, "buckets": 2}


@dataclass(frozen=True)
class Generated:
    """A generation that succeeded."""

    id: str
    image: bytes


@dataclass(frozen=True)
class Play:
    """One rehearsal, with what it needs."""

    report: Report
    sam: Sam
    python: Path
    directory: Path

    def perform(self) -> None:
        """Everything in its order.

        Raises:
            RehearsalFailed: Something went otherwise than it must.
        """
        here = lambda_architecture()
        with self.report.step("sam validate --lint"):
            expect(sys.platform == "linux", "it takes Linux: the functions are built for it")
            self.sam.run("validate", "--lint")
        self.build(here)
        with contextlib.ExitStack() as running:
            with self.report.step("An AWS account: the emulator, over TLS, with roles enforced"):
                state = self.directory / "account"
                account = running.enter_context(emulated_account(state, self.python))
                self.report.note(f"bridged: {bridges.NAMES}")
            with explained(account.complaints):
                self.live(account, here)
            with self.report.step("Stop the emulator and its functions; nothing is left running"):
                running.close()

    def live(self, account: Account, here: str) -> None:
        """A deployment's whole life."""
        empty = inventory(account.client)
        deployment = self.deploy(account, here)
        with explained(lambda: _errors(deployment)):
            self.use(deployment, here)
        self.delete(deployment, empty)

    def use(self, deployment: Deployment, here: str) -> None:
        """What operator and callers do; the build for the other machine fills a wait."""
        sweeps_by = time.monotonic() + SWEEP_SECONDS
        key = self.make_key(deployment)
        generated = self.generate(deployment, key, "a lighthouse on a cliff at dusk")
        self.fail(deployment, key)
        self.examine(deployment)
        self.update(deployment, here, key)
        self.come_back(deployment, key, generated)
        for other in sorted(ARCHITECTURES - {here}):
            self.build(other)
        self.await_a_sweep(deployment, sweeps_by)
        self.look_for_errors(deployment)
        self.take_rights_away(deployment, key)

    def build(self, architecture: str) -> None:
        """What `sam build` makes for one architecture."""
        with self.report.step(f"sam build, {architecture}"):
            into = self.directory / architecture
            chosen = ("--parameter-overrides", f"Architecture={architecture}")
            self.sam.run("build", "--build-dir", str(into), *chosen)
            for function in functions(into):
                libraries = native_libraries(function)
                self.report.note(
                    f"{function.name}: {size_mb(function):.1f} MB unzipped,"
                    f" {libraries.total()} native libraries"
                )
                expect(set(libraries) <= {architecture}, f"there are {dict(libraries)}")

    def deploy(self, account: Account, here: str) -> Deployment:
        """`sam deploy`, as a person types it, and its outputs."""
        with self.report.step(f"sam deploy --config-env {SETTINGS}"):
            deployment = Deployment(account, STACK, self.sam.environment)
            self._deploy(deployment, here, "LocalSketch=on")
            for name, value in deployment.outputs.items():
                if name != "ClientConfiguration":
                    self.report.note(f"{name}: {value}")
        return deployment

    def make_key(self, deployment: Deployment) -> str:
        """A key with credits, made by the operator's command."""
        with self.report.step(f"images-mcp keys create --credits {CREDITS:g} --stack {STACK}"):
            made = deployment.operator("keys", "create", "--credits", f"{CREDITS:g}")
            self.report.note(f"{made['display']} of {made['account']}, {made['credits']} credits")
            return str(made["key"])

    def generate(self, deployment: Deployment, key: str, prompt: str) -> Generated:
        """An image through gateway, function, queue, worker and bucket, and what it cost."""
        with self.report.step(f"generate_image: {prompt}"):
            began = time.monotonic()
            generation = deployment.generate(key, prompt=prompt)
            said = f"{generation['status']} after {time.monotonic() - began:.1f} s"
            expect(generation["status"] == "succeeded", f"{said}: {generation.get('error')}")
            generated = Generated(generation["id"], _image(deployment, generation))
            self.report.note(f"{said}, {len(generated.image):,} bytes")
            expect(generated.image.startswith(PNG), "that is no PNG")
            self._count_credits(deployment)
            return generated

    def fail(self, deployment: Deployment, key: str) -> None:
        """A generation that its model fails, and that costs nothing."""
        with self.report.step("generate_image, which fails"):
            made = deployment.generate(key, prompt="a shipwreck", fail_with="the sea was too rough")
            self.report.note(f"{made['status']}: {made['error']}")
            expect(made["status"] == "failed", "it was to fail")
            self._count_credits(deployment)

    def examine(self, deployment: Deployment) -> None:
        """What the operator's commands see of a stack that has the painter alone."""
        with self.report.step("images-mcp doctor, and images-mcp models list and publish"):
            problems = deployment.operator("doctor")["problems"]
            expect(not problems, f"{problems}")
            offered = deployment.operator("models", "list")
            self.report.note(f"nothing is wrong; offered: {[each['id'] for each in offered]}")
            own = self.directory / "models"
            (own / "local").mkdir(parents=True, exist_ok=True)
            described = {"description": "As it was published."}
            (own / "local" / "sketch.json").write_text(json.dumps(described), encoding="utf-8")
            deployment.operator("models", "publish", str(own))
            (changed,) = deployment.operator("models", "list")
            expect(changed["origin"] == "changed", "what was published is not there")

    def update(self, deployment: Deployment, here: str, key: str) -> None:
        """A second `sam deploy` with other parameters."""
        with self.report.step("sam deploy again: an origin of web pages, and a vendor's token"):
            version, allowed = deployment.live_version(), _allowed(deployment, key)
            chosen = (f"AllowedOrigins={ORIGIN}", f"ReplicateApiToken={TOKEN}")
            self._deploy(deployment, here, "LocalSketch=on", *chosen)
            self._bridge_secret(deployment)
            self.report.note(f"ApiFunction: from version {version} to {deployment.live_version()}")
            self.report.note(f"origins: from {allowed} to {_allowed(deployment, key)}")
            expect(_allowed(deployment, key) == [ORIGIN], f"{ORIGIN} alone was to be allowed")

    def come_back(self, deployment: Deployment, key: str, generated: Generated) -> None:
        """What was there before an update still works, and new work does."""
        with self.report.step("get_generation: the image from before the update"):
            same = deployment.get(key, generated.id)
            expect(_image(deployment, same) == generated.image, "it is another one")
        self.generate(deployment, key, "a sailing boat under clouds")

    def await_a_sweep(self, deployment: Deployment, gives_up: float) -> None:
        """The schedule has to invoke the sweeper."""
        with self.report.step("The sweeper runs by its schedule"):
            gives_up = max(gives_up, time.monotonic() + SWEEP_PATIENCE_SECONDS)
            while not (reports := reports_in(deployment.logged("SweeperLogs"))):
                expect(time.monotonic() < gives_up, "it has not run")
                time.sleep(1)
            self.report.note(reports[0])

    def look_for_errors(self, deployment: Deployment) -> None:
        """What the functions logged, and whether the credits add up."""
        with self.report.step("The functions' logs, and images-mcp books check"):
            for group in LOG_GROUPS:
                lines = deployment.logged(group)
                errors = errors_in(lines)
                runs = len(reports_in(lines))
                self.report.note(f"{group}: {runs} invocations, {len(errors)} errors")
                expect(runs and not errors, "\n".join(errors) or "there are no lines")
            found = deployment.operator("books", "check")["discrepancies"]
            self.report.note(f"books: {len(found)} discrepancies")
            expect(not found, f"{found}")

    def take_rights_away(self, deployment: Deployment, key: str) -> None:
        """That the roles are enforced shows when one is empty."""
        with self.report.step("The control: without its role's policy the API function fails"):
            before = deployment.list_models(key).status_code
            with deployment.without_policies("ApiRole"):
                without = deployment.list_models(key).status_code
            after = deployment.list_models(key).status_code
            self.report.note(f"list_models: HTTP {before}, without {without}, with it {after}")
            expect(before == after == 200 and without >= 500, "the policy makes no difference")

    def delete(self, deployment: Deployment, empty: Inventory) -> None:
        """`sam delete`: money and images have to stay."""
        with self.report.step(f"sam delete --stack-name {STACK}"):
            account = deployment.account
            made = new_in(inventory(account.client), empty)
            held = deployment.contents()
            self._on(account).run("delete", "--stack-name", STACK, "--no-prompts")
            left = new_in(inventory(account.client), empty)
            self.report.note(f"there were {described(made)}")
            self.report.note(f"left are {described(left)}, with {held}")
            kept = {kind: len(names) for kind, names in left.items()}
            expect(kept == RETAINED, f"{RETAINED} were to be left")
            expect(deployment.contents() == held, f"there are {deployment.contents()} in them")

    def _count_credits(self, deployment: Deployment) -> None:
        listed = deployment.operator("generations", "list")
        owed = PRICE * sum(each["status"] == "succeeded" for each in listed)
        (key,) = deployment.operator("keys", "list")
        self.report.note(f"credits: {key['credits']}")
        expect(key["credits"] == round(CREDITS - owed, 6), f"{CREDITS} - {owed} were expected")

    def _deploy(self, deployment: Deployment, here: str, *parameters: str) -> None:
        self._on(deployment.account).run(
            *("deploy", "--config-file", str(CONFIGURATION.resolve()), "--config-env", SETTINGS),
            *("--stack-name", STACK),
            *("--template-file", str(self.directory / here / "template.yaml")),
            *("--parameter-overrides", f"Architecture={here}"),
            *(f"WorkerConcurrency={CONCURRENCY}", *parameters),
        )
        api = deployment.account.client("lambda")
        bridges.convert_numbers(api, deployment.physical("WorkerFunction"), CONCURRENCY)
        self.report.note(f"bridged: {bridges.NUMBERS}")

    def _bridge_secret(self, deployment: Deployment) -> None:
        role, secret = deployment.physical("WorkerRole"), deployment.physical("ProviderTokens")
        bridges.name_secret_in_policies(deployment.account.client, role, secret)
        self.report.note(f"bridged: {bridges.SECRETS}")

    def _on(self, account: Account) -> Sam:
        return Sam(self.sam.program, account.environment(self.sam.environment))


def _image(deployment: Deployment, generation: dict[str, list[dict[str, str]]]) -> bytes:
    return deployment.fetch(generation["images"][0]["url"])


def _allowed(deployment: Deployment, key: str) -> list[str]:
    """Which of the origins may read an answer."""
    answers = {each: deployment.list_models(key, each) for each in (ORIGIN, OTHER_ORIGIN)}
    header = "access-control-allow-origin"
    return [each for each, answer in answers.items() if answer.headers.get(header) in ("*", each)]


def _errors(deployment: Deployment) -> list[str]:
    return [line for group in LOG_GROUPS for line in errors_in(deployment.logged(group))]
