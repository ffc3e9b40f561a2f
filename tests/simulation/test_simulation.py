"""The real code under faults at every call, in every order: a slice that takes seconds.

All of it: `python -m tests.simulation.run --seeds 20000 --pairs`.
"""

from collections import Counter

import pytest

from handler.core.generation import Status
from tests.simulation.exhaustive import double_crashes, intrusions, single_crashes, single_faults
from tests.simulation.lives import LIVES, Life, Lived
from tests.simulation.moves import Move
from tests.simulation.mutants import MUTANTS, UNGUARDED_INTENT, Mutant
from tests.simulation.report import Report
from tests.simulation.run import main
from tests.simulation.storms import Storm
from tests.simulation.tally import units

SEEDS = 400
SEEDS_FOR_A_MUTANT = 1_500
SLICES = 4
PAIRS = 25

each_life = pytest.mark.parametrize("life", LIVES, ids=lambda life: life.name)


@each_life
class TestLife:
    def test_without_a_fault_it_ends_as_it_should(self, life: Life) -> None:
        lived = Lived(life).run()
        assert lived.report.violations == []
        assert lived.ends == [life.ends]
        assert lived.calls >= 10

    def test_a_crash_anywhere_leaves_the_books_right_and_loses_no_image(self, life: Life) -> None:
        """I1 to I11."""
        ends = set()
        for lived in single_crashes(life):
            assert lived.report.violations == [], lived.services.line.story()
            ends.update(lived.ends)
        assert life.ends in ends
        assert ends == {life.ends} or not life.is_certain

    def test_any_other_fault_anywhere_leaves_the_books_right(self, life: Life) -> None:
        for lived in single_faults(life):
            assert lived.report.violations == [], lived.services.line.story()

    def test_two_crashes_leave_the_books_right(self, life: Life) -> None:
        for lived in double_crashes(life, stride=PAIRS):
            assert lived.report.violations == [], lived.services.line.story()

    def test_whoever_comes_between_the_books_are_right(self, life: Life) -> None:
        """A cancel, another worker, the sweeper, the caller again; then a crash, or none."""
        for lived in intrusions(life, stride=PAIRS):
            assert lived.report.violations == [], lived.services.line.story()


@pytest.mark.parametrize("part", range(SLICES))
def test_storms_leave_the_books_right(part: int) -> None:
    """I1 to I13; and every move and every answer of an admission is reached."""
    total = Report()
    for seed in range(part, SEEDS, SLICES):
        storm = Storm(seed).run()
        assert storm.report.violations == [], storm.story()
        total.add(storm.report)
    assert [move for move in Move if total.moves[move.value] < 5] == []
    assert set(total.outcomes) >= {
        "admitted",
        "replayed",
        "refused: credits",
        "refused: key reused",
        "refused: poor",
        "refused: revoked",
        "unavailable",
    }


@pytest.mark.parametrize("name", MUTANTS)
def test_broken_code_is_found(name: str) -> None:
    rewrite, expected = MUTANTS[name]
    storms = (
        Storm(seed, lambda api: Mutant(api, rewrite)).run() for seed in range(SEEDS_FOR_A_MUTANT)
    )
    found = next((storm.report.violations[0] for storm in storms if storm.report.violations), "")
    assert expected in found
    assert found


def test_a_crash_alone_finds_a_refund_that_is_paid_twice() -> None:
    rewrite, _ = MUTANTS["a refund is paid twice"]
    failing = next(life for life in LIVES if life.ends is Status.FAILED)
    runs = list(single_crashes(failing, lambda api: Mutant(api, rewrite)))
    assert all(lived.report.violations for lived in runs)


def test_another_worker_alone_finds_an_intent_without_its_guards() -> None:
    """Of the storms, one in three thousand does."""
    retried = next(life for life in LIVES if life.name == "busy, then done")
    runs = intrusions(retried, PAIRS, lambda api: Mutant(api, UNGUARDED_INTENT))
    assert any("I9" in violation for lived in runs for violation in lived.report.violations)


@pytest.mark.parametrize("seed", [7, 77, 777])
def test_a_seed_gives_the_same_run_again(seed: int) -> None:
    first, second = Storm(seed).run(), Storm(seed).run()
    assert len(first.trace) > 20
    assert first.trace == second.trace
    assert Storm(seed + 1).run().trace != first.trace


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("done at once", 14),
        ("failed", 17),
        ("canceled midway", 23),
        ("two of three images", 17),
        ("running, parked, done", 21),
    ],
)
def test_what_a_generation_costs_in_write_units(name: str, expected: int) -> None:
    life = next(life for life in LIVES if life.name == name)
    found = units(life)
    assert sum(found.values()) == expected, found


def test_the_command_ends_with_its_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "5", "--start", "100"]) == 0
    lines = capsys.readouterr().out.splitlines()
    runs = Counter(line.split()[-1] for line in lines if line.startswith(("seeds", "single")))
    assert runs["5"] == 1
    assert lines[-1].startswith("simulation: ")
    assert lines[-1].endswith(" runs, 0 violations")
