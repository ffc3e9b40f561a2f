"""A trace's header is understood strictly, and written anew."""

import pytest

from handler.telemetry.trace import Trace, first_trace

ID = "1-5e6722a7-cc56ab46db7ae02d4da47eaa"
PARENT = "53995c3f42cd8ad8"


@pytest.mark.parametrize(
    ("header", "understood"),
    [
        (f"Root={ID};Parent={PARENT};Sampled=1", f"Root={ID};Parent={PARENT};Sampled=1"),
        (f"Root={ID};Parent={PARENT};Sampled=0;Lineage=25:a87bd80c:1", None),
        (f"Self=1-67891234-12456789abcdef012345678;Root={ID}", f"Root={ID};Sampled=0"),
        (f" Root={ID} ; Sampled=? ", f"Root={ID};Sampled=0"),
        (f"Sampled=1;Root={ID};Parent=tfi_secret", f"Root={ID};Sampled=1"),
    ],
)
def test_what_is_understood_is_written_anew(header: str, understood: str | None) -> None:
    trace = Trace.parse(header)
    assert trace is not None
    assert trace.id == ID
    assert trace.header == (understood or f"Root={ID};Parent={PARENT};Sampled=0")
    assert Trace.parse(trace.header) == trace


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Root=",
        ID,
        f"root={ID}",
        f"Root={ID}0",
        f"Root={ID.upper()}",
        "Root=tfi_secret",
        "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
        f"Root={ID};" + "x" * 500,
    ],
)
def test_anything_else_is_no_trace(header: str | None) -> None:
    assert Trace.parse(header) is None


def test_the_first_that_is_well_formed_counts() -> None:
    other = "1-00000000-000000000000000000000000"
    found = first_trace([None, "Root=broken", f"Root={ID}", f"Root={other}"])
    assert found == Trace(ID)
    assert first_trace([None, ""]) is None
