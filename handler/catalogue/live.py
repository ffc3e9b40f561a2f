"""The models that are offered now: the built-in ones, as the operator has changed them.

What is published is looked at when models are asked for, once a minute at most. If it cannot be
read, what is known of it holds; where nothing is known yet there is no list, since the built-in one
may have a model that the operator has hidden, or a price that he has raised.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from threading import Lock

from handler.catalogue.load import built_in, read_model
from handler.catalogue.published import Problem, decode, merged
from handler.core.errors import Unavailable
from handler.core.models import Model
from handler.core.ports import Clock, Published, ReadPublished

log = logging.getLogger(__name__)

FRESH_MS = 60_000
"""How long what was read is not asked for again."""


class LiveCatalogue:
    """Implements `Models`; one for each process, used by all its threads."""

    def __init__(
        self,
        read_published: ReadPublished,
        clock: Clock,
        providers: Collection[str],
        markup: Fraction,
    ) -> None:
        self._read_published = read_published
        self._clock = clock
        self._providers = providers
        self._markup = markup
        self._shipped = {name: read_model(name, document) for name, document in built_in().items()}
        self._reading = Lock()
        self._reads = 0
        self._fresh_until_ms = 0
        self._version: str | None = None
        self._models: Mapping[str, Model] | None = None
        self._problems: Sequence[Problem] = ()

    def __call__(self) -> Mapping[str, Model]:
        """The models that are offered now, by id.

        Raises:
            Unavailable: What the operator has published was never read yet.
        """
        known, reads = self._models, self._reads
        if known is None:
            with self._reading:
                # Whoever waited for another's reading has its result, good or bad.
                if self._reads == reads:
                    self._read()
        elif self._clock.now_ms() >= self._fresh_until_ms and self._reading.acquire(blocking=False):
            # The others go on with what is known meanwhile.
            try:
                self._read()
            finally:
                self._reading.release()
        if self._models is None:
            raise Unavailable("the models cannot be listed now, try again in a few seconds")
        return self._models

    def _read(self) -> None:
        try:
            found = self._read_published(self._version)
            if found is not None:
                self._take(found)
        except (Unavailable, ValueError) as error:
            _report("what is published of models cannot be read", why=str(error))
        self._fresh_until_ms = self._clock.now_ms() + FRESH_MS
        self._reads += 1
        for problem in self._problems:
            _report("a catalogue entry is left out", model=problem.model_id, why=problem.message)

    def _take(self, found: Published) -> None:
        entries = {} if found.version is None else decode(found.content)
        result = merged(self._shipped, entries)
        self._models = {
            name: model.with_markup(self._markup)
            for name, model in result.models.items()
            if model.provider in self._providers
        }
        self._problems, self._version = result.problems, found.version


def _report(message: str, **fields: str) -> None:
    # An alarm counts these lines by `catalogue`; they come again while the trouble lasts.
    log.error(message, extra={"fields": {"catalogue": "trouble", **fields}})
