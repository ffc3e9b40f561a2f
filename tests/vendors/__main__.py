"""Serves every fake until it is stopped, and prints the variables that lead a stack to them.

What may stand in the brackets of a prompt is told on standard error.
"""

# ruff: noqa: T201 - its output is for a shell

import contextlib
import signal
import sys

from handler.settings import TOKENS
from tests.handler.providers.cells.table import VENDORS
from tests.vendors.fakes import FAKES
from tests.vendors.server import TOKEN, served


def main() -> int:
    """Serve them; `export` lines come first, then nothing until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.ExitStack() as running, contextlib.suppress(KeyboardInterrupt):
        print(f"export BEDROCK=on OPENAI_COMPATIBLE_API_KEY={TOKEN}")
        for variable in TOKENS.values():
            print(f"export {variable}={TOKEN}")
        for vendor, fake in FAKES.items():
            name = vendor.upper().replace("-", "_")
            print(f"export {name}_BASE_URL={running.enter_context(served(fake())).base_url}")
        sys.stdout.flush()
        for column in VENDORS:
            words = dict.fromkeys(cell.scenario for cell in column.cells if not cell.is_down)
            print(f"{column.provider}: {', '.join(words)}", file=sys.stderr)
        signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
