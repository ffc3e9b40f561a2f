"""Finding a caller's generation, and a public image by its address."""

import logging
import uuid
from dataclasses import dataclass
from typing import Any

from handler.core import errors
from handler.core.generation import Generation, Image, Status
from handler.core.image_types import EXTENSIONS
from handler.core.ports import Clock, GenerationStore, ImageStore

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PublicImage:
    """A stored image, and where its bytes are served right now."""

    image: Image
    signed_url: str


@dataclass(frozen=True)
class Lookup:
    """Reads generations for callers."""

    generations: GenerationStore
    images: ImageStore
    clock: Clock

    def generation(self, account_id: str, generation_id: Any) -> Generation:
        """The caller's generation.

        Raises:
            InvalidArgument: The id is absent or no UUID.
            GenerationNotFound: It is unknown, past its retention, or somebody else's.
        """
        if not isinstance(generation_id, str) or not generation_id:
            raise errors.InvalidArgument(
                "id is required", help="It is the id that generate_image returned."
            )
        if not _is_uuid(generation_id):
            raise errors.InvalidArgument(
                "invalid id format",
                help="It is the UUID that generate_image returned, with hyphens; "
                "in an image's URL it stands before the file's name.",
            )
        generation = self._retained(generation_id.lower())
        if generation is None or generation.account_id != account_id:
            raise errors.GenerationNotFound(
                generation_id,
                help="Nothing that this account generated and that is still kept has this id; "
                "use the id that generate_image returned.",
            )
        return generation

    def image(self, generation_id: str, number: int, extension: str) -> PublicImage | None:
        """Image `number` (from 1) of a generation, or None where there is no such image."""
        generation = self._retained(generation_id) if _is_uuid(generation_id) else None
        if generation is None or generation.status is not Status.SUCCEEDED:
            return None
        if not 1 <= number <= len(generation.images):
            return None
        image = generation.images[number - 1]
        if EXTENSIONS[image.media_type] != extension:
            return None
        return PublicImage(image, self.images.signed_url(generation.id, number, image))

    def preview(self, generation: Generation, number: int) -> bytes | None:
        """The small JPEG of image `number` (from 1); None where there is none, or not now."""
        image = generation.images[number - 1]
        if not image.has_preview:
            return None
        try:
            return self.images.preview(generation.id, number, image)
        except errors.Unavailable:
            log.warning("a preview of generation %s could not be read", generation.id)
            return None

    def images_origin(self) -> str:
        """Scheme and host that the bytes of images come from."""
        return self.images.origin()

    def _retained(self, generation_id: str) -> Generation | None:
        generation = self.generations.get(generation_id)
        if generation is None or not generation.is_retained(self.clock.now_ms()):
            return None
        return generation


def _is_uuid(text: str) -> bool:
    # uuid.UUID alone would also take braces, URNs and stray hyphens.
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
