"""The viewer as one document: hosts load it into a frame that has no other address to load from."""

import re
from functools import lru_cache
from pathlib import Path

_DIRECTORY = Path(__file__).parent
_STYLE = re.compile(r'<link rel="stylesheet" href="([a-z]+\.css)">')
_SCRIPT = re.compile(r'<script src="([a-z]+\.js)"></script>')


@lru_cache(maxsize=1)
def page() -> str:
    """The whole document, read when it is first asked for: most processes never are."""
    document = _text("page.html")
    document = _STYLE.sub(lambda found: f"<style>\n{_text(found[1])}</style>", document)
    return _SCRIPT.sub(lambda found: f"<script>\n{_text(found[1])}</script>", document)


def _text(name: str) -> str:
    return (_DIRECTORY / name).read_text(encoding="utf-8")
