"""A small run of the proof, so that it cannot rot between two large ones."""

from tests.proofs.concurrency import Place, prove


def test_a_small_run_overspends_nothing_and_its_control_does(
    emulator: str, environment: dict[str, str]
) -> None:
    """I1, I2, I7, I13: across processes, which share nothing but the tables."""
    figures = prove(Place(emulator, environment), runs=2, threads=16, processes=2)
    assert figures.wrong == []
    assert figures.summary == "concurrency: 2 runs, overshoot 0, control 2/2"
    assert figures.holds
    assert figures.repeated > 0
    assert figures.reads > 0
