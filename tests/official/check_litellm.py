"""LiteLLM's proxy, a gateway that others run, between the adapter and OpenAI's fake.

It replaces codes, keeps the words, and repeats requests of its own accord.
"""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from handler.core.failures import FailureKind as Kind
from handler.core.generation import Generation, Status
from handler.core.timing import Timing
from handler.core.vendors import Secret, VendorAccess
from tests.handler.providers.bench import CREDITS_MICROS, Bench
from tests.handler.providers.cells.openai import OPENAI
from tests.handler.providers.cells.texts import ACCOUNT, CAPACITY, FILTER, REFUSED, THEIR_ERROR
from tests.handler.providers.test_cells import failures
from tests.official.litellm_proxy import Gateway, running_gateway
from tests.vendors.openai import FakeOpenAI
from tests.vendors.server import TOKEN, served

KEY = "sk-key-of-the-tests-19ab"
MODEL = {**OPENAI.model, "provider": "openai-compatible"}
PATIENT = Timing(worker_ms=120_000, lease_ms=150_000, dispatch_grace_ms=1_000)
"""It pauses before it repeats."""


@dataclass(frozen=True)
class Chain:
    """OpenAI's fake, and the gateway before it."""

    openai: FakeOpenAI
    gateway: Gateway

    def generate(self, prompt: str, key: str = KEY, **more: object) -> Generation:
        """With closed books at the end."""
        access = VendorAccess(Secret(key), self.gateway.base_url, "litellm")
        bench = Bench("openai-compatible", MODEL, "", access, timing=PATIENT)
        ended = bench.finish(bench.admit(prompt, **more))
        assert bench.available_micros == CREDITS_MICROS - ended.charged_micros
        return ended


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with contextlib.ExitStack() as exits:
        fake = exits.enter_context(served(FakeOpenAI()))
        directory = tmp_path_factory.mktemp("litellm")
        gateway = running_gateway(directory, fake.base_url, TOKEN, KEY)
        yield Chain(fake, exits.enter_context(gateway))


@pytest.fixture
def chain(running: Chain) -> Chain:
    running.openai.forget()
    return running


def test_images_arrive_and_are_charged(chain: Chain) -> None:
    ended = chain.generate("a boat", n=3, size="1024x1024")
    assert (ended.status, len(ended.images)) == (Status.SUCCEEDED, 3)
    assert ended.charged_micros == 3 * 53_000
    assert chain.openai.times["made"] == 1


@pytest.mark.parametrize(
    ("scenario", "failure", "error"),
    [
        ("moderated", Kind.CONTENT_FILTER, FILTER),
        ("policy", Kind.CONTENT_FILTER, FILTER),
        ("invalid", Kind.INVALID_INPUT, f"{REFUSED}: Invalid size '1x1'."),
        ("hard limit", Kind.PROVIDER_ACCOUNT, ACCOUNT),
        ("no credit", Kind.PROVIDER_ACCOUNT, ACCOUNT),
        ("unauthenticated", Kind.PROVIDER_ACCOUNT, ACCOUNT),
    ],
)
def test_a_refusal_is_understood_and_not_repeated(
    chain: Chain, scenario: str, failure: Kind, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    before = chain.gateway.requests()
    ended = chain.generate(f"a boat [{scenario}]")
    assert (ended.status, ended.charged_micros) == (Status.FAILED, 0)
    assert ended.error == f"{error}; nothing was charged"
    assert failures(caplog) == [failure]
    assert chain.gateway.requests() - before == 1
    assert KEY not in caplog.text


def test_a_wrong_key_is_the_operators_problem(chain: Chain) -> None:
    ended = chain.generate("a boat", key="sk-of-somebody-else")
    assert ended.error == f"{ACCOUNT}; nothing was charged"
    assert chain.openai.arrivals.of("POST") == []


def test_what_may_have_begun_is_asked_for_once(chain: Chain) -> None:
    """The gateway's client repeats it all the same; what it is asked for is one generation."""
    before = chain.gateway.requests()
    ended = chain.generate("a boat [server error]")
    assert ended.error == f"{THEIR_ERROR}; nothing was charged"
    assert (ended.submits, chain.gateway.requests() - before) == (1, 1)


def test_what_was_not_begun_is_asked_for_again(chain: Chain) -> None:
    before = chain.gateway.requests()
    ended = chain.generate("a boat [overloaded]")
    assert ended.error == f"{CAPACITY}; nothing was charged"
    assert (ended.submits, chain.gateway.requests() - before) == (2, 6)
    assert "made" not in chain.openai.times
