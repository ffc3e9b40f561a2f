"""From a caller's request to an admitted generation: validate, price, ADMIT, dispatch.

Waiting for the result is the edge's business; making it the worker's.
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handler.core import errors, json_values
from handler.core.generation import Generation, Request, Status, new_generation_id
from handler.core.models import Model, Models
from handler.core.nearest import nearest
from handler.core.ports import Admission, Clock, GenerationStore, JobQueue, Ledger
from handler.core.text import clipped
from handler.core.timing import Timing

log = logging.getLogger(__name__)

_IDEMPOTENCY_KEY_LENGTH = 255
_FEW = 5


@dataclass(frozen=True)
class Admissions:
    """Admits generations and sends them to the workers."""

    models: Models
    ledger: Ledger
    generations: GenerationStore
    queue: JobQueue
    clock: Clock
    timing: Timing

    def listed_models(self) -> Sequence[Model]:
        """Every model that can be used, sorted by id.

        Raises:
            Unavailable: It cannot be known now.
        """
        models = self.models()
        return [models[model_id] for model_id in sorted(models)]

    def is_listed(self, model_id: Any) -> bool:
        """Whether that is the id of a model that can be used."""
        return isinstance(model_id, str) and model_id in self.models()

    def model(self, model_id: Any) -> Model:
        """The model of that id.

        Raises:
            InvalidArgument: `model_id` is no non-empty string.
            ModelNotFound: There is no such model.
            Unavailable: It cannot be known now which models there are.
        """
        if not isinstance(model_id, str) or not model_id:
            raise errors.InvalidArgument(
                "model_id is required", help="Call list_models for the ids."
            )
        models = self.models()
        if model_id not in models:
            raise errors.ModelNotFound(
                f"model not found: {clipped(model_id)}", help=_ids_help(model_id, models)
            )
        return models[model_id]

    def admit(
        self, account_id: str, model_id: Any, raw_input: Any, idempotency_key: str | None
    ) -> Generation:
        """Admit a generation and send it to the workers; a repeat returns the first one.

        Raises:
            Refused: Nothing was charged, recorded or sent.
            Unavailable: As far as can be known, nothing was done.
        """
        sent = None
        if _is_idempotency_key(idempotency_key):
            sent = _sent_fingerprint(model_id, raw_input)
        admission = self._repeated(account_id, sent, idempotency_key)
        if admission is None:
            admission = self._first(account_id, model_id, raw_input, sent, idempotency_key)
        if admission.is_new:
            self._dispatch(admission.generation.id)
        elif not admission.generation.is_retained(self.clock.now_ms()):
            raise errors.GenerationNotFound(
                admission.generation.id,
                help="Its retention has ended; send a new idempotency key to generate again.",
            )
        return admission.generation

    def _repeated(
        self, account_id: str, sent_fingerprint: str | None, idempotency_key: str | None
    ) -> Admission | None:
        """What the same call led to before, whatever became of the model and its schema since."""
        if sent_fingerprint is None:
            return None
        stored = self.generations.get(new_generation_id(account_id, idempotency_key))
        if stored is None or not stored.was_asked_by(sent_fingerprint):
            return None
        return Admission(stored, is_new=False)

    def _first(
        self,
        account_id: str,
        model_id: Any,
        raw_input: Any,
        sent_fingerprint: str | None,
        idempotency_key: str | None,
    ) -> Admission:
        model = self.model(model_id)
        if not isinstance(raw_input, dict):
            raise errors.InvalidArgument(
                "input is required and must be an object",
                help=_input_help(model, raw_input),
            )
        request = Request(model_id=model.id, input=model.validated(raw_input))
        if idempotency_key is not None and not _is_idempotency_key(idempotency_key):
            raise errors.InvalidArgument(
                "idempotency key must be 1 to 255 printable ASCII characters",
                help="A UUID is a good one; send the same one when repeating the same request.",
            )
        now_ms = self.clock.now_ms()
        generation = Generation(
            id=new_generation_id(account_id, idempotency_key),
            account_id=account_id,
            model_id=model.id,
            provider=model.provider,
            provider_model=model.provider_model,
            status=Status.STARTING,
            amount_micros=model.amount_micros(request.input),
            image_count=model.image_count(request.input),
            fingerprint=request.fingerprint(),
            created_at_ms=now_ms,
            deadline_at_ms=now_ms + self.timing.deadline_ms,
            due_at_ms=now_ms + self.timing.dispatch_grace_ms,
            sent_fingerprint=sent_fingerprint,
        )
        return self._admit(generation, request)

    def _admit(self, generation: Generation, request: Request) -> Admission:
        try:
            return self.ledger.admit(generation, request)
        except errors.Unavailable:
            # An attempt before the last one may have been applied. Repeating could charge a second
            # time under a random id; reading cannot.
            stored = self.generations.get(generation.id)
            if stored is None or not stored.is_same_request_as(generation):
                raise
            return Admission(stored, is_new=True)

    def _dispatch(self, generation_id: str) -> None:
        try:
            self.queue.send(generation_id)
        except errors.Unavailable:
            log.warning("generation %s was not dispatched; the sweeper will", generation_id)


def _ids_help(model_id: str, models: Mapping[str, Model]) -> str:
    called = {
        known.id: (known.id, known.id.rpartition("/")[2], known.name) for known in models.values()
    }
    near = nearest(model_id, called)
    if len(near) == 1:
        return f"The nearest id is {near[0]!r}; list_models gives every id."
    if near:
        return f"The nearest ids are {_quoted(near)}; list_models tells them apart."
    if 0 < len(called) <= _FEW:
        return f"The ids are {_quoted(sorted(called))}; list_models tells them apart."
    return "list_models gives every id."


def _quoted(ids: Iterable[str]) -> str:
    return ", ".join(map(repr, ids))


def _input_help(model: Model, given: Any) -> str:
    example = dict.fromkeys(model.input_schema.get("required", []), "…")
    instead = ", not as text" if isinstance(given, str) else ""
    return (
        f"Send input as an object like {json.dumps(example, ensure_ascii=False)}{instead}; "
        f"get_model with model_id {model.id!r} gives its schema."
    )


def _is_idempotency_key(key: str | None) -> bool:
    return (
        key is not None
        and 1 <= len(key) <= _IDEMPOTENCY_KEY_LENGTH
        and key.isascii()
        and key.isprintable()
    )


def _sent_fingerprint(model_id: Any, raw_input: Any) -> str | None:
    """Of a request as it was sent; None if it is none, and validation will say so."""
    if not isinstance(model_id, str) or not isinstance(raw_input, dict):
        return None
    if any(json_values.problems(raw_input)) or any(json_values.problems({"model_id": model_id})):
        return None
    return Request(model_id, raw_input).fingerprint()
