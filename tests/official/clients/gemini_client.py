"""Drives a fake of the Gemini API with the official client: `gemini_client ORIGIN TOKEN IMAGE`."""

# ruff: noqa: T201 - what it prints is its result

import base64
import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from google import genai
from google.genai import errors, types

MODEL = "gemini-nano-banana-2.1"


def connected(origin: str, token: str) -> genai.Client:
    """A client that tries once."""
    options = types.HttpOptions(
        base_url=origin, api_version="v1beta", retry_options=types.HttpRetryOptions(attempts=1)
    )
    return genai.Client(api_key=token, http_options=options)


def main(origin: str, token: str, image: str) -> None:
    """Print what the client makes of each situation; `image` is a PNG in base64."""
    client, stranger = connected(origin, token), connected(origin, "wrong")

    def generated(scenario: str) -> Any:
        config = types.GenerateContentConfig(
            response_modalities=["IMAGE"],
            image_config=types.ImageConfig(aspect_ratio="16:9", image_size="2K"),
        )
        reference = types.Part.from_bytes(data=base64.b64decode(image), mime_type="image/png")
        return client.models.generate_content(
            model=MODEL, contents=[f"a boat [{scenario}]", reference], config=config
        )

    def seen(scenario: str) -> Any:
        answer = generated(scenario)
        feedback = answer.prompt_feedback
        return {
            "blocked": feedback and feedback.block_reason and feedback.block_reason.name,
            "stopped": [each.finish_reason.name for each in answer.candidates or []],
            "parts": [kind(part) for part in answer.parts or []],
        }

    results = {
        **{
            scenario: told(partial(seen, scenario))
            for scenario in (
                "good",
                "jpeg",
                "talkative",
                "draft",
                "words",
                "prompt blocked",
                "image unsafe",
                "no image",
                "no candidates",
                "account limited",
                "invalid",
                "unauthenticated",
                "no model",
                "used up",
                "overloaded",
                "server error",
            )
        },
        "models": told(lambda: [model.name for model in client.models.list()]),
        "wrong token": told(lambda: stranger.models.generate_content(model=MODEL, contents="x")),
    }
    print(json.dumps(results))


def kind(part: Any) -> str:
    """What a part of an answer is."""
    if part.inline_data:
        draft = " as a draft" if part.thought else ""
        return f"{part.inline_data.mime_type} of {len(part.inline_data.data)}{draft}"
    return f"text: {part.text}"


def told(call: Callable[[], Any]) -> Any:
    """The result, or the error that a user of the client would see."""
    try:
        return call()
    except errors.APIError as error:
        return {"error": type(error).__name__, "code": error.code, "status": error.status}


if __name__ == "__main__":
    main(*sys.argv[1:])
