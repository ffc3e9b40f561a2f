"""Asks the vendors that are on, all at once; nothing here costs anything."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from botocore import exceptions as aws
from botocore.parsers import ResponseParserError

from handler.adapters.aws import client_config, code_of
from handler.core.vendors import VendorAccess
from handler.providers.bedrock import REGION, region_of
from handler.providers.calls import CallFailed
from infra.operator.deployed import NewClient
from infra.operator.doctor.verdicts import PATHS, State, Verdict, judge
from infra.operator.vendor_apis import calls_of, shown

_NO_CREDENTIALS = (aws.NoCredentialsError, aws.PartialCredentialsError, aws.TokenRetrievalError)
# The parser stumbles over JSON that is no object.
_UNREADABLE = (ResponseParserError, AttributeError)
_NOT_LET_IN = {"ExpiredTokenException", "InvalidSignatureException", "UnrecognizedClientException"}
_MAY_NOT_LIST = {"AccessDenied", "AccessDeniedException"}


def ask_all(
    vendors: Mapping[str, VendorAccess], new_client: NewClient | None
) -> dict[str, Verdict]:
    """What each vendor says; Bedrock is asked with AWS clients from `new_client`."""
    asked = [name for name in vendors if name in PATHS or name == "bedrock"]

    def ask(name: str) -> Verdict:
        access = vendors[name]
        verdict = _ask_bedrock(access, new_client) if name == "bedrock" else _ask(name, access)
        return replace(verdict, said=shown(verdict.said, access.token))

    with ThreadPoolExecutor(max(1, len(asked))) as pool:
        return dict(zip(asked, pool.map(ask, asked), strict=True))


def _ask(vendor: str, access: VendorAccess) -> Verdict:
    try:
        return judge(vendor, calls_of(vendor, access).tell("GET", PATHS[vendor]))
    except CallFailed as error:
        return Verdict(State.UNREACHABLE, str(error))


def _ask_bedrock(access: VendorAccess, new_client: NewClient | None) -> Verdict:
    if new_client is None:
        return Verdict(State.REFUSED, "a local stack has no AWS credentials but its emulator's")
    url = access.base_url
    region = region_of(url) if url else REGION
    # Models are listed by another service than the one that runs them.
    endpoint = url.replace("://bedrock-runtime", "://bedrock") if url else None
    try:
        config = client_config("bedrock", read_timeout_seconds=20, total_max_attempts=2)
        client = new_client("bedrock", region_name=region, endpoint_url=endpoint, config=config)
        listed = client.list_foundation_models(byOutputModality="IMAGE").get("modelSummaries")
    except (aws.ClientError, aws.BotoCoreError, *_UNREADABLE) as error:
        return _failure(error)
    if not listed:
        return Verdict(State.UNCLEAR, "an answer that lists no models")
    return Verdict(
        State.ACCEPTED, f"in {region}", frozenset(each.get("modelId", "") for each in listed)
    )


def _failure(error: Exception) -> Verdict:
    """What a call of Bedrock that failed says."""
    if isinstance(error, aws.ClientError):
        code, words = code_of(error), error.response.get("Error", {}).get("Message", "")
        if code in _MAY_NOT_LIST:
            return Verdict(State.UNCHECKED, f"you may not list its models: {words}")
        return Verdict(State.REFUSED if code in _NOT_LET_IN else State.UNCLEAR, f"{code}: {words}")
    if isinstance(error, _NO_CREDENTIALS):
        return Verdict(State.REFUSED, str(error))
    is_silent = isinstance(error, aws.HTTPClientError | aws.ConnectionError)
    said = f"no answer of Bedrock's ({type(error).__name__})"
    return Verdict(State.UNREACHABLE if is_silent else State.UNCLEAR, said)
