"""Signatures of vendors' reports."""

import pytest

from handler.core.errors import ConfigurationError
from handler.core.vendors import Secret
from handler.web.signatures import TOLERANCE_SECONDS, StandardWebhook

# From the public tests of Replicate's Python client.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - everybody's
BODY = b'{"test": 2432232314}'
AT = 1614265330
HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": str(AT),
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def verified(body: bytes = BODY, at: float = AT, **headers: str) -> bool:
    given = {**HEADERS, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return StandardWebhook(Secret(SECRET))(given, body, int(at * 1000))


def test_the_public_vector_is_verified() -> None:
    assert verified()


@pytest.mark.parametrize(
    "signature",
    [
        "v1,AAAA " + HEADERS["webhook-signature"],
        HEADERS["webhook-signature"] + " v1,AAAA",
        "v1a,xyz  " + HEADERS["webhook-signature"],
    ],
)
def test_one_of_several_signatures_is_enough(signature: str) -> None:
    assert verified(webhook_signature=signature)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "v1,",
        "v1",
        HEADERS["webhook-signature"].removeprefix("v1,"),
        HEADERS["webhook-signature"].replace("v1", "v2"),
        HEADERS["webhook-signature"].lower(),
        HEADERS["webhook-signature"] + "=",
        "v1,ü",
    ],
)
def test_a_wrong_signature_is_none(signature: str) -> None:
    assert not verified(webhook_signature=signature)


@pytest.mark.parametrize("body", [b"", b'{"test":2432232314}', BODY + b"\n", BODY.lower() + b" "])
def test_the_raw_body_is_what_counts(body: bytes) -> None:
    assert not verified(body)


def test_another_id_is_another_message() -> None:
    assert not verified(webhook_id="msg_2")


@pytest.mark.parametrize("seconds", [-TOLERANCE_SECONDS, 0, TOLERANCE_SECONDS])
def test_within_five_minutes_it_is_recent(seconds: int) -> None:
    assert verified(at=AT + seconds)


@pytest.mark.parametrize("seconds", [-TOLERANCE_SECONDS - 1, TOLERANCE_SECONDS + 1, 86_400])
def test_beyond_that_it_is_not(seconds: int) -> None:
    assert not verified(at=AT + seconds)


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "1614265330.5", "٣", "1" * 5000, "1e9"])
def test_what_is_no_time_is_not_recent(timestamp: str) -> None:
    assert not verified(webhook_timestamp=timestamp)


def test_no_header_no_message() -> None:
    assert not StandardWebhook(Secret(SECRET))({}, BODY, AT * 1000)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_%%%", "whsec_abc", SECRET[6:]])
def test_a_secret_of_another_kind_is_told_without_showing_it(secret: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        StandardWebhook(Secret(secret))
    assert "%%%" not in str(caught.value)
