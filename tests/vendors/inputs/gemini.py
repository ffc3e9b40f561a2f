"""What Google takes of a request for an image: every field's name, and each model's shapes.

From google-genai 3.6.1, the reference of `generateContent` and the models' pages in excerpts, as
read on 2026-11-25. A field is taken in either spelling, `imageSize` or `image_size`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_BYTES = 20_000_000
"""Of a whole request: 20 MB, which may be more of Google's."""

_ANY = None
_BLOB: Mapping[str, Any] = {"mime_type": _ANY, "data": _ANY, "display_name": _ANY}
_PART: Mapping[str, Any] = {
    "inline_data": _BLOB,
    **dict.fromkeys(
        [
            *("text", "file_data", "function_call", "function_response", "executable_code"),
            *("code_execution_result", "thought", "thought_signature", "video_metadata"),
            *("media_resolution", "part_metadata"),
        ]
    ),
}
_CONTENT: Mapping[str, Any] = {"role": _ANY, "parts": _PART}
_CONFIG: Mapping[str, Any] = {
    "image_config": {"aspect_ratio": _ANY, "image_size": _ANY},
    **dict.fromkeys(
        [
            *("response_modalities", "temperature", "top_p", "top_k", "candidate_count", "seed"),
            *("max_output_tokens", "stop_sequences", "response_mime_type", "response_schema"),
            *("response_json_schema", "presence_penalty", "frequency_penalty", "logprobs"),
            *("response_logprobs", "speech_config", "thinking_config", "media_resolution"),
            "enable_enhanced_civic_answers",
        ]
    ),
}
_REQUEST: Mapping[str, Any] = {
    "contents": _CONTENT,
    "system_instruction": _CONTENT,
    "generation_config": _CONFIG,
    **dict.fromkeys(["tools", "tool_config", "safety_settings", "cached_content"]),
}


@dataclass(frozen=True)
class Shapes:
    """What a model can be asked for."""

    ratios: Sequence[str]
    sizes: Sequence[str]


_TEN = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
_FOURTEEN = (*_TEN, "1:4", "4:1", "1:8", "8:1")
MODELS: Mapping[str, Shapes] = {
    "gemini-nano-banana-2.1": Shapes(_FOURTEEN, ("1K", "2K", "4K")),
    "gemini-3-pro-image": Shapes(_TEN, ("1K", "2K", "4K")),
    # Its ratios are not documented: all that any has.
    "gemini-3.1-flash-lite-image": Shapes(_FOURTEEN, ("1K",)),
}


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def snaked(value: Any) -> Any:
    """A request with its fields in the one spelling."""
    if isinstance(value, dict):
        return {_snake(name): snaked(member) for name, member in value.items()}
    return [snaked(member) for member in value] if isinstance(value, list) else value


def unknown(request: Any) -> list[tuple[str, str]]:
    """Where and what: the fields that no message has, of a request in the one spelling."""
    return list(_unknown(request, _REQUEST, ""))


def _unknown(value: Any, known: Mapping[str, Any], where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for number, member in enumerate(value):
            yield from _unknown(member, known, f"{where}[{number}]")
    elif isinstance(value, dict):
        for name, member in value.items():
            if name not in known:
                yield where, name
            elif known[name] is not None:
                yield from _unknown(member, known[name], f"{where}.{name}".lstrip("."))
