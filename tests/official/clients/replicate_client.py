"""Drives a fake of Replicate with the official client: `replicate_client ORIGIN TOKEN SECRET`."""

# ruff: noqa: T201 - what it prints is its result

import hashlib
import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import replicate
from replicate.exceptions import ModelError, ReplicateError
from replicate.webhook import Webhooks, WebhookSigningSecret

MODEL = "black-forest-labs/flux-schnell"
FAILING = ("flagged", "invalid", "no credit", "no model", "no version", "throttled")
VERSION = "acme/paint:" + "5c7d" * 16


def main(origin: str, token: str, secret: str) -> None:
    """Print what the client makes of each situation."""
    client = replicate.Client(api_token=token, base_url=origin)
    client.poll_interval = 0

    def run(scenario: str, **more: Any) -> Any:
        given = {"prompt": f"a boat [{scenario}]", **more}
        output = client.run(MODEL, input=given, wait=False)
        return [seen(each) for each in output] if isinstance(output, list) else seen(output)

    def created(version: str | None = None) -> Any:
        given = {"prompt": "a boat"}
        if version is None:
            return client.models.predictions.create(MODEL, input=given)
        return client.predictions.create(version=version, input=given, webhook="https://x.example/")

    def life(version: str | None) -> list[str]:
        prediction = created(version)
        states = [prediction.status]
        while states[-1] not in ("succeeded", "failed", "canceled"):
            prediction.reload()
            states.append(prediction.status)
        return states

    def cancel() -> list[str]:
        prediction = created()
        prediction.cancel()
        return [prediction.status, client.predictions.get(prediction.id).status]

    results = {
        **{
            scenario: told(partial(run, scenario, num_outputs=2))
            for scenario in ("good", "single", "inline", "fewer", "nothing")
        },
        "official model": told(lambda: life(None)),
        "community model": told(lambda: life(VERSION)),
        "canceled": told(cancel),
        **{
            scenario: told(partial(run, scenario))
            for scenario in (
                "flagged",
                "invalid",
                "no credit",
                "no model",
                "no version",
                "throttled",
            )
        },
        "wrong token": told(
            lambda: replicate.Client(api_token="wrong", base_url=origin).run(  # noqa: S106
                MODEL, input={"prompt": "a boat"}, wait=False
            )
        ),
        "report": told(lambda: validated(json.loads(sys.stdin.read()), secret)),
    }
    print(json.dumps(results))


def seen(output: Any) -> str | None:
    """A URL, or the digest of a file.

    The client makes files of https and `data:` URLs alone, and those of a fake are http.
    """
    if output is None:
        return None
    if isinstance(output, str):
        return "URL" if output.startswith("http://127.0.0.1") else output
    return hashlib.sha256(output.read()).hexdigest()


def validated(report: dict[str, Any], secret: str) -> str:
    """Whether the official client takes a report that the fake signed."""
    Webhooks.validate(
        headers=report["headers"], body=report["body"], secret=WebhookSigningSecret(key=secret)
    )
    return "valid"


def told(call: Callable[[], Any]) -> Any:
    """The result, or the error that a user of the client would see."""
    try:
        return call()
    except ModelError as error:
        return {"model error": str(error)}
    except ReplicateError as error:
        return {"status": error.status, "title": error.title, "detail": error.detail}


if __name__ == "__main__":
    main(*sys.argv[1:])
