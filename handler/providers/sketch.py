"""The embedded provider behind `local/sketch`: paints in this very process, with no vendor.

It behaves like a vendor in every respect that matters for trying things out: with `delay_seconds`
it hands out a job reference and has to be polled, with `fail_with` it fails.
"""

import io
import logging
import zlib
from dataclasses import dataclass
from typing import ClassVar

from PIL import Image

from handler.core.failures import FailureKind
from handler.core.ports import Clock, Done, Failed, Job, Outcome, Provider, Running
from handler.painter.paint import paint
from handler.providers.setup import Setup

log = logging.getLogger(__name__)

SIZES = {
    "1:1": (1024, 1024),
    "16:9": (1024, 576),
    "21:9": (1024, 440),
    "3:2": (1024, 684),
    "9:16": (576, 1024),
    "9:21": (440, 1024),
    "2:3": (684, 1024),
}

_SAVE_OPTIONS: dict[str, dict[str, int | bool]] = {
    # Level 3 is within a tenth of the default's size, in a third of the time.
    "png": {"compress_level": 3},
    "webp": {"quality": 88, "method": 2},
    "jpeg": {"quality": 90, "progressive": True},
}


def build(setup: Setup) -> Provider:
    """The painter."""
    return SketchProvider(setup.clock)


@dataclass(frozen=True)
class SketchProvider:
    """Paints procedurally; `ref` is the epoch millisecond at which a delayed job is ready."""

    clock: Clock
    repeats_safely: ClassVar[bool] = True
    """It paints the same again, here."""

    def submit(self, job: Job) -> Outcome:
        """See `Provider`."""
        delay_seconds = float(job.input["delay_seconds"])
        if delay_seconds > 0:
            ready_at_ms = self.clock.now_ms() + int(delay_seconds * 1000)
            return Running(ref=str(ready_at_ms), poll_after_seconds=delay_seconds)
        return _paint_all(job)

    def poll(self, job: Job, ref: str) -> Outcome:
        """See `Provider`."""
        left_ms = int(ref) - self.clock.now_ms()
        if left_ms > 0:
            return Running(ref=ref, poll_after_seconds=left_ms / 1000)
        return _paint_all(job)

    def cancel(self, job: Job, ref: str) -> None:
        """Nothing runs between two calls, so there is nothing to stop."""


def _paint_all(job: Job) -> Outcome:
    if "fail_with" in job.input:
        return Failed(job.input["fail_with"], kind=FailureKind.ON_REQUEST)
    # A job without a seed must still paint the same picture if a second worker takes it over.
    seed = job.input.get("seed", zlib.crc32(job.generation_id.encode()))
    try:
        return Done([_paint_one(job, seed + number) for number in range(job.image_count)])
    except Exception:  # painting again would fail again; the caller is told at once instead
        log.exception("generation %s could not be painted", job.generation_id)
        return Failed("the picture could not be painted", kind=FailureKind.MODEL_ERROR)


def _paint_one(job: Job, seed: int) -> bytes:
    picture = paint(job.input["prompt"], seed=seed, size=SIZES[job.input["aspect_ratio"]])
    return _encode(picture, job.input["output_format"])


def _encode(picture: Image.Image, output_format: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format=output_format, **_SAVE_OPTIONS[output_format])
    return buffer.getvalue()
