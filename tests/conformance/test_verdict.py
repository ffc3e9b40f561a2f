"""The judge of the conformance run: a list of exceptions that cannot go stale unnoticed."""

from pathlib import Path

import pytest

from tests.conformance.verdict import (
    FIXTURES,
    GATEWAY,
    SERVE,
    WIRE_SCHEMA,
    Check,
    Excuse,
    Run,
    judge,
    read_excuses,
    read_fixture_scenarios,
)

LIST = (Path(__file__).parent / "cannot_apply.toml").read_text()

OK = Check("a", "SUCCESS")
BROKEN = Check("b", "FAILURE", "it broke")
KNOWN = ("tools-list", "prompts-list")


def test_what_passes_and_is_not_listed_has_passed() -> None:
    verdict = judge([Run("w", "tools-list", [OK])], [], KNOWN)
    assert (len(verdict.passed), len(verdict.skipped), verdict.failures) == (1, 0, [])


def test_what_fails_and_is_not_listed_is_a_failure() -> None:
    verdict = judge([Run("w", "tools-list", [OK, BROKEN])], [], KNOWN)
    assert not verdict.passed
    assert verdict.failures == ["w tools-list: b (FAILURE): it broke"]


def test_a_warning_counts_like_a_failure() -> None:
    verdict = judge([Run("w", "tools-list", [OK, Check("c", "WARNING")])], [], KNOWN)
    assert len(verdict.failures) == 1


def test_a_listed_scenario_that_fails_is_skipped() -> None:
    excuse = Excuse("prompts-list", "there are no prompts")
    verdict = judge([Run("w", "prompts-list", [OK, BROKEN])], [excuse], KNOWN)
    assert (len(verdict.passed), len(verdict.skipped), verdict.failures) == (0, 1, [])


def test_a_listed_scenario_still_has_to_speak_by_the_schema() -> None:
    runs = [Run("w", "prompts-list", [BROKEN, Check(WIRE_SCHEMA, "FAILURE", "no id")])]
    verdict = judge(runs, [Excuse("prompts-list", "there are no prompts")], KNOWN)
    assert verdict.failures == [f"w prompts-list: {WIRE_SCHEMA} (FAILURE): no id"]


def test_a_listed_check_excuses_no_other() -> None:
    runs = [Run("w", "tools-list", [BROKEN, Check("c", "FAILURE", "as well")])]
    verdict = judge(runs, [Excuse("tools-list", "because", "b")], KNOWN)
    assert verdict.failures == ["w tools-list: c (FAILURE): as well"]


def test_a_scenario_with_one_listed_check_passes_by_its_others() -> None:
    verdict = judge(
        [Run("w", "tools-list", [OK, BROKEN])], [Excuse("tools-list", "because", "b")], KNOWN
    )
    assert (len(verdict.passed), len(verdict.skipped), verdict.failures) == (1, 0, [])


def test_a_listed_scenario_that_passes_anywhere_is_a_failure() -> None:
    runs = [Run("old", "prompts-list", [BROKEN]), Run("new", "prompts-list", [OK])]
    verdict = judge(runs, [Excuse("prompts-list", "there are no prompts")], KNOWN)
    assert verdict.failures == ["listed, but passes (new): prompts-list"]


def test_a_listed_check_that_passes_or_is_gone_is_a_failure() -> None:
    runs = [Run("w", "tools-list", [OK])]
    excuses = [Excuse("tools-list", "because", name) for name in ("a", "gone")]
    verdict = judge(runs, excuses, KNOWN)
    assert verdict.failures == [
        f"listed, but passes or is never checked: tools-list:{name}" for name in ("a", "gone")
    ]


def test_a_listed_scenario_that_the_suite_no_longer_has_is_a_failure() -> None:
    verdict = judge([], [Excuse("tools-liste", "a slip")], KNOWN)
    assert verdict.failures == ["listed, but not part of the suite: tools-liste"]


def test_a_scenario_that_checks_nothing_is_skipped_not_passed() -> None:
    checks = [Check("a", "INFO"), Check(WIRE_SCHEMA, "SUCCESS")]
    verdict = judge([Run("w", "tools-list", checks)], [], KNOWN)
    assert (len(verdict.passed), len(verdict.skipped)) == (0, 1)


@pytest.mark.parametrize("place", [SERVE, GATEWAY, FIXTURES])
def test_the_list_names_nothing_twice_and_gives_reasons(place: str) -> None:
    excuses = read_excuses(LIST, place)
    assert len({str(excuse) for excuse in excuses}) == len(excuses)
    assert all(excuse.reason for excuse in excuses)


def test_a_place_may_have_exceptions_of_its_own() -> None:
    of = {place: {str(e) for e in read_excuses(LIST, place)} for place in (SERVE, GATEWAY)}
    assert of[SERVE] < of[GATEWAY]


def test_what_runs_against_the_fixtures_is_not_excused_there() -> None:
    excused = {excuse.scenario for excuse in read_excuses(LIST, FIXTURES) if not excuse.check}
    assert read_fixture_scenarios(LIST)
    assert not excused.intersection(read_fixture_scenarios(LIST))
