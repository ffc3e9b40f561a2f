"""Child process: the AWS emulator (ministack), tied to its parent, saving its state as it goes.

ministack saves when it is stopped in order. Two things are added: it stops when the parent is gone,
and saves every few seconds while something changes, so that even killing it loses little. Both use
its internals, which is why its version is pinned.
"""

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from typing import Any

import hypercorn.config
import ministack.app
from ministack.core import persistence

from infra.local.lifeline import when_parent_ends

log = logging.getLogger(__name__)

SNAPSHOT_SECONDS = 5.0
STOP_SECONDS = 10.0

_serve = ministack.app.app
_changes = 0


async def _counting(scope: Any, receive: Any, send: Any) -> None:
    # A read changes nothing; whatever cannot be told from a write counts as one.
    global _changes  # noqa: PLW0603 - ministack looks its application up as a module's global
    await _serve(scope, receive, send)
    if scope["type"] == "http" and not _is_read(scope):
        _changes += 1


def _is_read(scope: Any) -> bool:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    operation = headers.get(b"x-amz-target", b"").decode().rpartition(".")[2]
    if operation:
        return operation.startswith(("Get", "Query", "Scan", "Describe", "List"))
    return scope["method"] in ("GET", "HEAD")


async def _save() -> None:
    # On the event loop nothing else runs meanwhile, so no half of a transaction can be seen.
    persistence.save_all(ministack.app._build_persistence_save_dict())  # noqa: SLF001


def _save_now_and_then() -> None:
    saved = _changes
    while True:
        time.sleep(SNAPSHOT_SECONDS)
        loop, seen = ministack.app._MAIN_LOOP, _changes  # noqa: SLF001
        if loop is not None and seen != saved:
            try:
                asyncio.run_coroutine_threadsafe(_save(), loop).result()
                saved = seen
            except Exception:
                log.exception("the state could not be saved; it will be tried again")


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(1)


async def _without_waiting(_server: asyncio.Server) -> None:
    """From Python 3.12 on the original waits for every open long poll."""


def main() -> None:
    """Run the emulator until the parent lets go."""
    logging.basicConfig(level=logging.WARNING)
    hypercorn.config.Config.graceful_timeout = 0.3
    asyncio.base_events.Server.wait_closed = _without_waiting  # type: ignore[assignment]
    ministack.app.app = _counting
    if persistence.PERSIST_STATE:
        threading.Thread(target=_save_now_and_then, name="snapshots", daemon=True).start()
    when_parent_ends(_stop)
    sys.argv = ["ministack"]
    ministack.app.main()


if __name__ == "__main__":
    main()
