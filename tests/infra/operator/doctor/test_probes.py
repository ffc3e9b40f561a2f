"""What each vendor's fake says of a token, asked over HTTP as `images-mcp doctor` does."""

import contextlib
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from handler.core.vendors import Secret, VendorAccess
from handler.settings import PROVIDER_NAMES
from infra.local.clients import emulator_session
from infra.operator.doctor.probes import ask_all
from infra.operator.doctor.verdicts import State, Verdict
from infra.operator.vendor_names import NAMES
from tests.vendors.bfl import FakeBfl
from tests.vendors.fakes import FAKES
from tests.vendors.replicate import FakeReplicate
from tests.vendors.server import TOKEN, Broken, closed_port, listening, served

BY_TOKEN = [name for name in FAKES if name != "bedrock"]


def ask(vendor: str, base_url: str, token: str = TOKEN) -> Verdict:
    access = VendorAccess(Secret(token), base_url)
    return ask_all({vendor: access}, emulator_session().client)[vendor]


@contextlib.contextmanager
def answering(body: str, status: int = 200) -> Iterator[str]:
    """The origin of a server that says the same to everything."""

    async def answer(request: Request) -> Response:
        return Response(body, status, media_type="application/json")

    with listening(Starlette(routes=[Route("/{path:path}", answer)])) as origin:
        yield origin


def test_there_is_a_fake_of_every_vendor() -> None:
    assert set(FAKES) == set(NAMES) == {*PROVIDER_NAMES} - {"sketch"}


@pytest.mark.parametrize("vendor", FAKES)
def test_a_token_that_is_right_is_accepted_by_a_question_that_makes_nothing(vendor: str) -> None:
    with served(FAKES[vendor]()) as fake:
        verdict = ask(vendor, fake.base_url)
        assert (verdict.state, [r.method for r in fake.arrivals.requests]) == (
            State.ACCEPTED,
            ["GET"],
        )


@pytest.mark.parametrize("vendor", BY_TOKEN)
def test_a_token_that_is_wrong_is_refused_and_is_not_repeated(vendor: str) -> None:
    with served(FAKES[vendor]()) as fake:
        verdict = ask(vendor, fake.base_url, "wrong-6d1f")
    assert verdict.state is State.REFUSED
    assert verdict.said.startswith("HTTP 4")
    assert "wrong-6d1f" not in verdict.said


@pytest.mark.parametrize("vendor", FAKES)
def test_a_vendor_that_is_not_there_is_unreachable(vendor: str) -> None:
    assert ask(vendor, closed_port()).state is State.UNREACHABLE


@pytest.mark.parametrize("vendor", FAKES)
@pytest.mark.parametrize(
    "body", ["<html>oops</html>", "[]", "{}", '{"data": 1, "models": "x", "credits": true}']
)
def test_gibberish_is_no_acceptance(vendor: str, body: str) -> None:
    with answering(body) as origin:
        assert ask(vendor, origin).state is State.UNCLEAR


@pytest.mark.parametrize("vendor", BY_TOKEN)
def test_an_answer_that_breaks_off_is_none(vendor: str) -> None:
    async def answer(request: Request) -> Response:
        return Broken()

    with listening(Starlette(routes=[Route("/{path:path}", answer)])) as origin:
        assert ask(vendor, origin).state is State.UNREACHABLE


@pytest.mark.parametrize("vendor", BY_TOKEN)
@pytest.mark.parametrize("status", [400, 429, 500, 503])
def test_trouble_of_the_vendors_own_is_no_refusal_of_the_token(vendor: str, status: int) -> None:
    with answering('{"error": {"message": "come back"}}', status) as origin:
        verdict = ask(vendor, origin)
    assert (verdict.state, verdict.said) == (State.UNCLEAR, f"HTTP {status}: come back")


@pytest.mark.parametrize("vendor", BY_TOKEN)
def test_what_a_vendor_says_is_one_short_line_without_the_token(vendor: str) -> None:
    said = f"no \x1b[31m {TOKEN}\r\n{'z' * 900}"
    with answering(said, 401) as origin:
        verdict = ask(vendor, origin)
    assert verdict.state is State.REFUSED
    assert verdict.said.startswith("HTTP 401: no [31m (the token) zzz")
    assert len(verdict.said) <= 200
    assert verdict.said.isprintable()


def test_it_says_whose_account_it_is_and_what_is_left_of_it() -> None:
    with served(FakeReplicate()) as replicate, served(FakeBfl()) as bfl:
        assert ask("replicate", replicate.base_url).said == "account acme"
        assert ask("bfl", bfl.base_url).said == "120.5 credits left"


def test_an_account_without_credits_is_as_good_as_refused() -> None:
    with answering('{"credits": 0}') as origin:
        verdict = ask("bfl", origin)
    assert (verdict.state, verdict.said) == (State.REFUSED, "no credits are left")


@pytest.mark.parametrize("vendor", ["openai", "gemini", "openai-compatible", "bedrock"])
def test_the_models_that_a_vendor_lists_are_read(vendor: str) -> None:
    with served(FAKES[vendor]()) as fake:
        models = ask(vendor, fake.base_url).models
    assert models
    assert models & {
        "gpt-image-2",
        "gemini-3-pro-image",
        "stability.stable-image-core-v1:1",
    }


def test_half_a_list_is_not_taken_for_the_whole() -> None:
    with answering('{"models": [{"name": "models/a"}], "nextPageToken": "x"}') as origin:
        verdict = ask("gemini", origin)
    assert (verdict.state, verdict.models) == (State.ACCEPTED, None)


def test_a_compatible_server_need_not_list_its_models_nor_want_a_key() -> None:
    with answering("Not Found", 404) as origin:
        assert ask("openai-compatible", origin).state is State.UNCHECKED

    async def models(request: Request) -> Response:
        assert "authorization" not in request.headers
        return JSONResponse({"data": [{"id": "sd"}]})

    with listening(Starlette(routes=[Route("/v1/models", models)])) as origin:
        access = VendorAccess(None, f"{origin}/v1")
        verdict = ask_all({"openai-compatible": access}, None)["openai-compatible"]
    assert verdict == Verdict(State.ACCEPTED, models=frozenset({"sd"}))


def test_a_key_that_may_make_images_and_list_nothing_is_not_called_wrong() -> None:
    said = '{"error": {"message": "Missing scopes: api.model.read"}}'
    with answering(said, 403) as origin:
        assert ask("openai", origin).state is State.UNCHECKED


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [
        (403, "AccessDeniedException", State.UNCHECKED),
        (403, "UnrecognizedClientException", State.REFUSED),
        (403, "ExpiredTokenException", State.REFUSED),
        (400, "ValidationException", State.UNCLEAR),
    ],
)
def test_what_aws_refuses_is_told_apart(status: int, code: str, state: State) -> None:
    async def answer(request: Request) -> Response:
        return JSONResponse({"message": "no"}, status, headers={"x-amzn-errortype": code})

    with listening(Starlette(routes=[Route("/foundation-models", answer)])) as origin:
        assert ask("bedrock", origin).state is state


def test_all_vendors_are_asked_at_once_and_each_with_its_own_token() -> None:
    with contextlib.ExitStack() as stack:
        fakes = {name: stack.enter_context(served(new())) for name, new in FAKES.items()}
        vendors = {n: VendorAccess(Secret(TOKEN), fake.base_url) for n, fake in fakes.items()}
        verdicts = ask_all(vendors, emulator_session().client)
    assert {name: verdict.state for name, verdict in verdicts.items()} == dict.fromkeys(
        FAKES, State.ACCEPTED
    )
