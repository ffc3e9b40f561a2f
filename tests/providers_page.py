"""The tables of docs/providers.md, from what they are about: the catalogue's files and the cells.

`python -m tests.providers_page` renews them; a test fails while they are not what they should be.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from handler.catalogue.load import built_in, parse_model
from handler.core.failures import FailureKind
from handler.core.money import format_usd
from handler.providers.failing import NOTHING_CHARGED, failed
from tests.handler.providers.cells.cell import Cell
from tests.handler.providers.cells.table import CELLS, VENDORS

PAGE = Path(__file__).parent.parent / "docs" / "providers.md"
NAMES = {
    "replicate": "Replicate",
    "fal": "fal",
    "openai": "OpenAI",
    "openai-compatible": "compatible",
    "gemini": "Gemini",
    "bfl": "BFL",
    "bedrock": "Bedrock",
}


def models() -> str:
    """Every model that has a vendor, with what it costs and where that is from."""
    rows = []
    for model_id, document in sorted(built_in().items(), key=lambda each: each[1]["provider"]):
        if document["provider"] not in NAMES:
            continue
        model = parse_model(model_id, document)
        price = format_usd(model.listed_micros)
        varies = model.pricing.explained().removeprefix("USD an image, ").rstrip(".")
        source = document["source"]["price"]
        rows.append((f"`{model_id}`", NAMES[model.provider], price, varies, source))
    return _table(("model", "vendor", "USD an image", "varies", "source of the price"), rows)


def failures() -> str:
    """What each kind of failure means, and in how many situations each vendor's is tested."""
    rows = []
    for kind in FailureKind:
        if kind is FailureKind.ON_REQUEST:
            continue
        cells = [(vendor, cell) for vendor, cell in CELLS if cell.failure is kind]
        reads = failed(kind).reason.removesuffix(f"; {NOTHING_CHARGED}")
        again = "sometimes" if any(_is_repeated(cell) for _, cell in cells) else "never"
        counts = [str(sum(v is each for v, _ in cells) or "") for each in VENDORS]
        rows.append((f"`{kind}`", reads, again, *counts))
    head = ("failure", "the caller reads", "asked again", *(NAMES[v.provider] for v in VENDORS))
    return _table(head, rows)


def _is_repeated(cell: Cell) -> bool:
    return cell.submits > 1 or (cell.posts or 0) > 1


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


TABLES: Mapping[str, Callable[[], str]] = {"models": models, "failures": failures}


def renewed(page: str) -> str:
    """The page with its tables as they should be."""
    for name, table in TABLES.items():
        begin = f"<!-- table: {name} -->\n"
        before, _, rest = page.partition(begin)
        _, end, after = rest.partition("<!-- end -->")
        page = f"{before}{begin}\n{table()}\n{end}{after}"
    return page


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
