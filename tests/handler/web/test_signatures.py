"""Signatures of vendors' reports."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from handler.core.errors import ConfigurationError
from handler.core.vendors import Secret
from handler.web.signatures import TOLERANCE_SECONDS, FalWebhook, StandardWebhook
from tests.vendors.fal import public_key, webhook_headers

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


class TestFal:
    """Signed by another library than the one that verifies."""

    OTHER = Ed25519PrivateKey.generate()

    def verified(self, body: bytes = BODY, keys: str = "", **headers: str) -> bool:
        changed = {
            f"x-fal-webhook-{name.replace('_', '-')}": each for name, each in headers.items()
        }
        given = {**webhook_headers(BODY, AT), **changed}
        return FalWebhook(Secret(keys or public_key()))(given, body, AT * 1000)

    def test_what_it_signed_is_verified(self) -> None:
        assert self.verified()
        assert self.verified(signature=webhook_headers(BODY, AT)["x-fal-webhook-signature"].upper())

    @pytest.mark.parametrize("own_first", [True, False])
    def test_either_key_may_have_signed_while_they_are_changed(self, own_first: bool) -> None:
        keys = [public_key(), public_key(self.OTHER)]
        assert self.verified(keys=",".join(keys if own_first else keys[::-1]))

    def test_another_key_has_not(self) -> None:
        assert not self.verified(keys=public_key(self.OTHER))

    @pytest.mark.parametrize("key", ["A" * 43, "AQ" + "A" * 41])
    def test_a_key_that_any_signature_would_fit_fits_none(self, key: str) -> None:
        """The points of small order."""
        assert not self.verified(keys=key)
        assert not self.verified(keys=key, signature="01" + "00" * 63)

    @pytest.mark.parametrize("body", [b"", BODY + b"\n", BODY.upper()])
    def test_the_raw_body_is_what_counts(self, body: bytes) -> None:
        assert not self.verified(body)

    @pytest.mark.parametrize("value", ["", "another"])
    def test_every_header_is_signed(self, value: str) -> None:
        assert not self.verified(request_id=value)
        assert not self.verified(user_id=value)

    def test_what_is_on_one_line_cannot_be_moved_to_the_next(self) -> None:
        """The user's name begins with what was the end of the request's."""
        assert not self.verified(request_id="r1", user_id="-0\ngithub|1")

    @pytest.mark.parametrize("seconds", [-TOLERANCE_SECONDS - 1, TOLERANCE_SECONDS + 1])
    def test_an_old_or_early_one_is_not_recent(self, seconds: int) -> None:
        verify = FalWebhook(Secret(public_key()))
        assert not verify(webhook_headers(BODY, AT + seconds), BODY, AT * 1000)
        assert verify(webhook_headers(BODY, AT + seconds), BODY, (AT + seconds) * 1000)

    @pytest.mark.parametrize("timestamp", ["", "now", "-1", "1614265330.0", "1" * 5000])
    def test_what_is_no_time_is_not_recent(self, timestamp: str) -> None:
        assert not self.verified(timestamp=timestamp)

    @pytest.mark.parametrize(
        "signature",
        ["", "00", "0" * 128, "g" * 128, "0" * 127, "0" * 130, "\u0660" * 128, " " * 128],
    )
    def test_a_wrong_signature_is_none(self, signature: str) -> None:
        assert not self.verified(signature=signature)

    def test_no_header_no_message(self) -> None:
        assert not FalWebhook(Secret(public_key()))({}, BODY, AT * 1000)

    @pytest.mark.parametrize(
        "keys",
        ["", ",", "x", "A" * 42, "A" * 44, "A" * 43 + ",", "+" * 43, "A" * 43 + ", " + "A" * 43],
    )
    def test_what_are_no_keys_is_told(self, keys: str) -> None:
        with pytest.raises(ConfigurationError, match="43 characters"):
            FalWebhook(Secret(keys))
