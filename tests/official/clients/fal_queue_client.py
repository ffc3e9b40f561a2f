"""Drives a fake of fal's queue with the official client: `fal_queue_client ORIGIN TOKEN`."""

# ruff: noqa: T201 - what it prints is its result

import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import fal_client
from fal_client import client as module

MODEL = "fal-ai/flux/schnell"


def main(origin: str, token: str) -> None:
    """Print what the client makes of each situation."""
    # It knows https alone.
    module.QUEUE_URL_FORMAT = f"{origin}/"
    client = fal_client.SyncClient(key=token)

    def submitted(scenario: str, **more: Any) -> Any:
        return client.submit(MODEL, arguments={"prompt": f"a boat [{scenario}]", **more})

    def result(scenario: str, **more: Any) -> Any:
        return submitted(scenario, **more).get(interval=0)

    def states(scenario: str) -> list[str]:
        handle = submitted(scenario)
        return [type(state).__name__ for state in handle.iter_events(with_logs=True, interval=0)]

    def ended(scenario: str) -> list[Any]:
        *_, last = submitted(scenario).iter_events(interval=0)
        return [last.error, last.error_type, last.metrics]

    def canceled() -> Any:
        handle = submitted("endless")
        handle.status()
        handle.cancel()
        return handle.get(interval=0)

    def images(scenario: str) -> list[Any]:
        output = result(scenario, num_images=2)
        return [len(output["images"]), output["has_nsfw_concepts"], output["seed"]]

    results = {
        "good": told(lambda: images("good")),
        "flagged": told(lambda: images("flagged")),
        "states": told(lambda: states("good")),
        "ended well": told(lambda: ended("good")),
        "ended badly": told(lambda: ended("no runner")),
        "by its id": told(lambda: by_its_id(client, submitted("good"))),
        "canceled": told(canceled),
        **{
            scenario: told(partial(result, scenario))
            for scenario in (
                "moderated",
                "invalid",
                "model error",
                "timeout",
                "typed by header",
                "no credit",
                "no model",
                "unauthenticated",
            )
        },
        "wrong token": told(
            lambda: fal_client.SyncClient(key="wrong").submit(MODEL, arguments={"prompt": "x"})
        ),
    }
    print(json.dumps(results))


def by_its_id(client: Any, handle: Any) -> bool:
    """Whether the URLs that the client makes itself are those that it was given."""
    made = client.get_handle(MODEL, handle.request_id)
    return all(
        getattr(made, name) == getattr(handle, name)
        for name in ("status_url", "response_url", "cancel_url")
    )


def told(call: Callable[[], Any]) -> Any:
    """The result, or the error that a user of the client would see."""
    try:
        return call()
    except fal_client.FalClientHTTPError as error:
        return {
            "status": error.status_code,
            "type": error.error_type,
            "message": error.message,
        }


if __name__ == "__main__":
    main(*sys.argv[1:])
