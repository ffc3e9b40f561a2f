"""Imports point one way, and the environment is read where a process begins."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from handler.settings import PROVIDER_NAMES
from infra.local.environment import aws_environment

ROOT = Path(__file__).parent.parent
STANDARD = sys.stdlib_module_names
ENTRIES = {"api", "worker", "sweeper"}
OURS = {"handler", "infra", "tests"}
FUNCTION_ENVIRONMENT = {
    "CREDITS_TABLE": "credits",
    "GENERATIONS_TABLE": "generations",
    "JOBS_QUEUE_URL": "https://queue.example",
    "IMAGES_BUCKET": "images",
    **aws_environment({}, "http://127.0.0.1:1"),
}

ALLOWED: dict[str, set[str]] = {
    "core": {"handler.core"},
    "adapters": {"handler.adapters", "handler.core"},
    "painter": {"handler.painter"},
    "providers": {
        "handler.providers",
        "handler.core",
        "handler.painter",
        # One vendor is AWS itself.
        "handler.adapters.aws",
    },
    "catalogue": {"handler.catalogue", "handler.core"},
    "viewer": {"handler.viewer"},
    "telemetry": {"handler.telemetry", "handler.core"},
    "tools": {"handler.tools", "handler.core", "handler.telemetry", "handler.viewer"},
    "web": {"handler.web", "handler.core", "handler.telemetry", "handler.tools"},
    "bootstrap": {
        "handler.bootstrap",
        "handler.core",
        "handler.adapters",
        "handler.providers",
        "handler.catalogue",
        "handler.previews",
        "handler.settings",
        "handler.web.services",
        "handler.web.signatures",
    },
    "events": {"handler.events", "handler.core", "handler.telemetry", "handler.web"},
    "settings": {"handler.core"},
    "snapshot": set(),
    "lean": set(),
    "previews": set(),
    "logs": {"handler.core", "handler.telemetry"},
    **{
        entry: {
            "handler.adapters.aws",
            "handler.bootstrap",
            "handler.events",
            "handler.lean",
            "handler.settings",
            "handler.logs",
            "handler.snapshot",
            "handler.telemetry.invocation",
        }
        for entry in ENTRIES
    },
}
"""By the part of `handler`: what of this project it may import."""

LIBRARIES: dict[str, set[str]] = {
    "core": {"jsonschema"},
    "adapters": {"boto3", "botocore"},
    "painter": {"numpy", "PIL"},
    "catalogue": {"jsonschema"},
    "viewer": set(),
    "settings": set(),
    "snapshot": {"snapshot_restore_py"},
    "previews": {"PIL"},
    "logs": {"botocore"},
    "telemetry": set(),
    "worker": set(),
    "sweeper": set(),
    "bootstrap": set(),
}
"""Where what is imported of others is limited too."""


@dataclass(frozen=True)
class Module:
    """One source file."""

    path: Path

    @property
    def name(self) -> str:
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def part(self) -> str:
        """The package or module right below `handler`."""
        return [*self.name.split("."), ""][1]

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"))

    def imports(self) -> Iterator[str]:
        """Every dotted name that is imported, anywhere in the file."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.name}: a relative import"
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules(package: str) -> list[Module]:
    found = [Module(path) for path in sorted((ROOT / package).rglob("*.py"))]
    assert len(found) > 5
    return found


def is_within(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("module", modules("handler"), ids=lambda module: module.name)
class TestHandler:
    def test_it_imports_only_what_its_part_may(self, module: Module) -> None:
        ours = {name for name in module.imports() if name.split(".")[0] in OURS}
        allowed = ALLOWED[module.part] if module.part else set()
        assert {name for name in ours if not is_within(name, allowed)} == set()

    def test_it_imports_only_libraries_its_part_may(self, module: Module) -> None:
        roots = {name.split(".")[0] for name in module.imports()}
        libraries = {root for root in roots if root not in STANDARD and root not in OURS}
        assert libraries <= LIBRARIES.get(module.part, libraries)

    def test_it_reads_the_environment_only_where_a_process_begins(self, module: Module) -> None:
        reads = {
            node.attr
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb")
        }
        assert not reads or module.part in ENTRIES
        assert not is_any(module, {"os.environ", "os.getenv"})


def is_any(module: Module, names: set[str]) -> bool:
    """Whether one of `names` is imported by name."""
    return bool(set(module.imports()) & names)


def test_every_part_of_the_handler_has_its_rule() -> None:
    assert {module.part for module in modules("handler")} - {""} == set(ALLOWED)


@pytest.mark.parametrize("package", ["handler", "infra"])
def test_nothing_that_is_installed_imports_the_tests(package: str) -> None:
    importing = [
        module.name
        for module in modules(package)
        if any(is_within(name, {"tests"}) for name in module.imports())
    ]
    assert importing == []


def test_nothing_at_the_handlers_root_has_the_name_of_something_else() -> None:
    """A module that shadows one is found instead of it wherever the root is on the path."""
    names = {path.stem for path in (ROOT / "handler").iterdir() if path.name != "__pycache__"}
    assert not names & (set(STANDARD) | {"mcp", "http", "queue", "types", "logging", "boto3"})


def imported_by(module: str) -> set[str]:
    """Everything that a fresh process has loaded once it imported `module`."""
    script = f"import sys, {module}; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=ROOT,
        env=FUNCTION_ENVIRONMENT,
        check=True,
        capture_output=True,
        text=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("entry", ["handler.api", "handler.sweeper"])
def test_only_the_worker_loads_what_images_are_made_with(entry: str) -> None:
    loaded = imported_by(entry)
    assert "handler.core.generation" in loaded
    assert not loaded & {"numpy", "PIL", "handler.painter", "handler.providers"}


@pytest.mark.parametrize("entry", ["handler.worker", "handler.sweeper"])
def test_only_the_api_loads_what_http_is_served_with(entry: str) -> None:
    assert not imported_by(entry) & {"mcp", "starlette", "mangum", "handler.web", "handler.tools"}


def test_only_one_module_words_the_failures_of_vendors() -> None:
    """An adapter that chose a caller's text itself might show it what a vendor says of us."""
    wording = {
        module.path.name
        for module in modules("handler")
        if module.part == "providers" and "Failed" in calls_of(module)
    }
    assert wording == {"failing.py", "sketch.py"}


@pytest.mark.parametrize("name", sorted({*PROVIDER_NAMES} - {"openai-compatible", "sketch"}))
def test_an_adapter_is_a_page_or_two(name: str) -> None:
    """What several need has a module of its own."""
    adapter = ROOT / "handler" / "providers" / f"{name}.py"
    assert len(adapter.read_text(encoding="utf-8").splitlines()) <= 200


def calls_of(module: Module) -> set[str]:
    """Names that are called as they are."""
    return {
        node.func.id
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
