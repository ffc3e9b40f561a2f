"""What a rehearsal makes of artifacts, logs, listings and commands."""

import struct
import sys
from pathlib import Path

import pytest

from handler.adapters.aws import Connect
from infra.rehearsal.artifacts import functions, machine_of, native_libraries, size_mb
from infra.rehearsal.inventory import described, inventory, new_in
from infra.rehearsal.logs import errors_in, reports_in
from infra.rehearsal.report import RehearsalFailed, Report, expect, explained
from infra.rehearsal.sam import Sam


def elf(machine: int) -> bytes:
    """A library's header, as the ELF specification lays it out."""
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, machine) + bytes(44)


def test_a_library_says_which_machine_it_is_for() -> None:
    assert [machine_of(elf(code)) for code in (62, 183, 243)] == ["x86_64", "arm64", "machine 243"]
    assert machine_of(b"\x7fELF") == machine_of(b"MZ" + bytes(62)) == "no ELF"
    assert machine_of(Path(sys.executable).resolve().read_bytes()[:20]) != "no ELF"


def test_artifacts_are_measured(tmp_path: Path) -> None:
    package = tmp_path / "ApiFunction" / "package"
    package.mkdir(parents=True)
    (tmp_path / "template.yaml").write_text("Resources: {}")
    (package / "fast.cpython-313-x86_64-linux-gnu.so").write_bytes(elf(62))
    (package / "libz.so.1").write_bytes(elf(183))
    (package / "plain.py").write_bytes(bytes(1_000_000 - 128))
    (api,) = functions(tmp_path)
    assert api.name == "ApiFunction"
    assert native_libraries(api) == {"x86_64": 1, "arm64": 1}
    assert size_mb(api) == 1.0


def test_failures_and_invocations_are_found_in_logs() -> None:
    lines = [
        "START RequestId: 1 Version: 2",
        '{"level":"INFO","message":"an ERROR in a text is nobody\'s failure"}',
        '{"level":"ERROR","message":"x"}',
        '{"message": "x", "level": "CRITICAL"}',
        "7",
        "REPORT RequestId: 1\tDuration: 3 ms\n",
        "Traceback (most recent call last):",
        "[ERROR] Runtime.ImportModuleError",
    ]
    assert errors_in(lines) == [lines[2], lines[3], lines[6], lines[7]]
    assert reports_in(lines) == ["REPORT RequestId: 1\tDuration: 3 ms"]


def test_what_is_new_in_an_account_is_told_by_kind(connect: Connect) -> None:
    before = inventory(connect)
    connect("sqs").create_queue(QueueName="inventory-a")
    connect("s3").create_bucket(Bucket="inventory-b")
    new = new_in(inventory(connect), before)
    assert new["buckets"] == {"inventory-b"}
    assert described({kind: new[kind] for kind in ("queues", "buckets")}) == "1 queues, 1 buckets"
    assert described(new_in(before, before)) == "nothing"


def test_steps_are_timed_and_the_verdict_is_the_last_line() -> None:
    times, lines = iter([0.0, 10.0, 12.5, 20.0, 21.25, 30.0]), list[str]()
    report = Report(lambda: next(times), lines.append)
    with report.step("first"):
        report.note("it is so")
    with report.step("second"):
        pass
    assert report.passed() == 0
    assert lines == [
        "* first",
        "    it is so",
        "    2.5 s",
        "* second",
        "    1.2 s",
        "rehearse: passed, 2 steps in 30 s",
    ]


def test_a_step_that_fails_ends_it_and_says_which() -> None:
    times, lines = iter([0.0, 1.0, 4.0]), list[str]()
    report = Report(lambda: next(times), lines.append)
    with pytest.raises(RehearsalFailed) as failure, report.step("the only one"):
        expect(False, "two lines\nof reason")
    assert report.failed(str(failure.value)) == 1
    assert lines == [
        "* the only one",
        "    two lines",
        "    of reason",
        'rehearse: FAILED after 4 s at "the only one"',
    ]


def test_a_failure_is_told_with_what_explains_it() -> None:
    with (
        pytest.raises(RehearsalFailed, match=r"^no image\nthe worker said why$"),
        explained(lambda: ["the worker said why"]),
    ):
        expect(False, "no image")


def test_the_sam_cli_is_quiet_unless_it_fails() -> None:
    program = Path(sys.executable)
    sam = Sam(program, {"A": "b"})
    shown = "import os; print(os.environ['A'], os.environ['SAM_CLI_TELEMETRY'])"
    assert sam.run("-c", shown) == "b 0\n"
    with pytest.raises(RehearsalFailed, match="failed:\nthe last words"):
        sam.run("-c", "import sys; print('the last words'); sys.exit(2)")
