"""Every plan of a kind for a life: one crash anywhere, two crashes anywhere, and so on."""

from collections.abc import Callable, Iterator, Mapping
from itertools import product

from tests.simulation.faults import DEATHS, faults_of
from tests.simulation.lives import INTRUDERS, Life, Lived, Plan
from tests.simulation.system import Wrap

Plans = Callable[[Life], Iterator[Lived]]


def unwrapped(api: object) -> object:
    """Nothing in front of the client."""
    return api


def single_crashes(life: Life, wrap: Wrap = unwrapped) -> Iterator[Lived]:
    """The process dies before or after every call, one by one."""
    for number in range(1, Lived(life).run().calls + 1):
        for death in DEATHS:
            yield Lived(life, Plan({number: death}), wrap).run()


def double_crashes(life: Life, stride: int = 1) -> Iterator[Lived]:
    """Two processes die, at every two calls; or at every `stride`th two."""
    count = 0
    for first in single_crashes(life):
        ((number, death),) = first.plan.faults.items()
        for second in range(number + 1, first.calls + 1):
            for other in DEATHS:
                count += 1
                if count % stride == 0:
                    yield Lived(life, Plan({number: death, second: other})).run()


def single_faults(life: Life) -> Iterator[Lived]:
    """Every other fault at every call that it can happen to."""
    operations = Lived(life).run().director.operations
    for number, operation in enumerate(operations, start=1):
        for fault in sorted(set(faults_of(operation)), key=lambda fault: fault.name):
            yield Lived(life, Plan({number: fault})).run()


def intrusions(life: Life, stride: int = 1, wrap: Wrap = unwrapped) -> Iterator[Lived]:
    """Somebody else does something at every call, alone and with a crash at every later call.

    With a `stride`, only every so manieth of the crashes.
    """
    count = 0
    for number in range(1, Lived(life).run().calls + 1):
        for who in INTRUDERS:
            alone = Lived(life, Plan(intruders={number: who}), wrap).run()
            yield alone
            for crash, death in product(range(number, alone.calls + 1), DEATHS):
                count += 1
                if count % stride == 0:
                    yield Lived(life, Plan({crash: death}, {number: who}), wrap).run()


KINDS: Mapping[str, Plans] = {
    "single crashes": single_crashes,
    "double crashes": double_crashes,
    "single faults": single_faults,
    "intrusions": intrusions,
}
