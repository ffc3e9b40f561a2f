"""Lines on their way to the log."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from handler.core.generation import Generation
from handler.telemetry.metrics import Metric, refunded_micros

METERED_LOGGER = "handler.telemetry.metered"
"""For lines with metrics, which are written at every level: alarms depend on them."""

_log = logging.getLogger("handler.telemetry")
_metered = logging.getLogger(METERED_LOGGER)


def write(kind: str, fields: Mapping[str, Any], metrics: Sequence[Metric] = ()) -> None:
    """Write one line; fields that are None are left out."""
    log = _metered if metrics else _log
    present = {name: value for name, value in fields.items() if value is not None}
    log.info(kind, extra={"fields": present, "metrics": metrics})


def generation_fields(generation: Generation | None) -> dict[str, Any]:
    """What lines tell of a generation."""
    if generation is None:
        return {}
    fields = {
        "generation": generation.id,
        "account": generation.account_id,
        "model": generation.model_id,
        "status": generation.status.value,
        "amount_micros": generation.amount_micros,
    }
    if generation.status.is_final:
        fields["charged_micros"] = generation.charged_micros
        fields["refunded_micros"] = refunded_micros(generation)
    return fields
