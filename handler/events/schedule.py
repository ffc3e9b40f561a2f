"""Schedule events: one sweep each."""

from handler.core.sweep import Sweeper, Swept
from handler.telemetry.invocation import Invocation
from handler.telemetry.sweeps import SweepRecord


def sweep_on(sweeper: Sweeper, invocation: Invocation | None = None) -> Swept:
    """Sweep once and tell of it.

    Raises:
        Unavailable: What is due could not be read; the next event comes soon.
    """
    record = SweepRecord(invocation or Invocation())
    swept = record.observed(sweeper).sweep()
    record.write(swept, sweeper.clock.now_ms())
    return swept
