"""A function's sandboxes: the idle one that was used last, or a new one, up to a limit."""

import itertools
import threading
from collections.abc import Callable
from typing import Protocol

from infra.lambda_runtime.outcome import FunctionFailed, Throttled


class Invocable(Protocol):
    """What a pool needs of a sandbox."""

    def is_alive(self) -> bool:
        """Whether it can still be used."""
        ...

    def invoke(self, event: bytes) -> bytes:
        """Hand it an event; its result. Raises `FunctionFailed`."""
        ...

    def stop(self) -> None:
        """End it; not called while an invocation runs."""
        ...


class Pool:
    """Runs each invocation in a sandbox of its own; may be called from any thread."""

    def __init__(self, start: Callable[[int], Invocable], limit: int) -> None:
        """`start` makes a sandbox and is told which number it is; at most `limit` run at once."""
        self._start = start
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._idle: list[Invocable] = []
        self._places = limit
        self._closed = False

    def invoke(self, event: bytes) -> bytes:
        """What the function returns.

        Raises:
            FunctionFailed: It returned nothing. A sandbox that this left unusable is replaced when
                the next one is needed.
            Throttled: All sandboxes are busy, and no more are allowed.
        """
        sandbox = self._take()
        survives = False
        try:
            result = sandbox.invoke(event)
            survives = True
        except FunctionFailed as failure:
            survives = failure.sandbox_survives
            raise
        finally:
            if survives:
                self._give_back(sandbox)
            else:
                self._drop(sandbox)
        return result

    def close(self) -> None:
        """Take no more invocations and end the idle sandboxes; busy ones are not waited for."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for sandbox in idle:
            sandbox.stop()

    def _take(self) -> Invocable:
        while True:
            sandbox = self._idle_one()
            if sandbox is None:
                return self._new_one()
            if sandbox.is_alive():
                return sandbox
            # Whoever killed it, nobody was being served.
            self._drop(sandbox)

    def _idle_one(self) -> Invocable | None:
        with self._lock:
            if self._closed:
                raise Throttled
            return self._idle.pop() if self._idle else None

    def _new_one(self) -> Invocable:
        with self._lock:
            if not self._places:
                raise Throttled
            self._places -= 1
            number = next(self._numbers)
        try:
            return self._start(number)
        except BaseException:
            with self._lock:
                self._places += 1
            raise

    def _give_back(self, sandbox: Invocable) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(sandbox)
                return
        sandbox.stop()

    def _drop(self, sandbox: Invocable) -> None:
        try:
            sandbox.stop()
        finally:
            with self._lock:
                self._places += 1
