"""A small run of the proof, so that it cannot rot between two large ones."""

from tests.proofs.concurrency import Place, prove


def test_a_small_run_overspends_nothing_and_its_control_does(
    emulator: str, environment: dict[str, str]
) -> None:
    """I1, I2, I7, I13: across processes, which share nothing but the tables."""
    figures = prove(Place(emulator, environment), runs=4, threads=32, processes=2)
    assert figures.wrong == []
    assert figures.overshoot == 0
    # In the fourth run there is money for all but one, and two keys are shared: whoever goes
    # without, one of those is paid for.
    assert figures.repeated > 0
    # How often it does so is for the large run to say, whose races are wider.
    assert figures.control_overshoot > 0
