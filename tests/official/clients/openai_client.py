"""Drives a fake of OpenAI with the official client: `openai_client BASE_URL TOKEN`."""

# ruff: noqa: T201 - what it prints is its result

import base64
import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import openai


def main(base_url: str, token: str) -> None:
    """Print what the client makes of each situation."""
    client = openai.OpenAI(api_key=token, base_url=base_url, max_retries=0)

    def generated(scenario: str, **more: Any) -> Any:
        given = {"prompt": f"a boat [{scenario}]", "model": "gpt-image-2", **more}
        return client.images.generate(**given)

    def magic(scenario: str) -> str:
        (image,) = generated(scenario).data
        return base64.b64decode(image.b64_json)[1:4].decode("latin-1")

    def usage() -> list[int]:
        used = generated("good").usage
        return [used.input_tokens, used.input_tokens_details.text_tokens, used.output_tokens]

    results = {
        "png": told(lambda: magic("good")),
        "three": told(lambda: len({image.b64_json for image in generated("good", n=3).data})),
        "usage": told(usage),
        "urls": told(lambda: generated("urls").data[0].url.startswith("http://127.0.0.1")),
        "models": told(lambda: [model.id for model in client.models.list()]),
        "response_format": told(lambda: generated("good", response_format="b64_json")),
        **{
            scenario: told(partial(generated, scenario))
            for scenario in (
                "moderated",
                "invalid",
                "no credit",
                "throttled",
                "no model",
                "unverified",
                "overloaded",
                "server error",
            )
        },
        "wrong token": told(openai.OpenAI(api_key="wrong", base_url=base_url).models.list),
    }
    print(json.dumps(results))


def told(call: Callable[[], Any]) -> Any:
    """The result, or the error that a user of the client would see."""
    try:
        return call()
    except openai.APIStatusError as error:
        return {
            "error": type(error).__name__,
            "status": error.status_code,
            "code": error.code,
            "type": error.type,
        }


if __name__ == "__main__":
    main(*sys.argv[1:])
