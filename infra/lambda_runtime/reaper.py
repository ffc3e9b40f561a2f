"""Child process that outlives its parent by a moment, to end the sandboxes that it left behind."""

import os
import threading

from infra.lambda_runtime.marks import end
from infra.local.lifeline import when_parent_ends

MARK = "REAPED_MARK"
# One that was being started when the parent died shows up a little later.
QUIET_SECONDS = 0.3


def main() -> None:
    """Wait for the parent to let go, then end everything with the mark."""
    ended = threading.Event()
    when_parent_ends(ended.set)
    ended.wait()
    end(os.environ[MARK], QUIET_SECONDS)


if __name__ == "__main__":
    main()
